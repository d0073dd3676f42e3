//! Data flows one way inside of a crate, too: no room (a module at its root, with all that is in it) uses one that uses it, directly or over others.
//! Tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Source files of a crate, with the path of modules that each one is: `src/relay/admission/lane.rs` is `["admission", "lane"]`.
fn files(folder: &Path, module: &[String], found: &mut Vec<(Vec<String>, PathBuf)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            // Programs are crates of their own.
            if name != "program" {
                files(&path, &[module, &[name]].concat(), found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let own = if ["lib", "mod"].contains(&&*name) { module.to_vec() } else { [module, &[name]].concat() };
            found.push((own, path));
        }
    }
}

/// A file without its comments and without the tests in it, which stand at its end.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let is_tests = |at: &usize| text[*at..].lines().nth(1).is_some_and(|line| line.ends_with("mod tests {"));
    let before = text.match_indices("#[cfg(test)]\n").map(|(at, _)| at).find(is_tests).map_or(&*text, |at| &text[..at]);
    before.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Modules that exist in tests only, by `#[cfg(test)] mod name;`.
fn of_tests(code: &str) -> BTreeSet<String> {
    let named = code.split("#[cfg(test)]\n").skip(1);
    named.filter_map(|rest| Some(rest.strip_prefix("mod ")?.split_once(';')?.0.to_owned())).collect()
}

/// Full paths that begin with `crate::` or `super::`, those in braces included, as modules from the crate's root.
fn paths(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, word) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        // In the middle of a path, or part of a longer word.
        if code[..at].ends_with(is_word) || code[..at].ends_with("::") {
            continue;
        }
        let mut base = if word == "crate::" { Vec::new() } else { module[..module.len().saturating_sub(1)].to_vec() };
        let mut rest = &code[at + word.len()..];
        while let Some(more) = rest.strip_prefix("super::") {
            base.pop();
            rest = more;
        }
        tree(rest, &base, &mut found);
    }
    found
}

/// The names of `a::b`, or of each branch of `{a, b::{c, d}}`, behind `base`. Gives how many bytes it has read.
fn tree(text: &str, base: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let Some(inner) = text.strip_prefix('{') else {
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let path = [base, std::slice::from_ref(&name)].concat();
        return match text[name.len()..].strip_prefix("::") {
            Some(more) if !name.is_empty() => name.len() + 2 + tree(more, &path, found),
            _ => {
                found.push(path);
                name.len()
            }
        };
    };
    let mut read = 1;
    loop {
        let rest = &inner[read - 1..];
        match rest.chars().next() {
            None => return read,
            Some('}') => return read + 1,
            Some(c) if c.is_whitespace() || c == ',' => read += 1,
            // `as name` and the like are passed over.
            Some(_) => read += tree(rest, base, found).max(1),
        }
    }
}

/// `a::b as c` as if it were called `c` where it comes from.
fn renamed(code: &str) -> String {
    let words: Vec<_> = code.split(' ').collect();
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match (words[at], words.get(at + 1), out.last_mut()) {
            ("as", Some(name), Some(before)) => {
                let start = before.rfind("::").map_or(0, |at| at + 2);
                before.replace_range(start.., name);
                at += 2;
            }
            (word, ..) => {
                out.push(word.to_owned());
                at += 1;
            }
        }
    }
    out.join(" ")
}

/// Which module at the crate's root a name re-exported there comes from: `pub use serve::Relay` makes `crate::Relay` a use of `serve`.
fn reexports(lib: &str) -> BTreeMap<String, String> {
    let mut from = BTreeMap::new();
    for line in renamed(lib).replace('\n', " ").split(';') {
        let Some(used) = line.trim_start().rsplit("use ").next().filter(|_| line.contains("use ")) else { continue };
        let mut found = Vec::new();
        tree(used.trim_start_matches("self::").trim_start_matches("crate::"), &[], &mut found);
        for path in found.iter().filter(|path| path.len() > 1) {
            from.insert(path[path.len() - 1].clone(), path[0].clone());
        }
    }
    from
}

/// Which module at the root uses which others.
fn uses(krate: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = Vec::new();
    files(krate, &[], &mut all);
    let lib = code(&krate.join("lib.rs"));
    let tests = of_tests(&lib);
    all.retain(|(module, path)| {
        let above = path.with_file_name("mod.rs");
        let beside = if above.exists() { of_tests(&code(&above)) } else { BTreeSet::new() };
        module.first().is_none_or(|first| !tests.contains(first))
            && module.last().is_none_or(|last| !beside.contains(last))
    });
    let modules: BTreeSet<_> = all.iter().filter_map(|(module, _)| module.first().cloned()).collect();
    let from = reexports(&lib);
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, path) in &all {
        let Some(own) = module.first() else { continue };
        let code = code(path);
        assert!(!code.contains("super::*") && !code.contains("crate::*"), "{}: name what is used", path.display());
        for path in paths(&code, module) {
            let first = path.first().map(String::as_str).unwrap_or_default();
            let used = if modules.contains(first) { Some(first) } else { from.get(first).map(String::as_str) };
            uses.entry(own.clone()).or_default().extend(used.filter(|used| used != own).map(str::to_owned));
        }
    }
    uses
}

/// Modules that are on a circle, each with what it uses of the circle.
fn circles(uses: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let reach = |from: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(next) = open.pop() {
            open.extend(
                uses.get(next).into_iter().flatten().filter(|used| seen.insert((*used).clone())).map(String::as_str),
            );
        }
        seen
    };
    let on_circle: BTreeSet<_> = uses.keys().filter(|module| reach(module).contains(*module)).cloned().collect();
    let back = |module: &str| -> Vec<String> {
        let is_back = |used: &&String| on_circle.contains(*used) && reach(used).contains(module);
        uses[module].iter().filter(is_back).cloned().collect()
    };
    on_circle.iter().map(|module| format!("{module} -> {}", back(module).join(", "))).collect()
}

#[test]
fn no_room_of_a_crate_uses_one_that_uses_it() {
    let mut found = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(Path::new(scene::PROJECT).join("src")).unwrap() {
        let path = entry.unwrap().path();
        if !path.join("lib.rs").exists() {
            continue;
        }
        let uses = uses(&path);
        seen += uses.values().map(BTreeSet::len).sum::<usize>();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "store" {
            assert!(uses["erase"].contains("error"), "through a name at the root: {:?}", uses["erase"]);
        }
        found.extend(circles(&uses).into_iter().map(|circle| format!("{name}: {circle}")));
    }
    assert!(seen > 100, "the uses are found: {seen}");
    assert_eq!(found, [""; 0], "{found:#?}");
}

#[test]
fn a_circle_would_be_seen_however_it_is_written() {
    let of = |code: &str, module: &[&str]| paths(code, &module.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of("use crate::{a::B, c::{self, d}};", &["x"]), [path("a::B"), path("c::self"), path("c::d")]);
    assert_eq!(of("use super::super::a::{B,\n    C};", &["x", "y"]), [path("a::B"), path("a::C")]);
    assert_eq!(of("fn f(a: &super::z::Z) -> crate::q::Q", &["x", "y"]), [path("q::Q"), path("x::z::Z")]);
    assert_eq!(of("softinfo_crate::a, self::super_::b", &["x"]), [[""; 0]; 0]);
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
    let mut uses =
        BTreeMap::from([("a".to_owned(), set(&["b"])), ("b".to_owned(), set(&["c"])), ("c".to_owned(), set(&["d"]))]);
    assert_eq!(circles(&uses), [""; 0]);
    uses.get_mut("c").unwrap().insert("a".to_owned());
    assert_eq!(circles(&uses), ["a -> b", "b -> c", "c -> a"]);
    assert_eq!(reexports("pub use space::{free, of as space_of};")["space_of"], "space");
    assert_eq!(reexports("pub use serve::{Relay, Prepared};\nmod x;\npub use a::B;")["Prepared"], "serve");
}
