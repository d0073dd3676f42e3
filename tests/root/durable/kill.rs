//! The relay is killed at random moments under load, and everything it acknowledged is there, whole, and opens.

use crate::durable::load::{self, Load, Told};
use crate::durable::rounds;
use crate::durable::traffic::Traffic;
use scene::known::{all_open, sample};
use scene::{Channel, Scene};

/// Kills in a run of the tests; `SOFTINFO_KILLS=200 cargo nextest run -p softinfo-tests -E 'binary(root) and test(durable::kill)'` for a long one.
const KILLS: usize = 20;
/// Tips that are opened in the end.
const OPENED: usize = 24;

#[test]
fn acknowledged_tips_survive_kill_and_open() {
    let kills = rounds("SOFTINFO_KILLS", KILLS);
    let mut scene = Scene::with(Channel::example(), "volume_mib = 2\n[limits]\nday_mib = 1000000");
    let base = scene.seal("under load");
    let mut told = Told::default();
    for _ in 0..kills {
        let load = Load::start(&scene, &Traffic::SMALL, &base, told);
        load.run_for(20..300);
        scene.signal("KILL");
        assert_eq!(scene.wait(), -1);
        told = load.end();
        scene.start();
        load::check_uploads(&scene, &mut told, true);
    }
    load::finish_uploads(&scene, &mut told);
    let Told { ids, known, in_pieces, pieces, .. } = &told;
    assert!(ids.len() > kills && known.len() > kills && *pieces > kills, "there was no load");
    let listed = load::nothing_is_lost(&scene, &scene.path("store"), &told);
    let opened = sample(known, OPENED);
    all_open(&scene, &opened);
    println!(
        "{kills} kills, {} acknowledged ({in_pieces} of them in pieces; {pieces} pieces), {listed} listed, 0 lost, {} opened",
        ids.len(),
        opened.len()
    );
}
