//! What a person sees of the desk, as values: a terminal prints them, a screen lays them out. Nothing here shows or changes anything.
//!
//! In: the casebook, a tip that was read. Out: rows and sections, in the order in which they are read.

mod list;
mod sheet;

pub use list::{TipFile, TipList, TipRow};
pub use sheet::{Claim, Field, Sheet};
