//! What a relay and its callers both say over HTTP: where the calls are, the names and values of header fields, and the JSON of the answers
//! (`docs/protocol.md`, 5 and 6).
//!
//! In: fields of an answer, or its JSON. Out: the same as types. It has no HTTP of its own: names are text, so that a client and a server made on
//! different crates can use them. Fields that HTTP itself defines (RFC 9110) are named by those crates and not here.
//!
//! | file | what |
//! | --- | --- |
//! | [`paths`] | where the calls of both listeners are |
//! | [`media_types`] | what a body is |
//! | [`authorization`] | how a courier shows its token |
//! | [`upload`] | header fields of an upload in pieces |
//! | [`answer`] | what a relay says of a tip that it took, and of a withdrawal |
//! | [`problem`] | how a relay refuses |
//! | [`pool`] | the list of what a courier can fetch |

pub mod answer;
pub mod authorization;
pub mod media_types;
pub mod paths;
pub mod pool;
pub mod problem;
pub mod upload;
