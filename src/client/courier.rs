//! The calls of the couriers' listener: the list of tips, and a tip (`docs/protocol.md`, 6).
//!
//! In: a place in the list, an id. Out: what the relay says or sends, of which nothing is believed here.

use std::io::Read;

use softinfo_formats::api::paths;
use softinfo_formats::api::pool::{PoolCursor, PoolPage, SCHEMA};
use softinfo_formats::envelope::id::TipId;
use ureq::http::StatusCode;

use crate::error::ClientError;
use crate::pace::Pace;
use crate::transport::{MAX_ANSWER, RelayClient, whole};

impl RelayClient {
    /// One page of the pool behind `after`, of at most a mebibyte. `pace` is that of the whole list: pages that each come in time may never end.
    pub fn pool(&self, after: Option<&PoolCursor>, pace: &mut Pace) -> Result<PoolPage, ClientError> {
        let mut response = self.get(&paths::pool_after(after), None)?;
        let bytes = whole(&mut response, MAX_ANSWER, pace)?;
        serde_json::from_slice(&bytes).map_err(|_| ClientError::NotARelay(format!("its list of tips is no {SCHEMA}")))
    }

    /// The bytes of a tip from `from` on, as many and as slowly as the relay sends them: whoever reads them sets an end, and keeps a [`Pace`].
    pub fn tip(&self, id: &TipId, from: u64) -> Result<impl Read + use<>, ClientError> {
        let range = (from > 0).then(|| format!("bytes={from}-"));
        let response = self.get(&paths::tip(id), range.as_deref())?;
        if from > 0 && response.status() != StatusCode::PARTIAL_CONTENT {
            return Err(ClientError::NotARelay("it ignores ranges".to_owned()));
        }
        Ok(response.into_body().into_with_config().limit(u64::MAX).reader())
    }
}
