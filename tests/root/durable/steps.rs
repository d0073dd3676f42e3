//! The relay is killed at each step on the way from a first start to the first acknowledgements, and on to the sealing and the erasing of what
//! it acknowledged: one run a step. It starts again, and nothing is half there.
//!
//! strace kills it when a thread makes a call to the system for the nth time on one file. `kill.rs` meets these moments seldom: they are short.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::durable::faults::{has_slot, withdraw};
use crate::durable::load::{self, Told};
use crate::durable::trace::{attach, under_strace};
use scene::known::Known;
use scene::{Channel, Scene, complete, eventually};

/// A call, how often it is made, and on which file of the scene. `V` is the first volume, `N` the folder in which it is made, `D` its database
/// while it is sealed, `G` its folder when it is removed; nothing is any file.
type Step = (&'static str, usize, &'static str);

/// What there is before, what is done, and the calls that it takes, in the order of the store (`docs/store.md`).
struct Part {
    before: Before,
    /// Watched from the moment at which the relay has looked at its disk for the first time, not from its start.
    late: bool,
    act: fn(&Scene, &[Known], &mut Told),
    steps: &'static [Step],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// A store in which there was no tip yet.
    Empty,
    /// A volume with the two texts in its journal.
    Texts,
}

const PARTS: &[Part] = &[
    // Making a store.
    Part {
        before: Before::Nothing,
        late: false,
        act: send_texts,
        steps: &[
            ("/^mkdir", 1, "store"),
            ("write", 1, ""),
            ("fsync", 1, ""),
            ("/^rename", 1, "store/format"),
            ("/^mkdir", 1, "store/volumes"),
            ("/^mkdir", 1, "store/incoming"),
            ("/^mkdir", 1, "store/scratch"),
            ("fsync", 3, "store"),
            ("pwrite64", 1, "store/scratch/day"),
            ("fdatasync", 1, "store/scratch/day"),
            ("/^rename", 1, "store/scratch/day"),
        ],
    },
    // Making a volume, and the first texts.
    Part {
        before: Before::Empty,
        late: false,
        act: send_texts,
        steps: &[
            ("/^mkdir", 1, "N"),
            ("pwrite64", 1, "N/slots"),
            ("fdatasync", 1, "N/slots"),
            ("fsync", 1, "N"),
            ("/^rename", 1, "N"),
            ("fsync", 1, "store/volumes"),
            ("pwrite64", 2, "V/journal"),
            ("fdatasync", 2, "V/journal"),
            ("pwrite64", 2, "V/slots"),
            ("fdatasync", 2, "V/slots"),
        ],
    },
    // The first large tip: nothing but its own file is written to before it has come.
    Part {
        before: Before::Empty,
        late: true,
        act: send_large,
        steps: &[
            ("pwrite64", 1, ""),
            ("fdatasync", 1, ""),
            ("/^mkdir", 1, "N"),
            ("pwrite64", 1, "N/slots"),
            ("fdatasync", 1, "N/slots"),
            ("/^rename", 1, ""),
            ("fsync", 1, "N"),
            ("/^rename", 1, "N"),
            ("fsync", 1, "store/volumes"),
            ("fdatasync", 1, "V/journal"),
            ("pwrite64", 1, "V/slots"),
            ("fdatasync", 1, "V/slots"),
        ],
    },
    // Sealing, at the start after the one that took the texts.
    Part {
        before: Before::Texts,
        late: false,
        act: wait_for_the_sealer,
        steps: &[
            ("/^mkdir", 1, "V/sealing"),
            ("/^mkdir", 1, "store/scratch/sled-0"),
            ("/^mkdir", 1, "D"),
            ("pwrite64", 1, "D/db"),
            ("fdatasync", 1, "D/db"),
            ("fdatasync", 1, "D/conf"),
            ("fsync", 1, "D"),
            ("fsync", 1, "V/sealing"),
            ("/^mkdir", 1, "store/scratch/sled-1"),
            ("/^rename", 1, "V/sealing"),
            ("fsync", 2, "V"),
            ("/^unlink", 1, "V/journal"),
        ],
    },
    // Erasing one and then the other, and with it the volume.
    Part {
        before: Before::Texts,
        late: true,
        act: withdraw_texts,
        steps: &[
            ("pwrite64", 2, "V/slots"),
            ("fdatasync", 2, "V/slots"),
            ("/^rename", 1, "V"),
            ("/^unlink", 1, "G/slots"),
        ],
    },
];

fn send(scene: &Scene, tips: &[Known], told: &mut Told) {
    told.ids.extend(tips.iter().filter(|tip| load::post(scene.intake, &tip.bytes)).map(|tip| tip.id));
}

fn send_texts(scene: &Scene, tips: &[Known], told: &mut Told) {
    send(scene, &tips[..2], told);
}

fn send_large(scene: &Scene, tips: &[Known], told: &mut Told) {
    send(scene, &tips[2..], told);
}

fn wait_for_the_sealer(_: &Scene, tips: &[Known], told: &mut Told) {
    told.ids.extend(tips[..2].iter().map(|tip| tip.id));
}

fn withdraw_texts(scene: &Scene, tips: &[Known], told: &mut Told) {
    let answered = |tip: &&Known| withdraw(scene, tip).is_some_and(|answer| answer.is(200).json()["erased"] == 1);
    told.withdrawn.extend(tips[..2].iter().take_while(answered).map(|tip| tip.id));
    // Nobody has asked for those behind the one that was not answered.
    told.ids.extend(tips[..2].iter().skip(told.withdrawn.len() + 1).map(|tip| tip.id));
}

#[test]
fn killed_at_any_step_the_relay_starts_again_and_nothing_is_half_there() {
    let mut scene = Scene::with(Channel::example(), "volume_mib = 1");
    let tips = [0, 0, 400_000].map(Known::seal);
    let (store, empty, texts) = (scene.path("store"), scene.path("empty"), scene.path("texts"));
    scene.stop();
    copy(&store, &empty);
    scene.start();
    tips[..2].iter().for_each(|tip| assert_eq!(scene.post(&tip.bytes).0, 201));
    scene.stop();
    copy(&store, &texts);
    let mut killed = 0;
    for Part { before, late, act, steps } in PARTS {
        for (&(call, _, file), n) in steps.iter().flat_map(|step| (1..=step.1).map(move |n| (step, n))) {
            fs::remove_dir_all(&store).unwrap();
            match before {
                Before::Nothing => {}
                Before::Empty => copy(&empty, &store),
                Before::Texts => copy(&texts, &store),
            }
            for name in ["probe-text", "probe-bulk"] {
                let _ = fs::remove_file(store.join(name));
            }
            let (options, mut told) = (killing(&scene, call, n, file), Told::default());
            let case = format!("{call} {n} of {file}");
            println!("{case}");
            let strace = if *late {
                scene.start();
                // The next look is far off.
                let has_looked = |name| store.join(name).exists();
                eventually(|| has_looked("probe-text") && has_looked("probe-bulk"));
                Some(attach(&scene, &options))
            } else {
                under_strace(&mut scene, &options.iter().map(String::as_str).collect::<Vec<_>>());
                None
            };
            if *late || scene.starts() {
                act(&scene, &tips, &mut told);
                assert_eq!(scene.wait(), -1, "{case} was not met");
            }
            if let Some(mut strace) = strace {
                strace.wait().unwrap();
            }
            let trace = fs::read_to_string(scene.path("trace")).unwrap();
            assert!(trace.contains("killed by SIGKILL"), "{case} was not met: {trace}");
            scene.wrapper.clear();
            scene.start();
            assert!(load::nothing_is_lost(&scene, &store, &told) <= tips.len(), "{case}");
            let listed = load::listed(&scene);
            for tip in &tips {
                assert!(listed.contains(&tip.id.to_string()) || !has_slot(&scene, &tip.id), "{case}: half gone");
            }
            if *before == Before::Texts && !late {
                let volume = scene.path(path("V").to_str().unwrap());
                eventually(|| volume.join("sealed").exists() && !volume.join("journal").exists());
                assert!(!volume.join("sealing").exists(), "{case}");
                assert_eq!(load::nothing_is_lost(&scene, &store, &told), 2, "{case}, sealed");
            }
            assert!(tips.iter().all(|tip| [200, 201].contains(&scene.post(&tip.bytes).0)), "{case}");
            assert_eq!(scene.pool().len(), tips.len(), "{case}");
            // Once more, after what was left behind has been cleared away.
            scene.stop();
            scene.start();
            told.ids = tips.iter().map(|tip| tip.id).collect();
            told.withdrawn.clear();
            assert_eq!(load::nothing_is_lost(&scene, &store, &told), tips.len(), "{case}, after another start");
            scene.stop();
            let left = |name: &str| fs::read_dir(store.join(name)).unwrap().map(|entry| entry.unwrap().path());
            // The sealer may be at it again.
            let sealer = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("sled-");
            let left: Vec<_> = left("incoming").chain(left("scratch")).filter(|path| !sealer(path)).collect();
            assert!(left.is_empty(), "{case} left something behind: {left:?}");
            killed += 1;
        }
    }
    println!("killed at {killed} steps, 0 tips lost, none half there");
}

/// A name in the table as a path below the scene's folder.
fn path(file: &str) -> PathBuf {
    let volume = format!("000000-{}", scene::today());
    let (folder, rest) = file.split_once('/').unwrap_or((file, ""));
    let folder = match folder {
        "V" => format!("store/volumes/{volume}"),
        "N" => format!("store/scratch/new-{volume}"),
        "G" => format!("store/scratch/gone-{volume}"),
        "D" => format!("store/volumes/{volume}/sealing/{:016x}", 0),
        other => other.to_owned(),
    };
    if rest.is_empty() { folder.into() } else { Path::new(&folder).join(rest) }
}

/// What strace is told.
fn killing(scene: &Scene, call: &str, n: usize, file: &str) -> Vec<String> {
    let (inject, filter) = (format!("inject={call}:signal=SIGKILL:when={n}"), format!("trace={call}"));
    let mut options = ["-e", &filter, "-e", &inject, "-o"].map(str::to_owned).to_vec();
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    options.push(text(scene.path("trace")));
    if !file.is_empty() {
        options.extend(["-P".to_owned(), text(scene.folder.path().join(path(file)))]);
    }
    options
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    complete(Command::new("cp").arg("-a").args([from, to])).ok();
}
