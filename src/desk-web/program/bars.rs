//! Progress bars on standard error, for the steps that the library tells of.

use std::cell::OnceCell;

use softinfo_desk::{Progress, Step};
use softinfo_terminal::{byte_bar, count_bar};

/// Does something long and shows how far it is. What does it gets, beside where to tell the steps, a function that takes the bars away for a question.
pub fn with_bars<T>(what: impl FnOnce(Progress<'_>, &dyn Fn()) -> T) -> T {
    // Each only when its first step is told: before, there may be a question, or nothing to do.
    let (reading, trying) = (OnceCell::new(), OnceCell::new());
    let show = |step| match step {
        Step::Reading { done, of } => reading.get_or_init(|| byte_bar(of, "Importing")).set_position(done),
        Step::Trying { done, of } => {
            let bar = trying.get_or_init(|| count_bar(0, "Trying keys"));
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        }
    };
    let clear = || {
        for bar in [reading.get(), trying.get()].into_iter().flatten() {
            bar.finish_and_clear();
        }
    };
    let outcome = what(&show, &clear);
    clear();
    outcome
}
