//! What was damaged, lost, killed halfway or refused by a full disk: importing the bundle again makes it whole.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bundles::hand::{COURIER, Chain, OTHER, inspectorate, report, seal};
use scene::{DESK, INSPECTORATE, Scene, SmallDisk, eventually};

fn stored(scene: &Scene, id: &str) -> PathBuf {
    scene.path("desk/softinfo-example/tips").join(format!("{id}.age"))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_tip_that_is_damaged_or_gone_is_mended_by_importing_its_bundle_again() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    let tips: Vec<_> =
        (0..4).map(|n| (format!("tip {n}"), crate::bundles::hand::text_tip(&format!("tip {n}")))).collect();
    chain.bundle("1.tar", &tips.iter().map(|(_, tip)| (&tip[..], "2026-11-29")).collect::<Vec<_>>());
    scene.import("1.tar").ok();
    let ids: Vec<_> = tips.iter().map(|(_, tip)| softinfo_formats::envelope::id::TipId::of(tip).to_string()).collect();
    // Gone, changed, cut short; one stays as it is.
    fs::remove_file(stored(&scene, &ids[0])).unwrap();
    let mut bytes = tips[1].1.clone();
    bytes[20_000] ^= 1;
    fs::write(stored(&scene, &ids[1]), bytes).unwrap();
    fs::write(stored(&scene, &ids[2]), &tips[2].1[..9_000]).unwrap();
    for id in &ids[..3] {
        scene.open(id, "case").says(1, "import its bundle again: number 1 of the courier c0ffee00");
    }
    scene.import("1.tar").says(0, "3 tips mended");
    for (n, id) in ids.iter().enumerate() {
        let case = format!("case-{n}");
        scene.open(id, &case).ok();
        assert_eq!(fs::read_to_string(scene.path(&case).join("message.txt")).unwrap(), tips[n].0);
    }
    scene.import("1.tar").says(0, "imported before; nothing has changed");
}

#[test]
fn a_casebook_that_was_lost_comes_back_with_the_bundles() {
    let scene = Scene::new();
    let (mut one, mut other) = (Chain::new(&scene, COURIER), Chain::new(&scene, OTHER));
    for n in 1..=2 {
        one.next(&format!("one-{n}.tar"), &format!("one {n}"));
        other.next(&format!("other-{n}.tar"), &format!("other {n}"));
    }
    let new_courier =
        |bundle: &str| scene.run(DESK, &["import", "--new-courier", scene.path(bundle).to_str().unwrap()]);
    let import_all = |code: i32| {
        new_courier("one-1.tar").says(code, "");
        scene.import("one-2.tar").says(code, "");
        new_courier("other-1.tar").says(code, "");
        scene.import("other-2.tar").ok();
    };
    import_all(0);
    let before = scene.list();
    let casebook = scene.path("desk/softinfo-example/casebook.json");
    fs::write(&casebook, "{\"schema\":").unwrap();
    scene.run(DESK, &["list"]).says(1, "move it away and import the bundles again");
    scene.import("one-1.tar").says(1, "move it away and import the bundles again");
    fs::rename(&casebook, scene.path("away.json")).unwrap();
    // Gone altogether: nobody is told that this desk never had anything.
    let lost = "casebook.json) is missing, but 4 sealed tips are in ";
    let id = before[0]["id"].as_str().unwrap();
    for command in [&["list"][..], &["list", "--try-keys"], &["bundles"], &["bundles", "close", "c0ffee"]] {
        let run = scene.run(DESK, command).says(8, lost);
        assert!(run.out.is_empty() && run.err.contains("or import the bundles again"), "{run:?}");
    }
    scene.run(DESK, &["show", id]).says(1, lost);
    scene.import("one-1.tar").says(1, lost).says(1, "--new-courier");
    assert!(!casebook.exists());
    // Whether an earlier bundle came, only the list knew.
    let later = new_courier("one-2.tar").says(8, "3 sealed tips are in this desk's folder on no list");
    assert!(
        later.err.contains("bundle 1 is on no list of this desk") && !later.err.contains("never imported"),
        "{later:?}"
    );
    fs::remove_file(&casebook).unwrap();
    new_courier("one-1.tar").says(8, "3 sealed tips are in this desk's folder on no list");
    import_all(8);
    assert_eq!(scene.list(), before);
    assert!(before[0]["reader"]["holder"] == INSPECTORATE && before.as_array().unwrap().len() == 4);
}

/// A bundle that comes through a pipe, as slowly as the test likes.
struct Slow<'a> {
    scene: &'a Scene,
    pipe: PathBuf,
    bytes: Vec<u8>,
}

impl<'a> Slow<'a> {
    fn of(scene: &'a Scene, bundle: &str) -> Self {
        let pipe = scene.path(&format!("{bundle}.pipe"));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        Self { scene, pipe, bytes: fs::read(scene.path(bundle)).unwrap() }
    }

    /// Begins the import, and gives it all but the end, until it is in the middle of it.
    fn begin(&self) -> (std::process::Child, fs::File) {
        let import = self.scene.command(DESK, &["import", self.pipe.to_str().unwrap()]);
        let child = { import }.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut end = fs::OpenOptions::new().write(true).open(&self.pipe).unwrap();
        end.write_all(&self.bytes[..self.bytes.len() - 20_000]).unwrap();
        let tips = self.scene.path("desk/softinfo-example/tips");
        eventually(|| tips.exists() && names(&tips).iter().any(|name| name.starts_with(".incoming-")));
        (child, end)
    }
}

#[test]
fn an_import_that_is_killed_leaves_nothing_behind_for_the_next() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    let large = scene.random_file("large", 600_000);
    let report = report(&[INSPECTORATE]).to_string();
    let tip =
        seal(&inspectorate(), &[("report.json", report.as_bytes()), ("attachments/01.bin", &fs::read(large).unwrap())]);
    let small = crate::bundles::hand::text_tip("small");
    chain.bundle("1.tar", &[(&small, "2026-11-29"), (&tip, "2026-11-29")]);
    let tips = scene.path("desk/softinfo-example/tips");
    let slow = Slow::of(&scene, "1.tar");
    let (mut child, end) = slow.begin();
    child.kill().unwrap();
    child.wait().unwrap();
    drop(end);
    assert!(names(&tips).iter().any(|name| name.starts_with(".incoming-")), "it was not killed in the middle");
    assert_eq!(scene.list(), serde_json::json!([]));
    assert_eq!(names(&tips), [""; 0], "what it left is removed");
    scene.import("1.tar").says(0, "2 new tips, 2 for");
}

/// Old casebook or new, never half of one; and what was on its way comes with the next import.
#[test]
fn an_import_that_is_killed_at_any_moment_is_made_whole_by_the_next() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    let tips: Vec<_> = (0..20).map(|n| crate::bundles::hand::text_tip(&format!("tip {n}"))).collect();
    let bundle = chain.bundle("1.tar", &tips.iter().map(|tip| (&tip[..], "2026-11-29")).collect::<Vec<_>>());
    for n in 0..15 {
        let desk = scene.path(&format!("desk-{n}"));
        let arguments = ["--json", "--desk", desk.to_str().unwrap()];
        let import = [&arguments[..], &["import", bundle.to_str().unwrap()]].concat();
        let mut child = scene.command(DESK, &import).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(n * 10));
        child.kill().unwrap();
        child.wait().unwrap();
        let list = || scene.run(DESK, &[&arguments[..], &["list"]].concat()).ok().json().as_array().unwrap().len();
        assert!([0, 20].contains(&list()), "half a casebook");
        scene.run(DESK, &import).ok();
        assert_eq!(list(), 20);
        let stored = names(&desk.join("softinfo-example/tips"));
        assert!(stored.len() == 20 && stored.iter().all(|name| name.ends_with(".age")), "{stored:?}");
    }
}

#[test]
fn of_two_imports_at_once_the_second_is_told_to_wait_and_no_acknowledged_tip_is_lost() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    let (one, two) = (chain.next("1.tar", "one"), chain.next("2.tar", "two"));
    let slow = Slow::of(&scene, "1.tar");
    let (child, mut end) = slow.begin();
    let busy = scene.import("2.tar").says(3, "another softinfo-desk is at work");
    assert!(busy.err.contains("nothing was changed"), "{busy:?}");
    end.write_all(&slow.bytes[slow.bytes.len() - 20_000..]).unwrap();
    drop(end);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    scene.import("2.tar").says(0, "1 new tip");
    let list = scene.list();
    let ids: Vec<_> = list.as_array().unwrap().iter().map(|tip| tip["id"].as_str().unwrap()).collect();
    assert!(ids.len() == 2 && ids.contains(&&one[..]) && ids.contains(&&two[..]), "{ids:?}");
}

/// The plaintext of a tip that was being opened when the program was killed is removed by the next, wherever it was.
#[test]
fn plaintext_that_a_killed_open_left_is_removed_by_the_next_command() {
    let scene = Scene::new();
    let large = scene.random_file("large", 40_000_000);
    let report = report(&[INSPECTORATE]).to_string();
    let tip = seal(
        &inspectorate(),
        &[
            ("report.json", report.as_bytes()),
            ("message.txt", b"secret"),
            ("attachments/01.bin", &fs::read(large).unwrap()),
        ],
    );
    let id = softinfo_formats::envelope::id::TipId::of(&tip).to_string();
    Chain::new(&scene, COURIER).bundle("1.tar", &[(&tip, "2026-11-29")]);
    scene.import("1.tar").ok();
    let cases = scene.path("cases");
    fs::create_dir(&cases).unwrap();
    let opening = || names(&cases).iter().any(|name| name.starts_with(".opening-"));
    // It takes a while to write 40 MB; where the machine is faster than this test, it is tried again.
    for n in 0.. {
        assert!(n < 20, "it was never caught in the middle");
        let out = cases.join(n.to_string());
        let mut open = scene.command(DESK, &["open", &id, "--out", out.to_str().unwrap()]);
        let mut child = open.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while !opening() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if opening() {
            break;
        }
    }
    scene.run(DESK, &["list"]).ok();
    assert!(!opening(), "{:?}", names(&cases));
    assert!(!scene.path("desk/softinfo-example/opening").exists());
}

/// Its medium is not there: whatever is done on the desk, it stays named.
#[test]
fn plaintext_that_can_not_be_removed_now_is_named_by_every_command_that_takes_the_desk() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    let id = chain.next("1.tar", "one");
    scene.import("1.tar").ok();
    fs::write(scene.path("desk/softinfo-example/opening"), "/media/pulled-out/.opening-0123456789abcdef").unwrap();
    let named = "/media/pulled-out/.opening-0123456789abcdef may hold plaintext of a tip";
    scene.run(DESK, &["list"]).says(0, named);
    scene.run(DESK, &["list", "--try-keys"]).says(0, named).says(0, "list --forget-plaintext");
    scene.run(DESK, &["show", &id]).says(0, named);
    scene.import("1.tar").says(0, named);
    // Also where the command itself fails.
    fs::write(scene.path("in-the-way"), "").unwrap();
    let mut bytes = fs::read(stored(&scene, &id)).unwrap();
    bytes[20_000] ^= 1;
    fs::write(stored(&scene, &id), bytes).unwrap();
    scene.open(&id, "case").says(1, "missing or damaged").says(1, named);
    // It is gone for good.
    let forgotten = scene.run(DESK, &["list", "--forget-plaintext"]).ok();
    assert!(
        forgotten.err.contains("is not looked for any more") && !forgotten.err.contains("may hold"),
        "{forgotten:?}"
    );
    assert!(!scene.run(DESK, &["list"]).ok().err.contains("plaintext"));
}

#[test]
fn a_tip_whose_file_is_missing_is_said_to_be_missing_and_comes_back_with_its_bundle() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    let unknown = softinfo_seal::hybrid::Identity::generate(&mut rand::rngs::OsRng);
    let report = report(&[INSPECTORATE]).to_string();
    let closed = seal(&unknown.recipient(), &[("report.json", report.as_bytes()), ("message.txt", b"closed")]);
    let open = crate::bundles::hand::text_tip("open");
    chain.bundle("1.tar", &[(&closed, "2026-11-29"), (&open, "2026-11-29")]);
    chain.next("2.tar", "two");
    scene.import("1.tar").ok();
    let ids = [&closed, &open].map(|tip| softinfo_formats::envelope::id::TipId::of(tip).to_string());
    let casebook = scene.path("desk/softinfo-example/casebook.json");
    // As if no key had been tried on it.
    let text = fs::read_to_string(&casebook).unwrap();
    let mut book: serde_json::Value = serde_json::from_str(&text).unwrap();
    book["tips"][&ids[0]].as_object_mut().unwrap().remove("tried").unwrap();
    fs::write(&casebook, book.to_string()).unwrap();
    scene.run(DESK, &["list"]).says(0, "list --try-keys");
    for id in &ids {
        fs::remove_file(stored(&scene, id)).unwrap();
    }
    for command in [&["list"][..], &["list", "--try-keys"]] {
        let listed = scene.run(DESK, command).ok();
        assert_eq!(listed.out.matches("its file is missing or damaged").count(), 2, "{listed:?}");
        assert!(listed.out.contains("import its bundle again"), "{listed:?}");
        assert!(!listed.out.contains("--try-keys") && !listed.out.contains("no key here"), "{listed:?}");
    }
    let json = scene.list();
    assert!(json.as_array().unwrap().iter().all(|tip| tip["file"] == "missing"), "{json}");
    let second = scene.import("2.tar").says(8, "import bundle 1 of the courier c0ffee00 again");
    assert!(second.err.contains("the files of 2 tips are missing or damaged"), "{second:?}");
    assert!(!second.err.contains("--try-keys"), "{second:?}");
    scene.import("1.tar").says(0, "2 tips mended");
    let listed = scene.run(DESK, &["list"]).ok();
    assert!(!listed.out.contains("missing") && !listed.out.contains("not tried"), "{listed:?}");
    scene.open(&ids[1], "case").ok();
}

/// Its mount point stays, and another medium may be put there: what was on the first is not forgotten.
#[test]
fn plaintext_on_a_medium_whose_mount_point_stays_is_named_until_it_is_back() {
    let scene = Scene::new();
    let large = scene.random_file("large", 40_000_000);
    let report = report(&[INSPECTORATE]).to_string();
    let tip =
        seal(&inspectorate(), &[("report.json", report.as_bytes()), ("attachments/01.bin", &fs::read(large).unwrap())]);
    let id = softinfo_formats::envelope::id::TipId::of(&tip).to_string();
    Chain::new(&scene, COURIER).bundle("1.tar", &[(&tip, "2026-11-29")]);
    scene.import("1.tar").ok();
    let stick = SmallDisk::mount(scene.path("stick"), "64m");
    let place = scene.path("place");
    fs::create_dir(&place).unwrap();
    let put_in = |from: &Path| {
        assert!(Command::new("mount").arg("--bind").arg(from).arg(&place).status().unwrap().success());
        SmallDisk(place.clone())
    };
    let there = put_in(&stick.0);
    let opening = || names(&stick.0).into_iter().find(|name| name.starts_with(".opening-"));
    for n in 0.. {
        assert!(n < 20, "it was never caught in the middle");
        let out = place.join(n.to_string());
        let mut open = scene.command(DESK, &["open", &id, "--out", out.to_str().unwrap()]);
        let mut child = open.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while opening().is_none() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if opening().is_some() {
            break;
        }
        fs::remove_dir_all(out).unwrap();
    }
    drop(there);
    let named = format!("{} may hold plaintext", place.join(opening().unwrap()).display());
    scene.run(DESK, &["list"]).says(0, &named);
    let other = SmallDisk::mount(scene.path("other-stick"), "1m");
    let there = put_in(&other.0);
    scene.run(DESK, &["list"]).says(0, &named);
    drop(there);
    let there = put_in(&stick.0);
    let back = scene.run(DESK, &["list"]).ok();
    assert!(opening().is_none() && !back.err.contains("plaintext"), "{back:?}");
    assert!(!scene.path("desk/softinfo-example/opening").exists());
    drop(there);
}

#[test]
fn a_full_disk_is_named_as_a_full_disk() {
    let scene = Scene::new();
    let large = scene.random_file("large", 3_000_000);
    let report = report(&[INSPECTORATE]).to_string();
    let tip =
        seal(&inspectorate(), &[("report.json", report.as_bytes()), ("attachments/01.bin", &fs::read(large).unwrap())]);
    let id = softinfo_formats::envelope::id::TipId::of(&tip).to_string();
    Chain::new(&scene, COURIER).bundle("1.tar", &[(&tip, "2026-11-29")]);
    {
        let disk = SmallDisk::mount(scene.path("small"), "1m");
        let desk = disk.0.join("desk");
        let import = |code, words: &str| {
            let bundle = scene.path("1.tar");
            scene.run(DESK, &["--desk", desk.to_str().unwrap(), "import", bundle.to_str().unwrap()]).says(code, words)
        };
        let refused = import(1, "there is no room on the disk");
        assert!(
            refused.err.contains(&tip.len().to_string()) && refused.err.contains("nothing was imported"),
            "{refused:?}"
        );
        assert_eq!(names(&desk.join("softinfo-example/tips")), [""; 0]);
        assert!(Command::new("mount").args(["-o", "remount,size=8m"]).arg(&disk.0).status().unwrap().success());
        import(0, "1 new tip, 1 for");
    }
    scene.import("1.tar").ok();
    let disk = SmallDisk::mount(scene.path("small-cases"), "1m");
    let out = disk.0.join("case");
    let refused =
        scene.run(DESK, &["open", &id, "--out", out.to_str().unwrap()]).says(1, "there is no room on the disk");
    assert!(!refused.err.contains("authentic"), "{refused:?}");
    assert_eq!(names(&disk.0), [""; 0]);
    // A folder takes the name of another in one step, which the top of a medium can't: its plaintext would lie beside it first, on another disk.
    scene.open(&id, "small-cases").says(1, "is a medium or disk of its own; choose a folder on it");
    assert!(names(scene.folder.path()).iter().all(|name| !name.starts_with(".opening-")));
}
