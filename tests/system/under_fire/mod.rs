//! Crowds, floods and callers that stretch what HTTP allows: the relay goes on answering others, and says when to come back.

mod circuits;
mod couriers;
mod crowd;
mod flood;
mod heads;
mod reload;
mod status;
mod tls;

/// MiB of memory that the relay may take under a load of these. What is bounded: 16 of texts, 24 of large tips and 16 of lists of tokens on their way,
/// 20 KiB a connection, one sealed database; 41 to 95 were measured, in debug builds as in release.
const MOST_MIB: u64 = 128;
