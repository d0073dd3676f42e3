//! A form without JavaScript: the tip in a file field, the answer a page to read.

use std::fs;
use std::io::Write;
use std::net::TcpStream;

use softinfo_formats::envelope::id::TipId;

use scene::Scene;
use scene::asking::{Answer, ask, head, read};

const BOUNDARY: &str = "----a boundary7MA4YWx";

/// A field: its name, a file's name, the content.
type Field<'a> = (&'a str, Option<&'a str>, &'a [u8]);

fn body(fields: &[Field]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in fields {
        let file = file.map_or_else(String::new, |file| {
            format!("; filename=\"{file}\"\r\nContent-Type: application/octet-stream")
        });
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

fn kind() -> String {
    format!("content-type: multipart/form-data; boundary=\"{BOUNDARY}\"")
}

fn submit(scene: &Scene, fields: &[Field]) -> Answer {
    ask(scene.intake, "POST", "/tips", &[&kind()], &body(fields))
}

/// Checks that an answer is a page for people, with its own closed policy.
fn is_page(answer: Answer, status: u16) -> String {
    let answer = answer.is(status);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.ends_with("frame-ancestors 'none'"));
    assert_eq!((answer.header("cache-control"), answer.header("set-cookie")), ("no-store", ""));
    let text = answer.text();
    assert!(text.contains("href=\"/\"") && text.contains("<p lang=\"nl\" dir=\"ltr\">"), "{text}");
    text
}

/// The sentence of a kind in English.
fn sentence(name: &str) -> String {
    let path = std::path::Path::new(scene::PROJECT).join("web/dist/answers.json");
    let answers: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let languages = answers["languages"].as_array().unwrap();
    let english = languages.iter().find(|language| language["lang"] == "en").unwrap();
    let text = english[name].as_str().unwrap();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[test]
fn a_tip_from_a_form_is_stored_and_the_answer_can_be_read() {
    let scene = Scene::new();
    // Larger than all that a form may have besides, and with what looks like boundaries in it.
    let tip = scene.seal_with("by a form", &[&scene.random_file("photo.jpg", 1_000_000)]);
    let id = TipId::of(&tip).to_string();
    for (status, what) in [(201, "stored"), (200, "already")] {
        let page = is_page(submit(&scene, &[("tip", Some("my holiday.age"), &tip)]), status);
        assert!(page.contains(&id) && page.contains(&scene::today().to_string()), "{page}");
        assert!(page.contains(&sentence(what)), "{page}");
    }
    assert_eq!(scene.pool(), std::slice::from_ref(&id));
    assert!(scene.courier_get(&format!("/tips/{id}")).1 == tip, "other bytes were stored");
}

#[test]
fn nothing_that_is_typed_into_a_field_is_kept() {
    let mut scene = Scene::new();
    let tip = scene.seal("sealed");
    let typed = b"my name is Amina Example";
    let fields = [("message", None, &typed[..]), ("tip", Some("Amina-Example.age"), &tip), ("more", None, typed)];
    let page = is_page(submit(&scene, &fields), 201);
    // And where it is all there is.
    is_page(submit(&scene, &[("message", None, typed)]), 400);
    assert!(!page.contains("Amina") && !scene.log().contains("Amina"));
    // Nobody moves or removes a file while they are searched, once the relay has stopped.
    scene.stop();
    let found = |word: &str| {
        let mut command = std::process::Command::new("grep");
        command.args(["-rqai", word]).arg(scene.path("store")).status().unwrap().code()
    };
    assert_eq!(found("amina"), Some(1), "it is on the disk");
    // The search would find it.
    assert_eq!(found("softinfo/store-slots/"), Some(0));
}

#[test]
fn what_is_no_tip_is_refused_in_words() {
    let scene = Scene::new();
    let tip = scene.seal("good");
    let text = b"My boss keeps our passports.".repeat(3000);
    let cut = &tip[..tip.len() - 1];
    let many = vec![7; 300_000];
    for (fields, status) in [
        (&[("tip", Some("photo.jpg"), &text[..])][..], 422),
        (&[("tip", Some("cut.age"), cut)], 422),
        (&[("tip", Some(""), b"")], 422),
        (&[("file", Some("tip.age"), &tip)], 400),
        (&[("x", None, &many), ("tip", Some("tip.age"), &tip)], 400),
        (&[], 400),
    ] {
        let page = is_page(submit(&scene, fields), status);
        assert!(page.contains(&sentence("not_sealed")), "{page}");
        assert!(!page.contains("passport") && !page.contains("<dl"));
    }
    let no_boundary = ask(scene.intake, "POST", "/tips", &["content-type: multipart/form-data"], &body(&[]));
    is_page(no_boundary, 400);
    assert!(scene.pool().is_empty());
}

#[test]
fn a_form_that_is_too_large_is_read_to_its_end_so_that_its_sender_sees_why() {
    let scene = Scene::new();
    let tip = scene.seal("the start of a huge one");
    let start = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"tip\"; filename=\"x\"\r\n\r\n");
    let mut piece = vec![0x5a; 1 << 20];
    let length = start.len() + (300 << 20);
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(&head("POST", "/tips", &[&kind()], length)).unwrap();
    stream.write_all(start.as_bytes()).unwrap();
    piece[..tip.len()].copy_from_slice(&tip);
    // All of it can be written: nothing is reset before the answer.
    for n in 0..300 {
        stream.write_all(&piece).unwrap();
        if n == 0 {
            piece.fill(0x5a);
        }
    }
    let page = is_page(read(stream), 413);
    assert!(page.contains(&sentence("too_large")));
    assert!(scene.pool().is_empty());
}

#[test]
fn a_program_that_sends_too_much_gets_to_read_why() {
    let scene = Scene::new();
    let length = 258 << 20;
    let mut stream = TcpStream::connect(scene.intake).unwrap();
    stream.write_all(&head("POST", "/tips", &["content-type: application/octet-stream"], length)).unwrap();
    let piece = vec![7; 1 << 20];
    for _ in 0..258 {
        stream.write_all(&piece).unwrap();
    }
    read(stream).problem(413, ":too-large");
}

#[test]
fn a_form_that_breaks_off_or_never_begins_is_refused() {
    let scene = Scene::new();
    let tip = scene.seal("cut");
    let whole = body(&[("tip", Some("x"), &tip)]);
    // The connection closes, or the form ends without its last boundary: to be sent again.
    for (announced, sent) in [(whole.len(), 20_000), (20_000, 20_000), (whole.len() - 10, whole.len() - 10)] {
        let mut stream = TcpStream::connect(scene.intake).unwrap();
        stream.write_all(&head("POST", "/tips", &[&kind()], announced)).unwrap();
        stream.write_all(&whole[..sent]).unwrap();
        if sent < announced {
            stream.shutdown(std::net::Shutdown::Write).unwrap();
        }
        assert!(is_page(read(stream), 400).contains(&sentence("later")));
        assert!(scene.pool().is_empty());
    }
    // Headers without an end are not collected for long.
    let endless = [format!("--{BOUNDARY}\r\nX: ").as_bytes(), &vec![b'a'; 1 << 20]].concat();
    is_page(ask(scene.intake, "POST", "/tips", &[&kind()], &endless), 400);
    is_page(ask(scene.intake, "POST", "/tips", &[&kind()], &vec![b'a'; 1 << 20]), 400);
    assert!(scene.relay_peak_mib() < 64);
}
