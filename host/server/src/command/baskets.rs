//! `baskets`: what is in the baskets of a running host, and tokens taken out of them.

mod path;
mod words;

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{CommandResult, input};
use crate::client::Client;
use crate::http::body::baskets::{
    BalancesBody, BasketBody, BasketListBody, FilterBody, GroupsBody, OrganisedBody, ReleasedBody, TakeBody, TakenBody,
    TokenListBody,
};
use path::PathOf;

/// Where the commands go.
#[derive(Debug, clap::Args)]
pub struct HostArguments {
    /// The host
    #[arg(long, default_value = "http://localhost:8080")]
    pub url: String,
    /// The token of baskets that are not open to everybody
    #[arg(long, env = "TRELLIS_BASKET_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

impl HostArguments {
    fn client(&self) -> Client {
        Client::new(&self.url).with_token(self.token.clone())
    }

    fn show<T: DeserializeOwned + Serialize>(&self, path: PathOf, words: impl Fn(&T) -> String) -> CommandResult {
        let answer: T = self.client().get_json(&path.text())?;
        self.print(&answer, words)
    }

    fn print<T: Serialize>(&self, answer: &T, words: impl Fn(&T) -> String) -> CommandResult {
        if self.json {
            println!("{}", serde_json::to_string(answer)?);
        } else {
            print!("{}", words(answer));
        }
        Ok(())
    }
}

/// Which part of a list.
#[derive(Debug, clap::Args)]
pub struct PageArguments {
    /// Where the page before ended
    #[arg(long)]
    pub cursor: Option<String>,
    /// Most entries
    #[arg(long)]
    pub limit: Option<u64>,
    /// As it was at this sequence number
    #[arg(long, value_name = "SEQUENCE")]
    pub at: Option<u64>,
}

impl PageArguments {
    fn on(&self, path: PathOf) -> PathOf {
        path.maybe("cursor", self.cursor.as_ref()).maybe("limit", self.limit).maybe("at", self.at)
    }
}

/// Which tokens.
#[derive(Debug, clap::Args)]
pub struct FilterArguments {
    /// Of this asset
    #[arg(long)]
    pub asset: Option<String>,
    /// Of this owner
    #[arg(long)]
    pub owner: Option<String>,
    /// With this tag; repeat it for several, of which a token needs all
    #[arg(long = "tag", value_name = "TAG")]
    pub tags_all: Vec<String>,
    /// With at least one of the tags given so
    #[arg(long = "any-tag", value_name = "TAG")]
    pub tags_any: Vec<String>,
    /// With at least this amount
    #[arg(long, value_name = "AMOUNT")]
    pub min_amount: Option<u64>,
    /// With at most this amount
    #[arg(long, value_name = "AMOUNT")]
    pub max_amount: Option<u64>,
}

impl FilterArguments {
    fn on(&self, path: PathOf) -> PathOf {
        let mut path = path.maybe("asset", self.asset.as_ref()).maybe("owner", self.owner.as_ref());
        for (name, tags) in [("tagsAll", &self.tags_all), ("tagsAny", &self.tags_any)] {
            path = tags.iter().fold(path, |path, tag| path.maybe(name, Some(tag)));
        }
        path.maybe("minAmount", self.min_amount).maybe("maxAmount", self.max_amount)
    }

    fn body(&self) -> FilterBody {
        FilterBody {
            asset: self.asset.clone(),
            owner: self.owner.clone(),
            tags_all: self.tags_all.clone(),
            tags_any: self.tags_any.clone(),
            min_amount: self.min_amount,
            max_amount: self.max_amount,
        }
    }
}

/// What to group by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ByArgument {
    /// Assets
    Asset,
    /// Owners
    Owner,
    /// Tags
    Tag,
}

impl ByArgument {
    const fn text(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Owner => "owner",
            Self::Tag => "tag",
        }
    }
}

/// What to do with baskets.
#[derive(Debug, clap::Subcommand)]
pub enum BasketsCommand {
    /// List baskets
    List {
        /// Which part
        #[command(flatten)]
        page: PageArguments,
        /// Where to ask
        #[command(flatten)]
        host: HostArguments,
    },
    /// Show how much is in a basket: by asset, owner and tag
    Show {
        /// The basket
        basket: String,
        /// Page by page by this
        #[arg(long, value_enum)]
        by: Option<ByArgument>,
        /// Which part, with --by
        #[command(flatten)]
        page: PageArguments,
        /// Where to ask
        #[command(flatten)]
        host: HostArguments,
    },
    /// List tokens of a basket
    Tokens {
        /// The basket
        basket: String,
        /// Which ones
        #[command(flatten)]
        filter: FilterArguments,
        /// Which part
        #[command(flatten)]
        page: PageArguments,
        /// Where to ask
        #[command(flatten)]
        host: HostArguments,
    },
    /// Show sums by asset and owner
    Balances {
        /// The basket
        basket: String,
        /// Of this asset
        #[arg(long)]
        asset: Option<String>,
        /// Of this owner
        #[arg(long)]
        owner: Option<String>,
        /// Which part
        #[command(flatten)]
        page: PageArguments,
        /// Where to ask
        #[command(flatten)]
        host: HostArguments,
    },
    /// Choose tokens of several baskets, with one BEEF to spend them from
    Organise {
        /// JSON: [{"basket": "…", "filter": {"asset": "…"}, "count": 1}, …], `amount` in place of `count`; `-` reads standard input
        file: PathBuf,
        /// Where to ask
        #[command(flatten)]
        host: HostArguments,
    },
    /// Take tokens of a basket, and keep them for a while if wanted
    Take {
        /// The basket
        basket: String,
        /// Which ones
        #[command(flatten)]
        filter: FilterArguments,
        /// So many tokens
        #[arg(long, required_unless_present = "amount", conflicts_with = "amount")]
        count: Option<u64>,
        /// Tokens that come to this amount
        #[arg(long)]
        amount: Option<u64>,
        /// Keep them so long: nobody else is given them
        #[arg(long, value_name = "SECONDS")]
        reserve: Option<u64>,
        /// Where to ask
        #[command(flatten)]
        host: HostArguments,
    },
    /// Release what was kept
    Release {
        /// The reservation
        id: String,
        /// Where to ask
        #[command(flatten)]
        host: HostArguments,
    },
}

/// Runs the command.
///
/// # Errors
/// The host cannot be asked, or says no.
pub fn run(command: &BasketsCommand) -> CommandResult {
    match command {
        BasketsCommand::List { page, host } => {
            host.show::<BasketListBody>(page.on(PathOf::new("/v1/baskets")), words::list)
        }
        BasketsCommand::Show { basket, by: None, page, host } => {
            host.show::<BasketBody>(page.on(PathOf::basket(basket, "")), words::basket)
        }
        BasketsCommand::Show { basket, by: Some(by), page, host } => {
            let path = PathOf::basket(basket, "").maybe("by", Some(by.text()));
            host.show::<GroupsBody>(page.on(path), |groups| words::groups(by.text(), groups))
        }
        BasketsCommand::Tokens { basket, filter, page, host } => {
            host.show::<TokenListBody>(page.on(filter.on(PathOf::basket(basket, "/tokens"))), words::tokens)
        }
        BasketsCommand::Balances { basket, asset, owner, page, host } => {
            let path =
                PathOf::basket(basket, "/balances").maybe("asset", asset.as_ref()).maybe("owner", owner.as_ref());
            host.show::<BalancesBody>(page.on(path), words::balances)
        }
        BasketsCommand::Organise { file, host } => {
            let requirements: Value = serde_json::from_slice(&input::read(file)?)?;
            let body = json!({ "requirements": requirements });
            let organised: OrganisedBody = host.client().post_json("/v1/baskets/organise", &body)?;
            host.print(&organised, words::organised)
        }
        BasketsCommand::Take { basket, filter, count, amount, reserve, host } => {
            let (count, amount, reserve_seconds) = (*count, *amount, *reserve);
            let body = TakeBody { filter: Some(filter.body()), count, amount, reserve_seconds };
            let taken: TakenBody = host.client().post_json(&PathOf::basket(basket, "/take").text(), &json!(body))?;
            host.print(&taken, words::taken)
        }
        BasketsCommand::Release { id, host } => {
            let path = PathOf::under("/v1/reservations/", id, "").text();
            let released: ReleasedBody = host.client().delete_json(&path)?;
            host.print(&released, |released| format!("released {}\n", released.released))
        }
    }
}
