//! What the rooms share: nothing here knows what softinfo is for.
//!
//! In: nothing. Out: days and the clock that gives them, the numbers that several rooms must agree on, files that are whole or absent,
//! words for errors and for a terminal. It knows no format, no key and no network.
#![forbid(unsafe_code)]

pub mod clock;
pub mod day;
pub mod digest;
pub mod file;
pub mod limits;
pub mod loopback;
pub mod process;
mod text_form;
pub mod wording;
