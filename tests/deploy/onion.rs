//! tor's side: the settings that are shipped, the check of its version, and a courier's keys.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use softinfo::relay::config::Config;
use softinfo::relay::token::TokenHash;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::scene::{PROJECT, Run, complete};
use crate::{read, system};

const ACCESS: &str = "deploy/tor/courier-access";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

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
    let folder = folder();
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
    let folder = folder();
    let settings = folder.path().join("relay.toml");
    let hash = format!("token_sha256 = [\"{}\"", "0".repeat(64));
    fs::write(&settings, read("deploy/relay.toml").replace("token_sha256 = [", &hash)).unwrap();
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
    let socket = |place: &softinfo::relay::listen::Place| place.to_string().replace("unix:/run", "/{,var/}run");
    assert_eq!(opened, [&config.intake.listen, &config.courier.listen].map(|place| format!("{} rw,", socket(place))));
}

/// Runs `check-tor` where `tor` is a script that claims a version.
fn check(version: &str, pow: &str) -> Run {
    let folder = folder();
    let fake = folder.path().join("tor");
    let script = format!(
        "#!/bin/sh\ncase $1 in --version) echo 'Tor version {version}.' ;; --list-modules) echo 'pow: {pow}' ;; esac\n"
    );
    fs::write(&fake, script).unwrap();
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let project = Path::new(PROJECT);
    let mut command = Command::new(project.join("deploy/tor/check-tor"));
    complete(command.arg(project.join("deploy/tor/torrc")).env("PATH", path))
}

#[test]
fn a_tor_that_can_be_stopped_by_one_request_is_refused() {
    for old in ["0.4.7.16", "0.4.8.21", "0.4.9.8", "0.4.9.1-alpha"] {
        check(old, "yes").says(1, "TROVE-2026-020");
    }
    for new in ["0.4.9.9", "0.4.9.11", "0.5.0.1"] {
        check(new, "yes").ok();
    }
    check("0.4.9.11", "no").says(1, "proof-of-work");
}

/// tor passes over a key with a slip in it, and an onion without keys lets in everybody.
#[test]
fn a_couriers_key_with_a_letter_missing_is_noticed() {
    let folder = folder();
    let keys = folder.path().join("softinfo-couriers/authorized_clients");
    fs::create_dir_all(&keys).unwrap();
    let torrc = folder.path().join("torrc");
    fs::write(&torrc, format!("HiddenServiceDir {}\n", folder.path().join("softinfo-couriers").display())).unwrap();
    let check = || complete(Command::new(Path::new(PROJECT).join("deploy/tor/check-tor")).arg(&torrc));
    check().says(1, "tor would let in everybody");
    let good = format!("descriptor:x25519:{}\n", "A".repeat(52));
    for wrong in [good.replacen('A', "", 1), good.to_lowercase(), good.replace('A', "1"), good.repeat(2)] {
        fs::write(keys.join("one.auth"), wrong).unwrap();
        check().says(1, "is not one line");
    }
    fs::write(keys.join("one.auth"), good).unwrap();
    let run = check();
    assert!(run.out.contains("yes  1 couriers have a key") && !run.out.contains("is not one line"), "{run:?}");
}

#[test]
fn check_tor_accepts_this_tor_and_notices_a_setting_that_was_taken_out() {
    let folder = folder();
    let run = |torrc: &str| {
        let file = folder.path().join("torrc");
        fs::write(&file, torrc.replace("/var/lib/tor", folder.path().to_str().unwrap())).unwrap();
        complete(system("sh", "dash").arg(Path::new(PROJECT).join("deploy/tor/check-tor")).arg(file))
    };
    let torrc = read("deploy/tor/torrc");
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
    let folder = folder();
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
