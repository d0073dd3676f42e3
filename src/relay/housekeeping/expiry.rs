//! What has expired is erased, and file times are made those of a day.
//!
//! In: the day. Out: a line of the log where something could not be erased. Touches: the store, the uploads, the count of what is kept.

use std::sync::Arc;

use softinfo_base::clock::Clock;
use softinfo_store::{Store, pool::Pool};

use super::HOUR;
use crate::courier::status::Status;
use crate::intake::uploads::Uploads;
use crate::log::{Event, log};

/// Uploads once an hour, tips once a day; then all files get the times of their day, and what is kept is counted.
pub(crate) async fn go_on(pool: Arc<Pool>, uploads: Arc<Uploads>, status: Arc<Status>, clock: Arc<dyn Clock>) {
    let mut done = clock.today();
    loop {
        tokio::time::sleep(HOUR).await;
        let today = clock.today();
        let (pool, uploads, status) = (Arc::clone(&pool), Arc::clone(&uploads), Arc::clone(&status));
        let erased = tokio::task::spawn_blocking(move || {
            // Each for itself: what fails in one must not keep the others from being done.
            let staged = uploads.expire(today).map(drop);
            let tips = if today == done { Ok(()) } else { pool.expire(today).map(drop) };
            pool.date_files();
            status.count(today);
            staged.and(tips)
        });
        match erased.await {
            Ok(Ok(())) => done = today,
            _ => log(&Event::ExpiryFailed),
        }
    }
}
