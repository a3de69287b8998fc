//! The `X-` headers of a request, read and refused as ARC does.

use ureq::http::Uri;

use super::response::{ArcResponse, Problem};
use crate::arc::TxStatus;

/// Most seconds a client may ask ARC to wait for the network.
const MOST_WAIT_SECONDS: i64 = 30;

/// Headers that say yes or no.
const SWITCHES: [&str; 7] = [
    "X-FullStatusUpdates",
    "X-CallbackBatch",
    "X-SkipFeeValidation",
    "X-ForceValidation",
    "X-SkipScriptValidation",
    "X-SkipTxValidation",
    "X-CumulativeFeeValidation",
];

/// What counts as yes and as no.
const YES: [&str; 6] = ["1", "t", "T", "true", "TRUE", "True"];
const NO: [&str; 6] = ["0", "f", "F", "false", "FALSE", "False"];

/// Where to tell of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registration {
    /// `X-CallbackUrl`.
    pub(super) url: String,
    /// `X-CallbackToken`.
    pub(super) token: Option<String>,
    /// `X-CallbackBatch`: callbacks come as a list.
    pub(super) in_batches: bool,
}

/// What a request's headers ask for. Those that skip a validation are not heeded: what ARC would let pass is refused here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    pub(super) callback: Option<Registration>,
    /// `X-FullStatusUpdates`.
    pub(super) full_updates: bool,
    /// `X-WaitFor`.
    pub(super) wait_for: Option<TxStatus>,
}

/// Reads them. `may_call` judges callback addresses.
pub(super) fn read(headers: &[(&str, &str)], may_call: impl Fn(&Uri) -> bool) -> Result<Wishes, ArcResponse> {
    let get = |name: &str| headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
    let mut yes = [false; SWITCHES.len()];
    for (name, is_set) in SWITCHES.iter().zip(&mut yes) {
        *is_set = get(name).map_or(Ok(false), |text| switch(name, text))?;
    }
    let [full_updates, in_batches, ..] = yes;
    if let Some(text) = get("X-MaxTimeout") {
        let seconds = text.parse::<i64>().map_err(|_| unreadable("X-MaxTimeout", "is not a whole number"))?;
        if seconds > MOST_WAIT_SECONDS {
            return Err(refuse(&format!("max timeout can not be higher than {MOST_WAIT_SECONDS}")));
        }
    }
    let callback = match get("X-CallbackUrl") {
        None => None,
        Some(url) => {
            let address = url.parse::<Uri>().map_err(|error| refuse(&format!("invalid callback URL: {error}")))?;
            if !may_call(&address) {
                return Err(refuse("callback URL not acceptable: this stand-in calls its own machine only"));
            }
            Some(Registration { url: url.to_owned(), token: get("X-CallbackToken").map(str::to_owned), in_batches })
        }
    };
    let wait_for = match get("X-WaitFor") {
        None => None,
        Some(name) => match TxStatus::from_name(name) {
            Some(status) => Some(status),
            None => return Err(refuse(&format!("status not supported: {name}"))),
        },
    };
    Ok(Wishes { callback, full_updates, wait_for })
}

fn switch(name: &str, text: &str) -> Result<bool, ArcResponse> {
    match text {
        text if YES.contains(&text) => Ok(true),
        text if NO.contains(&text) => Ok(false),
        _ => Err(unreadable(name, "is neither true nor false")),
    }
}

/// What ARC's own code refuses.
fn refuse(reason: &str) -> ArcResponse {
    Problem::new(400, reason, None).response()
}

/// What the check against ARC's interface refuses before ARC's own code.
fn unreadable(name: &str, what: &str) -> ArcResponse {
    ArcResponse::message(400, &format!("parameter \"{name}\" in header {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arc_understands_is_understood_and_the_rest_refused_in_its_shape() {
        let wishes = read(
            &[
                ("x-callbackurl", "http://127.0.0.1:1/in"),
                ("x-callbacktoken", "t"),
                ("x-fullstatusupdates", "true"),
                ("x-waitfor", "STORED"),
                ("x-maxtimeout", "30"),
            ],
            |_| true,
        );
        let callback =
            Some(Registration { url: "http://127.0.0.1:1/in".into(), token: Some("t".into()), in_batches: false });
        assert_eq!(wishes, Ok(Wishes { callback, full_updates: true, wait_for: Some(TxStatus::Stored) }));
        assert_eq!(read(&[], |_| true), Ok(Wishes::default()));
        for (name, value, has_message) in [
            ("X-FullStatusUpdates", "maybe", true),
            ("X-SkipFeeValidation", "yes", true),
            ("X-MaxTimeout", "soon", true),
            ("X-MaxTimeout", "31", false),
            ("X-WaitFor", "EATEN", false),
            ("X-CallbackUrl", "not an address", false),
            ("X-CallbackUrl", "http://example.com/", false),
        ] {
            let refused = read(&[(name, value)], |uri| uri.host() != Some("example.com")).unwrap_err();
            assert_eq!((refused.status, refused.body.get("message").is_some()), (400, has_message), "{name}: {value}");
        }
    }
}
