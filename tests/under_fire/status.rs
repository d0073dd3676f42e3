//! What the operator and couriers may see of the relay, and what they may not.

use serde_json::Value;

use crate::scene::{Channel, Scene, exchange};

#[test]
fn health_and_disk_are_live_and_what_follows_tips_is_not() {
    let scene = Scene::new();
    let status = || serde_json::from_slice::<Value>(&scene.courier_get("/status").1).unwrap();
    let before = status();
    assert_eq!((&before["schema"], &before["healthy"]), (&Value::from("softinfo/status/1"), &Value::from(true)));
    assert_eq!((&before["kept"]["tips"], &before["kept"]["mib"]), (&Value::from(0), &Value::from(0)));
    assert!(before["disk"]["free_mib"].as_u64().unwrap() % 64 == 0 && before["disk"]["floor_mib"] == 16);
    assert_eq!(scene.post(&scene.seal("one more")).0, 201);
    assert_eq!(status()["kept"], before["kept"], "a tip shows in the count of the same day");
    let (code, metrics) = scene.courier_get("/metrics");
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(code == 200 && metrics.contains("\nsoftinfo_healthy 1\n") && metrics.contains("\nsoftinfo_kept_tips 0\n"));
    // Every line is a comment or a known number, nothing with a label or a time.
    for line in metrics.lines() {
        let is_number = line.split_once(' ').is_some_and(|(_, number)| number.parse::<i64>().is_ok());
        assert!(
            line.starts_with("# ") || (line.starts_with("softinfo_") && is_number && !line.contains('{')),
            "{line}"
        );
    }
}

#[test]
fn after_a_restart_the_count_is_rounded_up() {
    let mut scene = Scene::new();
    assert_eq!(scene.post(&scene.seal("the only one")).0, 201);
    scene.signal("TERM");
    assert_eq!(scene.wait(), 0);
    scene.start();
    let status: Value = serde_json::from_slice(&scene.courier_get("/status").1).unwrap();
    assert_eq!((&status["kept"]["tips"], &status["kept"]["mib"]), (&Value::from(10), &Value::from(16)));
}

#[test]
fn a_relay_below_its_floor_is_not_healthy() {
    let scene = Scene::with(Channel::example(), "floor_mib = 1000000");
    let status: Value = serde_json::from_slice(&scene.courier_get("/status").1).unwrap();
    assert_eq!(status["healthy"], false);
}

#[test]
fn nobody_without_a_token_sees_it_and_writers_have_no_such_place() {
    let scene = Scene::new();
    for path in ["/status", "/metrics"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n\r\n");
        assert_eq!(exchange(scene.courier, request.as_bytes()).0, 401);
        assert_eq!(exchange(scene.intake, request.as_bytes()).0, 404);
    }
}
