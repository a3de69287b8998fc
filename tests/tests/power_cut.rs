//! After a power cut everything that was acknowledged is there, and the store is whole.
//!
//! A real host runs under load while its file-system calls are recorded. Then, for many moments of that run, the disk that a
//! cut at that moment leaves behind is rebuilt, opened, audited, and asked for every submission acknowledged before.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use rand::Rng;
use trellis_spv::hash::Txid;
use trellis_spv::testing::Wallet;
use trellis_system_tests::binary;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::Host;
use trellis_system_tests::power::{Call, Disk, Losses, Recorder, Recording, monotonic_nanos};
use trellis_system_tests::soak;
use trellis_system_tests::tokens;
use trellis_system_tests::world::World;

/// Clients that submit at once.
const CLIENTS: usize = 8;

/// Submissions of each client.
const SUBMISSIONS: usize = 40;

/// An acknowledged submission.
struct Acknowledged {
    txid: Txid,
    asked: u64,
    answered: u64,
}

/// Runs a recorded host under load until it is killed.
fn recorded_run(host: &Host, recorder: &Recorder, world: &World) -> Vec<Acknowledged> {
    let wallets: Vec<_> = (0..CLIENTS as u64).map(Wallet::from_seed).collect();
    let coins: Vec<_> = wallets.iter().map(|wallet| world.coins(wallet, SUBMISSIONS, 1_000)).collect();
    world.publish();
    let mut command = Command::new(binary::trellis());
    command.arg("serve").arg("--config").arg(host.config_file());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    recorder.record(&mut command);
    let mut child = command.spawn().expect("to start the host");
    let client = host.client();
    trellis_system_tests::host::wait_for("the recorded host", || {
        client.try_get("/health/ready").is_ok_and(|reply| reply.status == 200).then_some(())
    });
    let acknowledged = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (wallet, coins) in wallets.iter().zip(&coins) {
            let (acknowledged, client) = (&acknowledged, host.client());
            scope.spawn(move || {
                for (number, coin) in coins.iter().enumerate() {
                    let transaction = tokens::hello(wallet, std::slice::from_ref(coin), &format!("message {number}"));
                    let beef = world.beef_bytes(&[&transaction]);
                    let asked = monotonic_nanos();
                    let reply = client.submit(&["tm_helloworld", "tm_anytx"], &beef).expect(200);
                    let answered = monotonic_nanos();
                    assert_eq!(reply.admittance("tm_helloworld")[0], [0]);
                    acknowledged.lock().unwrap().push(Acknowledged { txid: transaction.txid(), asked, answered });
                }
            });
        }
    });
    child.kill().expect("to kill the host");
    child.wait().expect("the host's end");
    acknowledged.into_inner().unwrap()
}

/// Each acknowledgement follows a sync of sled's log that began after the commit had been written to it.
fn assert_synced_before_acknowledged(calls: &[Recording], acknowledged: &[Acknowledged]) {
    let is_log = |call: &&Recording| matches!(&call.call, Call::Open { path, .. } if path.ends_with("db"));
    let logs: Vec<u32> = calls.iter().filter(is_log).map(|call| call.file).collect();
    let syncs: Vec<_> =
        calls.iter().filter(|call| logs.contains(&call.file) && matches!(call.call, Call::Sync)).collect();
    assert!(!syncs.is_empty(), "sled's log was never synced");
    for one in acknowledged {
        let mentions = |call: &&Recording| match &call.call {
            Call::Write { data, .. } => {
                logs.contains(&call.file)
                    && call.began >= one.asked
                    && data.windows(32).any(|window| window == one.txid.internal())
            }
            _ => false,
        };
        let written = calls.iter().find(mentions).unwrap_or_else(|| panic!("{} never reached the log", one.txid));
        assert!(
            syncs.iter().any(|sync| sync.began >= written.ended && sync.ended <= one.answered),
            "{} was acknowledged without a sync that began after its commit",
            one.txid
        );
    }
}

/// Opens what a cut left behind and asks it for everything acknowledged before.
fn assert_survived(image: &Path, world: &World, acknowledged: &[&Acknowledged], what: &str) {
    let mut survivor = Host::prepare_over(&Configuration::usual(), world, image);
    let report = survivor.check_store();
    assert_eq!(report["findings"], serde_json::json!([]), "{what}: {report}");
    survivor.start_again();
    let client = survivor.client();
    for one in acknowledged {
        assert!(client.transaction(&one.txid).is_some(), "{what}: {} was acknowledged and is gone", one.txid);
    }
    survivor.kill_9();
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let mut random = soak::random("power cut");
    let world = World::new();
    let host = Host::prepare(&Configuration::usual(), &world);
    let watched = host.data_folder();
    std::fs::create_dir_all(&watched).expect("the data folder");
    let scratch = tempfile::TempDir::new().expect("a temporary folder");
    let recorder = Recorder::build(scratch.path(), &watched);
    let acknowledged = recorded_run(&host, &recorder, &world);
    assert_eq!(acknowledged.len(), CLIENTS * SUBMISSIONS);
    let calls = recorder.read();
    assert_synced_before_acknowledged(&calls, &acknowledged);

    let cuts = soak::count("TRELLIS_SOAK_CUTS", 10);
    // From the first acknowledgement on: before it there is nothing to lose.
    let first = acknowledged.iter().map(|one| one.answered).min().expect("acknowledgements");
    let from = calls.iter().position(|call| call.ended > first).expect("calls after the first acknowledgement");
    let mut moments: Vec<_> = (0..cuts).map(|_| random.random_range(from..calls.len())).collect();
    moments.sort_unstable();
    let mut disk = Disk::default();
    let mut applied = 0usize;
    for (number, moment) in moments.into_iter().enumerate() {
        // Two cuts may fall on the same moment; then nothing happened in between.
        for call in calls.iter().take(moment + 1).skip(applied) {
            disk.apply(call);
        }
        applied = moment + 1;
        let losses = if number % 2 == 0 { Losses::All } else { Losses::Random };
        let image = scratch.path().join(format!("cut-{number}"));
        disk.cut(&watched, &image, losses, &mut random);
        let cut_at = calls[moment].ended;
        let before: Vec<_> = acknowledged.iter().filter(|one| one.answered <= cut_at).collect();
        let what = format!("cut {number} after call {moment} ({losses:?}, {} acknowledged)", before.len());
        assert_survived(&image, &world, &before, &what);
    }
}
