//! Acknowledged means durable: the relay is killed at random moments under load, and everything it acknowledged is there, whole.

mod scene;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::{Rng, RngCore};
use scene::Scene;
use softinfo::tip::id::TipId;

/// Kills in a run of the tests; `SOFTINFO_KILLS=200 cargo test --test durable` for a long one.
const KILLS: usize = 20;
const WRITERS: usize = 8;

/// Posts tips until the relay is gone; notes the id of each that was acknowledged.
fn write_until_killed(address: SocketAddr, mut tip: Vec<u8>, acknowledged: &Mutex<Vec<TipId>>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let end = tip.len() - 64;
        rand::thread_rng().fill_bytes(&mut tip[end..]);
        let mut request = scene::tip_request(tip.len()).into_bytes();
        request.extend_from_slice(&tip);
        let Ok(mut stream) = TcpStream::connect(address) else { return };
        let mut answer = Vec::new();
        let _ = stream.write_all(&request);
        let _ = stream.read_to_end(&mut answer);
        if answer.starts_with(b"HTTP/1.1 201") {
            acknowledged.lock().unwrap().push(TipId::of(&tip));
        }
    }
}

#[test]
fn acknowledged_tips_survive_kill() {
    let kills = std::env::var("SOFTINFO_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut scene = Scene::with(scene::Channel::example(), "volume_mib = 2");
    let tip = scene.seal("under load");
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..kills {
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (tip, acknowledged, stop, address) =
                    (tip.clone(), Arc::clone(&acknowledged), Arc::clone(&stop), scene.intake);
                std::thread::spawn(move || write_until_killed(address, tip, &acknowledged, &stop))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(rand::thread_rng().gen_range(20..300)));
        scene.signal("KILL");
        stop.store(true, Ordering::Relaxed);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(scene.wait(), -1);
        scene.start();
    }
    let acknowledged = acknowledged.lock().unwrap().clone();
    assert!(acknowledged.len() > kills, "there was no load: {}", acknowledged.len());
    // Every listed tip is whole: those that were acknowledged, and those whose answer was cut off.
    let mut listed = Vec::new();
    let mut after = String::new();
    loop {
        let (status, page) = scene.courier_get(&format!("/pool{after}"));
        assert_eq!(status, 200);
        let page: serde_json::Value = serde_json::from_slice(&page).unwrap();
        listed.extend(page["tips"].as_array().unwrap().iter().map(|tip| tip["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("?after={next}"),
            None => break,
        }
    }
    for id in &listed {
        let (status, bytes) = scene.courier_get(&format!("/tips/{id}"));
        assert!(status == 200 && TipId::of(&bytes).to_string() == *id, "{id} is not whole");
    }
    let lost: Vec<_> = acknowledged.iter().filter(|id| !listed.contains(&id.to_string())).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged tips are lost", lost.len(), acknowledged.len());
    println!("{kills} kills, {} acknowledged, {} listed, 0 lost", acknowledged.len(), listed.len());
}
