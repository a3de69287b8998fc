//! Sends the callbacks of the stand-in for ARC.

use std::time::Duration;

use trellis_network::arc_local::{Callback, Delivery};
use ureq::Agent;

/// Longest call, as ARC's.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends callbacks by HTTP.
#[derive(Debug)]
pub struct CallbackSender(Agent);

impl Default for CallbackSender {
    fn default() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Where callbacks may go was judged by the address that was given.
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(CALL_TIMEOUT));
        Self(config.build().into())
    }
}

impl CallbackSender {
    /// Sends one.
    #[must_use]
    pub fn send(&self, callback: &Callback) -> Delivery {
        let mut request = self.0.post(&callback.url).header("content-type", "application/json; charset=UTF-8");
        if let Some(token) = &callback.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        match request.send(callback.body.to_string()) {
            Ok(answer) if answer.status().is_success() => Delivery::Taken,
            Ok(answer) => {
                tracing::warn!(url = callback.url, status = answer.status().as_u16(), "a callback was refused");
                Delivery::Refused
            }
            Err(error) => {
                tracing::warn!(url = callback.url, %error, "a callback reached nobody and is not sent again");
                Delivery::Unreachable
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;

    use serde_json::Value;
    use trellis_network::arc_local::{ArcRequest, LocalArc};
    use trellis_network::local_chain::{Genesis, LocalChain};

    use crate::clock;
    use crate::node::Dev;
    use crate::shutdown::{Reason, stop_pair};
    use crate::testing;
    use crate::worker;

    /// One request: its head in lower case, and its body.
    fn receive(listener: &TcpListener, answer: &str) -> (String, Value) {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        (&stream).write_all(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").as_bytes()).unwrap();
        (head, serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn the_worker_calls_back_with_the_token_until_it_is_taken() {
        let chain = Arc::new(LocalChain::in_memory(&Genesis { seed: [1; 32], time: 1_700_000_000 }).unwrap());
        let dev = Dev { arc: Arc::new(LocalArc::new(Arc::clone(&chain))), chain };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/arc-ingest", listener.local_addr().unwrap());
        let [spend, _] = testing::rivals(&dev);
        let headers = [("x-callbackurl", url.as_str()), ("x-callbacktoken", "secret")];
        let content_type = "application/octet-stream";
        let request = ArcRequest { method: "POST", path: "/v1/tx", content_type, headers: &headers, body: spend.raw() };
        assert_eq!(dev.arc.handle(&request, clock::now()).status, 200);
        let block = dev.chain.mine(clock::now()).unwrap();
        let (stopper, stop) = stop_pair();
        std::thread::scope(|scope| {
            scope.spawn(|| worker::run_callbacks(&dev, &stop));
            let (head, body) = receive(&listener, "500 Not Now");
            assert!(
                head.starts_with("post /arc-ingest ") && head.contains("authorization: bearer secret\r\n"),
                "{head}"
            );
            assert_eq!((&body["txStatus"], &body["blockHeight"]), (&"MINED".into(), &block.height.into()));
            let (_, again) = receive(&listener, "200 OK");
            assert_eq!(again, body);
            stopper.stop(Reason::Failed("the test is over".to_owned()));
        });
        let counts = dev.arc.callback_counts();
        assert_eq!((counts.taken, counts.waiting, counts.lost), (1, 0, 0));
    }
}
