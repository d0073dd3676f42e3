//! What an operator does to the store of a stopped relay: verify, seal, purge; and a clock that is not believed until it is accepted.

use std::fs;
use std::time::{Duration, SystemTime};

use softinfo_base::day::Day;

use super::files;
use scene::{Channel, RELAY, Run, Scene};

fn store(scene: &Scene, work: &[&str]) -> Run {
    let path = scene.path("relay.toml");
    scene.run(RELAY, &[&["--config", path.to_str().unwrap(), "store"], work].concat())
}

/// Row 6 of issue 10, the operator's side: what a flood of texts had left could not be purged for up to 97 days.
#[test]
fn a_stopped_store_is_sealed_verified_and_purged_and_damage_costs_one_tip() {
    let mut scene = Scene::with(Channel::example(), "");
    let tips: Vec<_> = ["one", "two", "three"].map(|text| scene.seal(text)).to_vec();
    for tip in &tips {
        assert_eq!(scene.post(tip).0, 201);
    }
    store(&scene, &["verify"]).says(3, "another relay uses the store");
    scene.stop();
    store(&scene, &["verify"]).says(0, "3 tips, 0 of them damaged");

    // A byte that flips in a journal costs that tip alone.
    let journal = |scene: &Scene| {
        let all = files(&scene.path("store/volumes"));
        all.into_iter().find(|(path, _)| path.ends_with("journal")).map(|(path, _)| path)
    };
    let path = journal(&scene).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[40_000] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let said = store(&scene, &["verify"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("3 tips, 1 of them damaged") && said.err.contains("Nothing was changed"), "{said:?}");
    fs::write(&path, &whole).unwrap();

    store(&scene, &["seal"]).says(0, "");
    assert!(journal(&scene).is_none(), "the journal has gone");
    assert!(store(&scene, &["verify"]).ok().out.contains("3 tips, 0 of them damaged"));
    scene.start();
    assert_eq!(scene.pool().len(), 3);
    assert_eq!(scene.post(&tips[0]).0, 200);
    scene.stop();

    let (today, tomorrow) = (scene::today().to_string(), scene::today().plus(1).to_string());
    assert!(store(&scene, &["purge", "--before", &today]).ok().out.contains("0 tips"));
    store(&scene, &["purge", "--before", "yesterday"]).says(2, "is not a day");
    // On a full disk, say: what was done is not called failed because nobody could be told.
    let line = "exec \"$0\" \"$@\" >/dev/full";
    let config = scene.path("relay.toml");
    let purge = ["--config", config.to_str().unwrap(), "store", "purge", "--before", &tomorrow];
    scene.run("sh", &[&["-c", line, RELAY], &purge[..]].concat()).says(8, "3 tips that came before");
    assert!(files(&scene.path("store/volumes")).is_empty());
    scene.start();
    assert!(scene.pool().is_empty());
}

#[test]
fn a_store_that_is_not_there_is_not_made_by_looking_at_it() {
    let mut scene = Scene::new();
    scene.stop();
    fs::remove_dir_all(scene.path("store")).unwrap();
    store(&scene, &["verify"]).says(1, "there is no store in");
    assert!(!scene.path("store").exists());
}

#[test]
fn a_clock_that_has_jumped_is_not_believed_until_its_day_is_accepted() {
    let mut scene = Scene::new();
    assert_eq!(scene.post(&scene.seal("still here")).0, 201);
    scene.stop();
    // The relay takes no other day than that of its own clock: the whole test has to be within one.
    while Day::of(SystemTime::now() + Duration::from_mins(5)) != scene::today() {
        std::thread::sleep(Duration::from_secs(1));
    }
    // As if the relay had been off since: the last day that it believed is long ago.
    let (today, last) = (scene::today(), scene::today().plus(-40));
    fs::write(scene.path("store/day"), format!("{last}\n")).unwrap();
    scene.start();
    let status = scene.status();
    assert_eq!(status["healthy"], false);
    assert!(status["reasons"].to_string().contains("--accept-date"), "{status}");
    // What comes now has a day that is too early, and was purged by it.
    assert_eq!(scene.post(&scene.seal("came today")).0, 201);
    assert_eq!(scene.pool().len(), 2);
    let (_, pool) = scene.courier_get(&format!("/pool?after={}", last.plus(13)));
    assert!(String::from_utf8(pool).unwrap().contains(&format!("\"day\":\"{}\"", last.plus(14))));
    scene.stop();
    let [now, tomorrow] = [today, today.plus(1)].map(|day| day.to_string());
    let kept = fs::read(scene.path("store/day")).unwrap();
    store(&scene, &["purge", "--before", &tomorrow]).says(1, "nothing was erased");
    assert_eq!(fs::read(scene.path("store/day")).unwrap(), kept);
    let accepted = ["--accept-date", &now, "purge", "--before", &now];
    store(&scene, &accepted).says(0, "erased: 0 tips that came before");
    // For what follows the clock is not believed again.
    fs::write(scene.path("store/day"), kept).unwrap();

    let path = scene.path("relay.toml");
    let wrong = today.plus(1).to_string();
    scene.run(RELAY, &["--config", path.to_str().unwrap(), "--accept-date", &wrong]).says(1, "the clock says");
    assert_eq!(fs::read_to_string(scene.path("store/day")).unwrap(), format!("{last}\n"));
    scene.start_with(&["--accept-date", &today.to_string()]);
    assert_eq!(scene.status()["healthy"], true);
    assert_eq!(fs::read_to_string(scene.path("store/day")).unwrap(), format!("{today}\n"));
    assert_eq!(scene.pool().len(), 2);
    scene.stop();
    store(&scene, &["purge", "--before", &tomorrow]).says(0, "erased: 2 tips that came before");
    scene.start();
    assert_eq!(scene.status()["healthy"], true);
}
