//! The way of a body that carries a tip, in one place: **classify, admit, accept, drain, answer**.
//!
//! In: `POST /tips`, with a tip as it is, a form or the first piece of an upload, and `PATCH` with a further piece. Out: whether the tip is durable,
//! as JSON or, to a form, as a page. Touches: the store, through [`Acceptor`](crate::accept::Acceptor); the uploads.
//!
//! 1. [`Class`]: what the body is, by its head alone.
//! 2. [`Class::admit`]: a permit, or a refusal before a byte is read.
//! 3. Into the store, or beside it as long as pieces are missing. Whatever it waits for, it ends when the permit is taken back.
//! 4. What was not read is read on and thrown away, or the sender never sees the answer.
//! 5. The answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use softinfo_formats::envelope::padding::{SizeClass, largest_file};

use super::class::{Class, Kind, Length};
use super::form_pages::FormPages;
use super::multipart;
use super::uploads::{Piece, Refusal, Resumable};
use crate::accept::DurableTip;
use crate::admission::Permit;
use crate::http::body::{Pieces, Received};
use crate::http::connection::Caller;
use crate::http::upload_headers::set_limit;
use crate::problem::Problem;

/// What taking a tip needs of the relay.
#[derive(Clone)]
pub(crate) struct Tips {
    pub resumable: Resumable,
    pub form_pages: Arc<FormPages>,
    /// Time without a byte after which a body is given up.
    pub idle: Duration,
}

/// A request whose body is still to come.
struct Sent {
    class: Class,
    caller: Caller,
    headers: HeaderMap,
    received: Received,
}

/// `POST /tips`.
pub(crate) async fn post(
    State(tips): State<Tips>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let received = Received::new(body, tips.idle);
    // Classify.
    let class = Class::of(&headers, tips.resumable.serving.max_plaintext());
    let kind = class.kind;
    let sent = Sent { class, caller, headers, received };
    if kind == Kind::Piece { tips.piece(Piece::First, sent).await } else { tips.whole(sent).await }
}

/// `PATCH /tips/uploads/{token}`.
pub(crate) async fn patch(
    State(tips): State<Tips>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let received = Received::new(body, tips.idle);
    // Classify.
    let class = Class::further_piece(&headers, tips.resumable.serving.max_plaintext());
    tips.piece(Piece::Further(token), Sent { class, caller, headers, received }).await
}

impl Tips {
    /// A tip that is sent whole, as it is or in a form. Broken off when its sender goes.
    async fn whole(&self, sent: Sent) -> Response {
        // Admit.
        let budget = &self.resumable.acceptor.budget;
        let permit = match sent.class.admit(budget, sent.caller.circuit.as_deref()) {
            Ok(permit) => permit,
            Err(problem) => return self.drain_and_answer(Err(problem), &sent.class, sent.received),
        };
        // Accept.
        let received = sent.received.clone().metered(permit.meter());
        let accepted = permit.run(self.accept(&permit, &sent, &received)).await;
        match &accepted {
            Ok(accepted) if !accepted.already => {}
            // These were broken off: what came was taken, for nothing.
            Err(Problem::Interrupted | Problem::Timeout | Problem::Unsure) => {}
            Ok(_) | Err(_) => permit.refund(),
        }
        drop(permit);
        // Drain, answer.
        self.drain_and_answer(accepted, &sent.class, received)
    }

    /// Reads the body and stores the tip in it.
    async fn accept(&self, permit: &Permit, sent: &Sent, received: &Received) -> Result<DurableTip, Problem> {
        let (Sent { class, caller, headers, .. }, acceptor) = (sent, &self.resumable.acceptor);
        let max = class.max_plaintext;
        match class.kind {
            Kind::Form(_) => multipart::accept(acceptor, class, (permit, caller), headers, received).await,
            // Its announced length has bounded it.
            Kind::Whole(Length::Text) => {
                let text = Pieces::new(received.frames(u64::MAX)).gather(usize::MAX).await?;
                acceptor.text(permit, caller, text, max).await
            }
            // An announced length is judged before anything is stored; a body without one is judged at its end.
            Kind::Whole(Length::Large) => {
                let announced = class.announced.map(|length| SizeClass::of_file(length, max));
                acceptor.large(permit, caller, announced, &mut Pieces::new(received.frames(u64::MAX)), max).await
            }
            // Neither comes so far: pieces go another way, and other bodies are not admitted.
            Kind::Piece => Err(Problem::BadRequest),
            Kind::Other => Err(Problem::UnsupportedMediaType),
        }
    }

    fn drain_and_answer(&self, accepted: Result<DurableTip, Problem>, class: &Class, received: Received) -> Response {
        let is_form = matches!(class.kind, Kind::Form(_));
        match &accepted {
            Err(problem) => received.drain_after(problem, class.announced, class.max_plaintext),
            // What stands behind the tip is not looked at, but a browser wants to get rid of it.
            Ok(_) if is_form => received.drain_after(&Problem::BadRequest, class.announced, class.max_plaintext),
            Ok(_) => {}
        }
        match accepted {
            accepted if is_form => self.form_pages.to_form(&accepted),
            Ok(accepted) => accepted.to_json(),
            Err(problem) => problem.into_response(),
        }
    }

    /// A piece of a tip. Goes on when the sender has gone: what arrived is staged to its end, and what was sent to its end is stored.
    async fn piece(self, piece: Piece, sent: Sent) -> Response {
        let Sent { class, caller, headers, received } = sent;
        // Admit.
        let budget = &self.resumable.acceptor.budget;
        let permit = match class.admit(budget, caller.circuit.as_deref()) {
            Ok(permit) => permit,
            Err(problem) => return drain_and_answer_piece(Err(problem.into()), &class, received),
        };
        let received = received.metered(permit.meter());
        let going_on = async move {
            // Accept: what comes is staged, and with the last piece it is a tip.
            let answer = match piece {
                Piece::First => {
                    let created = self.resumable.create(&class, &permit, &headers, &received).await;
                    if created.is_err() {
                        permit.refund();
                    }
                    created
                }
                // What was staged of it stays when the permit is taken back, as when the connection breaks.
                Piece::Further(token) => {
                    let appending = self.resumable.append(&class, (&permit, &caller), &token, &headers, &received);
                    permit.run(appending).await
                }
            };
            drop(permit);
            // Drain, answer.
            drain_and_answer_piece(answer, &class, received)
        };
        tokio::spawn(going_on).await.unwrap_or_else(|_| Problem::Unavailable.into_response())
    }
}

fn drain_and_answer_piece(answer: Result<Response, Refusal>, class: &Class, received: Received) -> Response {
    let refusal = match answer {
        Ok(answer) => return answer,
        Err(refusal) => refusal,
    };
    let problem = if let Refusal::Problem(problem) = &refusal { problem } else { &Problem::BadRequest };
    received.drain_after(problem, class.announced, class.max_plaintext);
    let mut answer = refusal.into_response();
    if answer.status() == StatusCode::PAYLOAD_TOO_LARGE {
        set_limit(answer.headers_mut(), largest_file(class.max_plaintext));
    }
    answer
}
