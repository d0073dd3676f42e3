//! SIGHUP: another directory and page are served from then on, or the old ones are; never a mixture, and never an older one.

use std::fs;
use std::path::Path;

use base64::{Engine, prelude::BASE64_STANDARD};
use softinfo_base::day::Day;

use scene::{Hand, Scene, check_problem, eventually, exchange, tip_request};

fn get(scene: &Scene, path: &str, coding: &str) -> (u16, Vec<u8>) {
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: relay\r\naccept-encoding: {coding}\r\nconnection: close\r\n\r\n");
    exchange(scene.intake, request.as_bytes())
}

/// All that follows the directory is of this one.
fn serves(scene: &Scene, page: &str, note: &[u8], (version, expires): (u64, &str)) {
    let script = format!("<script type=\"text/plain\" id=\"directory\">{}</script>\n", BASE64_STANDARD.encode(note));
    let (before, after) = page.split_at(page.rfind("</body>").unwrap());
    let saved = [before, &script, after].concat();
    assert!(get(scene, "/directory", "").1 == note);
    assert!(get(scene, "/", "").1 == page.as_bytes());
    assert!(get(scene, "/softinfo.html", "").1 == saved.as_bytes());
    for path in ["/", "/softinfo.html"] {
        let whole = if path == "/" { page } else { &saved };
        // Packing goes on in the background; what is packed is of the same page.
        eventually(|| {
            let mut unpacked = String::new();
            let packed = get(scene, path, "gzip").1;
            std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut unpacked).is_ok()
                && unpacked == whole
        });
    }
    let directory = &scene.status()["directory"];
    assert_eq!((directory["version"].as_u64(), directory["expires"].as_str()), (Some(version), Some(expires)));
    let metrics = String::from_utf8(scene.courier_get("/metrics").1).unwrap();
    let left = expires.parse::<Day>().unwrap().number() - scene::today().number();
    assert!(metrics.contains(&format!("\nsoftinfo_directory_days_left {left}\n")), "{metrics}");
}

/// As an operator does it: a new file takes the old one's name.
fn replace(path: &Path, text: &[u8]) {
    let beside = path.with_extension("beside");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

#[test]
fn a_new_directory_and_page_are_served_after_a_signal_and_a_bad_one_is_not() {
    let hand = Hand::new();
    let mut scene = Scene::by_hand(&hand, |contents| contents["version"] = 10.into());
    let (note, page) = (scene.path("served/directory.note"), scene.path("served/page.html"));
    let read = |path: &Path| fs::read(path).unwrap();
    serves(&scene, &hand.page(""), &read(&note), (10, "2035-12-31"));
    let large = [tip_request(20_000_000).as_bytes(), &[0; 100]].concat();
    let (status, _) = exchange(scene.intake, &large);
    assert_ne!(status, 413);

    let new = hand.page("<!-- new -->");
    replace(&page, new.as_bytes());
    hand.sign(&note, &new, |contents| {
        contents["version"] = 11.into();
        contents["expires"] = "2034-12-31".into();
        contents["max_bytes"] = (1 << 20).into();
    });
    scene.signal("HUP");
    eventually(|| {
        scene.log().contains("directory version 11, valid until 2034-12-31, and its page are served from now on")
    });
    assert!(!scene.log().contains("certificates"), "there are none");
    let good = read(&note);
    serves(&scene, &new, &good, (11, "2034-12-31"));
    let (status, body) = exchange(scene.intake, &large);
    check_problem(status, &body, 413, "too-large");

    // The same again changes nothing; the root of the start holds, whatever lies in its file.
    fs::write(scene.path("served/root.vkey"), Hand::new().root()).unwrap();
    scene.signal("HUP");
    eventually(|| scene.log().contains("are the same (version 11)"));
    fs::write(scene.path("served/root.vkey"), hand.root()).unwrap();

    let another = Hand::new();
    let refused = |what: &str, said: &str| {
        let before = scene.log().len();
        scene.signal("HUP");
        eventually(|| scene.log()[before..].contains("version 11 goes on being served"));
        assert!(scene.log()[before..].contains(said), "{what}: {}", &scene.log()[before..]);
        serves(&scene, &new, &good, (11, "2034-12-31"));
    };
    hand.sign(&note, &new, |contents| contents["version"] = 10.into());
    refused("an older one", "the directory is version 10, but version 11 was served before");
    hand.sign(&note, &new, |contents| contents["version"] = 11.into());
    refused("another of the same number", "another directory was served as version 11 before");
    another.sign(&note, &new, |contents| contents["version"] = 12.into());
    refused("one of somebody else", "is not signed by the root key");
    hand.sign(&note, &new, |contents| {
        (contents["version"], contents["issued"], contents["expires"]) =
            (12.into(), "2020-01-01".into(), "2020-12-31".into());
    });
    refused("one that has expired", "the directory expired on 2020-12-31");
    replace(&note, b"half");
    refused("half of one", "not a signed directory");
    hand.sign(&note, &hand.page("<!-- not there yet -->"), |contents| contents["version"] = 12.into());
    refused("one without its page", "is not the page that the directory names");
    fs::remove_file(&page).unwrap();
    refused("no page", "page.html");
    replace(&page, new.as_bytes());

    // What was served by a signal is remembered over a restart.
    scene.signal("TERM");
    scene.wait();
    hand.sign(&note, &new, |contents| contents["version"] = 10.into());
    assert!(!scene.starts());
    hand.sign(&note, &new, |contents| contents["version"] = 12.into());
    assert!(scene.starts());
}
