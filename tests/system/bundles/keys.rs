//! Every key of the desk is tried on every tip: the day that a relay or a courier noted keeps none from being opened.

use std::fs;

use softinfo_formats::envelope::id::TipId;

use crate::bundles::hand::{COURIER, Chain, recipient, report, seal};
use scene::{Channel, DESK, OwnChannel, Scene, complete};

/// A desk with keys of its own for some months.
struct Months {
    scene: Scene,
}

impl Months {
    fn of(first_month: &str, epochs: &str) -> Self {
        let mut scene = Scene::new();
        let own = OwnChannel { first_month, epochs, ..OwnChannel::of(&scene) };
        own.make_keys();
        let (directory, root) = (own.sign("directory.note"), own.root());
        scene.run(DESK, &["directory", "trust", root.to_str().unwrap()]).ok();
        scene.channel = Channel { directory, root };
        Self { scene }
    }

    fn key(&self, month: &str) -> std::path::PathBuf {
        self.scene.path("desk/keys").join(OwnChannel::HOLDER).join(format!("{month}.age"))
    }

    /// A tip that was sealed on `sealed`.
    fn tip(&self, sealed: &str, message: &str) -> Vec<u8> {
        let holder = fs::read_to_string(self.key("x").with_file_name("holder.json")).unwrap();
        let report = report(&[OwnChannel::HOLDER]).to_string();
        let entries = [("report.json", report.as_bytes()), ("message.txt", message.as_bytes())];
        seal(&recipient(&holder, sealed.parse().unwrap()), &entries)
    }

    fn chain(&self) -> Chain<'_> {
        Chain { channel: "antwerp", ..Chain::new(&self.scene, COURIER) }
    }

    fn desk(&self, arguments: &[&str]) -> scene::Run {
        self.scene.desk_with_passphrase(arguments)
    }

    fn opens(&self, tip: &[u8], message: &str) {
        let id = TipId::of(tip).to_string();
        let out = self.scene.path(&format!("case-{id}"));
        self.desk(&["open", &id, "--out", out.to_str().unwrap()]).ok();
        assert_eq!(fs::read_to_string(out.join("message.txt")).unwrap(), message);
    }
}

#[test]
fn a_tip_opens_whatever_day_a_relay_noted_when_its_key_is_there() {
    let months = Months::of("2026-11", "1");
    let mut chain = months.chain();
    // Sealed in November with the cable out and sent in December; then days that are wrong by a year and more.
    for (n, day) in ["2026-12-05", "2025-11-15", "2027-11-15", "2000-01-01", "9999-12-31"].iter().enumerate() {
        let message = format!("Sealed in November, noted on {day}.");
        let tip = months.tip("2026-11-28", &message);
        let bundle = chain.bundle(&format!("{n}.tar"), &[(&tip, day)]);
        months.desk(&["import", bundle.to_str().unwrap()]).says(0, "1 new tip, 1 for this desk");
        months.opens(&tip, &message);
    }
}

#[test]
fn a_tip_that_no_key_opens_is_named_with_the_keys_tried_and_tried_again_when_keys_come() {
    let months = Months::of("2026-10", "4");
    let mut chain = months.chain();
    let tips = ["2026-10-01", "2026-11-01", "2026-12-01"].map(|day| months.tip(day, &format!("Sealed on {day}.")));
    let away = ["2026-10", "2026-11", "2026-12"].map(|month| {
        let (key, away) = (months.key(month), months.scene.path(&format!("{month}.away")));
        fs::rename(&key, &away).unwrap();
        (key, away)
    });
    let bring_back = |n: usize| fs::rename(&away[n].1, &away[n].0).unwrap();
    let bundle = chain.bundle("1.tar", &tips.each_ref().map(|tip| (&tip[..], "2026-11-29")));
    let bundle = bundle.to_str().unwrap();
    months.desk(&["import", bundle]).says(0, "Of 3 new tips, 0 open with this desk's keys; 3 open with none of them.");
    let listed = months.scene.run(DESK, &["list"]).says(0, "No key here: none of this desk's keys opens it");
    assert!(listed.out.matches("  no key here\n").count() == 3 && listed.out.contains("list --try-keys"), "{listed:?}");
    let (id, out) = (TipId::of(&tips[0]).to_string(), months.scene.path("case"));
    let open = ["open", &id, "--out", out.to_str().unwrap()];
    months.desk(&open).says(1, &format!("no key of this desk opens it (tried: {} 2027-01)", OwnChannel::HOLDER));
    months.desk(&["show", &id]).says(1, "no key of this desk opens it");
    assert!(!out.exists());
    // With open, with list, and with the next import.
    bring_back(0);
    months.opens(&tips[0], "Sealed on 2026-10-01.");
    bring_back(1);
    months.scene.run(DESK, &["list"]).says(0, "list --try-keys");
    months.desk(&["list", "--try-keys"]).says(0, &format!("{} (2026-11)", OwnChannel::HOLDER));
    bring_back(2);
    let again = months.desk(&["--json", "import", bundle]).ok().json();
    assert_eq!(again["opens_now"], 1);
    assert!(!months.scene.run(DESK, &["list"]).ok().out.to_lowercase().contains("no key here"));
    months.opens(&tips[2], "Sealed on 2026-12-01.");
}

#[test]
fn a_tip_whose_key_is_gone_says_that_it_was_opened_with_it() {
    // Long epochs, so that the one that holds today is among them.
    let months = Months::of("2026-01", "120");
    let tip = months.tip("2026-11-28", "Opened, then the key went.");
    let bundle = months.chain().bundle("1.tar", &[(&tip, "2026-11-28")]);
    months.desk(&["import", bundle.to_str().unwrap()]).ok();
    months.opens(&tip, "Opened, then the key went.");
    let away = months.scene.path("away.age");
    fs::rename(months.key("2026-11"), &away).unwrap();
    let id = TipId::of(&tip).to_string();
    let gone = format!(
        "opened before with {} 2026-11, whose file is not in keys/; unless it was destroyed",
        OwnChannel::HOLDER
    );
    months.desk(&["show", &id]).says(1, &gone);
    months.desk(&["open", &id, "--out", months.scene.path("case").to_str().unwrap()]).says(1, &gone);
    months.scene.run(DESK, &["list"]).says(0, "(2026-11), whose file is not in keys/");
    // Of keys that are still needed even the import says it.
    fs::remove_file(months.key("2035-12")).unwrap();
    months.desk(&["import", bundle.to_str().unwrap()]).says(0, "not in keys/, though not yet over").says(0, "2035-12");
    fs::rename(&away, months.key("2026-11")).unwrap();
    months.desk(&["show", &id]).says(0, "Opened, then the key went.");
}

/// Its file may come from another folder: that shows only when it is unlocked.
#[test]
fn a_key_file_is_said_to_be_a_key_of_this_desk_only_when_it_was_unlocked() {
    let months = Months::of("2026-10", "2");
    let tip = months.tip("2026-11-28", "Opened, then the key was exchanged.");
    let mut chain = months.chain();
    let bundle = chain.bundle("1.tar", &[(&tip, "2026-11-28")]);
    months.desk(&["import", bundle.to_str().unwrap()]).ok();
    let other = months.scene.path("other");
    let other = other.to_str().unwrap();
    let line = ["--desk", other, "keygen", "--holder", OwnChannel::HOLDER, "--kind", "labour-inspectorate"];
    months.desk(&[&line[..], &["--from", "2026-11", "--work-factor", "10"]].concat()).ok();
    fs::copy(months.scene.path("other/keys").join(OwnChannel::HOLDER).join("2026-11.age"), months.key("2026-11"))
        .unwrap();
    fs::copy(months.key("2026-11"), months.key("2026-12")).unwrap();
    let keys = months.scene.run(DESK, &["keys"]).says(8, "a file is here; not checked");
    assert!(keys.out.contains("Not checked: whether") && !keys.out.contains("  here"), "{keys:?}");
    assert!(keys.err.contains("those that it opens"), "{keys:?}");
    let json = months.scene.run(DESK, &["keys", "--json"]).says(8, "").json();
    assert_eq!(json[0]["epochs"][1]["state"], "not-checked");
    months.scene.run(DESK, &["list"]).says(0, "(2026-11)\n");
    let id = TipId::of(&tip).to_string();
    let words = format!(
        "opened before with {} 2026-11, but what is in keys/ under that name does not open it",
        OwnChannel::HOLDER
    );
    months.desk(&["show", &id]).says(1, &words);
    months.desk(&["open", &id, "--out", months.scene.path("case").to_str().unwrap()]).says(1, &words);
    // Nothing was found out of files that were not unlocked; once they were, nobody is told to try them again.
    let unknown = softinfo_seal::hybrid::Identity::generate(&mut rand::rngs::OsRng);
    let report = report(&[OwnChannel::HOLDER]).to_string();
    let closed = seal(&unknown.recipient(), &[("report.json", report.as_bytes())]);
    let bundle = chain.bundle("2.tar", &[(&closed, "2026-11-29")]);
    months.desk(&["import", bundle.to_str().unwrap()]).says(8, "does not belong to the keyring.age beside it");
    months.scene.run(DESK, &["list"]).says(0, "Some key files here were not tried on every tip");
    let tried = months.desk(&["list", "--try-keys"]).ok();
    assert!(!tried.out.contains("Some key files here were not tried"), "{tried:?}");
}

#[test]
fn without_its_keyring_a_desk_takes_tips_in_and_tries_them_later() {
    let months = Months::of("2026-10", "2");
    let mut chain = months.chain();
    let keyring = months.scene.path("desk/keys/keyring.age");
    let whole = fs::read(&keyring).unwrap();
    let mut inside = whole.clone();
    *inside.last_mut().unwrap() ^= 1;
    let damages: [(Option<&[u8]>, &str); 3] = [
        (None, "keyring.age is missing"),
        (Some(b"broken"), "keyring.age: DAMAGED"),
        (Some(&inside), "keyring.age is damaged"),
    ];
    let mut tips = Vec::new();
    for (n, (damage, words)) in (1..).zip(damages) {
        match damage {
            None => fs::remove_file(&keyring).unwrap(),
            Some(bytes) => fs::write(&keyring, bytes).unwrap(),
        }
        let message = format!("Number {n}.");
        let tip = months.tip("2026-11-28", &message);
        let bundle = chain.bundle(&format!("{n}.tar"), &[(&tip, "2026-11-28")]);
        let taken = months.desk(&["import", bundle.to_str().unwrap()]).says(8, words);
        assert!(taken.out.starts_with(&format!("Bundle {n}: 1 new tip, no key tried on it yet.\n")), "{taken:?}");
        assert!(!taken.out.contains("with none of them") && !taken.out.contains("for this desk"), "{taken:?}");
        assert_eq!(taken.err.matches("keyring.age").count(), 1, "said once: {taken:?}");
        assert!(
            taken.err.contains("softinfo-desk list --try-keys") && !taken.err.contains("nothing was imported"),
            "{taken:?}"
        );
        let listed = months.scene.run(DESK, &["list"]).says(0, "not tried yet\n");
        assert!(!listed.out.contains("no key here") && !listed.out.contains("No key here"), "{listed:?}");
        let id = TipId::of(&tip).to_string();
        months.desk(&["show", &id]).says(1, words);
        tips.push((tip, message));
    }
    // What needs no passphrase to be known is said before one is asked for.
    fs::remove_file(&keyring).unwrap();
    let (id, bundle) = (TipId::of(&tips[0].0).to_string(), months.scene.path("3.tar"));
    months.scene.run(DESK, &["show", &id]).says(1, "keyring.age is missing");
    months.scene.run(DESK, &["import", bundle.to_str().unwrap()]).says(8, "keyring.age is missing");
    fs::write(&keyring, whole).unwrap();
    // A passphrase that is wrong is another matter.
    let late = months.tip("2026-11-28", "Late.");
    let bundle = chain.bundle("4.tar", &[(&late, "2026-11-28")]);
    let wrong = months.scene.path("wrong");
    fs::write(&wrong, "another passphrase altogether").unwrap();
    let line = "exec \"$0\" --passphrase-fd 3 import \"$1\" 3<\"$2\"";
    let mut command = months.scene.command("sh", &["-c", line, DESK]);
    complete(command.arg(&bundle).arg(&wrong)).says(1, "the passphrase is wrong").says(1, "nothing was imported");
    let json = months.desk(&["--json", "import", bundle.to_str().unwrap()]).ok().json();
    assert!(json["new"] == 1 && json["for_this_desk"] == 1 && json["opens_now"] == 3, "{json}");
    for (tip, message) in tips {
        months.opens(&tip, &message);
    }
}

/// A terminal sees how far the keys have come; whoever reads the output as a file sees nothing of it.
#[test]
fn trying_keys_shows_how_far_it_is_on_a_terminal_only() {
    let months = Months::of("2026-10", "2");
    let mut chain = months.chain();
    let tips: Vec<_> = (0..4).map(|n| months.tip("2026-11-28", &format!("Number {n}."))).collect();
    let bundle = chain.bundle("1.tar", &tips.iter().map(|tip| (&tip[..], "2026-11-28")).collect::<Vec<_>>());
    let key = months.scene.path("away.age");
    fs::rename(months.key("2026-11"), &key).unwrap();
    let bundle = bundle.to_str().unwrap();
    // The passphrase comes over a descriptor; the terminal is that of `script`.
    let on_a_terminal = |arguments: &str| {
        let line = format!("'{DESK}' --passphrase-fd 3 {arguments} 3<'{}'", months.scene.path("passphrase").display());
        let mut command = months.scene.command("script", &["-qec", &line, "/dev/null"]);
        complete(&mut command)
    };
    let quiet = |run: &scene::Run| !run.out.contains("Trying keys") && !run.err.contains("Trying keys");
    months.desk(&["list"]).ok();
    on_a_terminal(&format!("import '{bundle}'")).says(0, "Trying keys").says(0, "4 new tips");
    fs::rename(&key, months.key("2026-11")).unwrap();
    on_a_terminal("list --try-keys").says(0, "Trying keys").says(0, "4 can be opened now");
    assert!(quiet(&months.desk(&["list", "--try-keys"]).ok()));
    let other = months.tip("2026-11-28", "Another.");
    let bundle = chain.bundle("2.tar", &[(&other, "2026-11-28")]);
    assert!(quiet(&months.desk(&["import", bundle.to_str().unwrap()]).ok()));
}

#[test]
fn a_damaged_key_is_named_and_its_tips_open_when_it_is_restored() {
    let months = Months::of("2026-10", "2");
    let (october, november) = (months.tip("2026-10-05", "October."), months.tip("2026-11-05", "November."));
    let bundle = months.chain().bundle("1.tar", &[(&october, "2026-10-05"), (&november, "2026-11-05")]);
    let import = || months.desk(&["import", bundle.to_str().unwrap()]);
    let key = months.key("2026-10");
    let whole = fs::read(&key).unwrap();
    fs::write(&key, &whole[..40]).unwrap();
    let told = import().says(8, "1 tip is opened by no key that could be read");
    assert!(told.out.contains("2 new tips, 1 for this desk") && told.err.contains("2026-10.age"), "{told:?}");
    months.opens(&november, "November.");
    fs::write(&key, whole).unwrap();
    import().says(0, "1 tip of earlier bundles");
    months.opens(&october, "October.");
}
