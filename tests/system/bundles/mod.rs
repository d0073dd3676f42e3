//! Nothing is lost at the gap: a bundle that is short, altered, repeated or out of order is noticed and named.

mod chains;
mod hand;
mod keys;
mod odd;
mod recovery;

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
    scene.import("3.tar").says(8, "bundle 2 of the courier");
    assert_eq!(scene.list().as_array().unwrap().len(), 2, "what came is kept");
    // Not only at the import that noticed it.
    scene.import("3.tar").says(8, "bundle 2 of the courier");
    scene.send(&[INSPECTORATE], "tip 4", &[]);
    scene.fetch("4.tar").ok();
    scene.import("4.tar").says(8, "bundle 2 of the courier");
    scene.import("2.tar").says(0, "it fills a gap");
    scene.import("3.tar").says(0, "imported before");
    assert_eq!(scene.list().as_array().unwrap().len(), 4);
}

/// Bundle 3 names the bundle before it, so that only this one may fill the gap.
#[test]
fn another_bundle_can_not_fill_the_gap_before_one_that_came() {
    let scene = Scene::new();
    scene.send(&[INSPECTORATE], "tip 1", &[]);
    scene.fetch("1.tar").ok();
    let (journal, before) = (scene.path("courier/journal.json"), scene.path("journal-after-1.json"));
    fs::copy(&journal, &before).unwrap();
    scene.send(&[INSPECTORATE], "tip 2", &[]);
    scene.fetch("2.tar").ok();
    scene.send(&[INSPECTORATE], "tip 3", &[]);
    scene.fetch("3.tar").ok();
    // The courier is set back to the time before bundle 2, and makes another one.
    fs::copy(&before, &journal).unwrap();
    assert_eq!(scene.fetch("other-2.tar").ok().json()["number"], 2);
    scene.import("1.tar").ok();
    scene.import("3.tar").says(8, "bundle 2 of the courier");
    scene.import("other-2.tar").says(1, "two different bundles claim to be number 2");
    assert_eq!(scene.list().as_array().unwrap().len(), 2, "nothing of the other bundle was kept");
    scene.import("2.tar").says(0, "it fills a gap");
    assert_eq!(scene.list().as_array().unwrap().len(), 3);
}

#[test]
fn a_bundle_of_a_channel_that_this_desk_does_not_trust_is_refused() {
    let scene = Scene::new();
    let other = scene::hand_signed(&scene, "other.note", |_| ());
    let relay = Scene::with(other, "");
    let sealed = relay.seal("for somebody else's desk");
    assert_eq!(relay.post(&sealed).0, 201);
    relay.fetch("bundle.tar").ok();
    relay.import("bundle.tar").says(1, "is not signed by the root key this program trusts");
    assert_eq!(relay.list(), serde_json::json!([]));
}

/// Cut at any place: refused whole, or, where only the end mark is missing, as good as whole.
#[test]
fn a_bundle_cut_or_changed_anywhere_leaves_nothing_on_the_desk() {
    let scene = Scene::new();
    scene.send(&[INSPECTORATE], "one", &[]);
    scene.fetch("good.tar").ok();
    let good = fs::read(scene.path("good.tar")).unwrap();
    let refuse = |bytes: &[u8], what: &str| {
        fs::write(scene.path("bad.tar"), bytes).unwrap();
        let run = scene.import("bad.tar");
        let says = ["cut short", "was changed", "not a softinfo bundle", "newer than this program"];
        assert!(run.code == 1 && says.iter().any(|words| run.err.contains(words)), "{what}: {run:?}");
        assert_eq!(fs::read_dir(scene.path("desk/softinfo-example/tips")).unwrap().count(), 0, "{what}");
    };
    // The last 1024 bytes are the end mark.
    let content = good.len() - 1024;
    for at in (1..content).step_by(1531).chain((512..content).step_by(4096)) {
        refuse(&good[..at], &format!("cut at {at}"));
    }
    // Every entry's content and header; what lies between an entry and the next block is no content.
    let blocks = entries(&good);
    for (header, length) in &blocks {
        let places =
            [*header, header + 124, header + 156, header + 512, header + 512 + length / 2, header + 511 + length];
        for at in places {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            refuse(&bytes, &format!("changed at {at}"));
        }
    }
    // In another order, and one missing.
    let whole = |n: usize| &good[blocks[n].0..blocks.get(n + 1).map_or(content, |next| next.0)];
    refuse(&[whole(0), whole(2), whole(1), &[0; 1024]].concat(), "in another order");
    refuse(&[whole(0), whole(1), &[0; 1024]].concat(), "one missing");
    refuse(&[whole(0), whole(1), whole(2), whole(2), &[0; 1024]].concat(), "one twice");
    scene.import("good.tar").says(0, "1 new tip");
}

/// Where the headers of a tar's entries are, and how long the contents behind them.
fn entries(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut archive = tar::Archive::new(bytes);
    let place = |entry: tar::Entry<'_, &[u8]>| {
        let header = usize::try_from(entry.raw_header_position()).unwrap();
        (header, usize::try_from(entry.size()).unwrap())
    };
    archive.entries().unwrap().map(|entry| place(entry.unwrap())).collect()
}

/// A manifest that is right about its entries, but names one twice.
#[test]
fn a_bundle_that_names_a_tip_twice_is_refused_whole() {
    let scene = Scene::new();
    let tip = scene.seal("named twice");
    let (path, note) = (scene.path("sealed.age"), fs::read(&scene.channel.directory).unwrap());
    let named = softinfo_formats::transfer::bundle::BundledTip {
        id: softinfo_formats::envelope::id::TipId::of(&tip),
        size: tip.len() as u64,
        day: scene::today(),
    };
    let manifest = first_manifest(&note, vec![named.clone(), named]);
    softinfo_formats::transfer::bundle::write(&scene.path("twice.tar"), &manifest, &note, |_| fs::File::open(&path))
        .unwrap();
    scene.import("twice.tar").says(1, "the bundle was changed");
    assert_eq!(scene.list(), serde_json::json!([]));
    assert_eq!(fs::read_dir(scene.path("desk/softinfo-example/tips")).unwrap().count(), 0);
}

fn first_manifest(
    note: &[u8],
    tips: Vec<softinfo_formats::transfer::bundle::BundledTip>,
) -> softinfo_formats::transfer::bundle::Manifest {
    softinfo_formats::transfer::bundle::Manifest {
        schema: softinfo_formats::transfer::bundle::Manifest::SCHEMA.to_owned(),
        channel: "softinfo-example".parse().unwrap(),
        courier: hand::COURIER.parse().unwrap(),
        number: 1,
        previous: None,
        directory_sha256: softinfo_base::digest::Digest::of(note),
        tips,
    }
}

#[test]
fn an_import_that_can_not_begin_or_has_the_wrong_passphrase_changes_nothing() {
    let scene = Scene::new();
    scene.import("nowhere.tar").says(1, "nowhere.tar");
    scene.import("").says(1, "is a folder; choose the file that softinfo-courier wrote");
    scene.send(&[INSPECTORATE], "one", &[]);
    scene.fetch("1.tar").ok();
    // The passphrase of these tests is not that of the example keys.
    let bundle = scene.path("1.tar");
    scene.desk_with_passphrase(&["import", bundle.to_str().unwrap()]).says(1, "nothing was imported");
    assert_eq!(scene.list(), serde_json::json!([]));
    assert_eq!(fs::read_dir(scene.path("desk/softinfo-example/tips")).unwrap().count(), 0);
    scene.import("1.tar").says(0, "1 new tip, 1 for");
}

#[test]
fn nothing_new_writes_no_bundle_and_again_since_packs_what_was_lost() {
    let scene = Scene::new();
    scene.send(&[INSPECTORATE], "one", &[]);
    scene.fetch("lost.tar").ok();
    let nothing = scene.fetch("nothing.tar").ok().json();
    assert!(nothing["tips"] == 0 && !scene.path("nothing.tar").exists());
    let (config, out) = (scene.path("courier.toml"), scene.path("again.tar"));
    let today = scene::today().to_string();
    let again =
        ["--config", config.to_str().unwrap(), "fetch", "--out", out.to_str().unwrap(), "--again-since", &today];
    scene.run(scene::COURIER, &again).says(0, "Bundle 2 with 1 tip");
    scene.import("again.tar").says(8, "bundle 1 was never imported on this desk");
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
    let mut header = tar::Header::new_ustar();
    header.set_size(1);
    header.set_cksum();
    extra.append_data(&mut header, "tips/extra.age", &b"x"[..]).unwrap();
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
    let id = softinfo_formats::envelope::id::TipId::of(&forged);
    let path = scene.path("forged.age");
    fs::write(&path, &forged).unwrap();
    let tip = softinfo_formats::transfer::bundle::BundledTip { id, size: forged.len() as u64, day: scene::today() };
    let manifest = first_manifest(&channel, vec![tip]);
    softinfo_formats::transfer::bundle::write(&scene.path("forged.tar"), &manifest, &channel, |_| {
        fs::File::open(&path)
    })
    .unwrap();
    scene.import("forged.tar").says(0, "is no tip and was left out");
    assert_eq!(scene.run(DESK, &["list"]).ok().out.matches("2026").count(), 0);
}
