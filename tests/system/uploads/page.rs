//! The page as a browser gets it: exactly the file, packed or not, and closed to everything it does not need.

use std::fs;
use std::io::Read;

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use scene::asking::{Answer, ask};
use scene::{RELAY, Scene, complete, eventually, hand_signed};

const POLICY: &str = "default-src 'none'; script-src 'sha256-AAAA'; form-action 'self'";

fn html() -> String {
    let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">");
    let words = "<p>Wat je hier schrijft, wordt verzegeld. ✓</p>\n".repeat(3_000);
    format!("<!doctype html>\n<html lang=\"nl\">\n<meta charset=\"utf-8\">\n{meta}\n{words}</html>\n")
}

/// A relay that serves a page of its own.
fn with_page(html: &str) -> Scene {
    let mut scene = Scene::new();
    let page = scene.path("page.html");
    fs::write(&page, html).unwrap();
    scene.channel = hand_signed(&scene, "own.note", |contents| {
        contents["page_sha256"] = hex::encode(Sha256::digest(html)).into();
    });
    // Another store: this one has served the example's.
    let config = scene.relay_config("").replace("\"store\"", "\"own-store\"");
    scene.restart(|_| format!("page = {page:?}\n{config}"));
    scene
}

fn write_page(scene: &Scene, html: &str) {
    fs::write(scene.path("page.html"), html).unwrap();
    let config = fs::read_to_string(scene.path("relay.toml")).unwrap();
    fs::write(scene.path("relay.toml"), format!("page = \"page.html\"\n{config}")).unwrap();
}

fn unpacked(answer: &Answer) -> Vec<u8> {
    let mut bytes = Vec::new();
    match answer.header("content-encoding") {
        "br" => brotli::Decompressor::new(&answer.body[..], 4096).read_to_end(&mut bytes).unwrap(),
        "gzip" => flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut bytes).unwrap(),
        other => {
            assert_eq!(other, "");
            return answer.body.clone();
        }
    };
    bytes
}

#[test]
fn the_page_is_the_file_in_every_encoding_and_the_copy_to_save_has_the_directory() {
    let html = html();
    let scene = with_page(&html);
    let get = |path: &str, accept: &str| {
        ask(scene.intake, "GET", path, &[&format!("accept-encoding: {accept}")], b"").is(200)
    };
    // Packing goes on in the background.
    eventually(|| get("/softinfo.html", "br").header("content-encoding") == "br");
    for (accept, encoding) in [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", ""),
        ("br;q=0", ""),
        ("deflate", ""),
    ] {
        let page = get("/", accept);
        assert_eq!(page.header("content-encoding"), encoding, "{accept}");
        assert!(encoding.is_empty() || page.body.len() < html.len() / 20);
        assert!(unpacked(&page) == html.as_bytes());
        let saved = get("/softinfo.html", accept);
        assert_eq!(saved.header("content-encoding"), encoding, "{accept}");
        assert_eq!(saved.header("content-disposition"), "attachment; filename=\"softinfo.html\"");
        let saved = String::from_utf8(unpacked(&saved)).unwrap();
        // This page has no `</body>`, so the directory stands behind it.
        let tail = saved.strip_prefix(&html).unwrap();
        let note = tail.strip_prefix("<script type=\"text/plain\" id=\"directory\">").unwrap();
        let note = BASE64_STANDARD.decode(note.strip_suffix("</script>\n").unwrap()).unwrap();
        assert!(note == fs::read(&scene.channel.directory).unwrap());
        for answer in [page, get("/softinfo.html", accept)] {
            assert_eq!(answer.header("vary"), "accept-encoding");
            assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
            assert_eq!(answer.header("content-security-policy"), format!("{POLICY}; frame-ancestors 'none'"));
        }
    }
    let head = ask(scene.intake, "HEAD", "/", &[], b"").is(200);
    assert!(head.body.is_empty() && head.header("content-length") == html.len().to_string());
}

#[test]
fn every_answer_of_the_public_listener_is_closed() {
    let scene = with_page(&html());
    let form = ["content-type: multipart/form-data; boundary=x"];
    let own = ["/", "/softinfo.html", "/leave"];
    for (method, path, lines, status) in [
        ("GET", "/", &[][..], 200),
        ("GET", "/softinfo.html", &[], 200),
        ("GET", "/leave", &[], 200),
        ("GET", "/directory", &[], 200),
        ("GET", "/nothing", &[], 404),
        ("GET", "/tips", &[], 405),
        ("OPTIONS", "/tips", &[], 204),
        ("POST", "/tips", &[], 415),
        ("POST", "/tips", &form, 400),
        ("POST", "/withdraw", &[], 415),
        ("HEAD", "/tips/uploads/x", &[], 404),
    ] {
        let answer = ask(scene.intake, method, path, lines, b"").is(status);
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("set-cookie", ""),
            ("server", ""),
        ] {
            assert_eq!(answer.header(name), value, "{method} {path}: {name}");
        }
        let features = answer.header("permissions-policy");
        assert!(["camera", "geolocation", "microphone"].iter().all(|name| features.contains(&format!("{name}=()"))));
        let policy = answer.header("content-security-policy");
        let nothing = "default-src 'none'; frame-ancestors 'none'";
        assert!(policy.starts_with("default-src 'none'") && policy.ends_with("frame-ancestors 'none'"));
        assert_eq!(policy == nothing, !own.contains(&path) && lines.is_empty(), "{method} {path}: {policy}");
    }
}

#[test]
fn a_page_that_is_missing_or_names_no_policy_stops_the_start() {
    let mut scene = Scene::new();
    scene.signal("TERM");
    scene.wait();
    write_page(&scene, "<!doctype html><p>Write here.");
    let config = scene.path("relay.toml");
    let config = config.to_str().unwrap();
    for arguments in [&["--config", config][..], &["--config", config, "--check-config"]] {
        scene.run(RELAY, arguments).says(1, "Content-Security-Policy").says(1, "page.html: ");
    }
    fs::remove_file(scene.path("page.html")).unwrap();
    let mut command = scene.command(RELAY, &["--config", config]);
    complete(&mut command).says(1, "page.html: ");
}

#[test]
fn without_a_page_the_relay_still_takes_tips() {
    let scene = Scene::new();
    ask(scene.intake, "GET", "/", &[], b"").problem(404, ":not-found");
    assert_eq!(scene.post(&scene.seal("by a program")).0, 201);
}

#[test]
fn the_page_of_the_project_can_be_served() {
    let path = std::path::Path::new(scene::PROJECT).join("web/dist/index.html");
    let html = fs::read_to_string(&path).unwrap();
    let mut scene = Scene::new();
    scene.serve_page(&path);
    assert!(ask(scene.intake, "GET", "/", &[], b"").is(200).body == html.as_bytes());
}
