//! tor's side: the settings that are shipped, the check of its version, and a courier's keys.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use softinfo_relay::config::Config;
use softinfo_relay::token::TokenHash;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::deploy::{read, system};
use scene::{PROJECT, Run, complete};

const ACCESS: &str = "deploy/tor/courier-access";

/// Whether tor takes settings, with its folders in `folder`.
fn verify(folder: &Path, torrc: &str) -> Run {
    let (settings, defaults) = (folder.join("torrc"), folder.join("defaults"));
    fs::write(&settings, torrc.replace("/var/lib/tor", folder.to_str().unwrap())).unwrap();
    fs::write(&defaults, format!("DataDirectory {}\n", folder.join("data").display())).unwrap();
    let mut tor = system("tor", "tor");
    tor.arg("--defaults-torrc").arg(&defaults).arg("-f").arg(&settings).args(["--verify-config"]);
    complete(&mut tor)
}

#[test]
fn tor_takes_the_shipped_settings() {
    let folder = scene::folder();
    // As the guide has it made before.
    fs::DirBuilder::new().mode(0o700).create(folder.path().join("onion_auth")).unwrap();
    for name in ["deploy/tor/torrc", "deploy/tor/courier-torrc"] {
        let run = verify(folder.path(), &read(name)).says(0, "Configuration was valid");
        let warned: Vec<_> =
            run.out.lines().filter(|line| line.contains("[warn]") && !line.contains("running Tor as root")).collect();
        assert_eq!(warned, Vec::<&str>::new(), "{name}");
    }
    assert_ne!(verify(folder.path(), &format!("{}\nHiddenServiceNoSuch 1\n", read("deploy/tor/torrc"))).code, 0);
}

/// The options of each onion service, under its folder.
fn services(torrc: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut services: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in torrc.lines().filter(|line| line.starts_with("HiddenService")) {
        let (option, value) = line.split_once(' ').unwrap();
        match (option, services.last_mut()) {
            ("HiddenServiceDir", _) => services.push((value.to_owned(), Vec::new())),
            (_, Some((_, options))) => options.push((option.to_owned(), value.to_owned())),
            _ => panic!("{line} before any HiddenServiceDir"),
        }
    }
    services
}

#[test]
fn each_onion_leads_to_its_own_socket_and_tor_and_relay_agree_on_circuits() {
    let torrc = read("deploy/tor/torrc");
    let folder = scene::folder();
    let settings = folder.path().join("relay.toml");
    let hash = format!("\ntoken_sha256 = [\"{}\"", "0".repeat(64));
    fs::write(&settings, read("deploy/relay.toml").replace("\ntoken_sha256 = [", &hash)).unwrap();
    let config = Config::read(&settings).unwrap();
    let services = services(&torrc);
    let has = |at: usize, option: &str, value: &str| services[at].1.contains(&(option.to_owned(), value.to_owned()));
    assert_eq!(services.len(), 2);
    assert!(has(0, "HiddenServicePort", &format!("80 {}", config.intake.listen)));
    assert!(has(1, "HiddenServicePort", &format!("80 {}", config.courier.listen)));
    assert_ne!(services[0].0, services[1].0);
    assert_eq!(has(0, "HiddenServiceExportCircuitID", "haproxy"), config.intake.circuit_ids);
    // The relay expects no circuit in front of a courier's connection.
    assert!(!services[1].1.iter().any(|(option, _)| option == "HiddenServiceExportCircuitID"));
    assert!(has(0, "HiddenServicePoWDefensesEnabled", "1"));
    assert!(!torrc.contains("\nHiddenServicePoWQueue"), "default rates: lower ones starve visitors");
    for at in [0, 1] {
        assert!(has(at, "HiddenServiceMaxStreams", "32") && has(at, "HiddenServiceMaxStreamsCloseCircuit", "0"));
    }
    for line in ["SocksPort 0", "Sandbox 1", "NoExec 1", "SafeLogging 1", "AvoidDiskWrites 1", "VanguardsLiteEnabled 1"]
    {
        assert!(torrc.lines().any(|found| found == line), "{line}");
    }
    assert!(!torrc.contains("SingleHop") && !torrc.contains("NonAnonymous"));
    // AppArmor lets tor reach exactly these.
    let profile = read("deploy/apparmor/system_tor");
    let opened: Vec<_> = profile.lines().filter(|line| !line.starts_with('#')).map(str::trim).collect();
    let socket = |place: &softinfo_relay::net::Place| place.to_string().replace("unix:/run", "/{,var/}run");
    assert_eq!(opened, [&config.intake.listen, &config.courier.listen].map(|place| format!("{} rw,", socket(place))));
}

/// A server as the guide has it: the shipped settings with their folders elsewhere, one courier's key, and a `tor` that claims a version.
struct Server {
    folder: tempfile::TempDir,
}

impl Server {
    fn new(version: &str, pow: &str) -> Self {
        let folder = scene::folder();
        let script = format!(
            "#!/bin/sh\ncase $1 in --version) echo 'Tor version {version}.' ;; --list-modules) echo 'pow: {pow}' ;; esac\n"
        );
        fs::create_dir(folder.path().join("bin")).unwrap();
        let fake = folder.path().join("bin/tor");
        fs::write(&fake, script).unwrap();
        fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
        let server = Self { folder };
        // As the guide has it made: tor takes no folder that others can look into.
        fs::DirBuilder::new().mode(0o700).recursive(true).create(server.keys()).unwrap();
        server.write("one.auth", &key('A'));
        server
    }

    /// One where all is right.
    fn good() -> Self {
        Self::new("0.4.9.9", "yes")
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("softinfo-couriers/authorized_clients")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.keys().join(name), text).unwrap();
    }

    /// Runs `check-tor`, with these settings and the `tor` that is found there.
    fn check_with(&self, torrc: &str, path: &str) -> Run {
        let file = self.folder.path().join("torrc");
        fs::write(&file, torrc.replace("/var/lib/tor", self.folder.path().to_str().unwrap())).unwrap();
        complete(Command::new(Path::new(PROJECT).join("deploy/tor/check-tor")).arg(file).env("PATH", path))
    }

    fn check(&self, torrc: &str) -> Run {
        let path = format!("{}:{}", self.folder.path().join("bin").display(), std::env::var("PATH").unwrap());
        self.check_with(torrc, &path)
    }
}

fn key(letter: char) -> String {
    format!("descriptor:x25519:{}\n", letter.to_string().repeat(52))
}

fn torrc() -> String {
    read("deploy/tor/torrc")
}

#[test]
fn a_tor_that_can_be_stopped_by_one_request_is_refused() {
    for old in ["0.4.7.16", "0.4.8.21", "0.4.9.8", "0.4.9.1-alpha"] {
        Server::new(old, "yes").check(&torrc()).says(1, "TROVE-2026-020");
    }
    for new in ["0.4.9.9", "0.4.9.11", "0.5.0.1"] {
        Server::new(new, "yes").check(&torrc()).ok();
    }
    Server::new("0.4.9.11", "no").check(&torrc()).says(1, "proof-of-work");
}

/// tor passes over a key with a slip in it, and an onion without keys lets in everybody.
#[test]
fn a_couriers_key_with_a_letter_missing_is_noticed() {
    let server = Server::good();
    let good = key('A');
    let second_line = format!("{good}x");
    let wrongs = [
        good.replacen('A', "", 1),
        good.to_lowercase(),
        good.replace('A', "1"),
        good.repeat(2),
        second_line,
        String::new(),
    ];
    for wrong in wrongs {
        server.write("one.auth", &wrong);
        server.check(&torrc()).says(1, "is not one line");
    }
    server.write("one.auth", &good);
    // The same key twice lets in one courier.
    server.write("two.auth", &good);
    let run = server.check(&torrc()).ok();
    assert_eq!(run.out.lines().last(), Some("yes  1 couriers have a key"), "{run:?}");
    server.write("two.auth", &key('B'));
    server.check(&torrc()).says(0, "yes  2 couriers have a key");
}

/// Row 19 of issue 10: where the couriers' folder was absent, it said only yes.
#[test]
fn what_check_tor_has_not_seen_it_does_not_vouch_for() {
    let everybody = "tor would let in everybody";
    let server = Server::good();
    fs::remove_file(server.keys().join("one.auth")).unwrap();
    server.check(&torrc()).says(1, everybody);
    fs::remove_dir(server.keys()).unwrap();
    server.check(&torrc()).says(1, everybody);
    fs::remove_dir(server.keys().parent().unwrap()).unwrap();
    let run = server.check(&torrc()).says(1, everybody);
    assert!(!run.out.contains("couriers have a key"), "{run:?}");

    let server = Server::good();
    let plain = torrc();
    // No service for couriers, or one under another name without keys.
    let (before, _) = plain.split_once("# Where couriers come in").unwrap();
    server.check(before).says(1, "0 onion services for couriers");
    server.check(&plain.replace("tor/softinfo-couriers", "tor/holders")).says(1, everybody);
    server.check("").says(1, "0 onion services for writers");
    // No settings at all, or none that it can read as tor does.
    let nowhere = Command::new(Path::new(PROJECT).join("deploy/tor/check-tor"))
        .arg(server.folder.path().join("nowhere"))
        .env("PATH", format!("{}:{}", server.folder.path().join("bin").display(), std::env::var("PATH").unwrap()))
        .output()
        .unwrap();
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nowhere.stdout).contains("can't be read"));
    for hidden in ["%include /etc/tor/torrc.d/*.conf", "+HiddenServicePort 22", "Sandbox 1 \\"] {
        server.check(&format!("{hidden}\n{plain}")).says(1, "was not looked at");
    }
    // A key that tor's user can't read is none.
    fs::set_permissions(server.keys().join("one.auth"), fs::Permissions::from_mode(0o000)).unwrap();
    server.check(&plain).says(1, "can't be read by tor");
    fs::set_permissions(server.keys().join("one.auth"), fs::Permissions::from_mode(0o600)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(server.keys().join("one.auth"), Some(12_345), None).unwrap();
        server.check(&plain).says(1, "is not tor's own");
    }
}

#[test]
fn check_tor_reads_each_setting_where_it_counts() {
    let server = Server::good();
    let plain = torrc();
    server.check(&plain).ok();
    server.check(&plain.to_lowercase()).says(0, "couriers have a key");
    // A setting that a later line takes back.
    server.check(&format!("Sandbox 0\n{plain}")).says(1, "something else as well");
    server.check(&format!("{plain}\nNoExec 0\n")).says(1, "NoExec 1");
    // The writers' options under the couriers' service.
    let line = "HiddenServiceExportCircuitID haproxy\n";
    let moved = format!("{}{line}", plain.replace(line, ""));
    server.check(&moved).says(1, "does not say: HiddenServiceExportCircuitID haproxy").says(1, "from writers only");
    // A further service, and a further port of a known one.
    server
        .check(&format!("{plain}HiddenServiceDir /var/lib/tor/ssh\nHiddenServicePort 22\n"))
        .says(1, "leads elsewhere");
    server.check(&format!("{plain}HiddenServicePort 22 127.0.0.1:22\n")).says(1, "more than one place");
    server
        .check(&format!(
            "{plain}HiddenServiceDir /var/lib/tor/more\nHiddenServicePort 80 unix:/run/softinfo/courier.sock\n"
        ))
        .says(1, "2 onion services for couriers")
        .says(1, "tor would let in everybody");
}

#[test]
fn check_tor_accepts_this_tor_and_notices_a_setting_that_was_taken_out() {
    let server = Server::good();
    // Debian's tor runs as its own user, and takes no folder of another's.
    let keys = server.folder.path().join("softinfo-couriers");
    complete(system("chown", "coreutils").args(["-R", "debian-tor:"]).arg(keys)).ok();
    let run = |torrc: &str| server.check_with(torrc, &std::env::var("PATH").unwrap());
    let torrc = torrc();
    assert!(system("tor", "tor").arg("--version").output().unwrap().status.success());
    run(&torrc).ok();
    run(&torrc.replace("Sandbox 1", "")).says(1, "Sandbox 1");
    run(&torrc.replace("haproxy", "")).says(1, "haproxy");
    run(&torrc.replace("NoExec 1", "NoExec maybe")).says(1, "not in order");
    run(&format!("{torrc}HiddenServiceSingleHopMode 1\nHiddenServiceNonAnonymousMode 1\n"))
        .says(1, "where the server is");
}

fn access(arguments: &[&str], folder: &Path) -> Run {
    let mut command = Command::new(Path::new(PROJECT).join(ACCESS));
    complete(command.arg(arguments[0]).arg(folder).args(&arguments[1..]))
}

/// RFC 4648, without padding.
fn base32(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect::<Vec<_>>();
    let letter = |five: &[u8]| {
        alphabet[(0..5).fold(0, |sum, at| sum << 1 | usize::from(five.get(at).copied().unwrap_or(0)))] as char
    };
    bits.chunks(5).map(letter).collect()
}

#[test]
fn a_couriers_key_and_token_stay_with_the_courier_and_fit_what_the_operator_gets() {
    system("openssl", "openssl");
    let folder = scene::folder();
    let secrets: PathBuf = folder.path().join("courier");
    let asked = access(&["request"], &secrets).ok();
    let onion = "a".repeat(56);
    access(&["address", &format!("http://{onion}.onion/")], &secrets).ok();
    let private = fs::read_to_string(secrets.join("courier.auth_private")).unwrap();
    let (prefix, key) = private.trim().rsplit_once(':').unwrap();
    assert_eq!(prefix, format!("{onion}:descriptor:x25519"));

    // The private key that tor gets is the one whose public half the operator got.
    let der =
        complete(Command::new("openssl").args(["pkey", "-text", "-noout", "-in"]).arg(secrets.join("onion-key.pem")))
            .ok();
    let (_, after) = der.out.split_once("priv:").unwrap();
    let digits: String = after.split("pub:").next().unwrap().chars().filter(char::is_ascii_hexdigit).collect();
    let secret: [u8; 32] = hex::decode(digits).unwrap().try_into().unwrap();
    assert_eq!(key, base32(&secret));
    let public = PublicKey::from(&StaticSecret::from(secret));
    assert!(asked.out.contains(&format!("\ndescriptor:x25519:{}\n", base32(public.as_bytes()))), "{asked:?}");
    assert!(!asked.out.contains(key), "the secret is printed");

    let token = fs::read_to_string(secrets.join("courier.token")).unwrap();
    assert_eq!(token.len(), 44);
    let hash = String::from(TokenHash::of(token.trim().as_bytes()));
    assert!(asked.out.contains(&format!("\n\"{hash}\",\n")) && !asked.out.contains(&token), "{asked:?}");
    for entry in fs::read_dir(&secrets).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }

    access(&["request"], &secrets).says(1, "holds secrets already");
    assert_eq!(fs::read_to_string(secrets.join("courier.token")).unwrap(), token);
    access(&["address", "example.org"], &secrets).says(1, "no onion address");
    access(&["nonsense"], &secrets).says(2, "request");
}
