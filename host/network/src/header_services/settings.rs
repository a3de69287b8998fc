//! What an operator says about one service of block headers.

use ureq::http::{HeaderValue, Uri};

use crate::arc::Secret;

/// Whose interface a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKind {
    /// The Block Headers Service of bsv-blockchain (formerly Pulse): `<url>/api/v1/chain/…`.
    BlockHeadersService,
    /// WhatsOnChain: `<url>/chain/info`, `<url>/block/…`.
    WhatsOnChain,
}

/// One service.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Its name, for operators.
    pub name: String,
    /// Whose interface it speaks.
    pub kind: ServiceKind,
    /// Its address: up to, not including, `/api/v1` for a Block Headers Service; up to the network's name for
    /// WhatsOnChain. The operator chose it, so it may be plain HTTP and loopback.
    pub url: String,
    /// The key it is shown.
    pub api_key: Option<Secret>,
}

/// Why a service cannot be used as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceSettingsError {
    /// The address is none.
    #[error(
        "`{0}` is no address of a headers service: expected http://host or https://host, with a port and path if it has \
         them, without user, query or fragment"
    )]
    NotAnAddress(String),
    /// The address goes too far.
    #[error("the address of the Block Headers Service `{0}` must end before `/api/v1`")]
    TooMuch(String),
    /// A header cannot carry the key. The key itself is secret.
    #[error(
        "the key of the headers service `{0}` contains characters an HTTP header cannot carry, such as a line break"
    )]
    Key(String),
}

impl ServiceSettings {
    /// The address without a trailing slash.
    pub(super) fn base(&self) -> Result<String, ServiceSettingsError> {
        let wrong = || ServiceSettingsError::NotAnAddress(self.url.clone());
        let address: Uri = self.url.parse().map_err(|_| wrong())?;
        let has_host = !address.host().is_none_or(str::is_empty);
        if !matches!(address.scheme_str(), Some("http" | "https")) || !has_host || self.url.contains(['@', '?', '#']) {
            return Err(wrong());
        }
        let base = self.url.trim_end_matches('/');
        if self.kind == ServiceKind::BlockHeadersService && base.split('/').any(|segment| segment == "api") {
            return Err(ServiceSettingsError::TooMuch(self.url.clone()));
        }
        Ok(base.to_owned())
    }

    /// The header that shows the key.
    pub(super) fn key_header(&self) -> Result<Option<(&'static str, HeaderValue)>, ServiceSettingsError> {
        let Some(key) = &self.api_key else { return Ok(None) };
        let (name, text) = match self.kind {
            ServiceKind::BlockHeadersService => ("Authorization", format!("Bearer {}", key.reveal())),
            ServiceKind::WhatsOnChain => ("woc-api-key", key.reveal().to_owned()),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| ServiceSettingsError::Key(self.name.clone()))?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(kind: ServiceKind, url: &str) -> ServiceSettings {
        ServiceSettings { name: "service".into(), kind, url: url.into(), api_key: None }
    }

    #[test]
    fn an_address_is_taken_as_its_service_documents_it() {
        for (kind, url, base) in [
            (ServiceKind::BlockHeadersService, "http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            (
                ServiceKind::WhatsOnChain,
                "https://api.whatsonchain.com/v1/bsv/main",
                "https://api.whatsonchain.com/v1/bsv/main",
            ),
        ] {
            assert_eq!(settings(kind, url).base().unwrap(), base);
        }
        for url in ["", "headers.example.com", "ftp://a", "https://u:p@a", "https://a/?k=1", "https://a/#x"] {
            let error = settings(ServiceKind::WhatsOnChain, url).base().unwrap_err();
            assert!(matches!(error, ServiceSettingsError::NotAnAddress(_)), "{url}: {error}");
        }
        let error = settings(ServiceKind::BlockHeadersService, "https://a/api/v1").base().unwrap_err();
        assert!(matches!(error, ServiceSettingsError::TooMuch(_)), "{error}");
    }

    #[test]
    fn a_key_shows_in_no_debug_form_and_no_error() {
        let mut settings = settings(ServiceKind::WhatsOnChain, "https://a");
        settings.api_key = Some(Secret::new("hunter2\n".into()));
        let shown = format!("{settings:?} {}", settings.key_header().unwrap_err());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
