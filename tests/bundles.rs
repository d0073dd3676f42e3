//! Nothing is lost at the gap: a bundle that is short, altered, repeated or out of order is noticed and named.

mod scene;

use std::fs;

use scene::{DESK, INSPECTORATE, Scene};

fn three_bundles(scene: &Scene) {
    for n in 1..=3 {
        scene.send(&[INSPECTORATE], &format!("tip {n}"), &[]);
        assert_eq!(scene.fetch(&format!("{n}.tar")).ok().json()["number"], n);
    }
}

#[test]
fn a_bundle_imported_twice_changes_nothing() {
    let scene = Scene::new();
    three_bundles(&scene);
    scene.import("1.tar").ok();
    let before = scene.list();
    scene.import("1.tar").says(0, "imported before; nothing has changed");
    assert_eq!(scene.list(), before);
}

#[test]
fn a_missing_bundle_is_named_until_it_comes() {
    let scene = Scene::new();
    three_bundles(&scene);
    scene.import("1.tar").ok();
    scene.import("3.tar").says(3, "bundle 2 has not come yet");
    assert_eq!(scene.list().as_array().unwrap().len(), 2, "what came is kept");
    scene.import("2.tar").says(0, "it fills a gap");
    assert_eq!(scene.list().as_array().unwrap().len(), 3);
}

#[test]
fn two_bundles_for_one_place_are_refused() {
    let scene = Scene::new();
    three_bundles(&scene);
    scene.import("1.tar").ok();
    // The courier's folder was lost: it begins a new chain.
    fs::remove_dir_all(scene.path("courier")).unwrap();
    scene.fetch("again.tar").ok();
    scene.import("again.tar").says(1, "two different bundles claim the same place");
    assert_eq!(scene.list().as_array().unwrap().len(), 1);
}

#[test]
fn nothing_new_writes_no_bundle_and_again_since_packs_what_was_lost() {
    let scene = Scene::new();
    scene.send(&[INSPECTORATE], "one", &[]);
    scene.fetch("lost.tar").ok();
    let nothing = scene.fetch("nothing.tar").ok().json();
    assert!(nothing["tips"] == 0 && !scene.path("nothing.tar").exists());
    let (config, out) = (scene.path("courier.toml"), scene.path("again.tar"));
    let today = softinfo::day::Day::today().to_string();
    let again =
        ["--config", config.to_str().unwrap(), "fetch", "--out", out.to_str().unwrap(), "--again-since", &today];
    scene.run(scene::COURIER, &again).says(0, "Bundle 2 with 1 tips");
    scene.import("again.tar").says(3, "bundle 1 has not come yet");
    scene.import("lost.tar").says(0, "it fills a gap");
}

/// Every change to a bundle's bytes is refused as a whole, and nothing of it stays on the desk.
#[test]
fn a_bundle_cut_short_or_changed_is_refused_whole() {
    let scene = Scene::new();
    for n in 0..3 {
        scene.send(&[INSPECTORATE], &format!("tip {n}"), &[]);
    }
    scene.fetch("good.tar").ok();
    let good = fs::read(scene.path("good.tar")).unwrap();
    let find = |needle: &[u8]| good.windows(needle.len()).position(|window| window == needle).unwrap();
    let tip = find(b"age-encryption.org/v1") + 10_000;
    let manifest = find(b"\"previous\"");
    let directory = find(b"\xe2\x80\x94 softinfo-example");
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let mut extra = tar::Builder::new(Vec::new());
    for (name, content) in [("tips/extra.age", &b"x"[..])] {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_cksum();
        extra.append_data(&mut header, name, content).unwrap();
    }
    let with_extra = [&good[..good.len() - 1024], &extra.into_inner().unwrap()].concat();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (good[..tip].to_vec(), "cut short: 0 of 3 tips are whole"),
        (good[..good.len() - 40_000].to_vec(), "cut short"),
        (good[..good.len() - 2_000].to_vec(), "cut short: 2 of 3"),
        (good[..700].to_vec(), "bundle"),
        (Vec::new(), "not a softinfo bundle"),
        (b"hello".repeat(1000), "not a softinfo bundle"),
        (changed(tip), "the bundle was changed"),
        (changed(manifest + 1), "the bundle was changed"),
        (changed(directory + 10), "the bundle was changed"),
        (with_extra, "the bundle was changed: “tips/extra.age”"),
        (
            String::from_utf8_lossy(&good[..2000]).replace("softinfo/bundle/1", "softinfo/bundle/2").into_bytes(),
            "newer than this program",
        ),
    ];
    for (n, (bytes, words)) in cases.into_iter().enumerate() {
        let name = format!("bad-{n}.tar");
        fs::write(scene.path(&name), bytes).unwrap();
        scene.import(&name).says(1, words);
        assert_eq!(scene.list(), serde_json::json!([]), "{words}");
        let tips = scene.path("desk/softinfo-example/tips");
        assert_eq!(fs::read_dir(tips).unwrap().count(), 0, "{words}");
    }
    scene.import("good.tar").says(0, "3 new tips");
}

#[test]
fn what_is_no_tip_is_left_out_and_named_and_the_rest_is_kept() {
    let scene = Scene::new();
    scene.send(&[INSPECTORATE], "good", &[]);
    scene.fetch("one.tar").ok();
    // A bundle whose manifest is right about an entry that no relay would have taken.
    let channel = fs::read(&scene.channel.directory).unwrap();
    let forged = b"age-encryption.org/v1\nnot a tip".to_vec();
    let id = softinfo::tip::id::TipId::of(&forged);
    let path = scene.path("forged.age");
    fs::write(&path, &forged).unwrap();
    let manifest = softinfo::bundle::Manifest {
        schema: softinfo::bundle::Manifest::SCHEMA.to_owned(),
        channel: "softinfo-example".parse().unwrap(),
        number: 1,
        previous: None,
        directory_sha256: softinfo::tip::id::TipId::of(&channel),
        tips: vec![softinfo::bundle::BundledTip { id, size: forged.len() as u64, day: softinfo::day::Day::today() }],
    };
    softinfo::bundle::write(&scene.path("forged.tar"), &manifest, &channel, |_| fs::File::open(&path), &|_| ())
        .unwrap();
    scene.import("forged.tar").says(0, "is no tip and was left out");
    assert_eq!(scene.run(DESK, &["list"]).ok().out.matches("2026").count(), 0);
}
