//! Through tor's SOCKS port: names are looked up behind it, nothing else is contacted, and circuits are not shared.
//! A proxy of the test's own stands for tor here; `tests/tor` has tor itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use scene::{Asked, COURIER, INSPECTORATE, PROJECT, Proxy, Run, Scene, TIP, complete};

const ONION: &str = "http://softinfo2eb4xh7sgyxq5l3o6jtwvcgk7n5k2d3yqm5a6r4zubfhwyid.onion";
const EXAMPLE: &str = "--i-know-these-are-example-keys";

fn name(url: &str) -> Result<String, std::net::IpAddr> {
    Ok(url.rsplit('/').next().unwrap().to_owned())
}

/// Sends a tip; `more` are arguments that say where.
fn send(scene: &Scene, more: &[&str]) -> Command {
    let note = scene.path("note.txt");
    fs::write(&note, "through tor").unwrap();
    let fixed =
        ["send", "--leave-no-trace", EXAMPLE, "--json", "--to", INSPECTORATE, "--message", note.to_str().unwrap()];
    scene.command(TIP, &[&fixed, more].concat())
}

fn check(scene: &Scene, more: &[&str]) -> Run {
    let fixed = ["check-relay", "--leave-no-trace", EXAMPLE, "--relay", ONION];
    scene.run(TIP, &[&fixed, more].concat())
}

fn page() -> std::path::PathBuf {
    Path::new(PROJECT).join("web/dist/index.html")
}

/// Runs a command and gives every connection it made and every file it opened, as the kernel saw them.
fn watched(scene: &Scene, command: &Command) -> (Run, String) {
    let trace = scene.path("trace");
    let mut strace =
        scene.command("strace", &["-f", "-qq", "-e", "trace=open,openat,connect,sendto,sendmsg,sendmmsg,bind"]);
    strace.arg("-o").arg(&trace).arg(command.get_program()).args(command.get_args());
    let run = complete(&mut strace);
    (run, fs::read_to_string(trace).expect("strace runs: apt-get install strace"))
}

/// Lines that show a look-up: the files and sockets by which the C library asks for names.
fn look_ups(trace: &str) -> Vec<&str> {
    let signs =
        ["/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "nscd", "htons(53)", "libnss"];
    trace.lines().filter(|line| signs.iter().any(|sign| line.contains(sign))).collect()
}

#[test]
fn names_are_looked_up_behind_the_proxy_and_nothing_else_is_contacted() {
    let scene = Scene::new();
    let intake = scene.intake;
    let proxy = Proxy::new(move |_| Ok(intake));
    let (run, trace) = watched(&scene, &send(&scene, &["--relay", ONION, "--socks", &proxy.named()]));
    run.ok();
    assert!(proxy.asked().iter().all(|asked| asked.host == name(ONION) && asked.port == 80), "{:?}", proxy.asked());
    assert_eq!(look_ups(&trace), Vec::<&str>::new());
    let to_proxy = format!("sin_port=htons({}), sin_addr=inet_addr(\"127.0.0.1\")", proxy.address.port());
    let others = |line: &&str| {
        let sends = ["connect(", "bind(", "sendmsg(", "sendmmsg("].iter().any(|call| line.contains(call));
        sends || line.contains("sa_family")
    };
    let contacts: Vec<_> = trace.lines().filter(others).collect();
    assert!(!contacts.is_empty() && contacts.iter().all(|line| line.contains(&to_proxy)), "{contacts:#?}");
    // The search sees a look-up where there is one.
    let direct = scene.intake_url().replace("127.0.0.1", "localhost");
    let (run, trace) = watched(&scene, &send(&scene, &["--relay", &direct]));
    run.ok();
    assert!(!look_ups(&trace).is_empty());
}

#[test]
fn each_submission_has_a_circuit_of_its_own() {
    let scene = Scene::new();
    let intake = scene.intake;
    let proxy = Proxy::new(move |_| Ok(intake));
    let through = ["--relay", ONION, "--socks", &proxy.named()];
    // No other proxy than the one that is named, whatever the environment says.
    let elsewhere = |command: &mut Command| {
        ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"].iter().for_each(|name| {
            command.env(name, "socks5://127.0.0.1:1");
        });
        complete(command).ok().json()
    };
    let sent: Vec<_> = (0..2).map(|_| elsewhere(&mut send(&scene, &through))).collect();
    let receipt = scene.path("receipt");
    fs::write(&receipt, sent[0]["receipt"]["words"].as_str().or(sent[0]["words"].as_str()).unwrap()).unwrap();
    let withdraw = ["withdraw", "--json", "--receipt", receipt.to_str().unwrap()];
    assert_eq!(scene.run(TIP, &[&withdraw[..], &through].concat()).ok().json()["erased"], 1);
    let circuits = proxy.circuits();
    assert_eq!(circuits.len(), 3, "{circuits:?}");
    let mut words: Vec<_> = circuits.into_iter().flat_map(|(user, password)| [user, password]).collect();
    words.sort();
    words.dedup();
    assert!(words.len() == 6 && words.iter().all(|word| word.len() == 32), "{words:?}");
}

#[test]
fn every_fetch_of_a_check_has_a_circuit_of_its_own_and_other_answers_on_one_are_noticed() {
    let mut scene = Scene::new();
    scene.serve_page(&page());
    let other_scene = Scene::by_hand(&scene::Hand::new(), |contents| contents["version"] = 9.into());

    let (honest, wrong, old) = (scene.intake, scene::liar(scene.intake), other_scene.intake);
    let proxy = Proxy::new(move |_| Ok(honest));
    let outcome = check(&scene, &["--socks", &proxy.named(), "--times", "2", "--json"]).ok().json();
    assert_eq!((&outcome["outcome"], &outcome["times"]), (&"same".into(), &2.into()));
    assert_eq!(proxy.circuits().len(), 5, "the directory, then twice the page and the page to save");
    assert!(check(&scene, &["--socks", &proxy.named(), "--quiet"]).ok().out.is_empty());
    assert!(check(&scene, &["--socks", &proxy.named(), "--quiet", "--json"]).ok().out.is_empty());

    let one_wrong =
        |at: usize, led: Result<std::net::SocketAddr, u8>| Proxy::new(move |n| if n == at { led } else { Ok(honest) });
    for at in [1, 3] {
        check(&scene, &["--socks", &one_wrong(at, Ok(wrong)).named(), "--times", "2", "--quiet"])
            .says(5, "ANOTHER PAGE");
    }
    check(&scene, &["--socks", &one_wrong(2, Ok(wrong)).named()]).says(5, "to be saved");
    let run = check(&scene, &["--socks", &one_wrong(0, Ok(old)).named(), "--json"]).says(5, "must not be used");
    assert_eq!(run.json()["outcome"], "differs");
    check(&scene, &["--socks", &one_wrong(1, Ok(old)).named()]).says(5, "SEVERAL DIRECTORIES");
    // A circuit that fails says nothing about the relay; three of them do.
    let failing = one_wrong(1, Err(0xf7));
    check(&scene, &["--socks", &failing.named(), "--quiet"]).ok();
    assert_eq!(failing.circuits().len(), 4);
    let run =
        check(&scene, &["--socks", &Proxy::new(|_| Err(0xf7)).named(), "--json"]).says(3, "did not answer in time");
    assert_eq!(run.json()["outcome"], "unreachable");
}

#[test]
fn an_onion_address_without_tor_is_refused_before_anything_is_looked_up() {
    let scene = Scene::new();
    for address in
        [ONION, &ONION.replace("http", "https"), &format!("{}.:8080/", ONION.to_uppercase().replace("HTTP", "http"))]
    {
        let (run, trace) = watched(&scene, &send(&scene, &["--relay", address]));
        run.says(1, "--socks");
        assert!(look_ups(&trace).is_empty() && !trace.contains("connect("), "{trace}");
    }
    let config = fs::read_to_string(scene.path("courier.toml")).unwrap();
    fs::write(scene.path("courier.toml"), config.replace(&format!("http://{}", scene.courier), ONION)).unwrap();
    scene.fetch("bundle.tar").says(1, "only be reached through tor");
}

#[test]
fn what_an_exit_of_tor_could_read_is_refused_and_https_and_this_machine_are_not() {
    let scene = Scene::new();
    let intake = scene.intake;
    let proxy = Proxy::new(move |_| Ok(intake));
    let through =
        |relay: &str, proxy: &Proxy| complete(&mut send(&scene, &["--relay", relay, "--socks", &proxy.named()]));
    through("http://relay.example", &proxy).says(1, "unencrypted");
    through("http://relay.onion.example", &proxy).says(1, "unencrypted");
    assert!(proxy.asked().is_empty());
    through(&scene.intake_url(), &proxy).ok();
    assert_eq!((proxy.asked()[0].host.clone(), proxy.asked()[0].port), (Err(intake.ip()), intake.port()));
    let nowhere = Proxy::new(|_| Err(0x04));
    through("https://relay.example", &nowhere).says(3, "can't reach this address");
    assert!(matches!(&nowhere.asked()[..], [Asked { host: Ok(host), port: 443, .. }] if host == "relay.example"));
}

#[test]
fn what_tor_answers_becomes_a_sentence_that_says_what_to_do() {
    let scene = Scene::new();
    let refused = |code: u8| {
        let proxy = Proxy::new(move |_| Err(code));
        complete(&mut send(&scene, &["--relay", ONION, "--socks", &proxy.named()]))
    };
    refused(0xf0).says(3, "no such onion service at the moment");
    refused(0xf4).says(1, "ClientOnionAuthDir");
    refused(0xf6).says(1, "a letter is missing or wrong");
    refused(0x01).says(3, "ExtendedErrors");
    refused(0x05).says(3, "the relay behind it does not answer");
    refused(0x99).says(3, "does not know");
    // Nothing there; and something that is no proxy.
    complete(&mut send(&scene, &["--relay", ONION, "--socks", "127.0.0.1:1"])).says(3, "start tor");
    complete(&mut send(&scene, &["--relay", ONION, "--socks", &scene.intake.to_string()])).says(1, "no SOCKS5 proxy");
    complete(&mut send(&scene, &["--relay", ONION, "--socks", "tor:9050"])).says(2, "in numbers");
}

#[test]
fn the_courier_goes_through_the_proxy_too() {
    let scene = Scene::new();
    let courier = scene.courier;
    let proxy = Proxy::new(move |_| Ok(courier));
    let id = scene.send(&[INSPECTORATE], "through tor", &[])["id"].clone();
    let config = fs::read_to_string(scene.path("courier.toml")).unwrap();
    let config = config.replace(&format!("http://{courier}"), ONION);
    fs::write(scene.path("courier.toml"), format!("socks = \"{}\"\n{config}", proxy.named())).unwrap();
    let path = scene.path("courier.toml");
    let fetch = ["--config", path.to_str().unwrap(), EXAMPLE, "fetch", "--out"];
    scene.run(COURIER, &[&fetch[..], &[scene.path("bundle.tar").to_str().unwrap()]].concat()).ok();
    assert!(proxy.asked().iter().all(|asked| asked.host == name(ONION)) && proxy.circuits().len() == 1);
    scene.import("bundle.tar").ok();
    assert_eq!(scene.list()[0]["id"], id);
    fs::write(&path, format!("socks = \"9050\"\n{config}")).unwrap();
    scene.run(COURIER, &[&fetch[..], &["x.tar"]].concat()).says(1, "in numbers");
}
