//! Answers as bodies.

use std::collections::BTreeMap;

use trellis_engine::baskets::{
    Balances, BasketOverview, BasketSummary, Figures, FoundToken, Group, Groups, Met, Organised, Taken, TokenPage,
};

use crate::clock;
use crate::http::body::baskets::{
    BalanceBody, BalancesBody, BasketBody, BasketEntryBody, BasketListBody, FiguresBody, GroupBody, GroupsBody,
    MetBody, OrganisedBody, ReservationBody, TakenBody, TokenBody, TokenListBody,
};

pub(super) fn figures_body(figures: Figures) -> FiguresBody {
    FiguresBody { tokens: figures.tokens, amount: figures.amount.to_string() }
}

pub(super) fn list_body(found: BasketOverview, withheld: u64) -> BasketListBody {
    let baskets = found.baskets.into_iter();
    let baskets = baskets
        .map(|basket| BasketEntryBody { name: basket.name, manager: basket.manager.to_string(), tokens: basket.tokens })
        .collect();
    BasketListBody { sequence: found.sequence.0, baskets, withheld, cursor: found.next }
}

pub(super) fn groups_body(found: Groups) -> GroupsBody {
    let group = |Group { name, figures }| GroupBody { name, figures: figures_body(figures) };
    GroupsBody { sequence: found.sequence.0, groups: found.groups.into_iter().map(group).collect(), cursor: found.next }
}

pub(super) fn basket_body(name: &str, found: BasketSummary) -> BasketBody {
    BasketBody {
        name: name.to_owned(),
        manager: found.manager.to_string(),
        sequence: found.sequence.0,
        whole: figures_body(found.whole),
        assets: groups_body(found.assets),
        owners: groups_body(found.owners),
        tags: groups_body(found.tags),
    }
}

pub(super) fn balances_body(found: Balances) -> BalancesBody {
    let balances = found.balances.into_iter().map(|balance| BalanceBody {
        asset: balance.asset,
        owner: balance.owner,
        figures: figures_body(balance.figures),
    });
    BalancesBody { sequence: found.sequence.0, balances: balances.collect(), cursor: found.next }
}

fn token_body(found: FoundToken) -> TokenBody {
    let FoundToken { outpoint, row, topic, placed } = found;
    TokenBody {
        txid: outpoint.txid.to_string(),
        output_index: outpoint.vout,
        satoshis: row.satoshis,
        asset: row.token.asset,
        amount: row.token.amount,
        owner: row.token.owner,
        claimed: row.claimed,
        tags: row.token.tags,
        data: hex::encode(row.token.data),
        topic: topic.map(|topic| topic.to_string()),
        sequence: placed.0,
    }
}

pub(super) fn tokens_body(found: TokenPage) -> TokenListBody {
    let tokens = found.tokens.into_iter().map(token_body).collect();
    TokenListBody { sequence: found.sequence.0, tokens, cursor: found.next }
}

pub(super) fn organised_body(organised: Organised) -> OrganisedBody {
    let met = |met: &Met| MetBody {
        basket: met.basket.to_string(),
        figures: figures_body(met.figures()),
        satoshis: met.satoshis(),
        outpoints: met.tokens.iter().map(|token| token.outpoint.to_string()).collect(),
    };
    let requirements: Vec<_> = organised.met.iter().map(met).collect();
    let satoshis = requirements.iter().fold(0u64, |sum, met| sum.saturating_add(met.satoshis));
    let mut baskets: BTreeMap<String, Vec<TokenBody>> = BTreeMap::new();
    for Met { basket, tokens } in organised.met {
        baskets.entry(basket.to_string()).or_default().extend(tokens.into_iter().map(token_body));
    }
    OrganisedBody { sequence: organised.sequence.0, baskets, requirements, satoshis, beef: hex::encode(organised.beef) }
}

pub(super) fn taken_body(taken: Taken) -> TakenBody {
    let Taken { organised, reservation } = taken;
    // One requirement, one basket.
    let (mut figures, mut satoshis) = (Figures::default(), 0);
    let (mut basket, mut tokens) = (String::new(), Vec::new());
    for met in organised.met {
        (figures, satoshis, basket) = (met.figures(), met.satoshis(), met.basket.to_string());
        tokens = met.tokens.into_iter().map(token_body).collect();
    }
    TakenBody {
        sequence: organised.sequence.0,
        basket,
        tokens,
        amount: figures.amount.to_string(),
        satoshis,
        beef: hex::encode(organised.beef),
        reservation: reservation
            .map(|(id, until)| ReservationBody { id: hex::encode(id.0), until: clock::rfc3339(until) }),
    }
}
