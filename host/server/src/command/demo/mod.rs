//! `demo`: the main job as a story that a newcomer can follow. Everything in it is real: a host in a temporary folder, calls over
//! HTTP, signed transactions, plugins in their sandbox, a store on disk. Whatever does not come out as told ends it with an
//! error.

mod chapters;
mod stage;
mod teller;

use super::CommandResult;
use crate::telemetry::{self, LogFormat};
use stage::Stage;
use teller::Teller;

/// Tells the story.
///
/// # Errors
/// Something did not come out as told.
pub fn demo(log_format: LogFormat) -> CommandResult {
    telemetry::start(log_format, Some("error"));
    let mut teller = Teller::default();
    teller.title("Trellis: one submission from end to end, and what is done about those that cheat");
    let stage = Stage::open()?;
    chapters::opening(&mut teller, &stage)?;
    let coin = chapters::mint(&mut teller, &stage)?;
    let hello = chapters::submit(&mut teller, &stage, &coin)?;
    chapters::look_up(&mut teller, &stage, &hello)?;
    let edited = chapters::spend(&mut teller, &stage, &hello)?;
    let burnt = chapters::burn(&mut teller, &stage, &edited)?;
    chapters::double_spend(&mut teller, &stage, &edited, &burnt)?;
    chapters::invalid_proof(&mut teller, &stage)?;
    let told = [hello, edited, burnt].map(|post| post.transaction);
    chapters::broadcast(&mut teller, &stage, &told)?;
    chapters::ending(&mut teller, stage)?;
    Ok(())
}
