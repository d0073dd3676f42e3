//! The ways a tip can come that are no single request of a program: in pieces, by a form; and the page that sends it.

mod scene;

#[path = "uploads/asking.rs"]
mod asking;
#[path = "uploads/broken.rs"]
mod broken;
#[path = "uploads/form.rs"]
mod form;
#[path = "durable/known.rs"]
mod known;
#[path = "uploads/page.rs"]
mod page;
#[path = "uploads/pieces.rs"]
mod pieces;
