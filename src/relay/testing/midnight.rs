//! Midnight while the relay runs: what is counted by the day begins anew, and what was left alone goes.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::sleep;

use softinfo_base::clock::HandSetClock;
use softinfo_base::day::Day;
use softinfo_base::file::date;

use super::in_memory::{Side, Stage};
use crate::token::TokenHash;

const PAGE: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">";
/// Until housekeeping has looked once more.
const ROUND: Duration = Duration::from_mins(61);

async fn ask(stage: &Stage, side: Side, head: &str) -> String {
    let (mut near, far) = duplex(64 * 1024);
    let asking = async {
        near.write_all(format!("{head}\r\nhost: relay\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        near.read_to_string(&mut answer).await.unwrap();
        answer
    };
    tokio::join!(asking, stage.connect(side, far)).0
}

async fn status(stage: &Stage) -> Value {
    let answer = ask(stage, Side::Courier, "GET /status HTTP/1.1\r\nauthorization: Bearer courier").await;
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test(start_paused = true)]
async fn refusals_counts_and_pieces_follow_the_day_while_the_relay_runs() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    fs::write(&page, PAGE).unwrap();
    let day: Day = "2026-11-24".parse().unwrap();
    let clock = Arc::new(HandSetClock::at(day));
    let token = TokenHash::of(b"courier");
    let stage = Stage::open(folder.path(), &page, 1 << 20, token, Arc::<HandSetClock>::clone(&clock)).unwrap();
    let piece = stage.uploads_folder.join("left-alone");
    fs::write(&piece, "a piece").unwrap();
    date(&fs::File::open(&piece).unwrap(), day).unwrap();

    let watched = async {
        assert!(ask(&stage, Side::Intake, "POST /tips HTTP/1.1").await.starts_with("HTTP/1.1 415"));
        sleep(ROUND).await;
        let shown = status(&stage).await;
        assert_eq!(shown["refusals"], json!({ "day": null, "kinds": {} }), "today is not shown");
        assert_eq!(shown["kept"]["day"], json!(day));

        clock.set(day.plus(1));
        sleep(ROUND).await;
        let shown = status(&stage).await;
        assert_eq!(shown["refusals"], json!({ "day": day, "kinds": { "unsupported-media-type": 10 } }));
        assert_eq!(shown["kept"]["day"], json!(day.plus(1)));
        assert!(piece.exists(), "not a whole day old");

        clock.set(day.plus(2));
        sleep(ROUND).await;
        let shown = status(&stage).await;
        assert_eq!(shown["refusals"], json!({ "day": day.plus(1), "kinds": {} }));
        assert!(!piece.exists(), "left alone for a whole day");
    };
    tokio::select! {
        () = watched => {}
        () = stage.keep_house() => {}
    }
}
