//! Mutual authentication (BRC-103): the unmodified `AuthFetch` of `@bsv/sdk` works, and nobody else's word is believed. Its promises
//! are in `tests/sdk/auth.test.mjs`.

use serde_json::json;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::Host;
use trellis_system_tests::promises;
use trellis_system_tests::world::World;

/// Handshakes that nobody completes.
const HALF_OPEN: usize = 10_000;

/// Memory they may take: that of a host that was asked anything else as often.
#[cfg(target_os = "linux")]
const ROOM: u64 = 8 << 20;

#[test]
fn auth_fetch_is_believed_and_whatever_is_changed_or_repeated_is_not() {
    promises::keep("auth.test.mjs", |_| Configuration::usual(), &[]);
}

#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_handshakes_that_nobody_completes_hold_no_memory() {
    use trellis_system_tests::door::peak_memory;

    let world = World::new();
    world.publish();
    let host = Host::start(&Configuration::usual(), &world);
    let client = host.client();
    let shake = |number: usize| {
        let body = json!({
            "version": "0.1",
            "messageType": "initialRequest",
            "identityKey": "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "initialNonce": format!("{number:0>64}"),
        });
        client.post_json("/.well-known/auth", &[], &body).expect(200).json()
    };
    // What the first thousand needs is caches and threads.
    let first = shake(0);
    (1..1_000).for_each(|number| drop(shake(number)));
    let before = peak_memory(&host);
    (1_000..HALF_OPEN).for_each(|number| drop(shake(number)));
    // The kernel counts in steps: the later figure may be the smaller one.
    let grown = peak_memory(&host).saturating_sub(before);
    assert!(grown < ROOM, "{grown} bytes more for {HALF_OPEN} handshakes");
    assert_eq!(first["identityKey"], shake(HALF_OPEN)["identityKey"]);
}
