//! A tip sent by a form. One tip at most, and what is stored is the field's content, from its first byte to its last.

use super::script::{Item, bytes};
use super::stage::Theatre;

const BOUNDARY: &str = "bounds";

thread_local! {
    static THEATRE: Theatre = Theatre::new();
}

/// The first two bytes say how the body travels, the rest is a script (`script.rs`) for it.
pub fn check(input: &[u8]) {
    let (how, script) = input.split_at(input.len().min(2));
    let [way, size] = [how.first(), how.last()].map(|byte| usize::from(*byte.unwrap_or(&0)));
    let body = bytes(script);
    let mut request = format!(
        "POST /tips HTTP/1.1\r\nhost: relay\r\nconnection: close\r\ncontent-type: multipart/form-data; boundary={BOUNDARY}\r\n"
    )
    .into_bytes();
    match way % 3 {
        0 => request.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes()),
        1 => request.extend(format!("content-length: {}\r\n\r\n", body.len() + 1 + size).bytes()),
        _ => request.extend(b"transfer-encoding: chunked\r\n\r\n"),
    }
    // In pieces, so that every line of the form is cut somewhere.
    let mut items = vec![Item::Bytes(request)];
    for piece in body.chunks((1 + size * 128).max(body.len() / 256)) {
        let head = format!("{:x}\r\n", piece.len());
        let chunk = [head.as_bytes(), piece, b"\r\n"].concat();
        items.push(Item::Bytes(if way % 3 == 2 { chunk } else { piece.to_vec() }));
        if way & 4 != 0 && items.len() < 64 {
            items.push(Item::Pause);
        }
    }
    if way % 3 == 2 {
        items.push(Item::Bytes(b"0\r\n\r\n".to_vec()));
    }

    let outcome = THEATRE.with(|theatre| theatre.play(&items));
    let [answer] = &outcome.answers[..] else { panic!("{} answers to one form", outcome.answers.len()) };
    assert!(answer.text.contains("text/html"), "{}", answer.text);
    match &outcome.tips[..] {
        [] => assert!(!(200..300).contains(&answer.status), "taken and not there"),
        [tip] => {
            let field = [b"\r\n\r\n", &tip[..], b"\r\n--", BOUNDARY.as_bytes()].concat();
            assert_eq!(answer.status, 201);
            assert!(body.windows(field.len()).any(|window| window == field), "not what was in the field");
        }
        _ => panic!("{} tips in one form", outcome.tips.len()),
    }
}
