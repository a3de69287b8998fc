//! Services of every character, on real listeners, with headers that were really mined.

mod served;

use std::sync::Arc;

use bsv_rs::block::ChainParams;
use serde_json::{Value, json};

use super::*;
use crate::header_chain::testing::{Shelf, chain, constant, extend, first, rules, unmined};
use crate::header_chain::{BlockHash, Header, HeaderChain};
use served::Service;

use ServiceKind::{BlockHeadersService as Bhs, WhatsOnChain as Woc};

/// Services that are asked, and a clock.
struct Followed {
    services: HeaderServices,
    now: Timestamp,
}

impl Followed {
    fn new(params: ChainParams, height: u32, first: &Header, services: Vec<Box<dyn HeaderService>>) -> Self {
        Self::on(&Arc::default(), params, height, first, services)
    }

    fn on(
        shelf: &Arc<Shelf>,
        params: ChainParams,
        height: u32,
        first: &Header,
        services: Vec<Box<dyn HeaderService>>,
    ) -> Self {
        let opened = HeaderChain::open(rules(params, height, first), Arc::clone(shelf) as _).unwrap();
        let services = HeaderServices::new(opened.chain, services);
        Self { services, now: Timestamp(1_700_000_000_000_000) }
    }

    /// Asks whoever is due until nobody has more to give; answers how many turns that took.
    fn settle(&mut self) -> usize {
        let mut turns = 0;
        loop {
            while self.services.refresh(self.now) == Refreshed::Asked {
                turns += 1;
                assert!(turns < 200, "it never ends: {:?}", self.services.health());
            }
            let states = self.services.health().services;
            if states.iter().all(|service| service.state != ServiceState::CatchingUp) {
                return turns;
            }
            self.now = self.now.plus_milliseconds(PAGE_EVERY_MILLISECONDS);
        }
    }

    fn later(&mut self, milliseconds: u64) -> usize {
        self.now = self.now.plus_milliseconds(milliseconds);
        self.settle()
    }

    fn soon(&mut self) -> usize {
        self.later(ASK_EVERY_MILLISECONDS)
    }

    fn best(&self) -> Option<(u32, BlockHash)> {
        self.services.chain().best()
    }

    fn state(&self, index: usize) -> (ServiceState, String) {
        let health = self.services.health().services.swap_remove(index);
        (health.state, health.error.unwrap_or_default())
    }

    /// Whether exactly this chain is known, from this height on.
    fn knows(&self, headers: &[Header], first: u32) -> bool {
        let roots = (first..).map_while(|height| self.services.header(height)).map(|info| info.root);
        roots.eq(headers.iter().map(Header::root))
            && self.best().map(|(_, hash)| hash) == headers.last().map(Header::hash)
    }
}

fn tip_of(headers: &[Header], first: u32) -> Option<(u32, BlockHash)> {
    headers.last().map(|last| (first + headers.len() as u32 - 1, last.hash()))
}

#[test]
fn a_block_headers_service_is_followed_page_after_page_from_the_checkpoint_on() {
    let headers = chain(2_500, 1);
    let service = Service::with(&headers, 500);
    let mut followed = Followed::new(constant(), 500, &headers[0], vec![service.asked(Bhs)]);
    assert_eq!(followed.services.health().services[0].state, ServiceState::NotAsked);
    assert_eq!(followed.settle(), 3);
    assert!(followed.knows(&headers, 500));
    assert_eq!(followed.services.header(499), None);
    assert_eq!(followed.state(0), (ServiceState::Following, String::new()));
    assert_eq!(followed.services.health().services[0].tip, Some(2_999));
    let heights = |path: String| path.split("height=").nth(1).map(|rest| rest.split('&').next().unwrap().to_owned());
    assert_eq!(service.paths().into_iter().filter_map(heights).collect::<Vec<_>>(), ["500", "1500", "2500"]);
    let longer = extend(&headers, 2, 1);
    service.set(|served| served.best.clone_from(&longer));
    assert_eq!(followed.soon(), 1);
    assert!(followed.knows(&longer, 500));
}

#[test]
fn whats_on_chain_is_followed_through_its_files_its_latest_and_its_last_headers() {
    let headers = chain(2_341, 1);
    let service = Service::with(&headers, 0);
    let mut followed = Followed::new(constant(), 0, &headers[0], vec![service.asked(Woc)]);
    assert_eq!(followed.settle(), 3);
    assert!(followed.knows(&headers, 0));
    let asked = service.paths().join(" ");
    assert!(asked.contains("0_999_headers.bin") && asked.contains("1000_1999_headers.bin"), "{asked}");
    assert!(asked.ends_with("/block/headers/latest"), "{asked}");
    let longer = extend(&headers, 10, 1);
    service.set(|served| served.best.clone_from(&longer));
    assert_eq!(followed.soon(), 1);
    assert!(followed.knows(&longer, 0));
    assert_eq!(service.paths(), ["/v1/bsv/main/chain/info", "/v1/bsv/main/block/headers"]);
    // Where neither file nor latest has a header, it is asked for by its height.
    let longest = extend(&longer, 20, 1);
    service.set(|served| {
        served.best.clone_from(&longest);
        served.in_latest = 5;
    });
    followed.soon();
    assert!(followed.knows(&longest, 0));
    assert!(service.paths().contains(&"/v1/bsv/main/block/2351/header".to_owned()));
}

#[test]
fn large_files_are_handed_on_in_pages_and_read_once() {
    let headers = chain(3_505, 1);
    let service = Service::with(&headers, 0);
    service.set(|served| served.in_a_file = 3_500);
    let mut followed = Followed::new(constant(), 0, &headers[0], vec![service.asked(Woc)]);
    followed.settle();
    assert!(followed.knows(&headers, 0));
    let files = service.paths().into_iter().filter(|path| path.ends_with("_headers.bin")).count();
    assert_eq!(files, 1);
}

#[test]
fn the_key_goes_where_each_service_looks_for_it() {
    let headers = chain(3, 1);
    let service = Service::with(&headers, 0);
    let services = vec![service.asked(Bhs), service.asked(Woc)];
    Followed::new(constant(), 0, &headers[0], services).settle();
    let requests = service.requests.lock().unwrap().iter().map(|request| request.to_lowercase()).collect::<Vec<_>>();
    assert!(requests.iter().any(|request| request.contains("authorization: bearer key\r\n")), "{requests:?}");
    assert!(requests.iter().any(|request| request.contains("woc-api-key: key\r\n")), "{requests:?}");
}

#[test]
fn a_reorganisation_of_three_blocks_is_followed() {
    for kind in [Bhs, Woc] {
        let headers = chain(100, 1);
        let service = Service::with(&headers, 0);
        let shelf = Arc::new(Shelf::default());
        let mut followed = Followed::on(&shelf, constant(), 0, &headers[0], vec![service.asked(kind)]);
        followed.settle();
        let other = extend(&headers[..97], 4, 2);
        service.set(|served| {
            // What was best is a side branch now, and is served among the others.
            served.side = (97..).zip(headers[97..].iter().copied()).collect();
            served.best.clone_from(&other);
        });
        followed.soon();
        assert!(followed.knows(&other, 0), "{kind:?} {:?}", followed.services.health());
        assert_eq!(shelf.from(0), other.iter().map(Header::raw).collect::<Vec<_>>());
        assert_eq!(followed.state(0).0, ServiceState::Following);
    }
}

#[test]
fn a_reorganisation_of_a_thousand_blocks_is_followed_and_a_deeper_one_refused() {
    for kind in [Bhs, Woc] {
        let headers = chain(3_200, 1);
        let service = Service::with(&headers, 0);
        let mut followed = Followed::new(constant(), 0, &headers[0], vec![service.asked(kind)]);
        followed.settle();
        let other = extend(&headers[..2_200], 1_001, 2);
        service.set(|served| served.best.clone_from(&other));
        followed.soon();
        assert!(followed.knows(&other, 0), "{kind:?} {:?}", followed.services.health());
        let deeper = extend(&other[..2_200], 1_003, 3);
        service.set(|served| served.best.clone_from(&deeper));
        followed.soon();
        let (state, error) = followed.state(0);
        assert_eq!(state, ServiceState::Refused, "{error}");
        assert!(error.contains("1000 blocks back"), "{error}");
        assert!(followed.knows(&other, 0));
    }
}

#[test]
fn services_that_agree_share_the_work() {
    let headers = chain(4_000, 1);
    let (one, other) = (Service::with(&headers, 0), Service::with(&headers, 0));
    let mut followed = Followed::new(constant(), 0, &headers[0], vec![one.asked(Bhs), other.asked(Bhs)]);
    followed.settle();
    assert!(followed.knows(&headers, 0));
    let pages = |service: &Service| service.paths().iter().filter(|path| path.contains("byHeight")).count();
    assert!(pages(&one) <= 3 && pages(&other) <= 3);
}

#[test]
fn services_that_disagree_are_settled_by_work() {
    let common = chain(1_200, 1);
    let (light, heavy) = (extend(&common, 30, 2), extend(&common, 35, 3));
    let (one, other) = (Service::with(&light, 0), Service::with(&heavy, 0));
    let mut followed = Followed::new(constant(), 0, &common[0], vec![one.asked(Bhs), other.asked(Woc)]);
    followed.settle();
    assert!(followed.knows(&heavy, 0));
    assert_eq!([followed.state(0).0, followed.state(1).0], [ServiceState::Following; 2]);
    // The lighter one grows past the other: it wins, however long it was the wrong one.
    let light = extend(&light, 10, 2);
    one.set(|served| served.best.clone_from(&light));
    followed.soon();
    assert!(followed.knows(&light, 0));
}

#[test]
fn a_side_branch_of_several_pages_with_less_work_is_followed_to_its_end() {
    let common = chain(100, 1);
    let params = crate::header_chain::testing::moving();
    let common = crate::header_chain::testing::extend_by_rules(&params, &common[..1], 200, 600, 1);
    let heavy = crate::header_chain::testing::extend_by_rules(&params, &common, 400, 100, 2);
    let light = crate::header_chain::testing::extend_by_rules(&params, &common, 2_600, 1_200, 3);
    let (one, other) = (Service::with(&heavy, 0), Service::with(&light, 0));
    let mut followed = Followed::new(params, 0, &common[0], vec![one.asked(Bhs), other.asked(Bhs)]);
    followed.settle();
    assert_eq!(followed.best().map(|(_, hash)| hash), heavy.last().map(Header::hash));
    assert_eq!([followed.state(0).0, followed.state(1).0], [ServiceState::Following; 2]);
}

/// A liar beside a service that is honest: what it says has these words, and the other one's chain is known.
fn lies(words: &str, honest: &[Header], liar: Service, kind: ServiceKind) {
    let truthful = Service::with(honest, 0);
    let mut followed = Followed::new(constant(), 0, &honest[0], vec![liar.asked(kind), truthful.asked(Bhs)]);
    followed.settle();
    let (state, error) = followed.state(0);
    assert_eq!(state, ServiceState::Refused, "{words}: {error}");
    assert!(error.contains(words), "{words}: {error}");
    assert!(followed.services.health().services[0].name.starts_with(if kind == Bhs { "bhs" } else { "woc" }));
    assert!(followed.knows(honest, 0), "{words}");
    assert_eq!(followed.state(1), (ServiceState::Following, String::new()));
    // It is left alone from then on.
    liar.paths();
    for _ in 0..50 {
        followed.soon();
    }
    assert!(liar.paths().is_empty(), "{words}");
}

#[test]
fn a_service_that_lies_is_reported_and_left_while_others_serve() {
    let honest = chain(1_150, 1);
    for kind in [Bhs, Woc] {
        let mut unworked = honest[..1_140].to_vec();
        unworked.push(unmined(&unworked[1_139], 5));
        lies("has not the work", &honest, Service::with(&extend(&unworked, 20, 1), 0), kind);

        let elsewhere = chain(1_160, 5).split_off(1_100);
        let broken = [&honest[..1_100], &elsewhere].concat();
        lies("do not link", &honest, Service::with(&broken, 0), kind);
    }
    let spoilt = Service::with(&honest, 0);
    spoilt.set(|served| {
        served.spoil = |value| {
            if let Some(header) = value.as_array_mut().and_then(|headers| headers.first_mut()) {
                header["nonce"] = json!(header["nonce"].as_u64().unwrap() + 1);
            }
        };
    });
    lies("the fields it gives", &honest, spoilt, Bhs);
    let raised = Service::with(&honest, 0);
    raised.set(|served| {
        served.spoil = |value| {
            if let Some(height) = value.get_mut("height") {
                *height = json!(height.as_u64().unwrap() + 1);
            }
        };
    });
    // Whichever of the two is asked first: the header is known by then, at its own height.
    let mut followed = Followed::new(constant(), 0, &honest[0], vec![Service::with(&honest, 0).asked(Bhs)]);
    followed.settle();
    let opened = follow::follow(followed.services.chain(), raised.asked(Bhs).as_ref(), None);
    assert!(matches!(opened, Err(ServiceError::Lie(text)) if text.contains("at height 1150")));
}

#[test]
fn a_chain_without_the_checkpoint_is_refused() {
    let (ours, theirs) = (chain(1_010, 1), chain(1_010, 2));
    for kind in [Bhs, Woc] {
        let service = Service::with(&theirs, 0);
        let mut followed = Followed::new(constant(), 5, &ours[5], vec![service.asked(kind)]);
        followed.settle();
        let (state, error) = followed.state(0);
        assert_eq!(state, ServiceState::Refused, "{error}");
        assert!(error.contains(&format!("checkpoint 5:{}", ours[5].hash())), "{error}");
        assert_eq!(followed.services.health().tip, None);
    }
}

#[test]
fn a_tip_that_stands_still_while_others_move_is_reported_and_asked_less() {
    let headers = chain(50, 1);
    let (still, moving) = (Service::with(&headers, 0), Service::with(&headers, 0));
    let mut followed = Followed::new(constant(), 0, &headers[0], vec![still.asked(Bhs), moving.asked(Woc)]);
    followed.settle();
    let mut longer = headers.clone();
    for _ in 0..STANDS_STILL_BLOCKS {
        assert_eq!(followed.state(0).0, ServiceState::Following);
        longer = extend(&longer, 1, 1);
        moving.set(|served| served.best.clone_from(&longer));
        followed.soon();
    }
    followed.soon();
    let (state, error) = followed.state(0);
    assert_eq!(state, ServiceState::StandsStill);
    assert!(error.contains("height 49") && error.contains("at 52"), "{error}");
    assert_eq!(followed.state(1).0, ServiceState::Following);
    still.paths();
    followed.soon();
    assert!(still.paths().is_empty(), "it is asked less often");
    // It comes back to life.
    still.set(|served| served.best.clone_from(&longer));
    followed.later(LONGEST_PAUSE_MILLISECONDS);
    assert_eq!(followed.state(0), (ServiceState::Following, String::new()));
}

#[test]
fn a_service_that_fails_is_asked_less_and_less_until_it_answers() {
    let headers = chain(20, 1);
    let service = Service::with(&headers, 0);
    let mut followed = Followed::new(constant(), 0, &headers[0], vec![service.asked(Bhs)]);
    let instead = [
        "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n[[[[",
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>",
        "\0\0\0",
        "",
    ];
    let mut pause = FIRST_PAUSE_MILLISECONDS;
    for (nth, instead) in instead.into_iter().enumerate() {
        service.set(|served| served.instead = Some(instead.to_owned()));
        assert_eq!(if nth == 0 { followed.settle() } else { followed.later(1) }, 1, "{nth}");
        assert_eq!(followed.state(0).0, ServiceState::Failing, "{instead}");
        assert_eq!(followed.later(pause - 1), 0, "{nth}");
        pause = (pause * 2).min(LONGEST_PAUSE_MILLISECONDS);
    }
    service.set(|served| served.instead = None);
    assert_eq!(followed.later(1), 1);
    assert_eq!(followed.state(0), (ServiceState::Following, String::new()));
    // From the first pause again.
    service.set(|served| served.instead = Some(String::new()));
    followed.soon();
    assert_eq!(followed.later(FIRST_PAUSE_MILLISECONDS), 1);
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let endless = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{}", " ".repeat(4 << 20));
    let headers = chain(3, 1);
    let service = Service::with(&headers, 0);
    service.set(|served| served.instead = Some(endless));
    let mut followed = Followed::new(constant(), 0, &headers[0], vec![service.asked(Woc)]);
    followed.settle();
    assert_eq!(followed.state(0).0, ServiceState::Failing);
}

#[test]
fn a_tip_without_headers_is_asked_for_with_pauses_not_for_ever() {
    let headers = chain(60, 1);
    let service = Service::with(&headers, 0);
    let mut followed = Followed::new(constant(), 0, &headers[0], vec![service.asked(Woc), service.asked(Bhs)]);
    followed.settle();
    let promised = extend(&headers, 3, 7);
    service.set(|served| {
        served.best.clone_from(&promised);
        served.spoil = |value: &mut Value| {
            if let Some(list) = value.as_array_mut() {
                let time = |header: &Value| header.get("time").or(header.get("creationTimestamp"))?.as_u64();
                list.retain(|header| time(header) < Some(1_500_000_000 + 60 * 600));
            }
        };
    });
    assert_eq!(followed.soon(), 2);
    for index in 0..2 {
        let (state, error) = followed.state(index);
        assert_eq!(state, ServiceState::Failing);
        assert!(error.contains("gives no header 60"), "{error}");
    }
    assert!(followed.knows(&headers, 0));
}

#[test]
fn after_a_restart_the_archive_serves_before_any_service_answers() {
    let headers = chain(1_500, 1);
    let shelf = Arc::new(Shelf::default());
    let service = Service::with(&headers, 0);
    let mut followed = Followed::on(&shelf, constant(), 0, &headers[0], vec![service.asked(Bhs)]);
    followed.settle();
    drop(followed);
    service.set(|served| served.instead = Some(String::new()));
    service.paths();
    let mut followed = Followed::on(&shelf, constant(), 0, &headers[0], vec![service.asked(Bhs)]);
    assert!(followed.knows(&headers, 0));
    followed.settle();
    assert!(followed.knows(&headers, 0));
    let longer = extend(&headers, 7, 1);
    service.set(|served| {
        served.instead = None;
        served.best.clone_from(&longer);
    });
    followed.later(FIRST_PAUSE_MILLISECONDS);
    assert!(followed.knows(&longer, 0));
    assert_eq!(service.paths().iter().filter(|path| path.contains("byHeight")).count(), 1, "only what is new");
}

#[test]
fn a_service_far_behind_is_not_refused() {
    let headers = chain(1_600, 1);
    let (young, behind) = (Service::with(&headers, 0), Service::with(&extend(&headers[..100], 1, 4), 0));
    let mut followed = Followed::new(constant(), 0, &headers[0], vec![young.asked(Bhs)]);
    followed.settle();
    let turn = follow::follow(followed.services.chain(), behind.asked(Bhs).as_ref(), None);
    assert!(matches!(turn, Ok(follow::Turn::FarBehind(_))), "{turn:?}");
    let empty = Service::with(&[first(1)], 0);
    let mut followed = Followed::new(constant(), 5, &headers[5], vec![empty.asked(Bhs)]);
    followed.settle();
    assert_eq!(followed.state(0).0, ServiceState::Failing, "it may get there");
    assert_eq!(tip_of(&headers, 0).map(|(height, _)| height), Some(1_599));
}
