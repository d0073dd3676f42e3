//! Bad input gets a clear answer that says what to do, and nothing of it is stored.

mod scene;

#[path = "bad_input/directories.rs"]
mod directories;
#[path = "bad_input/inspection.rs"]
mod inspection;
#[path = "bad_input/machine.rs"]
mod machine;
#[path = "bad_input/people.rs"]
mod people;
#[path = "bad_input/raw.rs"]
mod raw;
#[path = "bad_input/upload.rs"]
mod upload;
