//! Questions, read from the fields of a body or a query.

use trellis_engine::baskets::{GroupBy, Need, PageOf, Requirement, TokenFilter};
use trellis_engine::domain::time::Sequence;

use super::fields::Fields;
use crate::http::error::ApiError;

/// `cursor`, `limit` and `at`.
pub(super) fn page(fields: &mut Fields) -> Result<PageOf, ApiError> {
    Ok(PageOf {
        cursor: fields.text("cursor")?,
        limit: fields.number("limit")?,
        at: fields.number("at")?.map(Sequence),
    })
}

/// `by`.
pub(super) fn group_by(fields: &mut Fields) -> Result<Option<GroupBy>, ApiError> {
    match fields.text("by")?.as_deref() {
        None => Ok(None),
        Some("asset") => Ok(Some(GroupBy::Asset)),
        Some("owner") => Ok(Some(GroupBy::Owner)),
        Some("tag") => Ok(Some(GroupBy::Tag)),
        Some(_) => Err(fields.wrong("by", "is `asset`, `owner` or `tag`")),
    }
}

/// A filter among other parameters of a query.
pub(super) fn filter_of_query(fields: &mut Fields) -> Result<TokenFilter, ApiError> {
    Ok(TokenFilter {
        asset: fields.text("asset")?,
        owner: fields.text("owner")?,
        tags_all: fields.texts("tagsAll")?,
        tags_any: fields.texts("tagsAny")?,
        minimum: fields.number("minAmount")?,
        maximum: fields.number("maxAmount")?,
    })
}

fn filter(fields: &mut Fields) -> Result<TokenFilter, ApiError> {
    let mut inside = fields.object("filter")?;
    let filter = filter_of_query(&mut inside)?;
    inside.end()?;
    Ok(filter)
}

/// `count` or `amount`.
fn need(fields: &mut Fields) -> Result<Need, ApiError> {
    match (fields.number("count")?, fields.number("amount")?) {
        (Some(count), None) => Ok(Need::Count(count)),
        (None, Some(amount)) => Ok(Need::Amount(amount)),
        (Some(_), Some(_)) => Err(fields.wrong("count", "and `amount` exclude each other: send one of them")),
        (None, None) => Err(fields.wrong("count", "is missing: send how many tokens, or `amount`")),
    }
}

/// `{"requirements": [{"basket", "filter", "count" | "amount"}]}`.
pub(super) fn requirements(mut body: Fields) -> Result<Vec<Requirement>, ApiError> {
    let requirement = |mut fields: Fields| {
        let basket = fields.text("basket")?;
        let basket = fields.required("basket", basket)?;
        let requirement = Requirement { basket, filter: filter(&mut fields)?, need: need(&mut fields)? };
        fields.end()?;
        Ok(requirement)
    };
    let requirements = body.objects("requirements")?.into_iter().map(requirement).collect::<Result<_, ApiError>>()?;
    body.end()?;
    Ok(requirements)
}

/// `{"filter", "count" | "amount", "reserveSeconds"}`.
#[derive(Debug)]
pub(super) struct TakeWanted {
    pub(super) requirement: Requirement,
    pub(super) seconds: Option<u64>,
}

impl TakeWanted {
    pub(super) fn read(basket: &str, mut body: Fields) -> Result<Self, ApiError> {
        let (filter, need) = (filter(&mut body)?, need(&mut body)?);
        let seconds = body.number("reserveSeconds")?;
        body.end()?;
        Ok(Self { requirement: Requirement { basket: basket.to_owned(), filter, need }, seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        let refused = Fields::of_json(body.as_bytes()).and_then(requirements).unwrap_err();
        assert_eq!((refused.status.as_u16(), refused.code), (400, "ERR_PARAMETER"));
        refused.message
    }

    #[test]
    fn requirements_are_read_and_what_is_wrong_is_named() {
        let good =
            r#"{"requirements":[{"basket":"a","count":2,"filter":{"asset":"x","tagsAny":["p"],"minAmount":1}}]}"#;
        let read = requirements(Fields::of_json(good.as_bytes()).unwrap()).unwrap();
        assert_eq!((read[0].need, read[0].filter.asset.as_deref()), (Need::Count(2), Some("x")));
        let of = |inside: &str| refused(&format!("{{\"requirements\":[{{\"basket\":\"a\",{inside}}}]}}"));
        for (text, field) in [
            (refused("[]"), "the body"),
            (refused("{"), "no JSON"),
            (refused("{}"), "`requirements`"),
            (refused(r#"{"requirements":[1]}"#), "`requirements[0]`"),
            (refused(r#"{"requirements":[{"count":1}]}"#), "`requirements[0].basket`"),
            (refused(r#"{"requirements":[{"basket":1,"count":1}]}"#), "`requirements[0].basket`"),
            (of("\"count\":-1"), "`requirements[0].count`"),
            (of("\"count\":\"1\""), "`requirements[0].count`"),
            (of("\"count\":[1]"), "`requirements[0].count`"),
            (of("\"count\":1.5"), "`requirements[0].count`"),
            (of("\"amount\":9007199254740992"), "`requirements[0].amount`"),
            (of("\"count\":1,\"amount\":1"), "exclude each other"),
            (of("\"filter\":{}"), "`requirements[0].count`"),
            (of("\"count\":1,\"filter\":[]"), "`requirements[0].filter`"),
            (of("\"count\":1,\"filter\":{\"asset\":5}"), "`requirements[0].filter.asset`"),
            (of("\"count\":1,\"filter\":{\"tagsAll\":[5]}"), "`requirements[0].filter.tagsAll`"),
            (of("\"count\":1,\"filter\":{\"minAmount\":-5}"), "`requirements[0].filter.minAmount`"),
            (of("\"count\":1,\"filter\":{\"tag\":\"a\"}"), "`requirements[0].filter.tag`"),
            (of("\"count\":1,\"more\":0"), "`requirements[0].more`"),
        ] {
            assert!(text.contains(field), "no {field} in: {text}");
        }
    }

    #[test]
    fn a_query_has_single_values_and_repeated_tags() {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let query = |pairs: &[(&str, &str)]| Fields::of_query(pairs.iter().map(pair).collect());
        let found = filter_of_query(&mut query(&[("tagsAll", "a,b"), ("tagsAll", "c"), ("maxAmount", "7")])).unwrap();
        assert_eq!((found.tags_all, found.maximum), (vec!["a,b".to_owned(), "c".to_owned()], Some(7)));
        for wrong in [
            [("asset", "a"), ("asset", "b")],
            [("minAmount", "-1"), ("asset", "a")],
            [("minAmount", "x"), ("asset", "a")],
        ] {
            let refused = filter_of_query(&mut query(&wrong)).unwrap_err();
            assert!(refused.message.contains(&format!("`{}`", wrong[0].0)), "{}", refused.message);
        }
        assert!(query(&[("nonsense", "1")]).end().unwrap_err().message.contains("`nonsense`"));
    }
}
