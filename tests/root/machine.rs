//! The relay's disk, its store folder and the configuration files.

use std::fs;
use std::io::Write;
use std::path::Path;

use softinfo_formats::envelope::id::TipId;

use scene::{COURIER, Channel, INSPECTORATE, RELAY, Scene, SmallDisk, TIP, check_problem, eventually};

#[test]
fn a_full_disk_is_said_loses_nothing_and_passes_by_itself() {
    let base = scene::folder();
    let disk = SmallDisk::mount(base.path().join("disk"), "96m");
    let folder = format!("folder = {:?}", disk.0.join("store"));
    let scene = Scene::with(Channel::example(), &folder);
    let first = scene.send(&[INSPECTORATE], "before it was full", &[]);
    let filler = disk.0.join("filler");
    fs::write(&filler, vec![1; 84 << 20]).unwrap();
    let tip = scene.seal("too late");
    let (status, body) = scene.post(&tip);
    check_problem(status, &body, 507, "storage-full");
    assert_eq!(scene.pool(), [first["id"].as_str().unwrap()]);
    let id = first["id"].as_str().unwrap();
    assert_eq!(TipId::of(&scene.courier_get(&format!("/tips/{id}")).1).to_string(), id);
    fs::remove_file(filler).unwrap();
    assert_eq!(scene.post(&tip).0, 201);
    assert_eq!(scene.pool().len(), 2);
}

/// The only tip is there, whole.
fn has_only(scene: &Scene, id: &str) {
    assert_eq!(scene.pool(), [id]);
    assert_eq!(TipId::of(&scene.courier_get(&format!("/tips/{id}")).1).to_string(), id);
}

#[test]
fn a_tip_that_would_fill_the_disk_is_refused_on_its_way_and_its_space_comes_back() {
    let base = scene::folder();
    let disk = SmallDisk::mount(base.path().join("disk"), "160m");
    let store =
        format!("folder = {:?}\nfloor_mib = 64\nvolume_mib = 4\n[limits]\ntext_reserve_mib = 0", disk.0.join("store"));
    let scene = Scene::with(Channel::example(), &store);
    let first = scene.send(&[INSPECTORATE], "before it was full", &[])["id"].as_str().unwrap().to_owned();
    let video = scene.random_file("video.mp4", 200_000_000);
    let url = scene.intake_url();
    let send = ["send", "--relay", &url, "--to", INSPECTORATE, "--attach", video.to_str().unwrap()];
    scene.run(TIP, &send).says(3, "There is no space left").says(3, "try again in an hour. Nothing was stored");
    has_only(&scene, &first);
    let small = scene.seal("small enough");
    eventually(|| scene.post(&small).0 == 201);
    assert_eq!(scene.pool().len(), 2);
}

/// Without a floor the disk itself says no, in the middle of a write.
#[test]
fn a_disk_that_is_full_to_the_last_block_refuses_what_does_not_fit_and_takes_what_does() {
    let base = scene::folder();
    let disk = SmallDisk::mount(base.path().join("disk"), "48m");
    let store = format!("folder = {:?}\nfloor_mib = 0\n[limits]\ntext_reserve_mib = 0", disk.0.join("store"));
    let mut scene = Scene::with(Channel::example(), &store);
    let first = scene.send(&[INSPECTORATE], "before it was full", &[])["id"].as_str().unwrap().to_owned();
    // A large tip runs out of room on its way. What came of it goes, so that a small one still fits.
    let video = scene.random_file("video.mp4", 60_000_000);
    let (status, answer) = scene.post(&scene.seal_with("", &[&video]));
    check_problem(status, &answer, 507, "storage-full");
    has_only(&scene, &first);
    let second = scene.seal("there is room for this");
    eventually(|| scene.post(&second).0 == 201);
    // Texts run out of room in a journal that others were acknowledged from.
    let filler = disk.0.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    drop(file);
    let refused = scene.seal("there is none for this");
    for _ in 0..3 {
        let (status, answer) = scene.post(&refused);
        check_problem(status, &answer, 507, "storage-full");
    }
    assert_eq!(scene.pool().len(), 2);
    // Room, and it goes on by itself: nothing was stopped, nothing is half there.
    fs::remove_file(filler).unwrap();
    assert_eq!(scene.post(&refused).0, 201);
    scene.restart(str::to_owned);
    let ids = [first, TipId::of(&second).to_string(), TipId::of(&refused).to_string()];
    let pool = scene.pool();
    assert!(pool.len() == 3 && ids.iter().all(|id| pool.contains(id)), "{pool:?}");
    for id in ids {
        assert_eq!(TipId::of(&scene.courier_get(&format!("/tips/{id}")).1).to_string(), id);
    }
}

#[test]
fn a_store_of_somebody_else_or_in_use_or_of_another_kind_is_left_alone() {
    let scene = Scene::new();
    let config = scene.path("relay.toml");
    let run = |config: &Path| scene.run(RELAY, &["--config", config.to_str().unwrap()]);
    run(&config).says(1, "another relay uses the store");
    scene.send(&[INSPECTORATE], "the first relay goes on", &[]);

    let foreign = scene.path("foreign");
    fs::create_dir(&foreign).unwrap();
    std::os::unix::fs::chown(&foreign, Some(12_345), None).expect("this test changes an owner and has to run as root");
    let other = scene.path("other.toml");
    fs::write(&other, scene.relay_config("folder = \"foreign\"")).unwrap();
    run(&other).says(1, "belongs to another user (uid 12345)");
    let documents = scene.path("documents");
    fs::create_dir(&documents).unwrap();
    fs::write(documents.join("letter.txt"), "mine").unwrap();
    fs::write(&other, scene.relay_config("folder = \"documents\"")).unwrap();
    run(&other).says(1, "is not a store of this version; nothing was changed");
    assert_eq!(fs::read_dir(&documents).unwrap().count(), 1);
}

#[test]
fn a_key_that_does_not_exist_is_named_in_the_configuration() {
    let scene = Scene::new();
    let path = scene.path("relay.toml");
    let good = fs::read_to_string(&path).unwrap();
    for (wrong, word) in [
        (good.replace("[store]", "acces_log = true\n[store]"), "acces_log"),
        (good.replace("idle_seconds = 3", "idle_seconds = 0"), "intake.idle_seconds"),
        (good.replace("idle_seconds = 3", "idle_seconds = \"long\""), "idle_seconds"),
        (good.replace("EXAMPLE-root.vkey", "nowhere.vkey"), "nowhere.vkey"),
        (good.replace("EXAMPLE-directory.note", "EXAMPLE-root.vkey"), "not a signed directory"),
    ] {
        fs::write(&path, wrong).unwrap();
        let run = scene.run(RELAY, &["--config", path.to_str().unwrap(), "--check-config"]).says(1, word);
        // One sentence, said once, in the words of the one who wrote the file.
        for inside in ["TOML parse error", " | ", "^", "u64", "usize", "struct", "`", "\u{fffd}"] {
            assert!(!run.err.contains(inside), "“{inside}”: {run:?}");
        }
    }
    // The line is named.
    fs::write(&path, good.replace("idle_seconds = 3", "idle_seconds = \"long\"")).unwrap();
    let line = good.lines().position(|line| line.starts_with("idle_seconds")).unwrap() + 1;
    let said = format!("relay.toml, line {line}: ");
    let run = scene.run(RELAY, &["--config", path.to_str().unwrap(), "--check-config"]).says(1, &said);
    run.says(1, "idle_seconds: ").says(1, "expected a whole number");
    let path = scene.path("courier.toml");
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("tokn = 1\n");
    fs::write(&path, text).unwrap();
    scene.run(COURIER, &["--config", path.to_str().unwrap(), "fetch", "--out", "x.tar"]).says(1, "tokn");
}
