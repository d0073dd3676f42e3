//! Whether the relay still does what it is there for: a write that reaches the disk, and a runtime that answers.
//!
//! In: the store, the runtime, the way to systemd. Out: `WATCHDOG=1` after each look that
//! found both alive; the end of the relay, with [`EXIT`], when one isn't. Without systemd nothing is sent, and the relay ends just the same.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use softinfo_store::StoreError;

use super::supervisor::Supervisor;
use crate::log::{Event, log};

/// Exit code of a relay whose store failed, or that no longer answered: a new start may find it in order.
pub const EXIT: u8 = 3;
/// How long an orderly stop may take after the store failed.
const LAST: Duration = Duration::from_mins(1);

/// What a look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// A write reached the disk, or there is no room for one, which the store says for itself; and the runtime answered.
    Alive,
    /// The store takes nothing any more: a write failed, or a thread of it is gone.
    StoreFailed,
    /// The store took nothing this once (no descriptor left, say) and may again.
    NotNow,
    /// Nothing came back from the store.
    StoreSilent,
    /// Nothing came back from the runtime.
    RuntimeSilent,
}

/// What is looked at, and what is done when it fails.
pub(crate) struct Watched {
    /// A real write to the store; `None` when it is closed. Holds the store only while it runs, so that it closes when the relay lets go.
    pub probe: Box<dyn Fn() -> Option<Result<(), StoreError>> + Send>,
    pub runtime: Handle,
    /// Begins the orderly stop.
    pub give_up: Box<dyn Fn() + Send>,
    /// Ends the process at once.
    pub end: Box<dyn Fn() + Send>,
}

/// The thread that looks, until it is let go.
pub(crate) struct Watchdog {
    stop: SyncSender<()>,
    idle: Receiver<()>,
}

impl Watchdog {
    /// Begins to look. `supervisor` is told after each look that found all alive.
    pub fn start(supervisor: Arc<Supervisor>, watched: Watched) -> io::Result<Self> {
        let (stop, stopped) = sync_channel(0);
        let (working, idle) = sync_channel(0);
        let (ask, asked) = sync_channel(0);
        let (answer, answers) = sync_channel(1);
        let Watched { probe, runtime, give_up, end } = watched;
        let look = Look { ask, answers, patience: supervisor.rhythm.patience, runtime, give_up, end };
        // A thread of its own: a write to a disk that hangs never comes back.
        thread::Builder::new().name("probe".to_owned()).spawn(move || {
            while let (Ok(()), Some(result)) = (asked.recv(), probe()) {
                if answer.send(result).is_err() {
                    break;
                }
            }
        })?;
        thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
            look.go_on(&supervisor, &stopped, working);
        })?;
        Ok(Self { stop, idle })
    }

    /// Returns when nobody looks at the store any more, so that the relay is the last to hold it. May wait for the disk.
    pub fn let_go(self) {
        let Self { stop, idle } = self;
        drop(stop);
        let _ = idle.recv();
    }
}

struct Look {
    ask: SyncSender<()>,
    answers: Receiver<Result<(), StoreError>>,
    patience: Duration,
    runtime: Handle,
    give_up: Box<dyn Fn() + Send>,
    end: Box<dyn Fn() + Send>,
}

impl Look {
    fn go_on(self, supervisor: &Supervisor, stopped: &Receiver<()>, working: SyncSender<()>) {
        let mut last = Instant::now();
        loop {
            let found = match self.look() {
                // Long enough to be no passing trouble.
                Found::NotNow if last.elapsed() > self.patience => Found::StoreSilent,
                found => found,
            };
            match found {
                Found::Alive => {
                    last = Instant::now();
                    supervisor.say(b"WATCHDOG=1");
                }
                Found::NotNow => {}
                Found::StoreFailed => {
                    (self.give_up)();
                    drop(working);
                    // In order, if that still works.
                    thread::sleep(LAST);
                    return (self.end)();
                }
                Found::StoreSilent | Found::RuntimeSilent => {
                    let seconds = self.patience.as_secs();
                    log(&match found {
                        Found::StoreSilent => Event::StoreSilent { seconds },
                        _ => Event::RuntimeSilent { seconds },
                    });
                    return (self.end)();
                }
            }
            if stopped.recv_timeout(supervisor.rhythm.beat) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    fn look(&self) -> Found {
        let (alive, answered) = sync_channel(1);
        self.runtime.spawn(async move { alive.send(()) });
        if answered.recv_timeout(self.patience).is_err() {
            return Found::RuntimeSilent;
        }
        if self.ask.send(()).is_err() {
            return Found::StoreFailed;
        }
        match self.answers.recv_timeout(self.patience) {
            Ok(Ok(()) | Err(StoreError::Full)) => Found::Alive,
            // No answer and none to come: the probe's own thread panicked in the store.
            Ok(Err(StoreError::Stopped)) | Err(RecvTimeoutError::Disconnected) => Found::StoreFailed,
            Ok(Err(_)) => Found::NotNow,
            Err(RecvTimeoutError::Timeout) => Found::StoreSilent,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;
    use std::sync::mpsc::{Sender, channel};

    use super::super::supervisor::{Rhythm, connect};
    use super::*;

    /// Bounds a hang; nothing depends on how fast it is.
    const LONG: Duration = Duration::from_secs(30);

    #[derive(Debug, PartialEq)]
    enum Done {
        GaveUp,
        Ended,
    }

    struct Play {
        watchdog: Watchdog,
        manager: UnixDatagram,
        done: Receiver<Done>,
        runtime: tokio::runtime::Runtime,
        _folder: tempfile::TempDir,
    }

    impl Play {
        fn new(patience: Duration, probe: impl Fn() -> Result<(), StoreError> + Send + 'static) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("notify");
            let manager = UnixDatagram::bind(&path).unwrap();
            manager.set_read_timeout(Some(LONG)).unwrap();
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
            let (say, done) = channel();
            let says = |what: fn() -> Done, to: Sender<Done>| Box::new(move || drop(to.send(what())));
            let watched = Watched {
                probe: Box::new(move || Some(probe())),
                runtime: runtime.handle().clone(),
                give_up: says(|| Done::GaveUp, say.clone()),
                end: says(|| Done::Ended, say),
            };
            let rhythm = Rhythm { beat: Duration::from_millis(20), patience };
            let supervisor = Supervisor { socket: Some(connect(path.as_os_str()).unwrap()), rhythm };
            let watchdog = Watchdog::start(Arc::new(supervisor), watched).unwrap();
            Self { watchdog, manager, done, runtime, _folder: folder }
        }

        /// The next word, if there is one more.
        fn hears(&self) -> Option<String> {
            let mut word = [0; 64];
            let length = self.manager.recv(&mut word).ok()?;
            Some(String::from_utf8(word[..length].to_vec()).unwrap())
        }

        /// Reads what lies there and waits for no more.
        fn hears_no_more(&self) {
            self.manager.set_nonblocking(true).unwrap();
            while self.hears().is_some() {}
            thread::sleep(Duration::from_millis(200));
            assert_eq!(self.hears(), None);
        }
    }

    #[test]
    fn each_write_that_succeeds_is_one_word_to_the_supervisor_and_letting_go_ends_it() {
        let play = Play::new(LONG, || Ok(()));
        for _ in 0..5 {
            assert_eq!(play.hears().as_deref(), Some("WATCHDOG=1"));
        }
        play.watchdog.let_go();
        play.manager.set_nonblocking(true).unwrap();
        let mut word = [0; 64];
        while play.manager.recv(&mut word).is_ok() {}
        assert_eq!(play.done.try_recv().ok(), None);
    }

    #[test]
    fn a_full_disk_is_no_failure_of_the_relay() {
        let play = Play::new(LONG, || Err(StoreError::Full));
        for _ in 0..3 {
            assert_eq!(play.hears().as_deref(), Some("WATCHDOG=1"));
        }
        play.watchdog.let_go();
    }

    /// Row 18 of issue 10: a panic in the store left 503 for ever, and nobody ended the relay.
    #[test]
    fn a_store_that_failed_or_whose_thread_panicked_ends_the_relay_and_is_never_called_alive() {
        let stopped: fn() -> Result<(), StoreError> = || Err(StoreError::Stopped);
        for probe in [stopped, || panic!("as a thread of the store")] {
            let play = Play::new(LONG, probe);
            assert_eq!(play.done.recv_timeout(LONG), Ok(Done::GaveUp));
            play.hears_no_more();
            play.watchdog.let_go();
        }
    }

    #[test]
    fn a_write_that_never_comes_back_ends_the_relay_at_once() {
        let (hold, held) = channel::<()>();
        let held = std::sync::Mutex::new(held);
        let play = Play::new(Duration::from_millis(100), move || {
            let _ = held.lock().unwrap().recv();
            Ok(())
        });
        assert_eq!(play.done.recv_timeout(LONG), Ok(Done::Ended));
        play.hears_no_more();
        drop(hold);
    }

    #[test]
    fn a_store_that_can_take_nothing_for_now_is_waited_for_but_not_for_ever() {
        let odd = std::sync::atomic::AtomicU32::new(0);
        let now_and_then = move || match odd.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2 {
            0 => Err(StoreError::InUse("a passing trouble".into())),
            _ => Ok(()),
        };
        let play = Play::new(LONG, now_and_then);
        assert_eq!(play.hears().as_deref(), Some("WATCHDOG=1"));
        play.watchdog.let_go();
        let play = Play::new(Duration::from_millis(100), || Err(StoreError::InUse("a lasting one".into())));
        assert_eq!(play.done.recv_timeout(LONG), Ok(Done::Ended));
    }

    #[test]
    fn a_runtime_that_does_not_answer_ends_the_relay_though_the_disk_is_well() {
        let play = Play::new(Duration::from_millis(100), || Ok(()));
        let (hold, held) = channel::<()>();
        // Its one worker waits for what never comes.
        play.runtime.spawn(async move {
            let _ = held.recv();
        });
        assert_eq!(play.done.recv_timeout(LONG), Ok(Done::Ended));
        play.hears_no_more();
        drop(hold);
    }
}
