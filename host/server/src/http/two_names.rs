//! Headers of this host under both of their names: `x-topics` is `x-bsv-topics` as well, `x-trellis-require` is `x-bsv-require`.
//!
//! `AuthFetch` of `@bsv/sdk` sends, besides the content type, only headers that begin with `x-bsv-`: those are what a client signs.

use axum::http::{HeaderMap, HeaderValue};

use super::error::ApiError;

/// The name under which a header is signed.
#[must_use]
pub fn signed_name(name: &str) -> String {
    if name.starts_with("x-bsv-") {
        return name.to_owned();
    }
    let rest = name.strip_prefix("x-trellis-").or_else(|| name.strip_prefix("x-")).unwrap_or(name);
    format!("x-bsv-{rest}")
}

/// The value of a header under either of its names; `None` where it is there under none.
///
/// # Errors
/// 400 where the values differ, or where there are several.
pub fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h HeaderValue>, ApiError> {
    let signed = signed_name(name);
    let other = (signed != name).then_some(signed.as_str());
    let mut plain = headers.get_all(name).iter();
    let mut under_other = other.into_iter().flat_map(|other| headers.get_all(other));
    match ((plain.next(), plain.next()), (under_other.next(), under_other.next())) {
        ((found, None), (None, None)) | ((None, None), (found, None)) => Ok(found),
        ((Some(found), None), (Some(other), None)) if found == other => Ok(Some(found)),
        _ => {
            let message =
                format!("{name} and {signed} are one header: send it once, or with the same value under both names");
            Err(ApiError::bad_request("ERR_HEADER", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &[(&'static str, &str)]) -> Result<Option<String>, ApiError> {
        let headers: HeaderMap =
            list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        header(&headers, "x-trellis-require").map(|found| found.map(|value| value.to_str().unwrap().to_owned()))
    }

    #[test]
    fn a_header_means_the_same_under_both_names() {
        assert_eq!(signed_name("x-includes-off-chain-values"), "x-bsv-includes-off-chain-values");
        let evidence = HeaderMap::from_iter([("x-bsv-includes-evidence".parse().unwrap(), "true".parse().unwrap())]);
        assert!(header(&evidence, "x-bsv-includes-evidence").unwrap().is_some());
        let (plain, signed) = ("x-trellis-require", "x-bsv-require");
        assert_eq!(found(&[]).unwrap(), None);
        assert_eq!(found(&[(plain, "all")]).unwrap().as_deref(), Some("all"));
        assert_eq!(found(&[(signed, "all")]).unwrap().as_deref(), Some("all"));
        assert_eq!(found(&[(signed, "all"), (plain, "all")]).unwrap().as_deref(), Some("all"));
    }

    #[test]
    fn two_values_are_refused_under_whatever_names_they_come() {
        let (plain, signed) = ("x-trellis-require", "x-bsv-require");
        for wrong in [
            &[(plain, "all"), (signed, "false")][..],
            &[(plain, "all"), (plain, "all")],
            &[(signed, "all"), (signed, "all")],
            &[(plain, "all"), (signed, "all"), (signed, "all")],
        ] {
            let list: Vec<_> = wrong.to_vec();
            let mut headers = HeaderMap::new();
            for (name, value) in &list {
                headers.append(*name, value.parse().unwrap());
            }
            let refused = header(&headers, plain).unwrap_err();
            assert_eq!((refused.status.as_u16(), refused.code), (400, "ERR_HEADER"), "{list:?}");
            assert!(refused.message.contains(plain) && refused.message.contains(signed), "{}", refused.message);
        }
    }
}
