//! The staging by itself: what a crash leaves, what a day does, what a stranger with the disk sees.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use softinfo_base::clock::{Clock, SystemClock};
use softinfo_base::day::Day;
use softinfo_base::file::date;
use softinfo_base::limits::UPLOAD_RECORD;
use softinfo_formats::envelope::id::TipId;

use super::session_file::{Found, Session};
use super::staging::Uploads;
use super::token::Token;
use crate::accept::DurableTip;

const SIZE: u64 = 1_000_000;

struct Stage {
    folder: tempfile::TempDir,
    uploads: Uploads,
    token: Token,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::open(folder.path().join("uploads"), 0, u64::MAX, Arc::new(SystemClock)).unwrap();
        Self { folder, uploads, token: Token::random() }
    }

    async fn begin(&self) -> Session {
        let turn = self.uploads.turns.take(&self.token.name()).await.unwrap();
        self.uploads.create(&self.token, SIZE, turn).unwrap()
    }

    async fn find(&self) -> Option<Found> {
        let turn = self.uploads.turns.take(&self.token.name()).await.unwrap();
        self.uploads.find(&self.token, turn).unwrap()
    }

    async fn open(&self) -> Session {
        match self.find().await {
            Some(Found::Open(session)) => session,
            _ => panic!("there is no open upload"),
        }
    }

    /// An upload with three records.
    async fn three(&self) {
        let mut session = self.begin().await;
        for n in 0..3 {
            self.uploads.append(&mut session, &record(n)).unwrap();
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("uploads").join(self.token.name().to_string())
    }

    fn size(&self) -> u64 {
        fs::metadata(self.file()).unwrap().len()
    }
}

fn record(n: u8) -> Vec<u8> {
    vec![n; if n == 2 { 100 } else { UPLOAD_RECORD }]
}

fn read_all(session: &mut Session) -> Vec<u8> {
    std::iter::from_fn(|| session.next_piece().unwrap()).flatten().collect()
}

fn seconds(path: &Path) -> u64 {
    fs::metadata(path).unwrap().modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn what_was_staged_comes_back_and_more_can_be_added() {
    let stage = Stage::new();
    stage.three().await;
    let mut session = stage.open().await;
    assert_eq!((session.offset(), session.length), (2 * UPLOAD_RECORD as u64 + 100, SIZE));
    stage.uploads.append(&mut session, b"more").unwrap();
    drop(session);
    let all = [record(0), record(1), record(2), b"more".to_vec()].concat();
    assert!(read_all(&mut stage.open().await) == all);
}

#[tokio::test]
async fn a_torn_tail_is_cut_off_wherever_it_was_torn() {
    let stage = Stage::new();
    stage.three().await;
    let whole = fs::read(stage.file()).unwrap();
    let last = 100 + 44;
    for torn in [1, 16, 99, 120, last - 1] {
        fs::write(stage.file(), &whole[..whole.len() - torn]).unwrap();
        assert_eq!(stage.open().await.offset(), 2 * UPLOAD_RECORD as u64, "{torn}");
        assert_eq!(stage.size(), (whole.len() - last) as u64, "{torn}");
    }
    // Written, but never reached the disk: the length is right and the content is not.
    for zeroed in [50, last - 4, last + 1000] {
        let mut bytes = whole.clone();
        let from = bytes.len() - zeroed;
        bytes[from..].fill(0);
        fs::write(stage.file(), bytes).unwrap();
        let good = if zeroed > last { 1 } else { 2 };
        assert_eq!(stage.open().await.offset(), good * UPLOAD_RECORD as u64, "{zeroed}");
    }
    // Half of the first record of all: nobody was ever told its address.
    fs::write(stage.file(), &whole[..40]).unwrap();
    assert!(stage.find().await.is_none());
}

#[tokio::test]
async fn damage_in_the_middle_shows_when_it_is_read_and_costs_what_lies_behind() {
    let stage = Stage::new();
    stage.three().await;
    let mut bytes = fs::read(stage.file()).unwrap();
    bytes[UPLOAD_RECORD + 1000] ^= 1;
    fs::write(stage.file(), bytes).unwrap();
    let mut session = stage.open().await;
    assert_eq!(session.next_piece().unwrap().unwrap(), record(0));
    assert_eq!(session.next_piece().unwrap_err().kind(), std::io::ErrorKind::InvalidData);
    assert_eq!(session.cut_after_read().unwrap(), UPLOAD_RECORD as u64);
    drop(session);
    assert!(read_all(&mut stage.open().await) == record(0));
}

#[tokio::test]
async fn records_in_another_order_are_no_upload() {
    let stage = Stage::new();
    stage.three().await;
    let bytes = fs::read(stage.file()).unwrap();
    let (head, rest) = bytes.split_at(89);
    let (first, rest) = rest.split_at(UPLOAD_RECORD + 44);
    let (second, _) = rest.split_at(UPLOAD_RECORD + 44);
    fs::write(stage.file(), [head, second, first].concat()).unwrap();
    assert_eq!(stage.open().await.offset(), 0);
}

#[tokio::test]
async fn a_finished_upload_is_a_short_answer_for_its_token_alone() {
    let stage = Stage::new();
    stage.three().await;
    let stored = DurableTip { id: TipId::of(b"x"), day: SystemClock.today(), already: true };
    stage.uploads.finish(stage.open().await, stored).unwrap();
    match stage.find().await {
        Some(Found::Done(done)) => assert_eq!((done.length, done.accepted), (SIZE, stored)),
        _ => panic!("it is not finished"),
    }
    let bytes = fs::read(stage.file()).unwrap();
    assert!(bytes.len() < 100 && !bytes.windows(32).any(|window| window == stored.id.as_bytes()));
    // Under another name: another token's key opens nothing.
    let stranger = Token::random();
    fs::rename(stage.file(), stage.folder.path().join("uploads").join(stranger.name().to_string())).unwrap();
    let turn = stage.uploads.turns.take(&stranger.name()).await.unwrap();
    assert!(stage.uploads.find(&stranger, turn).unwrap().is_none());
}

#[tokio::test]
async fn nothing_of_a_tip_or_its_token_is_readable_on_disk_and_times_are_those_of_a_day() {
    let stage = Stage::new();
    stage.three().await;
    let bytes = fs::read(stage.file()).unwrap();
    assert!(!bytes.windows(32).any(|window| window == [1; 32]));
    let token = stage.token.address();
    assert!(!stage.file().to_str().unwrap().contains(token.rsplit('/').next().unwrap()));
    assert_eq!(seconds(&stage.file()) % 86_400, 0);
    assert_eq!(seconds(&stage.folder.path().join("uploads")) % 86_400, 0);
}

#[tokio::test]
async fn what_is_left_alone_for_a_whole_day_is_erased_and_what_is_worked_on_is_not() {
    let stage = Stage::new();
    let session = stage.begin().await;
    assert_eq!(stage.uploads.expire(SystemClock.today().plus(30)).unwrap(), 0, "a request works on it");
    drop(session);
    // The day that it was written, also at midnight.
    let today = Day::of(fs::metadata(stage.file()).unwrap().modified().unwrap());
    assert_eq!(stage.uploads.expire(today).unwrap(), 0);
    assert_eq!(stage.uploads.expire(today.plus(1)).unwrap(), 0);
    assert_eq!(stage.uploads.expire(today.plus(2)).unwrap(), 1);
    assert!(!stage.file().exists() && stage.find().await.is_none());
    // Killed while it wrote: the time is finer than a day until the next round.
    stage.three().await;
    let file = fs::File::options().write(true).open(stage.file()).unwrap();
    file.set_modified(std::time::SystemTime::now()).unwrap();
    stage.uploads.expire(today).unwrap();
    assert_eq!(seconds(&stage.file()) % 86_400, 0);
    // An answer that nobody asked for goes the same way.
    let stored = DurableTip { id: TipId::of(b""), day: today, already: false };
    stage.uploads.finish(stage.open().await, stored).unwrap();
    let file = fs::File::open(stage.file()).unwrap();
    date(&file, today.plus(-2)).unwrap();
    assert_eq!(stage.uploads.expire(today).unwrap(), 1);
}

#[tokio::test]
async fn a_disk_below_the_floor_takes_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let uploads = Uploads::open(folder.path().join("uploads"), u64::MAX, u64::MAX, Arc::new(SystemClock)).unwrap();
    let token = Token::random();
    let turn = uploads.turns.take(&token.name()).await.unwrap();
    assert!(matches!(uploads.create(&token, SIZE, turn), Err(softinfo_store::StoreError::Full)));
    assert_eq!(fs::read_dir(folder.path().join("uploads")).unwrap().count(), 0);
}

/// The first that could not be erased kept all behind it, for good.
#[tokio::test]
async fn what_can_not_be_erased_keeps_nothing_else_from_being_erased() {
    let stage = Stage::new();
    let folder = stage.folder.path().join("uploads");
    for n in 0..20 {
        fs::write(folder.join(n.to_string()), "left").unwrap();
    }
    fs::create_dir(folder.join("a-folder")).unwrap();
    assert!(stage.uploads.expire(SystemClock.today().plus(2)).is_err());
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["a-folder"]);
}
