//! A relay that can't write any more, or that hangs, says nothing more to systemd and ends: never 503 for ever.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use scene::image::Disk;
use scene::{Channel, Scene, eventually};

/// The socket of a service manager, and a relay that was started as systemd starts it.
struct Managed {
    scene: Scene,
    socket: UnixDatagram,
}

impl Managed {
    /// `expected`: seconds of `WatchdogSec=`; a look every sixth of it.
    fn start(mut scene: Scene, expected: u64, name: &str) -> Self {
        scene.stop();
        let socket = match name.strip_prefix('@') {
            None => UnixDatagram::bind(scene.path(name)).unwrap(),
            Some(name) => {
                use std::os::linux::net::SocketAddrExt;
                let address = std::os::unix::net::SocketAddr::from_abstract_name(name).unwrap();
                UnixDatagram::bind_addr(&address).unwrap()
            }
        };
        socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let place = if name.starts_with('@') { name.to_owned() } else { scene.path(name).display().to_string() };
        let told = [format!("NOTIFY_SOCKET={place}"), format!("WATCHDOG_USEC={}", expected * 1_000_000)];
        let wrapped = scene.wrapper.split_off(0);
        scene.wrapper = ["env".to_owned()].into_iter().chain(told).chain(wrapped).collect();
        scene.start();
        Self { scene, socket }
    }

    fn hears(&self) -> String {
        let mut word = [0; 256];
        let length = self.socket.recv(&mut word).expect("nothing came within a minute");
        String::from_utf8(word[..length].to_vec()).unwrap()
    }

    /// After the relay has ended: what it said since the last word that was read.
    fn said(&self) -> Vec<String> {
        self.socket.set_nonblocking(true).unwrap();
        let mut word = [0; 256];
        let mut said = Vec::new();
        while let Ok(length) = self.socket.recv(&mut word) {
            said.push(String::from_utf8(word[..length].to_vec()).unwrap());
        }
        said
    }
}

/// A relay for whose syncs strace plays a bad disk, once it is started again.
fn with_bad_syncs(inject: &str) -> Scene {
    let mut scene = Scene::new();
    let trace = scene.path("trace").display().to_string();
    let inject = format!("inject=fdatasync:{inject}");
    let line = ["strace", "-D", "-f", "-q", "-e", "trace=fdatasync", "-e", &inject, "-o", &trace];
    scene.wrapper = line.map(str::to_owned).to_vec();
    scene
}

#[test]
fn systemd_is_told_of_the_start_of_each_write_that_succeeded_and_of_the_stop() {
    let abstract_name = format!("@softinfo-test-{}", std::process::id());
    for name in ["notify", abstract_name.as_str()] {
        let mut managed = Managed::start(Scene::new(), 6, name);
        assert_eq!(managed.hears(), "READY=1");
        for _ in 0..3 {
            assert_eq!(managed.hears(), "WATCHDOG=1");
        }
        managed.scene.stop();
        let said = managed.said();
        assert!(said.contains(&"STOPPING=1".to_owned()), "{said:?}");
        assert!(said.iter().all(|word| word == "STOPPING=1" || word == "WATCHDOG=1"), "{said:?}");
    }
}

#[test]
fn a_relay_with_a_socket_of_a_manager_that_is_gone_says_so_and_does_not_start() {
    let mut scene = Scene::new();
    scene.stop();
    scene.wrapper = vec!["env".to_owned(), format!("NOTIFY_SOCKET={}", scene.path("nowhere").display())];
    assert!(!scene.starts());
}

/// Nobody sends a tip meanwhile: the failure is found by looking.
#[test]
fn on_a_disk_that_turned_read_only_the_relay_says_no_more_and_ends() {
    let disk = Disk::new(64);
    let store = format!("folder = {:?}\n", disk.path("store"));
    let mut managed = Managed::start(Scene::with(Channel::example(), &store), 12, "notify");
    assert_eq!((managed.hears(), managed.hears()), ("READY=1".to_owned(), "WATCHDOG=1".to_owned()));
    disk.fail();
    assert_eq!(managed.scene.wait(), 3);
    // At most one look was under way when the disk failed.
    let said = managed.said();
    assert!(said.iter().filter(|word| *word == "WATCHDOG=1").count() <= 1, "{said:?}");
}

#[test]
fn one_sync_that_fails_is_found_though_nobody_sends_and_the_relay_ends() {
    // From the third on; strace counts in each thread.
    let scene = with_bad_syncs("error=EIO:when=3+");
    let mut managed = Managed::start(scene, 6, "notify");
    assert_eq!(managed.hears(), "READY=1");
    assert_eq!(managed.scene.wait(), 3);
    eventually(|| managed.scene.log().contains("a write to the disk failed"));
}

/// The disk neither takes nor refuses: the sync waits longer than the relay is patient.
#[test]
fn a_write_that_hangs_ends_the_relay_within_the_time_that_is_stated() {
    let scene = with_bad_syncs("delay_enter=25000000:when=2+");
    let mut managed = Managed::start(scene, 12, "notify");
    assert_eq!(managed.hears(), "READY=1");
    assert_eq!(managed.scene.wait(), 3);
    eventually(|| managed.scene.log().contains("the store has taken nothing for 6 seconds"));
}
