//! Sealing and opening 1 GiB: MB/s of our sealer and opener, of `rage`, and of the AEAD alone, in one run.
//!
//! `cargo bench -p softinfo-benches --bench seal`. Needs `rage` on the PATH (`cargo install rage --version 0.12.1`) and 4 GiB of disk.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use chacha20poly1305::aead::stream::EncryptorBE32;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use measure::{folder, machine, median};
use rand::rngs::OsRng;
use softinfo_formats::envelope::padding::SizeClass;
use softinfo_formats::envelope::withdraw::WithdrawToken;
use softinfo_seal::hybrid::Identity;
use softinfo_seal::open;
use softinfo_seal::seal::Sealer;

const BYTES: u64 = 1 << 30;
const ROUNDS: usize = 3;

fn main() {
    println!("seal and open: {BYTES} bytes, file to nowhere; {}", machine());
    let folder = folder();
    let plain = folder.path().join("plain");
    io::copy(&mut io::repeat(0x5a).take(BYTES), &mut File::create(&plain).unwrap()).unwrap();
    let rage = Rage::prepare(folder.path(), &plain);
    let mut figures: [Vec<f64>; 5] = Default::default();
    for round in 1..=ROUNDS {
        let identity = Identity::generate(&mut OsRng);
        let sealed = folder.path().join("sealed.age");
        seal(&plain, &identity, &sealed);
        let row = [
            rate(|| aead(&plain)),
            rate(|| seal(&plain, &identity, Path::new("/dev/null"))),
            rate(|| unseal(&sealed, &identity)),
            rate(|| rage.encrypt(&plain, Path::new("/dev/null"))),
            rate(|| rage.decrypt()),
        ];
        println!(
            "  round {round}: aead {:.0}, seal {:.0}, open {:.0}, rage encrypt {:.0}, rage decrypt {:.0} MB/s",
            row[0], row[1], row[2], row[3], row[4]
        );
        figures.iter_mut().zip(row).for_each(|(all, figure)| all.push(figure));
    }
    let [aead, seal, open, encrypt, decrypt] = figures.map(median);
    println!(
        "  median: aead {aead:.0}, seal {seal:.0} ({:.2} of rage, {:.2} of the aead), open {open:.0} ({:.2} of rage) MB/s",
        seal / encrypt,
        seal / aead,
        open / decrypt
    );
    println!("  peak memory of this process: {} MiB", own_peak_mib());
}

fn rate(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    BYTES as f64 / 1e6 / start.elapsed().as_secs_f64()
}

/// The floor: the cipher over the same chunks, nothing else.
fn aead(plain: &Path) {
    let mut file = File::open(plain).unwrap();
    let mut stream = EncryptorBE32::from_aead(ChaCha20Poly1305::new(&[7; 32].into()), &[0; 7].into());
    let mut chunk = Vec::with_capacity(65_552);
    loop {
        chunk.resize(65_536, 0);
        if file.read_exact(&mut chunk).is_err() {
            return;
        }
        stream.encrypt_next_in_place(b"", &mut chunk).unwrap();
    }
}

fn seal(plain: &Path, identity: &Identity, out: &Path) {
    let class = SizeClass::for_content(BYTES, 1 << 40).unwrap();
    let digest = WithdrawToken::from_bytes([1; 32]).digest();
    let out = io::BufWriter::with_capacity(128 * 1024, File::create(out).unwrap());
    let mut sealer = Sealer::start(out, &[identity.recipient()], &digest, class, &mut OsRng).unwrap();
    io::copy(&mut File::open(plain).unwrap(), &mut sealer).unwrap();
    sealer.finish().unwrap();
}

fn unseal(sealed: &Path, identity: &Identity) {
    let file = BufReader::with_capacity(128 * 1024, File::open(sealed).unwrap());
    let (_, mut plaintext) = open::open(file, std::slice::from_ref(identity)).unwrap();
    assert_eq!(io::copy(&mut plaintext, &mut io::sink()).unwrap(), BYTES);
}

/// The peer, as its own process, with its own kind of key.
struct Rage {
    identity: std::path::PathBuf,
    recipient: String,
    encrypted: std::path::PathBuf,
}

impl Rage {
    fn prepare(folder: &Path, plain: &Path) -> Self {
        let identity = folder.join("rage.key");
        let made = Command::new("rage-keygen").arg("-o").arg(&identity).stderr(Stdio::piped()).output();
        let made = made.expect("rage is needed on the PATH: cargo install rage --version 0.12.1");
        assert!(made.status.success());
        let text = std::fs::read_to_string(&identity).unwrap();
        let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned();
        let rage = Self { identity, recipient, encrypted: folder.join("rage.age") };
        rage.encrypt(plain, &rage.encrypted);
        rage
    }

    fn encrypt(&self, plain: &Path, out: &Path) {
        let out = File::create(out).unwrap();
        let status = Command::new("rage").args(["-r", &self.recipient]).arg(plain).stdout(out).status().unwrap();
        assert!(status.success());
    }

    fn decrypt(&self) {
        let status = Command::new("rage")
            .arg("-d")
            .arg("-i")
            .arg(&self.identity)
            .arg(&self.encrypted)
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success());
    }
}

fn own_peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
