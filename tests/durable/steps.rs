//! The relay is killed at each step of the way from a first start to the first acknowledgements, one run a step, and starts again.
//!
//! strace kills it when a thread makes a call to the system for the nth time, or for the nth time on one file. `kill.rs` meets these moments
//! seldom: they are short.

use std::fs;

use softinfo::day::Day;

use crate::known::Known;
use crate::load::{self, Told};
use crate::scene::Scene;
use crate::trace::under_strace;

/// A call, how often at most it is made, and on which file of the store; `V` is the first volume, nothing is any file.
type Step = (&'static str, usize, &'static str);

/// In a store that is not there yet.
const MAKING_THE_STORE: &[Step] = &[("/^mkdir", 3, ""), ("write", 2, ""), ("fsync", 3, ""), ("/^rename", 1, "")];
/// In a store without a volume.
const TAKING_TIPS: &[Step] = &[
    ("/^mkdir", 1, "V"),
    ("/^mkdir", 1, "V/sled"),
    ("fsync", 1, "V/sled/conf"),
    ("sync_file_range", 2, "V/sled/db"),
    ("pwrite64", 4, "V/sled/db"),
    ("fdatasync", 4, "V/sled/db"),
    ("fsync", 1, "V/sled"),
    ("/^rename", 1, ""),
    ("fsync", 1, "V"),
    ("fsync", 1, "volumes"),
    ("pwrite64", 2, "V/slots"),
    ("fdatasync", 2, "V/slots"),
];

#[test]
fn killed_at_any_step_the_relay_starts_again_and_nothing_is_half_there() {
    let mut scene = Scene::new();
    let tips = [(); 2].map(|()| Known::seal(0));
    stop(&mut scene);
    let store = scene.path("store");
    let (mut killed, mut acknowledged) = (0, 0);
    let steps = MAKING_THE_STORE.iter().map(|step| (true, step)).chain(TAKING_TIPS.iter().map(|step| (false, step)));
    for (new, &(call, most, file)) in steps {
        let mut met = 0;
        for n in 1..=most {
            fs::remove_dir_all(&store).unwrap();
            if !new {
                scene.start();
                stop(&mut scene);
            }
            let path = store.join(file.replace('V', &format!("volumes/000000-{}", Day::today())));
            let (inject, filter) = (format!("inject={call}:signal=SIGKILL:when={n}"), format!("trace={call}"));
            let trace = scene.path("trace");
            let mut options = vec!["-e", &filter, "-e", &inject, "-o", trace.to_str().unwrap()];
            if !file.is_empty() {
                options.extend(["-P", path.to_str().unwrap()]);
            }
            under_strace(&mut scene, &options);
            let mut told = Told::default();
            if scene.starts() {
                let taken = tips.iter().filter(|tip| load::post(scene.intake, &tip.bytes));
                told.ids.extend(taken.map(|tip| tip.id));
                scene.signal("TERM");
                met += usize::from(scene.wait() == -1);
            } else {
                met += 1;
            }
            scene.wrapper.clear();
            scene.start();
            assert!(load::nothing_is_lost(&scene, &store, &told) <= tips.len(), "{call} {n} {file}");
            let sent = tips.iter().all(|tip| [200, 201].contains(&scene.post(&tip.bytes).0));
            assert!(sent && scene.pool().len() == tips.len(), "{call} {n} {file}");
            stop(&mut scene);
            acknowledged += told.ids.len();
        }
        assert!(met > 0, "no {call} of {file} was met");
        killed += met;
    }
    println!("killed at {killed} steps, {acknowledged} tips acknowledged before, 0 lost");
}

fn stop(scene: &mut Scene) {
    scene.signal("TERM");
    assert_eq!(scene.wait(), 0);
}
