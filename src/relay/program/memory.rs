//! Makes the C library give freed memory back. The one place of this program with unsafe code.
//!
//! sled frees a volume's pages when the volume is closed, but glibc keeps them, for each thread apart. Measured with tips of 200 MB:
//! without this the relay stays at 250 MB. Smaller blocks than these could be given back one by one, but then each of sled's
//! write buffers would be made of new pages, which costs a quarter of the intake.
#![allow(unsafe_code)]

#[cfg(target_env = "gnu")]
use std::sync::atomic::{AtomicUsize, Ordering};

/// Sets one arena for all threads. Called once, before there is a second thread.
#[cfg(target_env = "gnu")]
pub fn prepare() {
    // SAFETY: `mallopt` only changes numbers inside the allocator.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 4 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 64 << 20);
    }
}

/// Volumes that may be closed before memory is given back: doing it each time costs more than it saves.
#[cfg(target_env = "gnu")]
const EVERY: usize = 2;

/// Gives back what is free, wherever it lies. Called when a volume was closed.
#[cfg(target_env = "gnu")]
pub fn give_back() {
    static CLOSED: AtomicUsize = AtomicUsize::new(0);
    if !CLOSED.fetch_add(1, Ordering::Relaxed).is_multiple_of(EVERY) {
        return;
    }
    // SAFETY: `malloc_trim` may be called at any time; it touches free memory only.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Other C libraries have no such settings.
#[cfg(not(target_env = "gnu"))]
pub fn prepare() {}

/// Other C libraries have no such call.
#[cfg(not(target_env = "gnu"))]
pub fn give_back() {}
