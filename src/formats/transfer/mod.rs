//! What crosses the air gap, and the tar that it and a tip's contents are written in.
//!
//! In: files. Out: a POSIX ustar archive without anything that tells whose machine made it; and back, each fixed field checked.

pub mod bundle;
pub mod ustar;
