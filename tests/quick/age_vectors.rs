//! The age vectors of C2SP/CCTV, every one, through our header scanner and opener.
//!
//! What must open has to open with the right bytes; what must be refused has to be refused, and what came out before has to be a
//! beginning of the right plaintext that the vector allows.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use age::secrecy::SecretString;
use sha2::{Digest, Sha256};
use softinfo_seal::hybrid::Identity;
use softinfo_seal::open::decrypt;

struct Vector {
    fields: BTreeMap<String, String>,
    identities: Vec<Box<dyn age::Identity>>,
    file: Vec<u8>,
}

fn read(path: &Path) -> Vector {
    let bytes = fs::read(path).unwrap();
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let (mut fields, mut identities): (_, Vec<Box<dyn age::Identity>>) = (BTreeMap::new(), Vec::new());
    for line in std::str::from_utf8(&bytes[..end]).unwrap().lines() {
        let (key, value) = line.split_once(": ").unwrap();
        match key {
            "identity" if value.starts_with("AGE-SECRET-KEY-PQ-1") => {
                identities.push(Box::new(value.parse::<Identity>().unwrap()))
            }
            "identity" => identities.push(Box::new(value.parse::<age::x25519::Identity>().unwrap())),
            "passphrase" => {
                let mut identity = age::scrypt::Identity::new(SecretString::from(value.to_owned()));
                identity.set_max_work_factor(22);
                identities.push(Box::new(identity));
            }
            _ => {
                fields.insert(key.to_owned(), value.to_owned());
            }
        }
    }
    let mut file = bytes[end + 2..].to_vec();
    if fields.get("compressed").is_some_and(|kind| kind == "zlib") {
        let mut plain = Vec::new();
        flate2::read::ZlibDecoder::new(&file[..]).read_to_end(&mut plain).unwrap();
        file = plain;
    }
    Vector { fields, identities, file }
}

/// The plaintext up to the first error, and whether there was one.
fn open(vector: &Vector) -> (Vec<u8>, bool, bool) {
    let identities: Vec<&dyn age::Identity> = vector.identities.iter().map(AsRef::as_ref).collect();
    let mut out = Vec::new();
    match decrypt(&vector.file[..], &identities) {
        Err(_) => (out, false, false),
        Ok(mut plaintext) => {
            let whole = plaintext.read_to_end(&mut out).is_ok();
            (out, true, whole)
        }
    }
}

#[test]
fn every_vector_has_the_outcome_it_names() {
    let folder = Path::new(scene::PROJECT).join("tests/vectors/age");
    let (mut seen, mut hybrid, mut opened, mut wrong) = (0, 0, 0, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "README.md" {
            continue;
        }
        let vector = read(&path);
        seen += 1;
        hybrid += usize::from(name.contains("hybrid"));
        let armored = vector.fields.contains_key("armored");
        let (out, began, whole) = open(&vector);
        let hash = hex::encode(Sha256::digest(&out));
        let expect = vector.fields["expect"].as_str();
        let right = if armored {
            // A tip is never armored.
            !began
        } else {
            match expect {
                "success" => whole && hash == vector.fields["payload"],
                "payload failure" => {
                    began && !whole && vector.fields.get("payload").is_none_or(|payload| *payload == hash)
                }
                "no match" | "HMAC failure" | "header failure" => !began,
                _ => false,
            }
        };
        opened += usize::from(whole);
        if !right {
            wrong.push(format!("{name}: {expect}, began {began}, whole {whole}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // An empty folder must not pass.
    assert_eq!((seen, hybrid, opened), (143, 19, 19));
}
