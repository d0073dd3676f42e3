//! Couriers among strangers at their door, and many couriers at once.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rand::seq::SliceRandom;
use softinfo::tip::id::TipId;

use crate::asking::{head, read};
use crate::scene::Scene;

/// Row 13 of the issue: 256 connections without a token cut a download that was running.
#[test]
fn strangers_at_the_door_of_couriers_cut_no_download() {
    let scene = Scene::new();
    let tip = scene.seal_with("", &[&scene.random_file("film.mp4", 20_000_000)]);
    assert_eq!(scene.post(&tip).0, 201);
    let mut stream = TcpStream::connect(scene.courier).unwrap();
    let authorization = format!("authorization: Bearer {}", softinfo::example::COURIER_TOKEN);
    stream.write_all(&head("GET", &format!("/tips/{}", TipId::of(&tip)), &[&authorization], 0)).unwrap();
    let (mut bytes, mut strangers) = (Vec::new(), Vec::new());
    let mut piece = vec![0; 200_000];
    loop {
        let n = stream.read(&mut piece).unwrap();
        if n == 0 {
            break;
        }
        bytes.extend_from_slice(&piece[..n]);
        if strangers.len() < 600 {
            for _ in 0..20 {
                strangers.push(TcpStream::connect(scene.courier).unwrap());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    assert!(strangers.len() >= 300, "the tip was there before they came");
    let start = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert!(bytes[start..] == tip, "{} bytes of {}", bytes.len() - start, tip.len());
}

/// Row 21, the relay's side: more couriers than there are readers wait for one another, and each gets what it asked for.
#[test]
fn many_couriers_in_any_order_all_get_their_tips() {
    let scene = Scene::new();
    let tips: Vec<_> = (0..8)
        .map(|n| {
            let tip = scene.seal_with("", &[&scene.random_file("film.mp4", 200_000 + n * 50_000)]);
            assert_eq!(scene.post(&tip).0, 201);
            tip
        })
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let mut order: Vec<_> = tips.iter().collect();
                order.shuffle(&mut rand::thread_rng());
                for tip in order {
                    let (status, body) = scene.courier_get(&format!("/tips/{}", TipId::of(tip)));
                    assert!(status == 200 && body == *tip, "{status}, {} bytes of {}", body.len(), tip.len());
                }
            });
        }
    });
    assert!(scene.relay_peak_mib() < 256, "{} MiB", scene.relay_peak_mib());
}

/// Of many who read nothing none keeps the others waiting for a thread.
#[test]
fn couriers_that_read_nothing_hold_up_neither_status_nor_intake() {
    let scene = Scene::new();
    let tip = scene.seal_with("", &[&scene.random_file("film.mp4", 20_000_000)]);
    assert_eq!(scene.post(&tip).0, 201);
    let authorization = format!("authorization: Bearer {}", softinfo::example::COURIER_TOKEN);
    let request = head("GET", &format!("/tips/{}", TipId::of(&tip)), &[&authorization], 0);
    let deaf: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(scene.courier).unwrap();
            stream.write_all(&request).unwrap();
            stream
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    let mut stream = TcpStream::connect(scene.courier).unwrap();
    stream.write_all(&head("GET", "/status", &[&authorization], 0)).unwrap();
    read(stream).is(200);
    assert_eq!(scene.post(&scene.seal("meanwhile")).0, 201);
    drop(deaf);
}
