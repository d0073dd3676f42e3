//! The operator's guide names what is there: files, options, and every line of the log.

use std::path::Path;

use crate::deploy::package::installed_files;
use crate::deploy::read;
use scene::{COURIER, DESK, PROJECT, RELAY, TIP, complete};

fn guide() -> String {
    read("docs/operating.md")
}

/// Words that begin with one of `starts`, without what follows a path.
fn paths(text: &str, starts: &[&str]) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || "`'\"()<>|;,=".contains(c));
    let paths = words.filter(|word| starts.iter().any(|start| word.starts_with(start)));
    paths.map(|word| word.trim_end_matches(['.', ':', '/']).to_owned()).collect()
}

#[test]
fn every_file_of_the_project_that_the_guide_names_exists() {
    let named = paths(&guide(), &["deploy/", "config/", "web/", "keys-example/"]);
    assert!(named.len() > 12, "{named:?}");
    for path in named {
        assert!(Path::new(PROJECT).join(&path).exists(), "{path}");
    }
}

#[test]
fn every_installed_file_that_the_guide_names_is_in_a_package() {
    let installed = installed_files();
    let starts = [
        "/usr/bin/softinfo",
        "/usr/lib/",
        "/usr/share/softinfo",
        "/usr/share/doc/softinfo",
        "/etc/apparmor.d/local/softinfo",
    ];
    let named = paths(&guide(), &starts);
    assert!(named.len() > 12, "{named:?}");
    for path in named {
        let stem = path.trim_end_matches('*');
        assert!(
            installed.iter().any(|file| file == &path
                || file.starts_with(&format!("{stem}/"))
                || (stem != path && file.starts_with(stem))),
            "{path}"
        );
    }
}

#[test]
fn every_line_of_the_log_is_in_the_guide() {
    let guide = guide();
    let source = read("src/relay/log.rs");
    let display = source.split("impl fmt::Display for Event").nth(1).unwrap().split("\n}\n").next().unwrap();
    let texts: Vec<_> = display.split("write!(f, ").skip(1).chain(display.split("write!(\n").skip(1)).collect();
    let mut seen = 0;
    for text in texts {
        let said = text.split('"').nth(1).unwrap();
        // A value of the line, such as a day, is an ellipsis in the guide.
        let shown = said
            .split('{')
            .map(|part| part.split_once('}').map_or(part, |(_, rest)| rest))
            .collect::<Vec<_>>()
            .join("…");
        seen += 1;
        // What is said elsewhere: findings have a row of their own, endings are looked for below.
        if shown == "…" {
            continue;
        }
        assert!(guide.contains(&format!("`{shown}`")), "{shown}");
    }
    assert!(guide.contains("| `warning: …`, `error: …` |"));
    for ending in [
        "the directory expires on …",
        "the directory expired on …",
        "the last key of … ends on …",
        "… has no key that holds today",
    ] {
        let said = ending.split('…').max_by_key(|part| part.len()).unwrap();
        assert!(
            read("src/formats/directory/ending.rs").contains(said) && guide.contains(&format!("`{ending}")),
            "{ending}"
        );
    }
    assert_eq!(seen, display.matches("write!(").count());
    assert!(seen >= 14, "{seen}");
}

#[test]
fn every_option_in_the_guide_is_one_of_its_programs() {
    let guide = guide().replace("\\\n", " ");
    let mut checked = 0;
    for line in guide.lines() {
        // In a pipeline or after && each program has its own options.
        for part in line.split(['|', ';', '`']).flat_map(|part| part.split("&&")) {
            let words: Vec<_> = part.split_whitespace().collect();
            // Where a command begins; elsewhere the same word is a user or a unit.
            let begins = |at: usize| at == 0 || ["$", "#", "--"].contains(&words[at - 1]);
            let programs = ["softinfo-relay", "softinfo-tip", "softinfo-courier", "softinfo-desk"];
            let Some(at) = (0..words.len()).find(|&at| programs.contains(&words[at]) && begins(at)) else {
                continue;
            };
            let program = [RELAY, TIP, COURIER, DESK].into_iter().find(|path| path.ends_with(words[at])).unwrap();
            let words = &words[at + 1..];
            let subcommands = [
                "send",
                "seal",
                "withdraw",
                "check-relay",
                "fetch",
                "keygen",
                "directory",
                "import",
                "list",
                "open",
                "show",
                "bundles",
                "store",
            ];
            let mut chain: Vec<_> = words.iter().copied().filter(|word| subcommands.contains(word)).take(1).collect();
            let below: &[&str] = match chain[..] {
                ["directory"] => &["root", "make", "sign", "check", "page", "trust"],
                ["store"] => &["verify", "purge", "seal"],
                _ => &[],
            };
            chain.extend(words.iter().copied().filter(|word| below.contains(word)).take(1));
            let options: Vec<_> = words.iter().filter(|word| word.starts_with("--")).collect();
            if options.is_empty() {
                continue;
            }
            let help = complete(std::process::Command::new(program).args(&chain).arg("--help")).ok().out;
            for option in options {
                let known = help.split(|c: char| c.is_whitespace() || c == ',').any(|word| word == *option);
                assert!(known, "{option} of {} {chain:?} in: {line}", Path::new(program).display());
                checked += 1;
            }
        }
    }
    assert!(checked > 20, "{checked}");
}
