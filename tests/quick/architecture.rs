//! `docs/architecture.md` and the other documents name the files that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn project() -> &'static Path {
    Path::new(scene::PROJECT)
}

/// Files below a folder with this extension, as paths from `from`.
fn below(folder: &Path, from: &Path, extension: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path, from, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            found.insert(path.strip_prefix(from).unwrap().display().to_string());
        }
    }
    found
}

/// Words between backticks, first words only: what follows belongs to a command.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter_map(|span| span.split_whitespace().next())
}

/// The sections of the map that have a folder in their heading: the folder, and what the first column of the table names.
fn map() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(project().join("docs/architecture.md")).unwrap();
    let sections = text.split("\n### ").skip(1).filter_map(|section| {
        let (heading, rest) = section.split_once('\n')?;
        let folder = heading.split("(`").nth(1)?.split("`)").next()?.to_owned();
        let rows = rest.split("\n## ").next()?.lines().filter(|line| line.starts_with("| `"));
        let names = rows.flat_map(|row| code(row.split(" | ").next().unwrap())).map(str::to_owned).collect();
        Some((folder, names))
    });
    sections.collect()
}

#[test]
fn the_map_names_every_file_of_every_crate_and_no_other() {
    let map = map();
    let crates: BTreeSet<_> = fs::read_dir(project().join("src"))
        .unwrap()
        .map(|entry| format!("src/{}/", entry.unwrap().file_name().display()))
        .collect();
    let named: BTreeSet<_> = map.iter().map(|(folder, _)| folder.clone()).filter(|it| it.starts_with("src/")).collect();
    assert_eq!(named, crates, "each crate has a section");
    let (mut gone, mut missing) = (Vec::new(), Vec::new());
    for (folder, names) in &map {
        let root = project().join(folder);
        gone.extend(names.iter().filter(|name| !root.join(name).exists()).map(|name| format!("{folder}{name}")));
        // lib.rs and mod.rs are what the section itself is about.
        let files = below(&root, &root, "rs").into_iter().filter(|file| {
            let name = file.rsplit('/').next().unwrap();
            let is_named = names.iter().any(|name| name == file || (name.ends_with('/') && file.starts_with(name)));
            !["lib.rs", "mod.rs"].contains(&name) && !is_named
        });
        missing.extend(files.map(|file| format!("{folder}{file}")));
    }
    assert!(gone.is_empty() && missing.is_empty(), "gone: {gone:#?}\nnot in the map: {missing:#?}");
}

#[test]
fn only_programs_use_the_terminal() {
    let root = project().join("src");
    let uses = |file: &String| fs::read_to_string(root.join(file)).unwrap().contains("softinfo_terminal");
    let using: Vec<_> = below(&root, &root, "rs").into_iter().filter(uses).collect();
    let libraries: Vec<_> = using.iter().filter(|file| !file.contains("/program/")).collect();
    assert!(using.len() > 10 && libraries.is_empty(), "{libraries:?}");
}

#[test]
fn every_file_of_the_project_that_a_document_names_is_there() {
    // What comes and goes with a run.
    let made = ["fuzz/found/", "fuzz/artifacts/", "tests/browser/artefacts/"];
    let folders = ["src/", "web/", "tests/", "fuzz/", "benches/", "docs/", "config/", "deploy/", "keys-example/"];
    let mut documents: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| project().join(name)).into();
    documents.extend(below(&project().join("docs"), project(), "md").into_iter().map(|name| project().join(name)));
    let (mut seen, mut gone) = (0, Vec::new());
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for word in code(&text) {
            // A test is named behind its file.
            let path = word.split("::").next().unwrap();
            let is_path = folders.iter().any(|folder| path.starts_with(folder)) && !path.contains(['<', '*', '…']);
            if !is_path || made.iter().any(|folder| path.starts_with(folder)) {
                continue;
            }
            seen += 1;
            if !project().join(path).exists() {
                gone.push(format!("{}: {path}", document.strip_prefix(project()).unwrap().display()));
            }
        }
    }
    assert!(seen > 200, "{seen} paths");
    assert!(gone.is_empty(), "{gone:#?}");
}
