//! Couriers among strangers at their door, and many couriers at once.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rand::RngCore;
use rand::seq::SliceRandom;
use softinfo_base::clock::SystemClock;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;
use softinfo_store::Store;
use softinfo_store::pool::{Pool, Settings};

use crate::under_fire::MOST_MIB;
use scene::asking::{head, read};
use scene::{Scene, eventually};

/// Row 13 of issue 10: 256 connections without a token cut a download that was running.
#[test]
fn strangers_at_the_door_of_couriers_cut_no_download() {
    let scene = Scene::new();
    let tip = scene.seal_with("", &[&scene.random_file("film.mp4", 20_000_000)]);
    assert_eq!(scene.post(&tip).0, 201);
    let mut stream = TcpStream::connect(scene.courier).unwrap();
    let authorization = format!("authorization: Bearer {}", softinfo_formats::example_keys::COURIER_TOKEN);
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

/// Row 21 of issue 10: 64 couriers in random order took 288 MiB. They wait for one another, and each gets what it asked for.
#[test]
fn many_couriers_in_any_order_all_get_their_tips() {
    let mut scene = Scene::new();
    let tips: Vec<_> = (0..8)
        .map(|n| {
            let tip = scene.seal_with("", &[&scene.random_file("film.mp4", 200_000 + n * 50_000)]);
            assert_eq!(scene.post(&tip).0, 201);
            TipId::of(&tip)
        })
        .collect();
    read_by_many(&scene, &tips, tips.len());
    // The same when they are sealed.
    scene.stop();
    scene.start();
    let volumes: Vec<_> = volumes(&scene).collect();
    eventually(|| volumes.iter().all(|volume| volume.join("sealed").exists() && !volume.join("journal").exists()));
    read_by_many(&scene, &tips, tips.len());
}

/// Row 21 of issue 10. What is read of a sealed volume is put back from a copy of its database: that of one at a time, and never in memory. More
/// volumes than are kept put back, so that most tips need another one.
#[test]
fn texts_of_many_sealed_volumes_are_read_by_many_couriers_in_any_order() {
    const VOLUMES: usize = 20;
    let mut scene = Scene::new();
    scene.stop();
    let settings = Settings::default();
    let most = usize::try_from(settings.volume_bytes).unwrap() * VOLUMES;
    let pool =
        Pool::open(&scene.path("store"), settings, Arc::new(SystemClock), |notice| panic!("{notice:?}")).unwrap();
    let (mut text, header) = (vec![0; 30_965], TipHeader { withdraw: WithdrawDigest::from_bytes([7; 32]) });
    let mut texts = Vec::new();
    while texts.len() * text.len() < most {
        let answers: Vec<_> = (0..256)
            .map(|_| {
                rand::thread_rng().fill_bytes(&mut text);
                let id = TipId::of(&text);
                texts.push(id);
                pool.put(&text, id, &header).unwrap()
            })
            .collect();
        assert!(answers.into_iter().all(|answer| answer.blocking_recv().unwrap().is_ok()));
    }
    pool.seal_all().unwrap();
    drop(pool);
    assert!(volumes(&scene).count() >= VOLUMES);
    assert!(volumes(&scene).all(|volume| volume.join("sealed").exists() && !volume.join("journal").exists()));
    scene.start();
    read_by_many(&scene, &texts, 2);
}

fn volumes(scene: &Scene) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(scene.path("store/volumes")).unwrap().map(|entry| entry.unwrap().path())
}

/// 64 couriers, each of which wants so many of the tips, in an order of its own.
fn read_by_many(scene: &Scene, tips: &[TipId], each: usize) {
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                for id in tips.choose_multiple(&mut rand::thread_rng(), each) {
                    let (status, body) = scene.courier_get(&format!("/tips/{id}"));
                    assert!(status == 200 && TipId::of(&body) == *id, "{status}, {} bytes", body.len());
                }
            });
        }
    });
    let peak = scene.relay_peak_mib();
    println!("peak {peak} MiB");
    assert!(peak < MOST_MIB, "{peak} MiB");
}

/// Of many who read nothing none keeps the others waiting for a thread.
#[test]
fn couriers_that_read_nothing_hold_up_neither_status_nor_intake() {
    let scene = Scene::new();
    let tip = scene.seal_with("", &[&scene.random_file("film.mp4", 20_000_000)]);
    assert_eq!(scene.post(&tip).0, 201);
    let authorization = format!("authorization: Bearer {}", softinfo_formats::example_keys::COURIER_TOKEN);
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
