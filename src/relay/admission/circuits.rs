//! What each circuit does at a time and in an hour. In memory only, and forgotten when the hour is over.
//!
//! In: circuits and bytes. Out: leases, or a refusal. Touches nothing.
//!
//! One visitor has one circuit at a time, and a new one for the asking: this slows a flood over one circuit and is no more than that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::CircuitLimits;
use crate::net::Circuit;
use crate::problem::Problem;

const HOUR: Duration = Duration::from_hours(1);
/// Seconds until one upload of a circuit is likely to be done.
const SOON: u64 = 60;

/// A circuit that has sent no more than one part in so many of its hourly share is forgotten when it is gone.
const LITTLE: u64 = 64;

/// All circuits that were seen within the hour.
pub(crate) struct Circuits {
    limits: CircuitLimits,
    /// Blocks of memory of their own, which are zeroed when they are freed; a map would leave numbers behind in its table.
    accounts: Mutex<Vec<Arc<Account>>>,
}

struct Account {
    circuit: Circuit,
    used: Mutex<Use>,
}

struct Use {
    connections: u32,
    uploads: u32,
    bytes: u64,
    hour: Instant,
}

/// A connection over a circuit, counted until it is dropped.
pub(crate) struct CircuitLease {
    account: Arc<Account>,
    limits: CircuitLimits,
}

/// An upload over a circuit, counted until it is dropped.
pub(super) struct Upload(Arc<Account>);

impl Circuits {
    /// No circuit was seen yet.
    pub fn new(limits: CircuitLimits) -> Self {
        Self { limits, accounts: Mutex::default() }
    }

    /// Counts a connection; `None` when the circuit has enough of them.
    pub fn connect(&self, circuit: Circuit) -> Option<CircuitLease> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = accounts.iter().find(|account| account.circuit == circuit).cloned();
        let account = known.unwrap_or_else(|| {
            let little = (self.limits.hour_mib << 20) / LITTLE;
            accounts.retain(|account| !account.is_forgotten(little));
            let used = Use { connections: 0, uploads: 0, bytes: 0, hour: Instant::now() };
            let new = Arc::new(Account { circuit, used: Mutex::new(used) });
            accounts.push(Arc::clone(&new));
            new
        });
        let mut used = account.lock();
        if used.connections >= self.limits.connections {
            return None;
        }
        used.connections += 1;
        drop(used);
        Some(CircuitLease { account, limits: self.limits.clone() })
    }
}

impl Account {
    fn lock(&self) -> MutexGuard<'_, Use> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its account may go. With `little` bytes or fewer nothing is gained by that: a new circuit begins with none.
    fn is_forgotten(&self, little: u64) -> bool {
        let used = self.lock();
        used.connections == 0 && used.uploads == 0 && (used.bytes <= little || used.hour.elapsed() >= HOUR)
    }

    fn spend(&self, bytes: u64) {
        let mut used = self.lock();
        if used.hour.elapsed() >= HOUR {
            (used.hour, used.bytes) = (Instant::now(), 0);
        }
        used.bytes = used.bytes.saturating_add(bytes);
    }
}

impl CircuitLease {
    /// Counts an upload, or says when the next one may come.
    pub(super) fn upload(&self) -> Result<Upload, Problem> {
        self.account.spend(0);
        let mut used = self.account.lock();
        if used.bytes >= self.limits.hour_mib << 20 {
            let left = HOUR.saturating_sub(used.hour.elapsed());
            return Err(Problem::CircuitSpent { retry: left.as_secs().max(1) });
        }
        if used.uploads >= self.limits.uploads {
            return Err(Problem::CircuitSpent { retry: SOON });
        }
        used.uploads += 1;
        Ok(Upload(Arc::clone(&self.account)))
    }
}

impl Upload {
    /// So many bytes have come.
    pub fn spend(&self, bytes: u64) {
        self.0.spend(bytes);
    }
}

impl Drop for CircuitLease {
    fn drop(&mut self) {
        self.account.lock().connections -= 1;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.0.lock().uploads -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circuit(n: u8) -> Circuit {
        Circuit::parse(format!("PROXY TCP6 fc00:dead:beef:4dad::{n:x} ::1 1 80\r\n").as_bytes()).ok().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_circuit_has_its_share_and_the_others_have_theirs() {
        let circuits = Circuits::new(CircuitLimits { connections: 2, uploads: 1, hour_mib: 1 });
        let (one, two) = (circuits.connect(circuit(1)).unwrap(), circuits.connect(circuit(1)).unwrap());
        assert!(circuits.connect(circuit(1)).is_none());
        let upload = one.upload().ok().unwrap();
        assert!(two.upload().is_err(), "over another connection of the same circuit");
        let other = circuits.connect(circuit(2)).unwrap();
        assert!(other.upload().is_ok());
        upload.spend(1 << 20);
        drop(upload);
        assert_eq!(two.upload().err(), Some(Problem::CircuitSpent { retry: 3600 }));
        tokio::time::sleep(HOUR).await;
        assert!(two.upload().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_circuit_that_is_gone_is_forgotten_but_not_within_its_hour() {
        let circuits = Circuits::new(CircuitLimits { connections: 2, uploads: 1, hour_mib: 1 });
        let one = circuits.connect(circuit(1)).unwrap();
        one.upload().ok().unwrap().spend(1 << 20);
        drop(one);
        drop(circuits.connect(circuit(2)).unwrap());
        assert!(circuits.connect(circuit(1)).unwrap().upload().is_err());
        tokio::time::sleep(HOUR).await;
        drop(circuits.connect(circuit(3)).unwrap());
        assert_eq!(circuits.accounts.lock().unwrap().len(), 1);
    }
}
