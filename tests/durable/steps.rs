//! The relay is killed at each step of the way from a first start to the first acknowledgements, one run a step, and starts again.
//!
//! strace kills it when a thread makes a call to the system for the nth time. `kill.rs` meets these moments seldom: they are short.

use std::fs;

use crate::load::{self, Known, Told};
use crate::scene::Scene;
use crate::trace::under_strace;

/// Calls that change the disk, and how often at most one of the relay's threads makes them until two tips are acknowledged.
const CALLS: &[(&str, usize)] =
    &[("mkdir", 3), ("write", 4), ("ftruncate", 3), ("pwrite64", 5), ("fsync", 6), ("fdatasync", 5), ("rename", 2)];

#[test]
fn killed_at_any_step_the_relay_starts_again_and_nothing_is_half_there() {
    let mut scene = Scene::new();
    let tips = [(); 2].map(|()| Known::seal(0));
    scene.signal("TERM");
    assert_eq!(scene.wait(), 0);
    let store = scene.path("store");
    let (mut killed, mut acknowledged) = (0, 0);
    for (call, n) in CALLS.iter().flat_map(|&(call, most)| (1..=most).map(move |n| (call, n))) {
        fs::remove_dir_all(&store).unwrap();
        let (inject, trace) = (format!("inject={call}:signal=SIGKILL:when={n}"), scene.path("trace"));
        let filter = format!("trace={call}");
        under_strace(&mut scene, &["-e", &filter, "-e", &inject, "-o", trace.to_str().unwrap()]);
        let mut told = Told::default();
        if scene.starts() {
            for tip in &tips {
                if load::post(scene.intake, &tip.bytes) {
                    told.ids.push(tip.id);
                }
            }
            scene.signal("TERM");
            killed += usize::from(scene.wait() == -1);
        } else {
            killed += 1;
        }
        scene.wrapper.clear();
        scene.start();
        let listed = load::nothing_is_lost(&scene, &store, &told);
        assert!(listed <= tips.len(), "{call} {n}: {listed}");
        tips.iter().for_each(|tip| assert!([200, 201].contains(&scene.post(&tip.bytes).0), "{call} {n}"));
        assert_eq!(scene.pool().len(), tips.len(), "{call} {n}");
        scene.signal("TERM");
        assert_eq!(scene.wait(), 0);
        acknowledged += told.ids.len();
    }
    assert!(killed > CALLS.len(), "the relay was hardly ever killed");
    println!("killed at {killed} steps, {acknowledged} tips acknowledged before, 0 lost");
}
