//! Bad input gets a clear answer that says what to do, and nothing of it is stored.

mod directories;
mod inspection;
mod people;
mod raw;
mod upload;
