//! Each courier has a chain of its own: a new one is taken in when it is said to be right, and what will never come can be closed.

use std::fs;

use crate::bundles::hand::{COURIER, Chain, OTHER};
use scene::{DESK, INSPECTORATE, Run, Scene};

fn import_new(scene: &Scene, bundle: &str) -> Run {
    scene.run(DESK, &["import", "--new-courier", scene.path(bundle).to_str().unwrap()])
}

fn tips(scene: &Scene) -> usize {
    scene.list().as_array().unwrap().len()
}

#[test]
fn a_courier_that_was_set_up_anew_is_taken_in_when_it_is_said_to_be_right() {
    let scene = Scene::new();
    scene.send(&[INSPECTORATE], "one", &[]);
    scene.fetch("1.tar").ok();
    scene.import("1.tar").ok();
    // The courier's folder was lost: it begins a chain of its own.
    fs::remove_dir_all(scene.path("courier")).unwrap();
    scene.send(&[INSPECTORATE], "two", &[]);
    scene.fetch("anew.tar").ok();
    scene.import("anew.tar").says(1, "which has brought none to this desk before; nothing was imported");
    assert_eq!(tips(&scene), 1);
    import_new(&scene, "anew.tar").says(0, "1 new tip, 1 for");
    assert_eq!(tips(&scene), 2);
    // From now on it is known.
    scene.send(&[INSPECTORATE], "three", &[]);
    scene.fetch("anew-2.tar").ok();
    scene.import("anew-2.tar").says(0, "1 new tip");
}

#[test]
fn couriers_do_not_get_into_each_others_way() {
    let scene = Scene::new();
    let (mut one, mut other) = (Chain::new(&scene, COURIER), Chain::new(&scene, OTHER));
    for n in 1..=3 {
        one.next(&format!("one-{n}.tar"), &format!("one {n}"));
        other.next(&format!("other-{n}.tar"), &format!("other {n}"));
    }
    scene.import("one-1.tar").ok();
    import_new(&scene, "other-1.tar").ok();
    scene.import("other-3.tar").says(8, "bundle 2 of the courier 0ddba11f has not come yet");
    scene.import("one-2.tar").says(8, "bundle 2 of the courier 0ddba11f has not come yet");
    scene.import("other-2.tar").says(0, "it fills a gap");
    scene.import("one-3.tar").ok();
    assert_eq!(tips(&scene), 6);
    let bundles = scene.run(DESK, &["bundles", "--json"]).ok().json();
    assert_eq!(bundles[0]["courier"], OTHER);
    assert_eq!(bundles[1]["last"], 3);
    assert_eq!(bundles[1]["missing"], serde_json::json!([]));
}

#[test]
fn two_bundles_for_one_place_of_a_chain_are_refused_with_a_way_out() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    chain.next("1.tar", "one");
    let (number, previous) = (chain.number, chain.previous);
    chain.next("2.tar", "two");
    (chain.number, chain.previous) = (number, previous);
    chain.next("other-2.tar", "another two");
    scene.import("1.tar").ok();
    scene.import("2.tar").ok();
    let refused =
        scene.import("other-2.tar").says(1, "two different bundles claim to be number 2 of the courier c0ffee00");
    assert!(refused.err.contains("nothing was imported") && refused.err.contains("--new-courier"), "{refused:?}");
    assert_eq!(tips(&scene), 2);
}

#[test]
fn missing_bundles_of_a_chain_that_has_ended_are_closed_by_hand() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    for n in 1..=6 {
        chain.next(&format!("{n}.tar"), &format!("tip {n}"));
    }
    scene.import("1.tar").ok();
    scene.import("4.tar").says(8, "bundles 2 to 3 of the courier c0ffee00 have not come yet");
    scene.import("6.tar").says(8, "bundle 5 of the courier c0ffee00 has not come yet");
    scene.run(DESK, &["bundles"]).says(0, "2 to 3, 5");
    scene.run(DESK, &["bundles", "close", "c0ffee", "4"]).says(1, "bundle 4 of the courier c0ffee00 is not missing");
    scene.run(DESK, &["bundles", "close", "abc"]).says(1, "no courier “abc” has brought bundles");
    scene.run(DESK, &["bundles", "close", "c0ffee", "5", "5"]).says(0, "not waited for any more: 5.\n");
    scene.import("6.tar").says(8, "bundles 2 to 3");
    scene.run(DESK, &["bundles", "close", "c0ffee"]).says(0, "not waited for any more: 2 to 3");
    scene.run(DESK, &["bundles", "close", "c0ffee"]).says(0, "nothing was changed");
    scene.import("6.tar").says(0, "imported before");
    // What comes after all is taken in.
    scene.import("3.tar").says(0, "1 new tip");
    assert_eq!(tips(&scene), 4);
}

#[test]
fn a_desk_that_begins_late_names_what_came_before_it_once() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    for n in 1..=19 {
        chain.next(&format!("{n}.tar"), &format!("tip {n}"));
    }
    scene.import("17.tar").says(8, "bundles 1 to 16 were never imported on this desk");
    let next = scene.import("18.tar").ok();
    assert_eq!(next.err.matches("bundle").count(), 0, "{next:?}");
    // What came before is taken in all the same, and counted from there.
    let gap = scene.import("15.tar").says(8, "bundle 16 of the courier c0ffee00 has not come yet");
    assert!(
        gap.err.contains("fetch --again-since 20")
            && gap.err.contains(", import what it brings, then softinfo-desk bundles close c0ffee00"),
        "{gap:?}"
    );
    scene.import("16.tar").says(0, "it fills a gap");
    scene.import("19.tar").says(0, "1 new tip");
}

/// A courier fetches the smallest tips first: what is in the next bundle may be older than the newest of the one before.
#[test]
fn what_is_lost_is_looked_for_from_the_first_day_of_the_bundle_before() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    let tips = ["one", "two", "three"].map(crate::bundles::hand::text_tip);
    chain.bundle("1.tar", &[(&tips[0], "2026-10-01")]);
    chain.bundle("2.tar", &[(&tips[1], "2026-11-20"), (&tips[2], "2026-11-12")]);
    for n in 3..=4 {
        chain.next(&format!("{n}.tar"), &format!("tip {n}"));
    }
    scene.import("1.tar").ok();
    scene.import("2.tar").ok();
    scene.import("4.tar").says(8, "If lost: softinfo-courier fetch --again-since 2026-11-12");
}

#[test]
fn what_was_given_up_stays_in_sight_and_an_import_names_it_once() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    let ids: Vec<_> = (1..=5).map(|n| chain.next(&format!("{n}.tar"), &format!("tip {n}"))).collect();
    let first = scene.import("1.tar").says(0, &format!("  {}\n", &ids[0][..16]));
    assert!(first.out.ends_with(&format!("Next: softinfo-desk show {}\n", &ids[0][..16])), "{first:?}");
    scene.import("4.tar").says(8, "bundles 2 to 3");
    scene
        .run(DESK, &["bundles", "close", "c0ffee"])
        .says(0, "Bundles of the courier c0ffee00 that are not waited for any more: 2 to 3.");
    let shown = scene.run(DESK, &["bundles"]).says(0, "MISSING       GIVEN UP\n");
    assert!(shown.out.ends_with("  none          2 to 3\n"), "{shown:?}");
    let once = "Given up since the last import: 2 to 3 of the courier c0ffee00.";
    scene.import("5.tar").says(0, once);
    assert!(!scene.import("5.tar").ok().out.contains(once));
    // What comes after all is given up no longer.
    scene.import("2.tar").ok();
    let shown = scene.run(DESK, &["bundles"]).ok();
    assert!(shown.out.ends_with("  none          3\n"), "{shown:?}");
}

/// Everything on the desk is set back to the time before bundles 2 to 4.
#[test]
fn a_desk_restored_from_a_backup_takes_in_again_what_came_after_it() {
    let scene = Scene::new();
    let mut chain = Chain::new(&scene, COURIER);
    for n in 1..=5 {
        chain.next(&format!("{n}.tar"), &format!("tip {n}"));
    }
    scene.import("1.tar").ok();
    let copy = |from: &str, to: &str| {
        let status = std::process::Command::new("cp").arg("-a").args([scene.path(from), scene.path(to)]).status();
        assert!(status.unwrap().success());
    };
    copy("desk", "backup");
    for n in 2..=4 {
        scene.import(&format!("{n}.tar")).ok();
    }
    let whole = scene.list();
    fs::remove_dir_all(scene.path("desk")).unwrap();
    copy("backup", "desk");
    scene.import("5.tar").says(8, "bundles 2 to 4 of the courier c0ffee00 have not come yet");
    for (n, code) in [(3, 8), (2, 8), (4, 0)] {
        scene.import(&format!("{n}.tar")).says(code, "1 new tip, 1 for");
    }
    assert_eq!(tips(&scene), 5);
    assert!(whole.as_array().unwrap().iter().all(|tip| scene.list().as_array().unwrap().contains(tip)));
}
