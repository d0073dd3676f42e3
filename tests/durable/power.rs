//! The power is cut at random moments under load, and everything that was acknowledged is there, whole, and opens.

use std::fs;
use std::time::Instant;

use crate::image::{Cut, Disk};
use crate::known::{all_open, sample};
use crate::load::{self, Load, Told};
use crate::rounds;
use crate::scene::{Channel, Scene};

/// Cuts in a run of the tests; `SOFTINFO_CUTS=20 cargo test --test durable power` for a long one.
const CUTS: usize = 6;
/// Tips that are opened after each cut.
const OPENED: usize = 4;

#[test]
fn acknowledged_tips_survive_a_power_cut_and_open() {
    let (cuts, began) = (rounds("SOFTINFO_CUTS", CUTS), Instant::now());
    let disk = Disk::new(192);
    let store =
        format!("folder = {:?}\nvolume_mib = 2\n[limits]\nday_mib = 1000000\ntext_reserve_mib = 0", disk.path("store"));
    let mut scene = Scene::with(Channel::example(), &store);
    let base = scene.seal("under load");
    let (mut told, mut acknowledged, mut kept, mut in_pieces, mut opened) = (Told::default(), 0, 0, 0, 0);
    for cut in 0..cuts {
        let load = Load::start(scene.intake, &base, told);
        // One of three comes before anything, or little, has been acknowledged.
        if cut % 3 < 2 {
            load.is_heavy();
        }
        load.run_for(0..400);
        let withdrawn = (cut % 3 == 0).then(|| load.withdraw(&scene));
        disk.cut(if cut % 2 == 0 { Cut::Machine } else { Cut::MachineAndCache });
        scene.signal("KILL");
        scene.wait();
        told = load.end();
        disk.power_on();
        scene.start();
        load::check_uploads(&scene, &mut told, false);
        // Each store is cut twice: when all of it is new, and when it has been used before.
        let last = cut % 4 > 1 || cut + 1 == cuts;
        if last {
            load::finish_uploads(&scene, &mut told);
        }
        // What was answered to be erased does not come back either.
        let back = withdrawn.filter(|id| load::listed(&scene).contains(&id.to_string()));
        assert_eq!(back, None, "a withdrawn tip");
        kept = load::nothing_is_lost(&scene, &disk.path("store"), &told);
        let drawn = sample(&told.known, OPENED);
        assert!(!drawn.is_empty() || cut % 3 == 2, "there was no load");
        all_open(&scene, &drawn);
        opened += drawn.len();
        if last {
            (acknowledged, in_pieces) = (acknowledged + told.ids.len(), in_pieces + told.in_pieces);
            told = Told::default();
            scene.signal("TERM");
            assert_eq!(scene.wait(), 0);
            fs::remove_dir_all(disk.path("store")).unwrap();
            scene.start();
        }
    }
    println!(
        "{cuts} power cuts, {acknowledged} acknowledged ({in_pieces} of them in pieces), 0 lost, {opened} opened, {kept} listed at the last, {} s",
        began.elapsed().as_secs()
    );
}
