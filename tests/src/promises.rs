//! Files of promises in JavaScript (`tests/sdk`), each a test of Node's own, kept against the real binary.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use crate::configuration::Configuration;
use crate::host::Host;
use crate::sdk;
use crate::world::World;

/// Runs a file of tests against a host of its own, which can be killed and started again, and audits the store afterwards.
///
/// The script is given the host's address, the file of its headers, and a port: whoever says something there has the host killed and
/// started again.
///
/// # Panics
/// A promise is not kept.
pub fn keep(script: &str, configuration: impl FnOnce(&World) -> Configuration, environment: &[(&str, &str)]) {
    let world = World::new();
    world.publish();
    let mut host = Host::start(&configuration(&world), &world);
    let (url, headers) = (format!("http://127.0.0.1:{}", host.port()), world.headers_file());
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let door_port = door.local_addr().unwrap().port();
    thread::scope(|scope| {
        scope.spawn(move || {
            let _last = Last(door_port);
            let arguments = [&url, headers.to_str().expect("a path in UTF-8"), &door_port.to_string()];
            let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, OsStr::new(value))).collect();
            if let Some(said) = sdk::run_in(&sdk::folder(), script, &arguments, &environment) {
                print!("{said}");
            }
        });
        serve(&door, &mut host);
    });
    assert!(host.end().success());
    host.check_store();
}

/// Kills the host and starts it again for everybody who says something at the door, until somebody says nothing.
fn serve(door: &TcpListener, host: &mut Host) {
    for visitor in door.incoming() {
        let mut visitor = visitor.unwrap();
        if visitor.read(&mut [0; 16]).unwrap() == 0 {
            return;
        }
        host.kill_9();
        host.start_again();
        visitor.write_all(b"up").unwrap();
    }
}

/// Whoever comes last, also where the tests failed: says nothing at the door of this port.
struct Last(u16);

impl Drop for Last {
    fn drop(&mut self) {
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.0));
    }
}
