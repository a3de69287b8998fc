//! The whole plugin in an overlay: natively, and as the component that ships.

use trellis_testing::{Overlay, Party, component};

use crate::Ledger;

const ACCOUNTS: [&str; 3] = ["tm_bank", "tm_sales", "tm_tax"];

#[test]
fn a_posting_reaches_all_its_accounts_and_comes_to_nothing() {
    let bookkeeper = Party::named("bookkeeper");
    let hosted = ACCOUNTS.into_iter().fold(Overlay::new(), |overlay, account| overlay.topic(account, Ledger));
    let overlay = hosted
        .baskets(Ledger, ["ledger/*"], ACCOUNTS)
        .config(Ledger, "bookkeeper", bookkeeper.key_hex())
        .component(Ledger, component!("plugin"));
    overlay.test(|host| {
        let entry = |topic, cents| ["entry", topic, cents, "invoice 7"];
        let lines = [entry("tm_bank", "11900"), entry("tm_sales", "-10000"), entry("tm_tax", "-1900")];
        let posted = lines
            .iter()
            .fold(host.transaction().fund(&bookkeeper, 1_000), |draft, line| draft.token(&bookkeeper, line));
        let posted = posted.sign();
        let halfway = host.submit(&posted, ["tm_bank", "tm_sales"]);
        halfway.fails("the posting does not reach tm_tax: submit it to the topics of all its accounts");
        host.submit(&posted, ACCOUNTS).admits("tm_bank", [0]).admits("tm_sales", [1]).admits("tm_tax", [2]);
        host.state("tm_bank").has("balance", "11900");
        host.state("tm_sales").has("balance", "-10000");
        host.basket("ledger/bank/debit").holds([(&posted, 0, "cents", 11_900)]);
        host.basket("ledger/tax/credit").holds([(&posted, 2, "cents", 1_900)]);

        let wrong = host.transaction().fund(&bookkeeper, 1_000).token(&bookkeeper, entry("tm_bank", "1"));
        let wrong = wrong.token(&bookkeeper, entry("tm_tax", "-2")).sign();
        host.submit(&wrong, ACCOUNTS).refused("tm_tax", "the entries come to -1 cents instead of 0");
        host.network_refuses(&posted, "fee too low");
        host.state("tm_bank").count(0);
        host.basket("ledger/bank/debit").is_empty();
    });
}
