//! The shared vectors: files that an independent implementation (`tests/interop`) made or also reads.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use softinfo_base::limits::DEFAULT_MAX_PLAINTEXT;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::SizeClass;
use softinfo_formats::envelope::withdraw::WithdrawToken;
use softinfo_seal::author;
use softinfo_seal::container::{EntryName, sums, unpack};
use softinfo_seal::hybrid::Identity;
use softinfo_seal::open;
use softinfo_seal::receipt::{Receipt, ReceiptError};
use softinfo_seal::report::{Report, ReportWarning};

fn path(name: &str) -> PathBuf {
    PathBuf::from(scene::PROJECT).join("tests/vectors").join(name)
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(path(name)).unwrap()).unwrap()
}

fn rows<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name].as_array().unwrap()
}

fn secret(value: &Value) -> [u8; 16] {
    hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

#[test]
fn receipts_give_the_words_digits_and_keys_of_the_vectors() {
    let vectors = json("receipt.json");
    assert_eq!(rows(&vectors, "receipts").len(), 7);
    for row in rows(&vectors, "receipts") {
        let receipt = Receipt::from_bytes(secret(&row["secret"]));
        for (language, words) in row["words"].as_object().unwrap() {
            assert_eq!(receipt.words(language).as_str(), words);
        }
        assert_eq!(receipt.digits().as_str(), row["digits"]);
        assert_eq!(receipt.reply_identity().expose().as_str(), row["reply_identity"]);
        assert_eq!(receipt.reply_identity().recipient().to_string(), row["reply"]);
        assert_eq!(hex::encode(receipt.thread()), row["thread"]);
        assert_eq!(receipt.author().public(), row["author"]);
        for withdraw in rows(row, "withdraw") {
            let token = receipt.withdraw_token(u32::try_from(withdraw["n"].as_u64().unwrap()).unwrap());
            assert_eq!(token.expose(), withdraw["token"]);
            assert_eq!(token.digest().to_string(), withdraw["digest"]);
        }
    }
}

#[test]
fn receipts_are_read_back_as_forgivingly_as_the_vectors_say_and_no_more() {
    let vectors = json("receipt.json");
    assert!(rows(&vectors, "accepted").len() >= 10 && rows(&vectors, "refused").len() >= 6);
    for row in rows(&vectors, "accepted") {
        let receipt = Receipt::parse(row["text"].as_str().unwrap()).unwrap_or_else(|error| panic!("{row}: {error}"));
        assert_eq!(*receipt.digits(), *Receipt::from_bytes(secret(&row["secret"])).digits());
    }
    for row in rows(&vectors, "refused") {
        let (reason, position) = match Receipt::parse(row["text"].as_str().unwrap()).err() {
            Some(ReceiptError::Count(_)) => ("count", None),
            Some(ReceiptError::UnknownWord { position, .. }) => ("unknown-word", Some(position)),
            Some(ReceiptError::NumberOutOfRange { position }) => ("number-out-of-range", Some(position)),
            Some(ReceiptError::Checksum) => ("checksum", None),
            Some(ReceiptError::Ambiguous) => ("ambiguous", None),
            other => panic!("{row}: {other:?}"),
        };
        assert_eq!(
            (row["reason"].as_str(), row["position"].as_u64()),
            (Some(reason), position.map(|n| n as u64)),
            "{row}"
        );
    }
}

#[test]
fn padding_and_file_lengths_are_those_of_the_vectors() {
    let vectors = json("padding.json");
    let number = |row: &Value, name: &str| row[name].as_u64().unwrap();
    assert_eq!(vectors["max"], DEFAULT_MAX_PLAINTEXT);
    assert!(rows(&vectors, "classes").len() > 40);
    for row in rows(&vectors, "classes") {
        let class = SizeClass::for_content(number(row, "length"), DEFAULT_MAX_PLAINTEXT).unwrap();
        assert_eq!(class.plaintext(), number(row, "class"), "{row}");
    }
    for row in rows(&vectors, "files") {
        let class = SizeClass::of_file(number(row, "file"), DEFAULT_MAX_PLAINTEXT).unwrap();
        assert_eq!((class.plaintext(), class.file_length()), (number(row, "plaintext"), number(row, "file")));
    }
    for row in rows(&vectors, "not_classes") {
        assert!(SizeClass::of_file(number(row, "file"), DEFAULT_MAX_PLAINTEXT).is_err(), "{row}");
    }
}

#[test]
fn tips_sealed_by_another_program_open_for_each_reader() {
    let mut opened = 0;
    for entry in fs::read_dir(path("tip")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "age") {
            continue;
        }
        let expected: Value = serde_json::from_slice(&fs::read(file.with_extension("json")).unwrap()).unwrap();
        let sealed = fs::read(&file).unwrap();
        assert_eq!(TipId::of(&sealed).to_string(), expected["id"]);
        SizeClass::of_file(sealed.len() as u64, DEFAULT_MAX_PLAINTEXT).unwrap();
        let token = WithdrawToken::parse(expected["withdraw_token"].as_str().unwrap()).unwrap();
        assert_eq!(TipHeader::parse(&sealed).unwrap().withdraw, token.digest());
        for identity in rows(&expected, "identities") {
            let identity: Identity = identity.as_str().unwrap().parse().unwrap();
            let (_, plaintext) = open::open(&sealed[..], std::slice::from_ref(&identity)).unwrap();
            let (mut entries, mut report) = (BTreeMap::new(), Vec::new());
            unpack(plaintext, |name, _, content| {
                let mut bytes = Vec::new();
                content.read_to_end(&mut bytes)?;
                entries.insert(name.to_string(), TipId::of(&bytes).to_string());
                if name.to_string() == "report.json" {
                    report = bytes;
                }
                Ok(())
            })
            .unwrap();
            assert_eq!(serde_json::to_value(entries).unwrap(), expected["entries"]);
            assert_eq!(Report::read(&report).1, []);
            opened += 1;
        }
    }
    assert_eq!(opened, 9);
}

#[test]
fn a_later_message_is_known_by_its_author_and_a_changed_one_is_not() {
    let vector = json("tip/follow-up.json");
    let identity: Identity = vector["identities"][0].as_str().unwrap().parse().unwrap();
    let file = fs::read(path("tip/follow-up.age")).unwrap();
    let (_, plaintext) = open::open(&file[..], &[identity]).unwrap();
    let (mut found, mut signature) = (Vec::new(), Vec::new());
    unpack(plaintext, |name, _, content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        match name {
            EntryName::AuthorSignature => signature = bytes,
            _ => found.push((name.to_string(), TipId::of(&bytes))),
        }
        Ok(())
    })
    .unwrap();
    let before = sums(found.iter().map(|(name, sum)| (name.as_str(), sum)));
    assert_eq!(before, vector["sums"].as_str().unwrap());
    let author = vector["author"].as_str().unwrap();
    author::verify(author, &before, &signature).unwrap();
    let receipt = Receipt::from_bytes(secret(&"000102030405060708090a0b0c0d0e0f".into()));
    assert_eq!(receipt.author().sign(&before), signature[..]);
    let other = Receipt::from_bytes([9; 16]).author();
    assert!(author::verify(&other.public(), &before, &signature).is_err());
    assert!(author::verify(author, &before.replace("message", "massage"), &signature).is_err());
    signature[5] ^= 1;
    assert!(author::verify(author, &before, &signature).is_err());
}

#[test]
fn what_is_no_tip_is_refused_for_the_reason_the_vectors_name() {
    let index = json("tip/refused/index.json");
    let rows = index.as_array().unwrap();
    assert_eq!(rows.len(), 13);
    for row in rows {
        let bytes = fs::read(path("tip/refused").join(row["file"].as_str().unwrap())).unwrap();
        let header = TipHeader::parse(&bytes);
        let problem = match (header, SizeClass::of_file(bytes.len() as u64, DEFAULT_MAX_PLAINTEXT)) {
            (Err(_), _) => "not-a-tip",
            (Ok(_), Err(_)) => "not-a-size-class",
            (Ok(_), Ok(_)) => "none",
        };
        assert_eq!(row["problem"], problem, "{row}");
    }
}

#[test]
fn fields_of_a_newer_report_are_kept() {
    let text = r#"{"schema":"softinfo/report/1","lang":"nl","readers":["a"],"thread":"00","reply":"x","withdraw_token":"y",
        "categories":["labour-wages","a-category-of-tomorrow"],"new_field":{"a":[1]},"place":{"text":"t","gps":"none"},
        "offenders":[{"name":"X","other":"red van"}]}"#;
    let report = Report::read(text.as_bytes()).0;
    let again = serde_json::to_value(&report).unwrap();
    let before: Value = serde_json::from_str(text).unwrap();
    assert_eq!(again, before);
    // A newer report is read as far as it can be, and said to be newer.
    let (newer, warnings) = Report::read(text.replace("report/1", "report/2").as_bytes());
    assert_eq!(newer.offenders, report.offenders);
    assert!(warnings.contains(&ReportWarning::Version("softinfo/report/2".to_owned())), "{warnings:?}");
}

#[test]
fn the_report_schema_and_the_program_name_the_same_fields_and_none_for_the_writer() {
    let file = PathBuf::from(scene::PROJECT).join("docs/report-1.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let in_schema = |value: &Value| value["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    // A report with every field, through the program, names every field that the program knows.
    let full = r#"{"schema":"softinfo/report/1","lang":"nl","readers":["a"],"categories":["labour-wages"],"period":"p",
        "place":{"text":"t","municipality":"m","postcode":"p"},"offenders":[{"name":"n","enterprise_number":"e","address":"a","vehicle":"v","other":"o"}],
        "danger":"now","minors":true,"work_visit":{"best_time":"b","look_for":"l"},"on_behalf":{"forwarder":"f","reference":"r"},
        "thread":"t","reply":"r","author":"a","withdraw_token":"w","moved_to":{"thread":"t","reply":"r","author":"a"},
        "sealed":[{"holder":"h","number":"n","sha256":"s"}],"attachments":[{"name":"n","media_type":"m","size":1,"sha256":"s","scrubbed":false}]}"#;
    let (report, warnings) = Report::read(full.as_bytes());
    assert_eq!(warnings, []);
    assert!(report.other.is_empty(), "{:?}", report.other);
    let value = serde_json::to_value(&report).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&value), in_schema(&schema));
    for (name, part) in ["place", "work_visit", "on_behalf", "moved_to"].map(|name| (name, &value[name])) {
        assert_eq!(keys(part), in_schema(&schema["properties"][name]), "{name}");
    }
    for name in ["offenders", "sealed", "attachments"] {
        assert_eq!(keys(&value[name][0]), in_schema(&schema["properties"][name]["items"]), "{name}");
    }
    // The closed list of categories stands in the schema, in the protocol and in the program.
    let protocol = fs::read_to_string(PathBuf::from(scene::PROJECT).join("docs/protocol.md")).unwrap();
    let categories = rows(&schema["properties"]["categories"]["items"], "enum");
    assert_eq!(categories.len(), 20);
    for category in categories {
        let parsed: softinfo_seal::report::Category = serde_json::from_value(category.clone()).unwrap();
        assert!(!matches!(parsed, softinfo_seal::report::Category::Unknown(_)), "{category}");
        assert!(protocol.contains(&format!("`{}`", category.as_str().unwrap())), "{category}");
    }
    let text = schema.to_string().to_lowercase();
    for word in ["nationality", "residence", "reporter_name", "writer", "phone", "email", "passport", "birth", "status"]
    {
        assert!(!text.contains(&format!("\"{word}")), "a field about the writer: {word}");
    }
}
