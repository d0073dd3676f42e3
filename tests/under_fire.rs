//! Crowds, floods and callers that stretch what HTTP allows: the relay goes on answering others, and says when to come back.

mod scene;

#[path = "uploads/asking.rs"]
mod asking;
#[path = "under_fire/circuits.rs"]
mod circuits;
#[path = "under_fire/couriers.rs"]
mod couriers;
#[path = "under_fire/crowd.rs"]
mod crowd;
#[path = "under_fire/flood.rs"]
mod flood;
#[path = "under_fire/heads.rs"]
mod heads;
#[path = "durable/known.rs"]
mod known;
#[path = "under_fire/reload.rs"]
mod reload;
#[path = "under_fire/status.rs"]
mod status;
#[path = "under_fire/tls.rs"]
mod tls;

/// MiB of memory that the relay may take under a load of these. What is bounded: 16 of texts, 24 of large tips and 16 of lists of tokens on their way,
/// 20 KiB a connection, one sealed database; 41 to 95 were measured, in debug builds as in release.
const MOST_MIB: u64 = 128;
