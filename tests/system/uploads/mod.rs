//! The ways a tip can come that are no single request of a program: in pieces, by a form; and the page that sends it.

mod broken;
mod form;
mod page;
mod pieces;
