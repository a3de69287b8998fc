//! The federations file of a running host: read again when it changes.

use std::time::{Duration, Instant};

use crate::config::checked::FederationsSetup;
use crate::config::federation::load;
use crate::node::Node;
use crate::shutdown::Stop;

/// How often the file is read. It is small, and who revokes somebody's trust wants it to count at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Longest nap: how late the host's end can be noticed.
const NAP: Duration = Duration::from_millis(250);

/// Reads the file again and again, until the host stops. One that cannot be used leaves what was in force.
pub fn run(setup: FederationsSetup, node: &Node, stop: &Stop) {
    let FederationsSetup { file, bytes: mut in_force, .. } = setup;
    let mut complaint: Option<String> = None;
    let mut looked = Instant::now();
    while stop.reason().is_none() {
        std::thread::sleep(NAP);
        if looked.elapsed() < LOOK_EVERY {
            continue;
        }
        looked = Instant::now();
        let Some(loaded) = node.loaded() else { continue };
        let error = match load(&file) {
            Ok((_, bytes)) if bytes == in_force => None,
            Ok((federations, bytes)) => {
                let missing =
                    federations.revocation_topics().find(|topic| loaded.engine().hosting().topic(topic).is_none());
                match missing {
                    Some(topic) => Some(format!("it names the revocation topic `{topic}`, which is not hosted")),
                    None => {
                        loaded.engine().trust(federations);
                        in_force = bytes;
                        tracing::info!(file = %file.display(), "the federations file changed and is in force");
                        None
                    }
                }
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = &error
            && complaint.as_ref() != Some(error)
        {
            tracing::error!(file = %file.display(), %error, "the federations file cannot be used; what was in force stays");
        }
        node.note_upkeep(|upkeep| upkeep.federations_failed = error.is_some());
        complaint = error;
    }
}
