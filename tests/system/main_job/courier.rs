//! A relay may lie, and a courier may be cut off anywhere: no honest tip is lost by it, and no bundle is one that a desk refuses.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use softinfo_base::limits::TEXT_TIP;
use softinfo_client::{ClientError, Floor, RelayClient};
use softinfo_courier::{self, CourierConfig, CourierError, Fetched, Options, Progress, Stopped, Work};
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::padding::SizeClass;
use softinfo_formats::transfer::bundle::{Manifest, read};

use scene::{COURIER, Cut, FalseRelay, INSPECTORATE, Line, Run, Scene, complete};

const MIB: u64 = 1024 * 1024;

/// Sends a text and gives its id.
fn text(scene: &Scene, message: &str) -> String {
    scene.send(&[INSPECTORATE], message, &[])["id"].as_str().unwrap().to_owned()
}

/// A bundle's manifest, after all of it was read as a desk reads it.
fn manifest(path: &Path) -> Manifest {
    read(fs::File::open(path).unwrap(), |_| (), |_, _| Ok(())).unwrap().manifest
}

fn ids(path: &Path) -> BTreeSet<String> {
    manifest(path).tips.iter().map(|tip| tip.id.to_string()).collect()
}

fn fetch(scene: &Scene, bundle: &str, more: &[&str]) -> Run {
    complete(scene.fetch_command(bundle).args(more))
}

/// The file length of the class of so many bytes.
fn class(content: u64) -> u64 {
    SizeClass::for_content(content, 256 * MIB).unwrap().file_length()
}

#[test]
fn a_day_of_the_future_hides_nothing_that_comes_later() {
    let scene = Scene::new();
    let first = text(&scene, "dated in the future");
    let ahead =
        FalseRelay::listing(scene.courier, |tips| tips.iter_mut().for_each(|tip| tip["day"] = json!("2999-01-01")));
    scene.courier_calls(ahead.address);
    let run = fetch(&scene, "1.tar", &[]);
    let packed = manifest(&scene.path("1.tar"));
    // The honest days are listed again, and nothing is passed over.
    scene.courier_calls(scene.courier);
    let second = text(&scene, "comes later");
    assert_eq!(scene.fetch("2.tar").ok().json()["tips"], 1);
    assert_eq!(ids(&scene.path("2.tar")), BTreeSet::from([second]));
    assert_eq!((packed.tips[0].id.to_string(), packed.tips[0].day), (first, scene::today()));
    scene.import("1.tar").says(0, "1 new tip, 1 for");
    scene.import("2.tar").says(0, "1 new tip, 1 for");
    run.says(0, "1 tip has a day in the future at the relay");
}

#[test]
fn a_size_that_changes_between_two_lists_yields_a_bundle_that_the_desk_takes() {
    let scene = Scene::new();
    let photo = scene.random_file("photo.jpg", 100_000);
    let id = scene.send(&[INSPECTORATE], "whole in the spool", &[&photo])["id"].as_str().unwrap().to_owned();
    // An earlier run had it, and was cut off.
    let spool = scene.path("courier/spool");
    fs::create_dir_all(&spool).unwrap();
    let whole = scene.courier_get(&format!("/tips/{id}")).1;
    fs::write(spool.join(format!("{id}.age")), &whole).unwrap();
    let smaller = FalseRelay::listing(scene.courier, |tips| tips[0]["size"] = json!(30_965));
    scene.courier_calls(smaller.address);
    scene.fetch("1.tar").ok();
    scene.import("1.tar").says(0, "1 new tip, 1 for");
    assert_eq!(manifest(&scene.path("1.tar")).tips[0].size, whole.len() as u64);
    // One that isn't there yet can't be fetched by a size that is a lie. It is tried again, and does not count as packed.
    let other = text(&scene, "not in the spool");
    let look = |tips: &mut Vec<Value>| tips.iter_mut().for_each(|tip| tip["size"] = json!(class(30_000)));
    let larger = FalseRelay::listing(scene.courier, look);
    scene.courier_calls(larger.address);
    fetch(&scene, "2.tar", &[]).says(8, &format!("could not give out {other} as it was stored"));
    scene.courier_calls(scene.courier);
    scene.fetch("2.tar").ok();
    scene.import("2.tar").says(0, "1 new tip, 1 for");
}

#[test]
fn a_spooled_file_that_was_changed_is_fetched_again() {
    let scene = Scene::new();
    let id = text(&scene, "rots in the spool");
    let spool = scene.path("courier/spool");
    fs::create_dir_all(&spool).unwrap();
    let mut bytes = scene.courier_get(&format!("/tips/{id}")).1;
    bytes[20_000] ^= 1;
    fs::write(spool.join(format!("{id}.age")), bytes).unwrap();
    scene.fetch("1.tar").ok();
    scene.import("1.tar").says(0, "1 new tip, 1 for");
}

#[test]
fn what_can_be_no_tip_by_its_length_is_not_asked_for() {
    let scene = Scene::new();
    let id = text(&scene, "honest");
    let forged: Vec<_> =
        ["too large", "no class", "nothing"].iter().map(|name| TipId::of(name.as_bytes()).to_string()).collect();
    let sizes = [10_u64.pow(12), 31_000, 0];
    let lies = forged.clone();
    let relay = FalseRelay::listing(scene.courier, move |tips| {
        let day = tips[0]["day"].clone();
        tips.extend(lies.iter().zip(sizes).map(|(id, size)| json!({"id": id, "day": day, "size": size})));
    });
    scene.courier_calls(relay.address);
    let run = scene.fetch("1.tar");
    assert_eq!((run.code, &run.json()["wrong_sizes"]), (8, &json!(forged)), "{run:?}");
    assert_eq!(relay.asked("/tips/"), 1, "only the honest one");
    assert_eq!(ids(&scene.path("1.tar")), BTreeSet::from([id]));
    scene.import("1.tar").says(0, "1 new tip, 1 for");
}

/// A relay that sends more than it announced fills no disk.
#[test]
fn no_more_is_spooled_than_was_announced() {
    let scene = Scene::new();
    let id = text(&scene, "short");
    let relay = FalseRelay::over(scene.courier, |path, (status, body)| {
        if path.starts_with("/tips/") { (status, vec![b'x'; 40_000_000]) } else { (status, body) }
    });
    scene.courier_calls(relay.address);
    // The last piece stays under the limit of a file: with more, the shell's limit of 1 MiB would end the courier.
    let config = scene.path("courier.toml");
    let line = format!(
        "ulimit -f 2048; exec {COURIER} --config {} fetch --out {}",
        config.display(),
        scene.path("1.tar").display()
    );
    scene.run("sh", &["-c", &line]).says(8, &format!("could not give out {id}"));
    assert_eq!(fs::read_dir(scene.path("courier/spool")).unwrap().count(), 0);
}

#[test]
fn a_list_that_no_relay_gives_ends_the_run_and_spoils_nothing() {
    let scene = Scene::new();
    let id = text(&scene, "honest");
    let page = |tips: Value, next: Value| json!({"schema": "softinfo/pool/1", "tips": tips, "next": next}).to_string();
    let tip = |n: u32| json!({"id": TipId::of(&n.to_be_bytes()), "day": "2026-11-20", "size": 30_965});
    let cursor = |n: u32| json!(format!("2026-11-20/{}", TipId::of(&n.to_be_bytes())));
    let deep = "[".repeat(200_000);
    let lists = [
        (page(json!([]), cursor(1)), "an empty page says that there is another one"),
        (page(json!([tip(1), tip(1)]), Value::Null), "a tip stands in it twice"),
        // The same page for ever.
        (page(json!([tip(1)]), cursor(1)), "a tip stands in it twice"),
        (page(json!([tip(1)]), json!("2026-11-20")), "its list of tips is no softinfo/pool/1"),
        (page(json!([tip(1)]), json!("2026-11-20/../../x?y=\u{1b}[2J")), "its list of tips is no softinfo/pool/1"),
        (page(json!([{"id": "../../x", "day": "2026-11-20", "size": 30_965}]), Value::Null), "its list of tips is no"),
        (page(json!([{"id": TipId::of(b""), "day": "2026-11-20", "size": -1}]), Value::Null), "its list of tips is no"),
        (format!("{{\"schema\":\"softinfo/pool/1\",\"tips\":{deep}"), "its list of tips is no softinfo/pool/1"),
        (
            format!("{{\"schema\":\"softinfo/pool/1\",\"tips\":[],\"next\":null,\"more\":{deep}"),
            "its list of tips is no",
        ),
        (page(json!([]), Value::Null).replace("pool/1", "pool/2"), "its list of tips is no softinfo/pool/1"),
        (" ".repeat(2_000_000), "the answer is too long"),
    ];
    for (list, words) in lists {
        let told = list.clone().into_bytes();
        let relay =
            FalseRelay::over(
                scene.courier,
                move |path, honest| {
                    if path.starts_with("/pool") { (200, told.clone()) } else { honest }
                },
            );
        scene.courier_calls(relay.address);
        let run = fetch(&scene, "1.tar", &[]).says(1, words);
        assert!(!run.err.contains('\u{1b}') && run.err.lines().count() == 1, "{run:?}");
        assert_eq!(relay.asked("/tips/"), 0, "{words}");
    }
    // Cursors that go back, with ids that are new each time.
    let relay = FalseRelay::over(scene.courier, move |path, honest| {
        if !path.starts_with("/pool") {
            return honest;
        }
        let n = u32::from(path.contains("after"));
        (200, page(json!([tip(n)]), json!(format!("2026-11-{:02}/{}", 20 - n, TipId::of(b"")))).into_bytes())
    });
    scene.courier_calls(relay.address);
    fetch(&scene, "1.tar", &[]).says(1, "its pages do not go on");
    assert_eq!(relay.asked("/pool"), 2);
    scene.courier_calls(scene.courier);
    assert_eq!(scene.fetch("1.tar").ok().json()["number"], 1);
    assert_eq!(ids(&scene.path("1.tar")), BTreeSet::from([id]));
}

#[test]
fn what_is_no_tip_is_named_once_and_is_in_no_bundle() {
    let scene = Scene::new();
    let honest = text(&scene, "honest");
    // As long as a tip, with the hash that was promised, and the last with the whole header of a tip but one letter.
    let mut nearly = scene.seal("nearly");
    nearly[30] ^= 0x80;
    let forged = [vec![b'x'; 30_965], nearly];
    let names = forged.each_ref().map(|bytes| TipId::of(bytes).to_string());
    let by_id: BTreeMap<_, _> = names.iter().cloned().zip(forged).collect();
    let relay = FalseRelay::over(scene.courier, move |path, (status, body)| {
        if let Some(bytes) = path.strip_prefix("/tips/").and_then(|id| by_id.get(id)) {
            return (200, bytes.clone());
        }
        if !path.starts_with("/pool") {
            return (status, body);
        }
        let mut page: Value = serde_json::from_slice(&body).unwrap();
        let more = by_id.keys().map(|id| json!({"id": id, "day": "2026-11-20", "size": 30_965}));
        page["tips"].as_array_mut().unwrap().extend(more);
        (status, page.to_string().into_bytes())
    });
    scene.courier_calls(relay.address);
    let run = fetch(&scene, "1.tar", &[]).says(8, "is no tip; it is not in the bundle");
    assert!(names.iter().all(|id| run.out.contains(id)), "{run:?}");
    assert_eq!(ids(&scene.path("1.tar")), BTreeSet::from([honest]));
    scene.import("1.tar").says(0, "1 new tip, 1 for");
    assert_eq!(fs::read_dir(scene.path("courier/spool")).unwrap().count(), 0);
    let before = relay.asked("/tips/");
    fetch(&scene, "2.tar", &[]).says(0, "Nothing new");
    assert_eq!(relay.asked("/tips/"), before, "it was fetched again");
}

/// A volume that couldn't be read at one start of the relay and can be at the next brings back tips of old days.
#[test]
fn a_tip_of_an_old_day_that_comes_up_later_is_fetched() {
    let scene = Scene::new();
    let (old, new) = (text(&scene, "in a volume that can't be read"), text(&scene, "in one that can"));
    let readable = Arc::new(AtomicBool::new(false));
    let (is_readable, hidden) = (Arc::clone(&readable), old.clone());
    let relay = FalseRelay::over(scene.courier, move |path, (status, body)| {
        if !path.starts_with("/pool") {
            return (status, body);
        }
        let mut page: Value = serde_json::from_slice(&body).unwrap();
        let tips = page["tips"].as_array_mut().unwrap();
        let day = "2026-10-01";
        // As an honest relay: nothing of a day that the cursor is behind.
        let is_listed =
            is_readable.load(Ordering::SeqCst) && path.split("after=").nth(1).is_none_or(|after| after < day);
        tips.retain(|tip| tip["id"] != *hidden || is_listed);
        tips.iter_mut().filter(|tip| tip["id"] == *hidden).for_each(|tip| tip["day"] = json!(day));
        (status, page.to_string().into_bytes())
    });
    scene.courier_calls(relay.address);
    scene.fetch("1.tar").ok();
    assert_eq!(ids(&scene.path("1.tar")), BTreeSet::from([new]));
    readable.store(true, Ordering::SeqCst);
    scene.fetch("2.tar").ok();
    assert_eq!(ids(&scene.path("2.tar")), BTreeSet::from([old]));
}

/// A large tip, texts, one that is withdrawn while it is fetched, and one that the relay can't give out: the others arrive, and the last one later.
#[test]
fn one_tip_that_is_damaged_or_withdrawn_holds_no_other_back() {
    let scene = Scene::new();
    let video = scene.random_file("video.mp4", 3_000_000);
    let large = scene.send(&[INSPECTORATE], "large", &[&video])["id"].as_str().unwrap().to_owned();
    let texts: Vec<_> = (0..4).map(|n| text(&scene, &format!("text {n}"))).collect();
    let [withdrawn, damaged] = [texts[0].clone(), texts[1].clone()];
    let (gone, broken) = (withdrawn.clone(), damaged.clone());
    let relay = FalseRelay::over(scene.courier, move |path, (status, mut body)| match path.strip_prefix("/tips/") {
        Some(id) if id == gone => {
            (404, br#"{"type":"urn:softinfo:problem:not-found","title":"Not there","detail":"Gone."}"#.to_vec())
        }
        Some(id) if id == broken => {
            body[20_000] ^= 1;
            (status, body)
        }
        _ => (status, body),
    });
    scene.courier_calls(relay.address);
    let run = scene.fetch("1.tar");
    let told = run.json();
    assert_eq!((run.code, &told["tips"], &told["gone"]), (8, &json!(3), &json!(1)), "{run:?}");
    assert_eq!(told["unreadable"], json!([damaged]));
    assert_eq!(ids(&scene.path("1.tar")), BTreeSet::from([large, texts[2].clone(), texts[3].clone()]));
    scene.import("1.tar").says(0, "3 new tips, 3 for");
    // A piece of something that is no longer there is not kept.
    fs::write(scene.path("courier/spool").join(format!("{}.part", TipId::of(b"withdrawn"))), "a piece").unwrap();
    scene.courier_calls(scene.courier);
    scene.fetch("2.tar").ok();
    assert_eq!(fs::read_dir(scene.path("courier/spool")).unwrap().count(), 0);
    assert_eq!(ids(&scene.path("2.tar")), BTreeSet::from([withdrawn, damaged]));
    scene.import("2.tar").says(0, "2 new tips, 2 for");
}

#[test]
fn more_tips_than_a_bundle_takes_go_into_several_the_small_ones_first() {
    let scene = Scene::new();
    let videos: Vec<_> = ["a.mp4", "b.mp4"].iter().map(|name| scene.random_file(name, 1_500_000)).collect();
    for video in &videos {
        scene.send(&[INSPECTORATE], "large", &[video]);
    }
    let small = text(&scene, "small");
    let config = fs::read_to_string(scene.path("courier.toml")).unwrap();
    fs::write(scene.path("courier.toml"), config + "bundle_mib = 1\n").unwrap();
    fetch(&scene, "1.tar", &[]).says(8, "more tips than one bundle takes");
    assert_eq!(ids(&scene.path("1.tar")), BTreeSet::from([small]));
    // Each of them alone is larger than a bundle should be.
    assert_eq!(scene.fetch("2.tar").json()["waiting"], 1);
    scene.fetch("3.tar").ok();
    for (bundle, tips) in [("1.tar", 1), ("2.tar", 1), ("3.tar", 1)] {
        scene.import(bundle).says(0, &format!("{tips} new tip"));
    }
    fetch(&scene, "4.tar", &[]).says(0, "Nothing new");
}

/// Killed at each sync, rename and removal: every tip is in a bundle in the end, and no two bundles claim one place.
#[test]
fn a_courier_killed_at_any_step_loses_nothing_and_begins_no_second_chain() {
    let scene = Scene::new();
    let sent = ["one", "two", "late"].map(|message| text(&scene, message));
    let (late, has_come) = (sent[2].clone(), Arc::new(AtomicBool::new(false)));
    let come = Arc::clone(&has_come);
    let relay = FalseRelay::listing(scene.courier, move |tips| {
        tips.retain(|tip| tip["id"] != *late || come.load(Ordering::SeqCst));
    });
    scene.courier_calls(relay.address);
    let config = fs::read_to_string(scene.path("courier.toml")).unwrap();
    let mut died = 0;
    for n in 1.. {
        assert!(n < 100, "it never came to its end");
        fs::write(scene.path("courier.toml"), config.replace("\"courier\"", &format!("\"courier-{n}\""))).unwrap();
        has_come.store(false, Ordering::SeqCst);
        let [killed, second, third] = ["killed", "second", "third"].map(|name| format!("{n}-{name}.tar"));
        let inject = format!("inject=fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat:signal=KILL:when={n}");
        let mut traced = scene.command("strace", &["-f", "-qq", "-o", "/dev/null", "-e", &inject, COURIER, "--config"]);
        traced.arg(scene.path("courier.toml")).args(["fetch", "--out"]).arg(scene.path(&killed));
        let code = complete(&mut traced).code;
        if code == 0 {
            break;
        }
        assert_eq!(code, -1, "this test kills the courier by strace, which has to be there and may trace");
        died += 1;
        // More has come meanwhile. To another place, then to one more for what that left.
        has_come.store(true, Ordering::SeqCst);
        let run = fetch(&scene, &second, &[]);
        assert!(matches!(run.code, 0 | 8), "{run:?}");
        scene.fetch(&third).ok();
        let bundles = [killed, second, third].map(|name| scene.path(&name));
        let bundles: Vec<PathBuf> = bundles.into_iter().filter(|path| path.exists()).collect();
        let packed: BTreeSet<_> = bundles.iter().flat_map(|path| ids(path)).collect();
        assert_eq!(packed, BTreeSet::from(sent.clone()), "killed at {n}");
        is_one_chain(&bundles);
        let left = fs::read_dir(scene.path(&format!("courier-{n}"))).unwrap();
        let left: BTreeSet<_> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(left, ["journal.json", "lock", "spool"].map(String::from).into(), "killed at {n}");
        let beside =
            fs::read_dir(scene.path(".")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let hidden: Vec<_> = beside.filter(|name| name.starts_with('.')).collect();
        assert!(hidden.is_empty(), "killed at {n}: {hidden:?} beside the bundle");
    }
    assert!(died >= 8, "{died} steps");
}

#[test]
fn a_bundle_is_read_back_from_the_medium() {
    let scene = Scene::new();
    text(&scene, "one");
    let (trace, bundle) = (scene.path("trace"), scene.path("1.tar"));
    let (trace, bundle) = (trace.to_str().unwrap(), bundle.to_str().unwrap());
    let config = scene.path("courier.toml");
    let calls = "trace=openat,fsync,fadvise64,read";
    let arguments =
        ["-f", "-y", "-e", calls, "-o", trace, COURIER, "--config", config.to_str().unwrap(), "fetch", "--out", bundle];
    scene.run("strace", &arguments).says(0, "Bundle 1 with 1 tip");
    let trace = fs::read_to_string(trace).unwrap();
    let at_bundle = format!("<{bundle}>");
    let calls: Vec<_> = trace.lines().filter(|line| line.contains(&at_bundle)).collect();
    let place = |call: &str| calls.iter().position(|line| line.contains(call)).unwrap_or_else(|| panic!("{calls:?}"));
    assert!(
        place("fsync(") < place("POSIX_FADV_DONTNEED") && place("POSIX_FADV_DONTNEED") < place("read("),
        "{calls:?}"
    );
}

/// Each number belongs to one bundle, and each bundle names the one before it.
fn is_one_chain(bundles: &[PathBuf]) {
    let (mut chain, mut names) = (BTreeMap::new(), None);
    for path in bundles {
        let manifest = manifest(path);
        let id = manifest.to_bytes().1;
        assert_eq!(names.get_or_insert(manifest.courier.clone()), &manifest.courier);
        let known = chain.insert(manifest.number, (id, manifest.previous));
        assert!(known.is_none_or(|(known, _)| known == id), "two bundles {}", manifest.number);
    }
    let mut before = None;
    for (n, (number, (id, previous))) in (1..).zip(chain) {
        assert_eq!((number, previous), (n, before));
        before = Some(id);
    }
}

/// The journal as it is while a bundle is being written.
fn as_planned(scene: &Scene, bundle: &str) -> Value {
    let path = scene.path(bundle);
    let verified = read(fs::File::open(&path).unwrap(), |_| (), |_, _| Ok(())).unwrap();
    let mut journal: Value = serde_json::from_slice(&fs::read(scene.path("courier/journal.json")).unwrap()).unwrap();
    journal["planned"] =
        json!({"out": path, "manifest": verified.manifest, "note": String::from_utf8(verified.directory).unwrap()});
    journal["last"] = Value::Null;
    journal["bundled"] = json!({});
    journal
}

#[test]
fn a_run_that_was_cut_off_after_its_bundle_was_whole_is_finished_as_it_was_meant() {
    let scene = Scene::new();
    let id = text(&scene, "one");
    scene.fetch("1.tar").ok();
    let journal = scene.path("courier/journal.json");
    let planned = as_planned(&scene, "1.tar").to_string();
    let whole = fs::read(scene.path("1.tar")).unwrap();
    // The bundle is where it was to be, and is asked for there.
    fs::write(&journal, &planned).unwrap();
    fetch(&scene, "1.tar", &[]).says(8, "Bundle 1 with 1 tip is in").says(8, "Run softinfo-courier again");
    fetch(&scene, "2.tar", &[]).says(0, "Nothing new");
    // It is asked for elsewhere: it is named, and what is new gets the next number.
    fs::write(&journal, &planned).unwrap();
    let later = text(&scene, "two");
    scene.courier_calls("127.0.0.1:1".parse().unwrap());
    fetch(&scene, "2.tar", &[]).says(3, "can't be reached");
    scene.courier_calls(scene.courier);
    fetch(&scene, "2.tar", &[]).says(0, "bundle 1 with 1 tip was whole").says(0, "Bundle 2 with 1 tip");
    assert_eq!(ids(&scene.path("2.tar")), BTreeSet::from([later]));
    is_one_chain(&[scene.path("1.tar"), scene.path("2.tar")]);
    // It is not there, perhaps on its way to the desk: the same one is made again.
    for there in [None, Some(&whole[..20_000])] {
        fs::remove_file(scene.path("1.tar")).unwrap();
        there.iter().for_each(|bytes| fs::write(scene.path("1.tar"), bytes).unwrap());
        fs::write(&journal, &planned).unwrap();
        let again = scene.path("again.tar");
        let _ = fs::remove_file(&again);
        fetch(&scene, "again.tar", &[]).says(8, "Bundle 1 with 1 tip");
        assert!(fs::read(&again).unwrap() == whole, "another bundle with the same number");
        fs::write(scene.path("1.tar"), &whole).unwrap();
    }
    // Nor is its tip in the pool any more.
    fs::remove_file(scene.path("1.tar")).unwrap();
    fs::write(&journal, &planned).unwrap();
    let hidden = id.clone();
    let relay = FalseRelay::over(scene.courier, move |path, honest| {
        if path.ends_with(&hidden) { (404, br#"{"title":"Not there","detail":"Gone."}"#.to_vec()) } else { honest }
    });
    scene.courier_calls(relay.address);
    fetch(&scene, "3.tar", &[]).says(1, "softinfo-courier fetch --new-chain").says(1, "1.tar");
    fetch(&scene, "3.tar", &["--new-chain"]).says(0, "Bundle 1 with 1 tip");
}

#[test]
fn a_full_disk_loses_nothing_and_is_named() {
    let scene = Scene::new();
    scene.fetch("0.tar").ok();
    let sent: BTreeSet<_> = (0..6).map(|n| text(&scene, &n.to_string())).collect();
    // A journal that is larger than a tip and smaller than a bundle.
    let mut journal: Value = serde_json::from_slice(&fs::read(scene.path("courier/journal.json")).unwrap()).unwrap();
    let earlier = (0..1_000_u32).map(|n| (TipId::of(&n.to_be_bytes()).to_string(), json!("2026-10-01")));
    journal["bundled"] = Value::Object(earlier.collect());
    fs::write(scene.path("courier/journal.json"), journal.to_string()).unwrap();
    for (bytes, file) in [(20_000, ".part"), (60_000, "journal.json"), (150_000, "1.tar")] {
        let run = fetch_in_files_of(&scene, bytes, "1.tar", &[]);
        assert!(run.code == 1 && run.err.contains("File too large") && run.err.contains(file), "{bytes}: {run:?}");
        assert!(run.err.contains("othing is lost") && run.err.lines().count() == 1, "{run:?}");
        assert!(!scene.path("1.tar").exists());
    }
    assert_eq!(scene.fetch("1.tar").ok().json()["number"], 1);
    assert_eq!(ids(&scene.path("1.tar")), sent);
}

/// Fetches as under a file system that takes files of at most so many bytes.
fn fetch_in_files_of(scene: &Scene, bytes: u64, bundle: &str, more: &[&str]) -> Run {
    let line = "trap '' XFSZ; exec prlimit --fsize=$BYTES \"$@\"";
    let config = scene.path("courier.toml");
    let mut command = scene.command("sh", &["-c", line, "sh", COURIER, "--config", config.to_str().unwrap()]);
    command.args(["fetch", "--out"]).arg(scene.path(bundle)).args(more);
    complete(command.env("BYTES", bytes.to_string()))
}

#[test]
fn what_is_to_be_packed_again_stays_so_until_it_is_in_a_bundle() {
    let scene = Scene::new();
    let sent: BTreeSet<_> = (0..6).map(|n| text(&scene, &n.to_string())).collect();
    scene.fetch("lost.tar").ok();
    let today = scene::today().to_string();
    let run = fetch_in_files_of(&scene, 150_000, "1.tar", &["--again-since", &today]).says(1, "the next run packs it");
    assert_eq!(scene.fetch("1.tar").ok().json()["number"], 2);
    assert_eq!(ids(&scene.path("1.tar")), sent);
    fetch(&scene, "2.tar", &[]).says(0, "Nothing new");
    assert!(run.err.contains("stick") && run.err.contains("bundle_mib"), "{run:?}");
}

/// Texts come first, and no video that a disk has no room for, or on which the relay is lost, holds them back.
#[test]
fn what_is_whole_is_packed_when_the_disk_is_full_or_the_relay_is_lost() {
    let scene = Scene::new();
    let small: BTreeSet<_> = (0..2).map(|n| text(&scene, &n.to_string())).collect();
    let video = scene.random_file("video.mp4", 1_500_000);
    let large = scene.send(&[INSPECTORATE], "large", &[&video])["id"].as_str().unwrap().to_owned();
    let run = fetch_in_files_of(&scene, 1_000_000, "1.tar", &[]).says(8, "File too large").says(8, "bundle_mib");
    assert!(run.out.contains("Bundle 1 with 2 tips") && run.out.contains("MiB are free"), "{run:?}");
    assert_eq!(ids(&scene.path("1.tar")), small);
    assert_eq!(fs::read_dir(scene.path("courier/spool")).unwrap().count(), 0, "room is made for the bundle");
    // Nothing whole but what is too large.
    fetch_in_files_of(&scene, 1_000_000, "2.tar", &[]).says(1, "File too large");
    // A relay that is lost in the middle of the large one, and one that only this tip breaks on.
    let late = text(&scene, "late");
    let is_lost = Arc::new(AtomicBool::new(false));
    let (lost, id) = (Arc::clone(&is_lost), large.clone());
    let relay = FalseRelay::over(scene.courier, move |path, (status, body)| {
        if path.ends_with(&id) {
            lost.store(true, Ordering::SeqCst);
        }
        if lost.load(Ordering::SeqCst) {
            return (503, br#"{"title":"Stopped","detail":"Come back."}"#.to_vec());
        }
        (status, body)
    });
    scene.courier_calls(relay.address);
    let run = fetch(&scene, "2.tar", &[]).says(8, "No more could be fetched");
    assert!(run.out.contains("Bundle 2 with 1 tip"), "{run:?}");
    assert_eq!(ids(&scene.path("2.tar")), BTreeSet::from([late]));
    is_lost.store(false, Ordering::SeqCst);
    fetch(&scene, "3.tar", &[]).says(3, "Stopped");
    scene.courier_calls(scene.courier);
    scene.fetch("3.tar").ok();
    assert_eq!(ids(&scene.path("3.tar")), BTreeSet::from([large]));
}

#[test]
fn a_tip_on_which_the_line_breaks_each_time_is_not_called_damaged() {
    let scene = Scene::new();
    let [broken, other] = ["one", "two"].map(|message| text(&scene, message));
    let id = broken.clone();
    let relay =
        FalseRelay::over(
            scene.courier,
            move |path, (status, body)| {
                if path.ends_with(&id) { (status, Vec::new()) } else { (status, body) }
            },
        );
    scene.courier_calls(relay.address);
    let words = format!("The connection broke again and again while {broken} was fetched; it is tried again");
    let run = fetch(&scene, "1.tar", &[]).says(8, &words);
    assert!(!run.out.contains("operator"), "{run:?}");
    assert_eq!(ids(&scene.path("1.tar")), BTreeSet::from([other]));
    scene.courier_calls(scene.courier);
    scene.fetch("2.tar").ok();
    assert_eq!(ids(&scene.path("2.tar")), BTreeSet::from([broken]));
}

#[test]
fn each_courier_has_a_chain_of_its_own() {
    let scene = Scene::new();
    let sent = BTreeSet::from([text(&scene, "one")]);
    let name = |bundle: &str, more: &[&str]| {
        let told = complete(scene.fetch_command(bundle).arg("--json").args(more)).ok().json();
        let manifest = manifest(&scene.path(bundle));
        assert_eq!((manifest.number, &told["courier"]), (1, &json!(manifest.courier)));
        assert_eq!(ids(&scene.path(bundle)), sent, "{bundle}");
        manifest.courier.to_string()
    };
    let first = name("first.tar", &[]);
    // A second courier with the same token.
    let config = fs::read_to_string(scene.path("courier.toml")).unwrap();
    fs::write(scene.path("courier.toml"), config.replace("\"courier\"", "\"second\"")).unwrap();
    let second = name("second.tar", &[]);
    // A folder that was copied, and one that was lost.
    let copied = name("copied.tar", &["--new-chain"]);
    fs::remove_dir_all(scene.path("second")).unwrap();
    let lost =
        fetch(&scene, "lost.tar", &[]).says(0, "This courier's name is").says(0, "softinfo-desk import --new-courier");
    let journal: Value = serde_json::from_slice(&fs::read(scene.path("second/journal.json")).unwrap()).unwrap();
    let fourth = journal["courier"].as_str().unwrap().to_owned();
    assert!(lost.out.contains(&fourth[..8]), "{lost:?}");
    assert_eq!(BTreeSet::from([&first, &second, &copied, &fourth]).len(), 4);
    // The name stays, and is said at the first bundle only.
    text(&scene, "two");
    let next = fetch(&scene, "next.tar", &[]).says(0, "Bundle 2 with 1 tip");
    assert_eq!(manifest(&scene.path("next.tar")).courier.to_string(), fourth);
    assert!(!next.out.contains("name"), "{next:?}");
}

#[test]
fn a_journal_that_can_not_be_read_names_the_command_that_mends_it() {
    let scene = Scene::new();
    let sent = BTreeSet::from([text(&scene, "one")]);
    scene.fetch("1.tar").ok();
    let path = scene.path("courier/journal.json");
    let good = fs::read_to_string(&path).unwrap();
    let wrong = [
        String::new(),
        good[..good.len() / 2].to_owned(),
        good.replace("softinfo/courier/1", "softinfo/courier/2\u{9b}2J"),
        good.replacen('{', "{\"unknown\":1,", 1),
        "\0".repeat(300),
    ];
    for (n, journal) in wrong.iter().enumerate() {
        fs::write(&path, journal).unwrap();
        let run = fetch(&scene, "2.tar", &[]).says(1, "softinfo-courier fetch --new-chain");
        assert!(
            run.err.contains("journal.json") && !run.err.contains('\u{9b}') && run.err.lines().count() == 1,
            "{run:?}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), *journal, "nothing was changed");
        let bundle = format!("new-{n}.tar");
        fetch(&scene, &bundle, &["--new-chain"]).says(0, "Bundle 1 with 1 tip");
        assert_eq!(ids(&scene.path(&bundle)), sent, "packed again");
        fetch(&scene, "2.tar", &[]).says(0, "Nothing new");
    }
}

#[test]
fn a_place_where_no_bundle_can_be_written_is_named_before_anything_is_fetched() {
    let scene = Scene::new();
    text(&scene, "one");
    let line = Line::new(scene.courier, |_| Cut::NEVER);
    scene.courier_calls(line.address);
    let config = scene.path("courier.toml");
    let at = |out: &Path| {
        scene.run(COURIER, &["--config", config.to_str().unwrap(), "fetch", "--out", out.to_str().unwrap()])
    };
    fs::write(scene.path("a-file"), "mine").unwrap();
    std::os::unix::fs::symlink("nowhere", scene.path("a-link")).unwrap();
    for (out, words) in [
        (scene.path("missing/1.tar"), "missing: No such file or directory"),
        (scene.path("a-file/1.tar"), "a-file: Not a directory"),
        (PathBuf::from("/proc/1.tar"), "no bundle can be written in /proc: "),
        (scene.path("a-file"), "exists; choose another name"),
        (scene.path("a-link"), "exists; choose another name"),
        (scene.folder.path().to_owned(), "exists; choose another name"),
    ] {
        let run = at(&out).says(1, words).says(1, "Nothing was fetched");
        assert_eq!(run.err.lines().count(), 1, "{run:?}");
    }
    assert_eq!(line.asked("GET"), 0);
}

#[test]
fn each_way_in_which_a_courier_ends_has_its_code_and_says_what_to_do() {
    let scene = Scene::new();
    let config = scene.path("courier.toml");
    let good = fs::read_to_string(&config).unwrap();
    let one_line = |run: Run| {
        assert_eq!(run.err.lines().count(), 1, "{run:?}");
        run
    };
    fetch(&scene, "1.tar", &[]).says(0, "Nothing new; no bundle was written");
    assert!(!scene.path("1.tar").exists());
    fetch(&scene, "1.tar", &["--again-since", "november"]).says(2, "“november” is not a day; write it as 2026-11-23");
    // Another courier in the same folder.
    let held = fs::File::open(scene.path("courier/lock")).unwrap();
    held.lock().unwrap();
    one_line(fetch(&scene, "1.tar", &[]).says(3, "another softinfo-courier is at work"));
    drop(held);
    // A token that the relay doesn't know.
    fs::write(scene.path("token"), "wrong").unwrap();
    let token = one_line(fetch(&scene, "1.tar", &[]).says(4, "does not accept the token in"));
    assert!(token.err.contains("operator") && token.err.contains("softinfo-courier-access request"), "{token:?}");
    for (token, words) in [("one\ntwo\n", "holds more than a token"), ("\n", "holds no token")] {
        fs::write(scene.path("token"), token).unwrap();
        one_line(fetch(&scene, "1.tar", &[]).says(1, words));
    }
    fs::write(scene.path("token"), softinfo_formats::example_keys::COURIER_TOKEN).unwrap();
    // A relay that is busy, and one that speaks to the terminal.
    for (status, code) in [(503, 3), (429, 3), (403, 4)] {
        let relay = FalseRelay::over(scene.courier, move |_, _| {
            (status, br#"{"title":"\u001b[2JBusy\u009b","detail":"Come\u202e back."}"#.to_vec())
        });
        scene.courier_calls(relay.address);
        let run = one_line(fetch(&scene, "1.tar", &[]).says(code, "Busy"));
        assert!(!run.err.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{run:?}");
    }
    scene.courier_calls("127.0.0.1:1".parse().unwrap());
    one_line(fetch(&scene, "1.tar", &[]).says(3, "can't be reached"));
    // A configuration with a mistake, in one line, with the line's number.
    for (wrong, words) in [
        (format!("{good}tokn = 1\n"), "courier.toml, line 5: unknown field “tokn”"),
        (good.replace("folder =", "folder"), "courier.toml, line 4: "),
        (good.replace("folder = \"courier\"\n", ""), "courier.toml: missing field “folder”"),
    ] {
        fs::write(&config, wrong).unwrap();
        one_line(fetch(&scene, "1.tar", &[]).says(1, words));
    }
    // Nobody reads what it says: the bundle is there all the same, and counts.
    fs::write(&config, &good).unwrap();
    text(&scene, "one");
    let mut command = scene.fetch_command("1.tar");
    let run =
        complete(command.stdout(fs::File::options().write(true).open("/dev/full").unwrap()).stderr(Stdio::piped()));
    run.says(8, "bundle 1 with 1 tip is in");
    fetch(&scene, "2.tar", &[]).says(0, "Nothing new");
}

/// What the courier's own program gives the library, and a record of what a bar would show.
fn run_within(scene: &Scene, bundle: &str, floor: Floor, shown: &Shown) -> Result<Fetched, CourierError> {
    let config = CourierConfig::read(&scene.path("courier.toml")).unwrap();
    let options = Options { today: scene::today(), again_since: None, new_chain: false, allow_example: false, floor };
    softinfo_courier::fetch(&config, &scene.path(bundle), &options, shown)
}

#[derive(Default)]
struct Shown(RefCell<Vec<(Work, u64, u64)>>);

impl Progress for Shown {
    fn begin(&self, work: Work, bytes: u64) {
        self.0.borrow_mut().push((work, bytes, 0));
    }

    fn advance(&self, bytes: u64) {
        self.0.borrow_mut().last_mut().unwrap().2 += bytes;
    }
}

/// A relay from which each connection brings one byte of this tip: then the next comes after a while, or the line breaks. Of everything else it
/// brings what an honest one does.
fn dripping_relay(honest: SocketAddr, id: &str, breaks: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let path = format!("/tips/{id}");
    std::thread::spawn(move || {
        for mut near in listener.incoming().map_while(Result::ok) {
            let path = path.clone();
            std::thread::spawn(move || {
                let lines: Vec<_> = BufReader::new(near.try_clone().unwrap())
                    .lines()
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .collect();
                let request: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
                if !lines[0].contains(&path) {
                    let mut far = TcpStream::connect(honest).unwrap();
                    write!(far, "{request}connection: close\r\n\r\n").unwrap();
                    return drop(std::io::copy(&mut far, &mut near));
                }
                let status = if request.contains("range: bytes=") { "206 Partial" } else { "200 OK" };
                let _ = write!(near, "HTTP/1.1 {status}\r\ncontent-length: 1000000000\r\n\r\n");
                while near.write_all(b"x").is_ok() {
                    std::thread::sleep(Duration::from_millis(20));
                    if breaks {
                        break;
                    }
                }
            });
        }
    });
    address
}

#[test]
fn a_relay_that_drips_ends_the_run_with_what_is_whole_and_keeps_the_rest() {
    // Fifty bytes a second at most, and a thousand are asked for, however slow this machine is.
    let floor = Floor { bytes: 1000, window: Duration::from_secs(1) };
    let scene = Scene::new();
    let video = scene.random_file("video.mp4", 1_500_000);
    let large = scene.send(&[INSPECTORATE], "large", &[&video])["id"].as_str().unwrap().to_owned();
    for (n, breaks) in [false, true].into_iter().enumerate() {
        let small = text(&scene, "small");
        // It is whole in the spool: no line's speed keeps it out.
        let spool = scene.path("courier/spool");
        fs::create_dir_all(&spool).unwrap();
        fs::write(spool.join(format!("{small}.age")), scene.courier_get(&format!("/tips/{small}")).1).unwrap();
        scene.courier_calls(dripping_relay(scene.courier, &large, breaks));
        let bundle = format!("{n}.tar");
        let fetched = run_within(&scene, &bundle, floor, &Shown::default()).unwrap();
        assert!(matches!(fetched.stopped, Some(Stopped::TooSlow(_))), "{:?}", fetched.stopped);
        assert_eq!((fetched.tips, fetched.waiting), (1, 1));
        assert_eq!(ids(&scene.path(&bundle)), BTreeSet::from([small]));
        let part = fs::metadata(spool.join(format!("{large}.part"))).unwrap();
        assert!(part.len() > 0 && part.len() < 1_000_000);
    }
    // Nothing whole but what drips, and a directory that does.
    let error = run_within(&scene, "none.tar", floor, &Shown::default()).unwrap_err();
    assert!(
        error.to_string().contains("comes too slowly (") && error.to_string().contains("is kept for the next run"),
        "{error}"
    );
    assert!(matches!(error, CourierError::Client(ClientError::TooSlow(_))) && !scene.path("none.tar").exists());
    scene.courier_calls(scene.courier);
    scene.fetch("last.tar").ok();
    assert_eq!(ids(&scene.path("last.tar")), BTreeSet::from([large]));
}

/// Each tip that it listed and did not bring cost minutes, and a list may hold 400 000.
#[test]
fn a_relay_that_lists_and_does_not_bring_ends_the_run_with_what_is_whole() {
    // No line is too slow for this floor; the relay is silent for longer than all of its windows that may go by.
    let floor = Floor { bytes: 0, window: Duration::from_millis(10) };
    let scene = Scene::new();
    let texts: BTreeSet<_> = ["one", "two", "three"].map(|message| text(&scene, message)).into();
    let is_first = AtomicBool::new(true);
    let relay = FalseRelay::over(scene.courier, move |path, (status, body)| {
        if !path.starts_with("/tips/") || is_first.swap(false, Ordering::SeqCst) {
            return (status, body);
        }
        std::thread::sleep(Duration::from_millis(100));
        (status, Vec::new())
    });
    scene.courier_calls(relay.address);
    let fetched = run_within(&scene, "1.tar", floor, &Shown::default()).unwrap();
    assert_eq!((fetched.tips, fetched.broken.len(), fetched.waiting), (1, 1, 1));
    let said = fetched.stopped.unwrap().to_string();
    assert!(said.contains("No more could be fetched: ") && said.contains("does not bring"), "{said}");
    scene.courier_calls(scene.courier);
    scene.fetch("2.tar").ok();
    assert_eq!(&ids(&scene.path("1.tar")) | &ids(&scene.path("2.tar")), texts);
}

#[test]
fn an_error_that_drips_is_too_slow_and_no_error_of_the_relay() {
    for status in ["503 x", "404 x"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut near = listener.accept().unwrap().0;
            let _ = write!(near, "HTTP/1.1 {status}\r\ncontent-length: 1000000\r\n\r\n");
            while near.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let floor = Floor { bytes: 1_000_000, window: Duration::from_millis(100) };
        let client = RelayClient::new(&format!("http://{address}"), None, None).unwrap().with_floor(floor);
        assert!(matches!(client.directory(), Err(ClientError::TooSlow(_))), "{status}");
    }
}

#[test]
fn a_bar_is_told_of_fetching_writing_and_reading_back() {
    let scene = Scene::new();
    let sizes: u64 = ["one", "two"].map(|message| text(&scene, message)).len() as u64 * TEXT_TIP;
    let shown = Shown::default();
    run_within(&scene, "1.tar", Floor::default(), &shown).unwrap();
    let bundle = fs::metadata(scene.path("1.tar")).unwrap().len();
    let all = [(Work::Fetching, sizes, sizes), (Work::Writing, sizes, sizes), (Work::ReadingBack, bundle, bundle)];
    assert_eq!(*shown.0.borrow(), all);
}

#[test]
fn what_came_to_the_place_of_the_bundle_meanwhile_is_not_written_over() {
    let scene = Scene::new();
    let id = text(&scene, "one");
    let out = scene.path("1.tar");
    let relay = FalseRelay::over(scene.courier, {
        let out = out.clone();
        move |path, honest| {
            if path.starts_with("/tips/") {
                fs::write(&out, "somebody else's").unwrap();
            }
            honest
        }
    });
    scene.courier_calls(relay.address);
    fetch(&scene, "1.tar", &[])
        .says(1, "1.tar can't be written: something else has that name by now; choose another name for --out")
        .says(1, "the next run packs it");
    assert_eq!(fs::read_to_string(&out).unwrap(), "somebody else's");
    assert_eq!(scene.fetch("2.tar").ok().json()["number"], 1);
    assert_eq!(ids(&scene.path("2.tar")), BTreeSet::from([id]));
}

#[test]
fn a_relay_that_is_busy_with_one_tip_has_not_damaged_it_and_a_bundle_is_not_said_to_be_missing() {
    let scene = Scene::new();
    let [busy, other] = ["one", "two"].map(|message| text(&scene, message));
    let id = busy.clone();
    let says_busy = |body: &'static [u8]| {
        let id = id.clone();
        FalseRelay::over(
            scene.courier,
            move |path, honest| {
                if path.ends_with(&id) { (503, body.to_vec()) } else { honest }
            },
        )
    };
    for (n, body) in [&br#"{"title":"Busy","detail":"Come back."}"#[..], b"<h1>Bad gateway"].into_iter().enumerate() {
        let relay = says_busy(body);
        scene.courier_calls(relay.address);
        let run = fetch(&scene, &format!("{n}.tar"), &[]).says(8, &format!("could not give out {busy} at the moment"));
        assert!(!run.out.contains("operator"), "{run:?}");
    }
    assert_eq!(ids(&scene.path("0.tar")), BTreeSet::from([other]));
    // The relay is lost behind the first tip: the bundle with that one is there, and nothing says otherwise.
    let late = text(&scene, "late");
    let is_lost = AtomicBool::new(false);
    let relay = FalseRelay::over(scene.courier, move |path, honest| {
        if is_lost.load(Ordering::SeqCst) {
            return (403, br#"{"title":"No","detail":"Not any more."}"#.to_vec());
        }
        is_lost.store(path.starts_with("/tips/"), Ordering::SeqCst);
        honest
    });
    scene.courier_calls(relay.address);
    let run = fetch(&scene, "2.tar", &[]).says(
        8,
        "No more could be fetched: No (the relay's answer, 403). Not any more. What was whole is in the bundle",
    );
    assert!(!run.out.contains("No bundle was written"), "{run:?}");
    let packed = ids(&scene.path("2.tar"));
    assert!(packed.len() == 1 && packed.is_subset(&BTreeSet::from([busy, late])), "{packed:?}");
}
