//! What an operator says about one ARC.

use std::fmt;

use ureq::http::{HeaderValue, Uri};

use super::meaning::TxStatus;

/// Text that must not reach a log: its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a key or token.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where ARC is asked to report what happens to a transaction later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// `X-CallbackUrl`.
    pub url: String,
    /// `X-CallbackToken`: ARC presents it as `Authorization: Bearer`.
    pub token: Secret,
}

/// One ARC.
#[derive(Debug, Clone)]
pub struct ArcSettings {
    /// Its name in logs, metrics and the words kept with a transaction.
    pub name: String,
    /// Its address up to, not including, `/v1`. The operator chose it, so it may be plain HTTP and loopback.
    pub url: String,
    /// The key presented as `Authorization: Bearer`.
    pub api_key: Option<Secret>,
    /// `X-WaitFor`: the state to wait for; ARC's own default is `SEEN_ON_NETWORK`.
    pub wait_for: Option<TxStatus>,
    /// Where ARC reports later events; nowhere if absent.
    pub callback: Option<Callback>,
}

/// Why an ARC cannot be used as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArcSettingsError {
    /// The address is none.
    #[error("`{0}` is no address of an ARC: expected http://host or https://host, with a port and path if it has them")]
    NotAnAddress(String),
    /// The address has parts an address of ARC does not have.
    #[error("the ARC address `{0}` must end before `/v1` and have no user, query or fragment")]
    TooMuch(String),
    /// A header cannot carry this text. The text itself may be secret.
    #[error("the {0} of the ARC `{1}` contains characters an HTTP header cannot carry, such as a line break")]
    NotAHeader(&'static str, String),
}

impl ArcSettings {
    /// An address below `/v1`: `tx` takes one transaction, `txs` several.
    pub(super) fn endpoint(&self, route: &str) -> Result<Uri, ArcSettingsError> {
        let not_an_address = || ArcSettingsError::NotAnAddress(self.url.clone());
        let address: Uri = self.url.parse().map_err(|_| not_an_address())?;
        if !matches!(address.scheme_str(), Some("http" | "https")) || address.host().is_none_or(str::is_empty) {
            return Err(not_an_address());
        }
        let path = address.path().trim_end_matches('/');
        // `Uri` drops a fragment silently, so the text is asked.
        let too_much = self.url.contains(['@', '?', '#']) || path.rsplit('/').any(|segment| segment == "v1");
        if too_much {
            return Err(ArcSettingsError::TooMuch(self.url.clone()));
        }
        format!("{}/v1/{route}", self.url.trim_end_matches('/')).parse().map_err(|_| not_an_address())
    }

    /// The headers every request carries.
    pub(super) fn headers(&self) -> Result<Vec<(&'static str, HeaderValue)>, ArcSettingsError> {
        let mut headers = Vec::new();
        let mut add = |name, what, text: &str, secret| {
            let wrong = |_| ArcSettingsError::NotAHeader(what, self.name.clone());
            let mut value = HeaderValue::from_str(text).map_err(wrong)?;
            value.set_sensitive(secret);
            headers.push((name, value));
            Ok(())
        };
        if let Some(key) = &self.api_key {
            add("Authorization", "API key", &format!("Bearer {}", key.reveal()), true)?;
        }
        if let Some(status) = self.wait_for {
            add("X-WaitFor", "state to wait for", status.name(), false)?;
        }
        if let Some(callback) = &self.callback {
            add("X-CallbackUrl", "callback address", &callback.url, false)?;
            add("X-CallbackToken", "callback token", callback.token.reveal(), true)?;
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> ArcSettings {
        ArcSettings { name: "arc".into(), url: url.into(), api_key: None, wait_for: None, callback: None }
    }

    #[test]
    fn transactions_go_to_v1_tx_below_the_configured_address() {
        for (url, endpoint) in [
            ("https://arc.example.com", "https://arc.example.com/v1/tx"),
            ("http://127.0.0.1:9090/", "http://127.0.0.1:9090/v1/tx"),
            ("http://[::1]:9090/dev/arc/", "http://[::1]:9090/dev/arc/v1/tx"),
        ] {
            assert_eq!(settings(url).endpoint("tx").unwrap().to_string(), endpoint);
        }
    }

    #[test]
    fn an_address_that_cannot_be_one_says_what_is_expected() {
        for url in ["", "arc.example.com", "ftp://arc.example.com", "/v1/tx", "https://", "http://a b"] {
            let error = settings(url).endpoint("tx").unwrap_err();
            assert!(matches!(error, ArcSettingsError::NotAnAddress(_)), "{url}: {error}");
        }
        for url in ["https://a/v1", "https://a/v1/tx", "https://u:p@a", "https://a/?k=1", "https://a/#x"] {
            let error = settings(url).endpoint("tx").unwrap_err();
            assert!(matches!(error, ArcSettingsError::TooMuch(_)), "{url}: {error}");
        }
    }

    #[test]
    fn secrets_show_in_no_debug_form_and_no_error() {
        let mut settings = settings("https://a");
        settings.api_key = Some(Secret::new("hunter2".into()));
        let token = Secret::new("swordfish\n".into());
        settings.callback = Some(Callback { url: "https://b/arc-ingest".into(), token });
        let shown = format!("{settings:?} {}", settings.headers().unwrap_err());
        assert!(!shown.contains("hunter2") && !shown.contains("swordfish"), "{shown}");
    }
}
