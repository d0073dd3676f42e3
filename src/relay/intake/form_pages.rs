//! Answers to a form: small HTML pages without script, with the same sentence in every language of the page; and where one leaves to.
//!
//! In: what became of a form. Out: an HTML page. Touches nothing.
//!
//! The sentences come from `web/dist/answers.json`, which the build of the page writes.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use softinfo_formats::api::{media_types, paths};

use crate::accept::DurableTip;
use crate::problem::Problem;

const TEXTS: &str = include_str!("../../../web/dist/answers.json");
const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;padding:0 1rem}\
:root{color-scheme:light dark}dd{margin:0 0 1rem;overflow-wrap:anywhere;font-family:monospace}a{color:inherit}";
/// What stands in a browser's history: the title of the page as it is built, which says nothing.
const TITLE: &str = "Information";
/// The recipe in one language: the one after the `#`, or the last.
const AWAY_STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;padding:0 1rem}\
:root{color-scheme:light dark}section:not(:last-of-type),section:target~section{display:none}section:target{display:block!important}";

/// The sentences, in the order of the page.
#[derive(Debug)]
pub(crate) struct FormPages {
    languages: Vec<Sentences>,
    policy: HeaderValue,
    away: (Bytes, HeaderValue),
}

#[derive(Deserialize)]
struct File {
    languages: Vec<Sentences>,
}

#[derive(Debug, Deserialize)]
struct Sentences {
    lang: String,
    dir: String,
    stored: String,
    already: String,
    unsure: String,
    not_sealed: String,
    too_large: String,
    later: String,
    id: String,
    day: String,
    back: String,
    leave: String,
    away_title: String,
    away_text: String,
}

impl Sentences {
    /// What happened, for a person.
    fn outcome(&self, result: &Result<DurableTip, Problem>) -> &str {
        match result {
            Ok(DurableTip { already: true, .. }) => &self.already,
            Ok(_) => &self.stored,
            Err(Problem::Unsure | Problem::Unproven) => &self.unsure,
            Err(Problem::TooLarge { .. }) => &self.too_large,
            Err(Problem::NotATip(_) | Problem::NotASizeClass | Problem::UnsupportedMediaType | Problem::BadRequest) => {
                &self.not_sealed
            }
            Err(_) => &self.later,
        }
    }
}

impl FormPages {
    /// Reads what was built in.
    pub fn built_in() -> Result<Self, serde_json::Error> {
        let File { languages } = serde_json::from_str(TEXTS)?;
        let away = (Bytes::from(away(&languages)), policy(AWAY_STYLE)?);
        Ok(Self { languages, policy: policy(STYLE)?, away })
    }

    /// Where a browser without script goes to leave: a recipe, without a word of what was there before.
    fn away(&self) -> Response {
        let (html, policy) = self.away.clone();
        let fixed = [
            (header::CONTENT_TYPE, HeaderValue::from_static(media_types::HTML)),
            (header::CONTENT_SECURITY_POLICY, policy),
        ];
        (fixed, html).into_response()
    }

    /// The answer to a form, with the status that a program would get.
    pub fn to_form(&self, result: &Result<DurableTip, Problem>) -> Response {
        let status = result.as_ref().map_or_else(Problem::status, DurableTip::status);
        let fixed = [
            (header::CONTENT_TYPE, HeaderValue::from_static(media_types::HTML)),
            (header::CONTENT_SECURITY_POLICY, self.policy.clone()),
        ];
        let mut answer = (status, fixed, self.html(result)).into_response();
        if let Err(problem) = result {
            answer.extensions_mut().insert(problem.kind());
        }
        if let Some(seconds) = result.as_ref().err().and_then(Problem::retry) {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        answer
    }

    fn html(&self, result: &Result<DurableTip, Problem>) -> String {
        let first = self.languages.first().map_or("en", |first| &first.lang);
        let mut html = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{TITLE}</title>\n<style>{STYLE}</style>\n<main>\n<h1>softinfo</h1>\n",
            escape(first)
        );
        for language in &self.languages {
            push(&mut html, language, "p", "", language.outcome(result));
            html.push('\n');
        }
        if let Ok(stored) = result {
            html.push_str("<dl>\n");
            self.entry(&mut html, |language| &language.id, &stored.id.to_string());
            self.entry(&mut html, |language| &language.day, &stored.day.to_string());
            html.push_str("</dl>\n");
        }
        for language in &self.languages {
            html.push_str("<p>");
            push(&mut html, language, "a", &format!(" href=\"{}\"", paths::PAGE), &language.back);
            html.push_str(" · ");
            let recipe = format!(" href=\"{}#{}\"", paths::LEAVE, escape(&language.lang));
            push(&mut html, language, "a", &recipe, &language.leave);
            html.push_str("</p>\n");
        }
        html.push_str("</main>\n");
        html
    }

    fn entry(&self, html: &mut String, label: impl Fn(&Sentences) -> &String, value: &str) {
        html.push_str("<dt>");
        for (n, language) in self.languages.iter().enumerate() {
            // Between the words, and in nobody's direction.
            html.push_str(if n == 0 { "" } else { " · " });
            push(html, language, "bdi", "", label(language));
        }
        html.push_str("</dt><dd>");
        html.push_str(&escape(value));
        html.push_str("</dd>\n");
    }
}

/// `GET /leave`.
pub(crate) async fn leave(State(pages): State<Arc<FormPages>>) -> Response {
    pages.away()
}

fn policy(style: &str) -> Result<HeaderValue, serde_json::Error> {
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).map_err(serde::de::Error::custom)
}

fn away(languages: &[Sentences]) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>220 °C</title>\n<style>{AWAY_STYLE}</style>\n<main>\n"
    );
    for Sentences { lang, dir, away_title, away_text, .. } in languages {
        let [lang, dir, title, text] = [lang, dir, away_title, away_text].map(|text| escape(text));
        // Writing to a string does not fail.
        let _ = writeln!(
            html,
            "<section lang=\"{lang}\" dir=\"{dir}\" id=\"{lang}\"><h1>{title}</h1><p>{text}</p></section>"
        );
    }
    html.push_str("</main>\n");
    html
}

fn push(html: &mut String, language: &Sentences, tag: &str, more: &str, text: &str) {
    let (lang, dir) = (escape(&language.lang), escape(&language.dir));
    // Writing to a string does not fail.
    let _ = write!(html, "<{tag} lang=\"{lang}\" dir=\"{dir}\"{more}>{}</{tag}>", escape(text));
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use softinfo_base::clock::{Clock, SystemClock};
    use softinfo_formats::envelope::id::TipId;

    use super::*;

    #[test]
    fn where_one_leaves_to_says_nothing_of_what_was_there() {
        let pages = FormPages::built_in().unwrap();
        let (html, policy) = &pages.away;
        let html = std::str::from_utf8(html).unwrap().to_lowercase();
        for word in ["softinfo", "tip", "letterbox", "brievenbus", "<script", "href=\"/", "http:", "src="] {
            assert!(!html.contains(word), "{word}");
        }
        assert_eq!(html.matches("<section").count(), pages.languages.len());
        assert!(policy.to_str().unwrap().starts_with("default-src 'none'"));
    }

    #[test]
    fn every_answer_has_every_language_once_and_nothing_unescaped() {
        let mut pages = FormPages::built_in().unwrap();
        assert!(!pages.languages.is_empty());
        pages.languages[0].back = "<script>'\"&".to_owned();
        let stored = DurableTip { id: TipId::of(b""), day: SystemClock.today(), already: false };
        for result in [
            Ok(stored),
            Ok(DurableTip { already: true, ..stored }),
            Err(Problem::Unsure),
            Err(Problem::TooLarge { max: 1 }),
            Err(Problem::StorageFull),
            Err(Problem::BadRequest),
        ] {
            let html = pages.html(&result);
            assert_eq!(html.matches("<p lang=").count(), pages.languages.len());
            assert!(!html.contains("<script") && html.contains("<a lang="), "{html}");
            assert_eq!(html.contains(&stored.id.to_string()), result.is_ok());
            for language in &pages.languages {
                assert!(html.contains(&escape(language.outcome(&result))));
            }
        }
    }
}
