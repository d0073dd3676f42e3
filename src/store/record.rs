//! What one slot says of a tip, and the 128 bytes that say it (`docs/store.md`, section 1).
//!
//! In: a record, or the bytes of a slot. Out: the bytes, or what they say, down to a slot that a crash has torn. Touches nothing. The key
//! that is in it is erased from memory on drop, and is never printed.

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::wrap::Wrap;
use softinfo_formats::envelope::header::TipHeader;
use softinfo_formats::envelope::id::TipId;
use softinfo_formats::envelope::withdraw::WithdrawDigest;

/// Bytes of a slot, and of the file's head: they never straddle a disk sector.
pub(super) const SLOT: usize = 128;
/// First byte of a slot with a tip.
const COMMITTED: u8 = 1;
/// First byte of a slot that is being overwritten.
pub(super) const ERASING: u8 = 0xee;

/// What a slot holds of a tip.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Record {
    /// Bytes of the tip.
    pub size: u64,
    /// SHA-256 of the tip.
    pub id: [u8; 32],
    /// Digest of its withdraw token.
    pub digest: [u8; 32],
    /// The key its chunks are wrapped with.
    pub key: [u8; 32],
    /// Where its first wrapped chunk lies in the volume's journal, in bytes. The others follow.
    pub offset: u64,
}

impl Record {
    /// Of a tip of `size` bytes whose chunks are wrapped under the key of `wrap`. Where they lie is the lane's to say.
    pub fn new(wrap: &Wrap, size: u64, id: TipId, header: &TipHeader) -> Self {
        Self { size, id: *id.as_bytes(), digest: *header.withdraw.as_bytes(), key: *wrap.key, offset: 0 }
    }

    pub fn tip_id(&self) -> TipId {
        TipId::from_bytes(self.id)
    }

    pub fn withdraw(&self) -> WithdrawDigest {
        WithdrawDigest::from_bytes(self.digest)
    }

    /// The bytes of a slot that holds it.
    pub fn to_slot(&self) -> Zeroizing<[u8; SLOT]> {
        let mut slot = Zeroizing::new([0; SLOT]);
        slot[0] = COMMITTED;
        slot[8..16].copy_from_slice(&self.size.to_be_bytes());
        slot[16..48].copy_from_slice(&self.id);
        slot[48..80].copy_from_slice(&self.digest);
        slot[80..112].copy_from_slice(&self.key);
        slot[112..120].copy_from_slice(&self.offset.to_be_bytes());
        let check = check(&slot);
        slot[120..].copy_from_slice(&check);
        slot
    }
}

/// Eight bytes that tell a whole slot from a torn one.
fn check(slot: &[u8; SLOT]) -> [u8; 8] {
    let digest = Sha256::digest(&slot[..120]);
    std::array::from_fn(|n| digest[n])
}

/// What a slot says.
pub(super) enum State {
    /// Free, or gone: nothing tells them apart.
    Empty,
    Committed(Record),
    /// Its erasure was begun and not finished: nobody is served from it, and what is left of it has to be overwritten.
    Erasing,
    /// None of these: a write to it was cut short, or the disk has changed it. What is left of it has to be overwritten, too.
    Torn,
}

impl State {
    /// What the bytes of a slot say.
    pub fn of(slot: &[u8; SLOT]) -> Self {
        let field = |from: usize| std::array::from_fn(|n| slot[from + n]);
        let number = |from: usize| u64::from_be_bytes(std::array::from_fn(|n| slot[from + n]));
        match slot[0] {
            COMMITTED if slot[120..] == check(slot) => Self::Committed(Record {
                size: number(8),
                id: field(16),
                digest: field(48),
                key: field(80),
                offset: number(112),
            }),
            ERASING => Self::Erasing,
            _ if slot.iter().all(|&byte| byte == 0) => Self::Empty,
            _ => Self::Torn,
        }
    }
}
