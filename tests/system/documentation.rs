//! The documents say what the program does: numbers, names and lists in `docs/` are those of the source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use serde_json::Value;
use softinfo_base::limits;
use softinfo_formats::api::{pool, problem};
use softinfo_formats::directory::{Contents, Kind};
use softinfo_formats::envelope::padding::SizeClass;
use softinfo_formats::transfer::bundle::Manifest;
use softinfo_seal::report::{Category, SCHEMA};

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(scene::PROJECT).join(name)).unwrap()
}

/// `docs/protocol.md` from one heading to the next.
fn section(heading: &str) -> String {
    let text = read("docs/protocol.md");
    let start = text.find(&format!("\n{heading}")).unwrap_or_else(|| panic!("no section {heading}")) + 1;
    let level = format!("\n{} ", heading.split(' ').next().unwrap());
    let end = text[start..].find(&level).map_or(text.len(), |end| start + end);
    text[start..end].to_owned()
}

/// The rows of the tables in `text`, without the head, as cells.
fn rows(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let all: Vec<_> = lines.map(cells).collect();
    let rule = all.iter().position(|row| row[0].starts_with("---")).unwrap_or_else(|| panic!("no table in {text}"));
    all[rule + 1..].to_vec()
}

/// Words between backticks.
fn code(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A number as the documents write it: groups of three with spaces.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group)).collect();
    if digits.len() > 4 { groups.join(" ") } else { digits }
}

#[test]
fn the_numbers_of_a_tip_are_those_of_the_program() {
    let header = section("### 1.1 Header");
    assert!(header.contains(&format!("**{} bytes**", limits::TIP_HEADER_BYTES)));
    assert!(header.contains(&format!("(1 to {})", limits::MAX_READERS)));
    assert_eq!(limits::TIP_STANZAS, 4, "the text says four times");
    assert!(
        header.contains("1120 bytes>      four times")
            && softinfo_formats::envelope::header::ENCAPSULATED_BYTES == 1120
    );
    let payload = section("### 1.2 Payload");
    let formula = format!(
        "`{} + {} + P + {} * ceil(P / {})`",
        limits::TIP_HEADER_BYTES,
        limits::PAYLOAD_NONCE,
        limits::STREAM_TAG,
        limits::STREAM_CHUNK
    );
    assert!(payload.contains(&formula), "{formula}");
    let classes = section("### 1.3 Size classes");
    let [text, largest, file] = [limits::TEXT_CLASS, limits::DEFAULT_MAX_PLAINTEXT, SizeClass::default().file_length()];
    assert!(classes.contains(&format!("*P* is **{}**", grouped(text))));
    assert!(classes.contains(&format!("default {}", grouped(largest))));
    assert!(classes.contains(&format!("**{} bytes**", grouped(file))));
}

#[test]
fn the_entries_of_a_tip_and_their_limits_are_those_of_the_program() {
    let mut documented = BTreeMap::new();
    // The table of header fields has no names in its first column.
    for row in rows(&section("### 1.5 Container")).iter().filter(|row| row[0].starts_with('`')) {
        documented.insert(code(&row[0])[0].clone(), (row[2].clone(), row[3].clone()));
    }
    let size = |bytes: u64| {
        if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
    };
    let files = format!("0 to {}", limits::MAX_ATTACHMENTS);
    let sealed = format!("0 to {}", limits::MAX_READERS);
    let expected = [
        ("report.json", "1", size(limits::MAX_REPORT)),
        ("message.txt", "0 or 1", size(limits::MAX_MESSAGE)),
        ("attachments/NN.ext", &files, "what fits".to_owned()),
        ("originals/NN.ext", &files, "what fits".to_owned()),
        ("sealed/<holder id>.age", &sealed, format!("exactly {} bytes", limits::SEALED_IDENTITY)),
        ("forwarder.note", "0 or 1", size(limits::MAX_FORWARDER_NOTE)),
        ("author.sig", "0 or 1", format!("exactly {} bytes", limits::AUTHOR_SIGNATURE)),
    ];
    let expected: BTreeMap<_, _> =
        expected.into_iter().map(|(name, many, largest)| (name.to_owned(), (many.to_owned(), largest))).collect();
    assert_eq!(documented, expected);
}

/// `TraffickingBegging` as `trafficking-begging`.
fn kebab(name: &str) -> String {
    let parts = name.chars().flat_map(|c| if c.is_uppercase() { vec!['-', c.to_ascii_lowercase()] } else { vec![c] });
    parts.collect::<String>().trim_start_matches('-').to_owned()
}

#[test]
fn the_categories_are_one_list_in_protocol_schema_and_program() {
    let text = section("## 2. report.json");
    let start = text.find("Categories, a closed list:").unwrap();
    let list = &text[start..start + text[start..].find("\n\n").unwrap()];
    let documented = code(list);

    let source = read("src/seal/report.rs");
    let body = source.split("pub enum Category {").nth(1).unwrap().split("\n}").next().unwrap();
    let variants = body.lines().filter_map(|line| line.trim().strip_suffix(','));
    let in_program: Vec<_> = variants.filter(|name| name.chars().all(char::is_alphabetic)).map(kebab).collect();
    assert_eq!(documented, in_program);

    let schema: Value = serde_json::from_str(&read("docs/report-1.schema.json")).unwrap();
    let in_schema = &schema["properties"]["categories"]["items"]["enum"];
    assert_eq!(*in_schema, Value::from(documented.clone()));
    for name in &documented {
        let category: Category = serde_json::from_value(Value::from(name.as_str())).unwrap();
        assert!(!matches!(category, Category::Unknown(_)), "{name}");
        assert_eq!(serde_json::to_value(category).unwrap(), name.as_str());
    }
    assert_eq!(documented.len(), 20);
}

#[test]
fn the_problems_of_the_relay_are_those_of_the_protocol_with_the_same_status() {
    let intake = section("## 5. Relay, intake");
    let table = &intake[intake.find("| name | status |").unwrap()..];
    let mut documented = BTreeSet::new();
    for row in rows(table) {
        let (names, statuses) = (code(&row[0]), row[1].split(", ").map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(names.len(), statuses.len(), "{row:?}");
        documented.extend(names.into_iter().zip(statuses));
    }
    let source = read("src/relay/problem/words.rs");
    let parts = source.split("fn parts").nth(1).unwrap().split("impl IntoResponse").next().unwrap();
    let mut in_program = BTreeSet::new();
    // The first piece is before the first problem and holds the function's own type.
    for arm in parts.split("StatusCode::").skip(1) {
        let status = (400..600).find(|&number| {
            let reason = StatusCode::from_u16(number).unwrap().canonical_reason().unwrap_or_default();
            reason.to_uppercase().replace(' ', "_") == arm.split(',').next().unwrap()
        });
        // A name that programs act on is a constant of what relay and callers share.
        let name = match arm.split(',').nth(1).unwrap().trim() {
            "INTERRUPTED" => problem::INTERRUPTED,
            "UNKNOWN_TOKEN" => problem::UNKNOWN_TOKEN,
            "UNPROVEN" => problem::UNPROVEN,
            name => name.trim_matches('"'),
        };
        in_program.insert((name.to_owned(), status.unwrap_or_else(|| panic!("{arm}")).to_string()));
    }
    assert_eq!(documented, in_program);
    assert_eq!(documented.len(), 22);
}

#[test]
fn the_fields_and_kinds_of_a_directory_are_those_of_the_protocol() {
    let text = section("## 4. Directory");
    let mut documented: BTreeSet<_> = rows(&text).iter().flat_map(|row| code(&row[0])).collect();
    // The schema is named above the table; epochs belong to a holder.
    documented.insert("schema".to_owned());
    assert!(documented.remove("epochs"));
    let note = read("tests/vectors/directory/good.note");
    let contents = Contents::parse(note.split("\n\n").next().unwrap().as_bytes()).unwrap();
    let shown = serde_json::to_value(&contents).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(documented, keys(&shown));
    let row = |name: &str| rows(&text).into_iter().find(|row| row[0] == format!("`{name}`")).unwrap()[1].clone();
    assert_eq!(code(&row("holders")).into_iter().collect::<BTreeSet<_>>(), keys(&shown["holders"][0]));
    let epoch = &code(&row("epochs"))[0];
    let in_epoch: BTreeSet<_> = epoch.trim_matches(['{', '}']).split(", ").map(str::to_owned).collect();
    assert_eq!(in_epoch, keys(&shown["holders"][0]["epochs"][0]));

    let kinds = text.lines().find(|line| line.starts_with("`kind` is one of")).unwrap();
    let kinds = code(kinds.split('.').next().unwrap());
    let listed: Vec<_> = kinds.iter().skip(1).map(String::as_str).collect();
    let error = "no-such-kind".parse::<Kind>().unwrap_err().to_string();
    assert!(error.ends_with(&listed.join(", ")), "{error}\n{listed:?}");
    assert!(listed.iter().all(|kind| kind.parse::<Kind>().is_ok()));
}

#[test]
fn the_manifest_of_a_bundle_has_the_fields_of_the_protocol() {
    let text = section("## 7. Bundle");
    let list = text.split("The manifest:").nth(1).unwrap().split(".\n").next().unwrap();
    let named: BTreeSet<_> = code(list).into_iter().filter(|word| !word.contains('/')).collect();
    let fields = ["schema", "channel", "courier", "number", "previous", "directory_sha256", "tips[{id, size, day}]"];
    assert_eq!(named, fields.map(str::to_owned).into());
    let day = "2026-11-23".parse().unwrap();
    let id = softinfo_formats::envelope::id::TipId::of(b"");
    let manifest = Manifest {
        courier: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        schema: Manifest::SCHEMA.to_owned(),
        channel: "c".parse().unwrap(),
        number: 1,
        previous: None,
        directory_sha256: softinfo_base::digest::Digest::of(b""),
        tips: vec![softinfo_formats::transfer::bundle::BundledTip { id, size: 0, day }],
    };
    let shown: Value = serde_json::from_slice(&manifest.to_bytes().0).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        keys(&shown),
        ["schema", "channel", "courier", "number", "previous", "directory_sha256", "tips"].map(str::to_owned).into()
    );
    assert_eq!(keys(&shown["tips"][0]), ["id", "size", "day"].map(str::to_owned).into());
}

#[test]
fn every_version_string_of_the_protocol_is_the_programs_and_every_named_vector_is_there() {
    let text = read("docs/protocol.md");
    let formats = rows(text.split("\n## 1. Tip").next().unwrap());
    let version = |name: &str| formats.iter().find(|row| row[0].starts_with(name)).unwrap()[1].clone();
    assert!(version("tip").contains(&format!("`{}`", softinfo_formats::envelope::header::SOFTINFO_TAG)));
    assert!(
        version("tip").contains(std::str::from_utf8(softinfo_formats::envelope::header::VERSION_LINE).unwrap().trim())
    );
    assert_eq!(version("report"), format!("`{SCHEMA}`"));
    assert_eq!(version("directory"), format!("`{}`", Contents::schema()));
    assert_eq!(version("bundle"), format!("`{}`", Manifest::SCHEMA));
    assert_eq!(version("pool"), format!("`{}`", pool::SCHEMA));
    assert!(read("src/seal/receipt.rs").contains(version("receipt").trim_matches('`')));
    for path in formats.iter().flat_map(|row| code(&row[2])) {
        assert!(Path::new(scene::PROJECT).join(&path).exists(), "{path}");
    }
}

#[test]
fn every_link_from_a_document_to_a_file_of_the_project_leads_somewhere() {
    let root = Path::new(scene::PROJECT);
    let mut documents: Vec<PathBuf> = ["", "docs", "docs/decisions", "keys-example"]
        .iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    documents.sort();
    let mut seen = 0;
    for document in &documents {
        let text = fs::read_to_string(document).unwrap();
        for target in text.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap()) {
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                assert!(document.parent().unwrap().join(target).exists(), "{}: {target}", document.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 5, "{seen} links");
}

/// Rust files below a folder of the project.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The tests whose comment begins with "Row N", each with its row, as `path::name`.
fn tests_of_rows() -> BTreeSet<(u32, String)> {
    let root = Path::new(scene::PROJECT);
    let mut found = BTreeSet::new();
    for path in ["tests", "src"].iter().flat_map(|folder| sources(&root.join(folder))) {
        let (text, name) = (fs::read_to_string(&path).unwrap(), path.strip_prefix(root).unwrap().display().to_string());
        let lines: Vec<_> = text.lines().map(str::trim_start).collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(words) = line.strip_prefix("/// Row ") else { continue };
            let row: String = words.chars().take_while(char::is_ascii_digit).collect();
            let above = lines[at..].iter().take_while(|line| line.starts_with("//") || line.starts_with('#'));
            let (is_test, length) = above.fold((false, 0), |(is_test, length), line| {
                (is_test || line.starts_with("#[test]") || line.starts_with("#[tokio::test"), length + 1)
            });
            assert!(is_test, "{name}: {line}");
            let function = lines[at + length].split_once("fn ").unwrap().1.split('(').next().unwrap();
            found.insert((row.parse().unwrap(), format!("{name}::{function}")));
        }
    }
    found
}

#[test]
fn each_of_the_21_rows_names_the_tests_that_hold_it_and_they_are_there() {
    let text = read("docs/assurance.md");
    let table = text.split("\n## The 21 rows").nth(1).unwrap().split("\nHow each is known to fail").next().unwrap();
    let mut documented = BTreeSet::new();
    for (number, row) in (1..).zip(rows(table)) {
        assert_eq!(row[0], number.to_string());
        let tests = code(&row[2]);
        assert!(!tests.is_empty(), "row {number}");
        documented.extend(tests.into_iter().map(|test| (number, test)));
    }
    assert_eq!(documented.last().unwrap().0, 21);
    let there = tests_of_rows();
    let missing: Vec<_> = documented.difference(&there).collect();
    assert!(missing.is_empty(), "no such test with that row in its comment: {missing:?}");
    let unnamed: Vec<_> = there.difference(&documented).collect();
    assert!(unnamed.is_empty(), "not in docs/assurance.md: {unnamed:?}");
}

/// The lines of a program's help that name an exit code.
fn exit_codes_of(program: &str) -> Vec<(String, String)> {
    let output = std::process::Command::new(program).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let codes =
        help.split("Exit codes:\n").nth(1).unwrap_or_default().lines().take_while(|line| line.starts_with("  "));
    codes
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(code, meaning)| (code.to_owned(), meaning.to_owned()))
        .collect()
}

#[test]
fn exit_codes_are_one_table_in_document_and_programs() {
    use softinfo_terminal::Exit;
    let table: Vec<_> = Exit::ALL.iter().map(|exit| ((*exit as u8).to_string(), exit.meaning().to_owned())).collect();
    let documented = rows(&read("docs/exit-codes.md")).into_iter().map(|row| (row[0].clone(), row[1].clone()));
    assert_eq!(documented.collect::<Vec<_>>(), table);
    for program in [scene::TIP, scene::RELAY, scene::COURIER, scene::DESK] {
        let codes = exit_codes_of(program);
        assert!(codes.len() >= 3, "{program} names none in its help");
        for code in codes {
            assert!(table.contains(&code), "{program}: {code:?}");
        }
    }
    assert_eq!(softinfo_relay::lifecycle::EXIT, Exit::TryLater as u8);
}
