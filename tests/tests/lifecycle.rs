//! How a host begins and ends.

use std::fs;
use std::thread;
use std::time::Duration;

use trellis_spv::testing::{Coin, Wallet};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::tokens::hello;
use trellis_system_tests::world::World;

#[test]
fn the_port_answers_before_anything_is_loaded() {
    let world = World::new();
    // More plugins to compile than can be done before the first question.
    let file = world.folder().join("plugin.wasm");
    fs::write(&file, trellis_plugins_embedded::HOSTILE).unwrap();
    let configuration = Configuration::usual().file("one_more", &file, "").topic("tm_one_more", "one_more");
    world.publish();
    let mut host = Host::prepare(&configuration, &world);
    let client = host.client();
    host.spawn();
    let live = wait_for("the port", || client.try_get("/health/live").ok());
    let early = [client.get("/health/ready"), client.get("/listTopicManagers"), client.submit(&["tm_anytx"], b"")];
    assert_eq!(live.status, 200, "{}", live.text());
    assert_eq!(early[0].json()["live"], true);
    for reply in &early {
        assert_eq!(reply.status, 503, "{}", reply.text());
    }
    assert!(early[2].headers.contains_key("retry-after"), "{:?}", early[2].headers);
    host.wait_until_ready();
    let _ = client.get("/listTopicManagers").expect(200);
}

#[test]
fn a_host_that_is_asked_to_end_finishes_what_it_began() {
    let (world, wallet) = (&World::new(), &Wallet::from_seed(9));
    let coins = world.coins(wallet, 100, 10_000);
    world.publish();
    let mut host = Host::start(&Configuration::usual(), world);
    let acknowledged = thread::scope(|scope| {
        let client = host.client();
        let clients = scope.spawn(move || {
            let submit = |(number, coin): (usize, &Coin)| {
                let transaction = hello(wallet, std::slice::from_ref(coin), &format!("message {number}"));
                let reply = client.try_submit(&["tm_helloworld"], &world.beef_bytes(&[&transaction]));
                reply.is_ok_and(|reply| reply.status == 200).then(|| transaction.txid())
            };
            coins.iter().enumerate().map_while(submit).collect::<Vec<_>>()
        });
        thread::sleep(Duration::from_millis(200));
        assert!(host.end().success());
        clients.join().unwrap()
    });
    host.check_store();
    host.start_again();
    for txid in &acknowledged {
        assert!(host.client().transaction(txid).is_some(), "acknowledged {txid} is lost");
    }
}

#[test]
fn a_data_folder_has_one_host_at_a_time() {
    let world = World::new();
    let mut first = Host::start(&Configuration::usual(), &world);
    let output = trellis_system_tests::binary::command()
        .args(["store", "check", "--config"])
        .arg(first.config_file())
        .output()
        .expect("to run the check");
    let problems = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "a second process opened the store of a running host");
    assert!(problems.contains("in use") || problems.contains("another"), "{problems}");
    let _ = first.client().get("/health/ready").expect(200);
    assert!(first.end().success());
    first.check_store();
}
