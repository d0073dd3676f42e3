//! Makes the C library give freed memory back. The one place of this program with unsafe code.
//!
//! sled frees a volume's pages when the volume is closed, but glibc keeps them, for each thread apart: measured with two tips of 200 MB,
//! the relay stayed at 250 MB instead of 73. Three settings, before any thread is started, change that.
#![allow(unsafe_code)]

/// Sets one arena for all threads, and returns freed memory above 1 MB to the system.
#[cfg(target_env = "gnu")]
pub fn give_back_what_is_freed() {
    // SAFETY: `mallopt` only changes numbers inside the allocator; it is called once, before there is a second thread.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 4 << 20);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 20);
    }
}

/// Other C libraries have no such settings.
#[cfg(not(target_env = "gnu"))]
pub fn give_back_what_is_freed() {}
