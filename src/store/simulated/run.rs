//! One run of the store on a simulated disk: what comes, what goes, what the clock does, and what was said of each tip so far.
//!
//! In: a seed. Out: a panic, where an answer was not true. Touches the disk in memory, and a scratch folder in `target/` for sled.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

use rand::{Rng, RngCore, SeedableRng, rngs::StdRng, seq::SliceRandom};

use super::disk::SimulatedDisk;
use crate::committer::Lane;
use crate::disk::Disk;
use crate::ingest::Ingest;
use crate::job::{Commit, Wrapped};
use crate::ledger::Ledger;
use crate::record::Record;
use crate::settings::Settings;
use crate::wrap::Wrap;
use crate::{CHUNK, Committed, Incoming, StoreError, erase, retrieve, sealer};
use softinfo_base::clock::{Clock, HandSetClock};
use softinfo_base::day::Day;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;

const STORE: &str = "/store";
const RETENTION: u32 = 30;

/// What was said of a tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// That it is stored.
    Stored,
    /// Nothing that binds: it may be there, whole, or not.
    Nothing,
    /// That it is erased, or not stored.
    Gone,
}

/// A tip that was sent, and what was said of it.
pub(super) struct Tip {
    pub bytes: Vec<u8>,
    withdraw: WithdrawDigest,
    day: Day,
    pub said: Said,
    /// The keys under which it was sent.
    keys: Vec<[u8; 32]>,
}

/// A run: a disk, what works on it, and what it has said so far.
pub(super) struct Run {
    /// Seed and fault, for whoever has to run it again.
    pub name: String,
    pub rng: StdRng,
    pub disk: SimulatedDisk,
    scratch: tempfile::TempDir,
    clock: Arc<HandSetClock>,
    pub today: Day,
    relay: Option<Relay>,
    pub tips: BTreeMap<TipId, Tip>,
    /// Whether a fault may still be to come, so that an answer may also be an error.
    pub is_faulty: bool,
}

/// The store, as the relay would have it: without threads, so that a run is the same each time.
struct Relay {
    ledger: Arc<Ledger>,
    text: Lane,
    bulk: Lane,
}

impl Run {
    /// A new store on a new disk.
    pub fn new(seed: u64) -> Self {
        let (disk, today) = (SimulatedDisk::new(seed), "2026-11-23".parse().unwrap());
        disk.make_folder(Path::new(STORE)).unwrap();
        disk.sync_folder(Path::new("/")).unwrap();
        let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target");
        let mut run = Self {
            name: format!("seed {seed}"),
            rng: StdRng::seed_from_u64(seed),
            disk,
            scratch: tempfile::tempdir_in(target).unwrap(),
            clock: Arc::new(HandSetClock::at(today)),
            today,
            relay: None,
            tips: BTreeMap::new(),
            is_faulty: false,
        };
        run.start();
        run
    }

    /// Starts the store on what the disk holds.
    fn start(&mut self) {
        self.relay = None;
        let settings = Settings {
            retention_days: RETENTION,
            jitter_days: 0,
            volume_bytes: 160 << 10,
            floor_bytes: 0,
            scratch: Some(self.scratch.path().to_owned()),
            ..Settings::default()
        };
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        // A relay that does not start is started again.
        for _ in 0..3 {
            let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
            if let Ok(ledger) =
                Ledger::load(Path::new(STORE), Arc::clone(&disk), settings.clone(), clock, Box::new(|_| ()))
            {
                let ledger = Arc::new(ledger);
                let lane = |name| Lane::new(&ledger, name);
                let (text, bulk) = (lane("text"), lane("bulk"));
                self.relay = Some(Relay { ledger, text, bulk });
                return;
            }
            self.disk.power_on();
        }
        panic!("{}: it does not start", self.name);
    }

    fn relay(&mut self) -> &mut Relay {
        self.relay.as_mut().unwrap()
    }

    fn ledger(&self) -> &Arc<Ledger> {
        &self.relay.as_ref().unwrap().ledger
    }

    /// Starts again after a stop or a cut, as a supervisor would; everything is looked at.
    pub fn restart(&mut self) {
        self.relay = None;
        self.disk.power_on();
        self.is_faulty = false;
        self.start();
        self.look_at_all();
        self.no_key_is_left();
    }

    /// A tip of random bytes, which is still to be sent.
    fn new_tip(&mut self, length: usize) -> TipId {
        let bytes = noise(&mut self.rng, length);
        let withdraw = WithdrawDigest::from_bytes(std::array::from_fn(|n| bytes[n]));
        let id = TipId::of(&bytes);
        self.tips.insert(id, Tip { bytes, withdraw, day: self.today, said: Said::Nothing, keys: Vec::new() });
        id
    }

    /// Text tips that come together, some of them twice.
    pub fn put(&mut self) {
        let mut ids: Vec<TipId> = (0..self.rng.gen_range(1..4)).map(|_| self.new_tip(2000)).collect();
        if self.rng.gen_bool(0.3) {
            ids.push(ids[0]);
        }
        if self.rng.gen_bool(0.3) {
            ids.extend(self.any(|tip| tip.bytes.len() <= CHUNK));
        }
        self.send(ids);
    }

    /// Sends these, whole, in one group.
    pub fn send(&mut self, ids: Vec<TipId>) {
        let (mut group, mut answers) = (Vec::new(), Vec::new());
        for id in &ids {
            let (tip, wrap, (reply, answer)) = (&self.tips[id], Wrap::new(), tokio::sync::oneshot::channel());
            let header = TipHeader { withdraw: tip.withdraw };
            let record = Record::new(&wrap, tip.bytes.len() as u64, *id, &header);
            group.push(Commit { record, wrapped: Wrapped::Whole(wrap.wrap(0, &tip.bytes).unwrap()), reply });
            self.tips.get_mut(id).unwrap().keys.push(*wrap.key);
            answers.push(answer);
        }
        self.relay().text.commit(group);
        for (id, mut answer) in ids.into_iter().zip(answers) {
            self.answered(id, &answer.try_recv().unwrap_or(Err(StoreError::Stopped)));
        }
    }

    /// A tip in a file of its own; given up halfway, some of them.
    fn ingest(&mut self) {
        let length = [3_000, 30_000, 70_000, 140_000][self.rng.gen_range(0..4)];
        let (id, given_up) = (self.new_tip(length), self.rng.gen_bool(0.3));
        let answer = (|| {
            let mut incoming = Ingest::begin(Arc::clone(self.ledger()), channel().0)?;
            for chunk in self.tips[&id].bytes.chunks(CHUNK).take(if given_up { 1 } else { usize::MAX }) {
                incoming.append(chunk)?;
            }
            if given_up {
                return Err(StoreError::Unavailable);
            }
            incoming.finish(id, &TipHeader { withdraw: self.tips[&id].withdraw })
        })();
        let answer = answer.map(|(record, staged)| {
            self.tips.get_mut(&id).unwrap().keys.push(record.key);
            let (reply, mut answer) = tokio::sync::oneshot::channel();
            self.relay().bulk.commit(vec![Commit { record, wrapped: Wrapped::Staged(staged), reply }]);
            answer.try_recv().unwrap_or(Err(StoreError::Stopped))
        });
        self.answered(id, &answer.unwrap_or_else(Err));
    }

    /// Notes what an answer says of a tip.
    fn answered(&mut self, id: TipId, answer: &Result<Committed, StoreError>) {
        let tip = self.tips.get_mut(&id).unwrap();
        match answer {
            Ok(Committed { already, day }) => {
                assert!(!*already || tip.said != Said::Gone, "{}: what is gone is not already there", self.name);
                // Said to be new while the one before can't be seen: then both are there.
                tip.day = if *already { *day } else { self.today };
                tip.said = Said::Stored;
            }
            // A refusal binds, too, but says nothing of the same bytes that came before.
            Err(StoreError::Full | StoreError::Unavailable) if tip.said == Said::Nothing => tip.said = Said::Gone,
            // It may have come to be there.
            Err(StoreError::Stopped) if tip.said == Said::Gone => tip.said = Said::Nothing,
            Err(_) => {}
        }
    }

    /// One of the tips that fit.
    fn any(&mut self, fits: impl Fn(&Tip) -> bool) -> Option<TipId> {
        let ids: Vec<_> = self.tips.iter().filter(|(_, tip)| fits(tip)).map(|(id, _)| *id).collect();
        ids.choose(&mut self.rng).copied()
    }

    /// Withdraws one of the tips.
    fn erase(&mut self) {
        let Some(id) = self.any(|_| true) else { return };
        let (withdraw, ledger) = (self.tips[&id].withdraw, Arc::clone(self.ledger()));
        let erased = erase::by_digests(&ledger, &[withdraw]);
        let (name, tip) = (&self.name, self.tips.get_mut(&id).unwrap());
        match (erased, tip.said) {
            (Ok(0), Said::Stored) => panic!("{name}: “nothing left” of a tip that is stored"),
            (Ok(n), Said::Gone) => assert_eq!(n, 0, "{name}: what is gone is not erased again"),
            (Ok(_), _) => tip.said = Said::Gone,
            // Whether it is there is not known from here on.
            (Err(StoreError::Stopped | StoreError::Partly), Said::Stored) => tip.said = Said::Nothing,
            (Err(_), _) => {}
        }
    }

    /// Seals all volumes.
    pub fn seal(&mut self) {
        self.relay().text.leave_current();
        self.relay().bulk.leave_current();
        let ledger = Arc::clone(self.ledger());
        let volumes: Vec<_> = ledger.known().volumes.values().cloned().collect();
        for volume in volumes {
            let sealed = sealer::seal(&ledger, &volume);
            assert!(sealed.is_ok() || self.is_faulty, "{}: {sealed:?}", self.name);
        }
    }

    /// Days go by, or the clock goes wrong for a while.
    fn turn_the_clock(&mut self) {
        let turned = match self.rng.gen_range(0..4) {
            0 => self.today.plus(3000),
            1 => self.today.plus(-3000),
            _ => {
                self.today = self.today.plus(9);
                self.today
            }
        };
        self.look_at(turned);
    }

    /// What has expired goes, as far as the clock is believed.
    pub fn look_at(&mut self, turned: Day) {
        self.clock.set(turned);
        let ledger = Arc::clone(self.ledger());
        let today = ledger.look_at_clock();
        let expired = today.and_then(|today| {
            let Relay { text, bulk, .. } = self.relay();
            for lane in [text, bulk] {
                lane.leave(None, Some(today));
            }
            erase::expired(&ledger, today, |_| Ok(()))
        });
        self.clock.set(self.today);
        let over = |tip: &Tip| tip.day.plus(RETENTION.into()) <= self.today;
        let name = &self.name;
        for tip in self.tips.values_mut() {
            match (&expired, tip.said) {
                (Ok(_), Said::Stored | Said::Nothing) if over(tip) => tip.said = Said::Gone,
                (Err(_), Said::Stored) if over(tip) => tip.said = Said::Nothing,
                _ => {}
            }
        }
        assert!(expired.is_ok() || self.is_faulty, "{name}: {expired:?}");
    }

    /// Every answer about every tip is true; without a fault to come, there is an answer.
    fn look_at_all(&mut self) {
        let ledger = Arc::clone(self.ledger());
        let listed = retrieve::list(&ledger, None, usize::MAX);
        assert!(listed.is_ok() || self.is_faulty, "{}", self.name);
        let days: Option<BTreeMap<TipId, Day>> =
            listed.ok().map(|all| all.iter().map(|tip| (tip.id, tip.day)).collect());
        for (id, tip) in &mut self.tips {
            let found = read(&ledger, id);
            let is_listed = days.as_ref().map(|days| days.contains_key(id));
            let case = format!("{}, a tip of {} bytes", self.name, tip.bytes.len());
            match (&found, tip.said) {
                (Ok(None), Said::Stored) => panic!("{case}: it was acknowledged, and is called absent"),
                (Ok(Some(_)), Said::Gone) => panic!("{case}: it was called gone, and is there"),
                (Ok(Some(bytes)), _) => assert!(*bytes == tip.bytes, "{case}: it differs"),
                (Ok(None), _) => {}
                (Err(error), _) => assert!(self.is_faulty, "{case}: {error}"),
            }
            if !self.is_faulty {
                assert_eq!(is_listed, Some(matches!(found, Ok(Some(_)))), "{case}: listed or not");
                // What was not known is known now.
                if tip.said == Said::Nothing {
                    let day = days.as_ref().and_then(|days| days.get(id)).copied();
                    tip.said = if day.is_some() { Said::Stored } else { Said::Gone };
                    tip.day = day.unwrap_or(tip.day);
                }
            } else if is_listed == Some(true) {
                assert_ne!(tip.said, Said::Gone, "{case}: listed");
            }
        }
    }

    /// Of what is gone, no key is on the medium: not in a slot file that is there, and not in one that was removed.
    fn no_key_is_left(&self) {
        let gone = self.tips.values().filter(|tip| tip.said == Said::Gone);
        let keys: Vec<_> = gone.flat_map(|tip| &tip.keys).collect();
        for slots in self.disk.medium("softinfo/store-slots") {
            for key in &keys {
                assert!(memchr::memmem::find(&slots, &key[..]).is_none(), "{}: a key of what is gone", self.name);
            }
        }
    }

    /// Does one thing, drawn at random; starts again when the store has stopped.
    pub fn step(&mut self) {
        match self.rng.gen_range(0..100) {
            0..40 => self.put(),
            40..62 => self.ingest(),
            62..78 => self.erase(),
            78..84 => self.seal(),
            84..90 => self.turn_the_clock(),
            90..96 => self.look_at_all(),
            _ => self.restart(),
        }
        if self.disk.is_cut() || self.ledger().has_stopped() {
            self.restart();
        }
    }
}

/// All bytes of the tip with this id.
fn read(ledger: &Arc<Ledger>, id: &TipId) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(stored) = retrieve::get(ledger, id)? else { return Ok(None) };
    let chunks = usize::try_from(stored.listed().size).unwrap().div_ceil(CHUNK);
    let mut bytes = Vec::new();
    for number in 0..chunks {
        bytes.extend(stored.chunk(u32::try_from(number).unwrap())?);
    }
    Ok(Some(bytes))
}

/// Bytes that no other call gives.
fn noise(rng: &mut StdRng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng.fill_bytes(&mut bytes);
    bytes
}
