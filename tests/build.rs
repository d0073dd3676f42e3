//! Tells the tests where the project, the built programs and room for temporary folders are: `target/debug` for tests, `target/release` for measurements.

use std::path::Path;

fn main() {
    let out = std::env::var("OUT_DIR").expect("cargo says where to write");
    // target/PROFILE/build/NAME/out
    let profile = Path::new(&out).ancestors().nth(3).expect("as cargo lays it out");
    let scratch = profile.with_file_name("tmp");
    std::fs::create_dir_all(&scratch).expect("a folder beside the programs");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the project");
    println!("cargo:rustc-env=SOFTINFO_PROJECT={}", project.display());
    println!("cargo:rustc-env=SOFTINFO_PROGRAMS={}", profile.display());
    println!("cargo:rustc-env=SOFTINFO_SCRATCH={}", scratch.display());
    println!("cargo:rerun-if-changed=build.rs");
}
