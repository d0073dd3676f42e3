//! What the operator and couriers may see of the relay, and what they may not.

use serde_json::Value;

use scene::{Channel, Scene, complete, exchange};

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
    // Every line is a comment or a number, with a label of a closed set or with none, and nothing has a time.
    let labels = ["reason=\"", "share=\"large\"", "share=\"text\"", "kind=\"", "number=\""];
    for line in metrics.lines() {
        let (name, number) = line.rsplit_once(' ').unwrap();
        let label = name.split_once('{').map(|(_, label)| label);
        let is_known = label.is_none_or(|label| labels.iter().any(|known| label.starts_with(known)));
        let is_number = name.starts_with("softinfo_") && number.parse::<i64>().is_ok() && is_known;
        assert!(line.starts_with("# ") || is_number, "{line}");
    }
}

#[test]
fn after_a_restart_the_count_is_rounded_up() {
    let mut scene = Scene::new();
    assert_eq!(scene.post(&scene.seal("the only one")).0, 201);
    scene.stop();
    scene.start();
    let status: Value = serde_json::from_slice(&scene.courier_get("/status").1).unwrap();
    assert_eq!((&status["kept"]["tips"], &status["kept"]["mib"]), (&Value::from(10), &Value::from(16)));
}

#[test]
fn a_relay_below_its_floor_is_not_healthy() {
    let scene = Scene::with(Channel::example(), "floor_mib = 1000000");
    assert_eq!(unhealthy(&scene, "below_floor"), ["the disk is below store.floor_mib: nothing is taken"]);
}

/// Why the relay is not healthy; `name` is the one reason in the metrics.
fn unhealthy(scene: &Scene, name: &str) -> Vec<String> {
    let status = scene.status();
    assert_eq!(status["healthy"], false, "{status}");
    let metrics = String::from_utf8(scene.courier_get("/metrics").1).unwrap();
    assert!(metrics.contains("\nsoftinfo_healthy 0\n"), "{metrics}");
    let holds: Vec<_> =
        metrics.lines().filter(|line| line.starts_with("softinfo_unhealthy{") && line.ends_with(" 1")).collect();
    assert_eq!(holds, [format!("softinfo_unhealthy{{reason=\"{name}\"}} 1")]);
    status["reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_relay_that_refuses_large_tips_is_not_healthy_and_says_why() {
    let disk = Scene::with(Channel::example(), "[limits]\ntext_reserve_mib = 1000000");
    assert_eq!(
        unhealthy(&disk, "below_reserve"),
        ["the disk is down to what is kept for text: large tips are refused"]
    );
    assert_eq!(disk.post(&disk.seal("text is taken")).0, 201);
    let day = Scene::with(Channel::example(), "[limits]\nday_mib = 0");
    assert_eq!(unhealthy(&day, "day_spent"), ["the day's share is spent: large tips are refused until midnight UTC"]);
    assert_eq!(day.status()["shares"][0], serde_json::json!({"name": "large", "mib": 0, "spent_percent": 100}));
    assert_eq!(day.post(&day.seal("text is taken")).0, 201);
}

/// It was told once to one courier, and in a line of the log; then it was in no list and in no status.
#[test]
fn a_tip_that_is_damaged_shows_in_the_status_and_whoever_sends_it_again_makes_it_whole() {
    let scene = Scene::new();
    let tips = ["one", "two"].map(|text| scene.seal(text));
    assert_eq!(scene.post(&tips[0]).0, 201);
    let ids = tips.each_ref().map(|tip| softinfo_formats::envelope::id::TipId::of(tip).to_string());
    // The first tip's; at midnight the second would come into another.
    let volume = std::fs::read_dir(scene.path("store/volumes")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(scene.post(&tips[1]).0, 201);
    let damage = |at: usize| {
        let journal = volume.join("journal");
        let mut bytes = std::fs::read(&journal).unwrap();
        bytes[at] ^= 1;
        // In place: the relay has it open.
        std::io::Write::write_all(&mut std::fs::OpenOptions::new().write(true).open(journal).unwrap(), &bytes).unwrap();
    };
    damage(20_000);
    assert_eq!(scene.status()["healthy"], true, "nobody has read it yet");
    // The relay breaks off where the damage is, and says so when it is asked again: no line that broke.
    let words = format!("The relay could not give out {} as it was stored. Tell its operator now", ids[0]);
    complete(&mut scene.fetch_command("1.tar")).says(8, &words);
    assert_eq!(scene.pool(), [ids[1].clone()]);
    let (status, problem) = scene.courier_get(&format!("/tips/{}", ids[0]));
    let problem: Value = serde_json::from_slice(&problem).unwrap();
    assert_eq!((status, &problem["type"]), (410, &Value::from("urn:softinfo:problem:damaged")), "{problem}");
    // A second courier hears nothing of it, and the operator does.
    assert_eq!(
        unhealthy(&scene, "tip_damaged"),
        [
            "a tip does not read back as it was written, so couriers get it no more: the log names its volume; look at the disk"
        ]
    );
    assert!(scene.log().contains("does not read back as it was written"), "{}", scene.log());
    // Who sends it again is not told that it is there already, and makes it whole.
    assert_eq!(scene.post(&tips[0]).0, 201);
    assert_eq!(scene.courier_get(&format!("/tips/{}", ids[0])).1, tips[0]);
    assert_eq!(scene.pool().len(), 2);
    assert_eq!(scene.post(&tips[0]).0, 200);
}

#[test]
fn a_monitors_token_opens_status_and_metrics_and_nothing_else() {
    let mut scene = Scene::new();
    let hash = String::from(softinfo_relay::token::TokenHash::of(b"for the monitor"));
    scene.restart(|config| config.replace("[courier]", &format!("[courier]\nmonitor_token_sha256 = [\"{hash}\"]")));
    let id = softinfo_formats::envelope::id::TipId::of(&scene.seal("not for monitors"));
    assert_eq!(scene.post(&std::fs::read(scene.path("sealed.age")).unwrap()).0, 201);
    for path in ["/status", "/metrics", "/status?x"] {
        assert_eq!(scene.get_with("for the monitor", path).0, 200, "{path}");
    }
    for path in
        ["/pool", &format!("/tips/{id}"), "/directory", "/withdraw", "/", "/status/", "//status", "/STATUS", "/nothing"]
    {
        assert_eq!(scene.get_with("for the monitor", path).0, 401, "{path}");
    }
    assert_eq!(scene.get_with("for nobody", "/status").0, 401);
    assert_eq!(
        scene.status()["couriers"],
        serde_json::json!([{"number": 1, "last_fetch": null}]),
        "a monitor is no courier"
    );
    // The same token for both would be a courier's.
    let courier =
        String::from(softinfo_relay::token::TokenHash::of(softinfo_formats::example_keys::COURIER_TOKEN.as_bytes()));
    let config = std::fs::read_to_string(scene.path("relay.toml")).unwrap().replace(&hash, &courier);
    std::fs::write(scene.path("relay.toml"), config).unwrap();
    scene.check_config().says(1, "courier.monitor_token_sha256: not a courier's token");
}

#[test]
fn the_last_day_of_each_courier_is_shown_also_after_a_restart_and_is_all_that_is_kept() {
    let mut scene = Scene::new();
    let hash = |token: &str| String::from(softinfo_relay::token::TokenHash::of(token.as_bytes()));
    let (first, second) = (hash("another"), hash(softinfo_formats::example_keys::COURIER_TOKEN));
    scene.restart(|config| config.replace(&second, &format!("{first}\", \"{second}")));
    let couriers = |scene: &Scene| scene.status()["couriers"].clone();
    let never = serde_json::json!([{"number": 1, "last_fetch": null}, {"number": 2, "last_fetch": null}]);
    assert_eq!(couriers(&scene), never);
    let metrics = |scene: &Scene| String::from_utf8(scene.courier_get("/metrics").1).unwrap();
    assert!(metrics(&scene).contains("\nsoftinfo_courier_days_since_fetch{number=\"2\"} -1\n"));
    // A part of the list is no fetch.
    for text in ["one", "two"] {
        assert_eq!(scene.post(&scene.seal(text)).0, 201);
    }
    assert_eq!(scene.courier_get("/pool?limit=1").0, 200);
    assert_eq!(couriers(&scene), never);
    let day = scene::today();
    scene.fetch("bundle.tar").ok();
    let shown = serde_json::json!([{"number": 1, "last_fetch": null}, {"number": 2, "last_fetch": day}]);
    assert_eq!(couriers(&scene), shown);
    scene.restart(str::to_owned);
    assert_eq!(couriers(&scene), shown);
    assert!(metrics(&scene).contains("\nsoftinfo_courier_days_since_fetch{number=\"2\"} 0\n"));
    let file = scene.path("store/relay/couriers.json");
    assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), day.midnight());
    let kept: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let kept = kept["couriers"].as_array().unwrap();
    assert_eq!(
        (kept.len(), kept[1].as_object().unwrap().len(), &kept[1]["last_fetch"]),
        (2, 2, &day.to_string().into())
    );
}

#[test]
fn a_refusal_does_not_show_on_its_day() {
    let scene = Scene::new();
    for _ in 0..12 {
        assert_eq!(scene.post(b"no tip").0, 422);
    }
    assert_eq!(scene.status()["refusals"], serde_json::json!({"day": null, "kinds": {}}));
    assert!(!String::from_utf8(scene.courier_get("/metrics").1).unwrap().contains("softinfo_refusals{"));
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
