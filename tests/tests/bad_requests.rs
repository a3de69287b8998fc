//! What is no proper request: a JSON error that says what and where, CORS included, nothing stored, the host goes on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use trellis_spv::testing::Wallet;
use trellis_system_tests::client::Reply;
use trellis_system_tests::door::Door;
use trellis_system_tests::tokens::hello;
use trellis_system_tests::world::World;

const BYTES: (&str, &str) = ("content-type", "application/octet-stream");

/// The headers of every public reply.
const CORS: [(&str, &str); 5] = [
    ("access-control-allow-origin", "*"),
    ("access-control-allow-headers", "*, authorization"),
    ("access-control-allow-methods", "*"),
    ("access-control-expose-headers", "*"),
    ("access-control-allow-private-network", "true"),
];

fn assert_open(what: &str, reply: &Reply) {
    for (name, value) in CORS {
        assert_eq!(reply.headers.get(name).map(String::as_str), Some(value), "{what}: {:?}", reply.headers);
    }
}

#[test]
fn a_submission_says_what_it_is_and_for_whom() {
    let world = World::new();
    let wallet = Wallet::from_seed(5);
    let beef = world.beef_bytes(&[&hello(&wallet, &[world.coin(&wallet, 10_000)], "hello")]);
    let door = Door::open(&world);
    let too_many = json!((0..65).map(|number| format!("tm_{number}")).collect::<Vec<_>>()).to_string();
    let too_long = format!("[\"tm_{}\"]", "a".repeat(48));
    let topics = |names| ("x-topics", names);
    type Headers<'a> = Vec<(&'a str, &'a str)>;
    let cases: Vec<(&str, Headers<'_>, &str)> = vec![
        ("no content type", vec![topics("[\"tm_anytx\"]")], "ERR_CONTENT_TYPE"),
        ("a text", vec![("content-type", "text/plain"), topics("[\"tm_anytx\"]")], "ERR_CONTENT_TYPE"),
        (
            "JSON that is no bytes",
            vec![("content-type", "application/json"), topics("[\"tm_anytx\"]")],
            "ERR_BODY_FORM",
        ),
        ("no topics", vec![BYTES], "ERR_TOPICS"),
        ("topics that are no JSON", vec![BYTES, topics("tm_anytx")], "ERR_TOPICS"),
        ("topics that are no list", vec![BYTES, topics("\"tm_anytx\"")], "ERR_TOPICS"),
        ("an empty list", vec![BYTES, topics("[]")], "ERR_TOPICS"),
        ("a number", vec![BYTES, topics("[7]")], "ERR_TOPICS"),
        ("a topic twice", vec![BYTES, topics("[\"tm_anytx\",\"tm_anytx\"]")], "ERR_TOPICS"),
        ("65 topics", vec![BYTES, topics(&too_many)], "ERR_TOPICS"),
        ("a name without its prefix", vec![BYTES, topics("[\"anytx\"]")], "ERR_TOPICS"),
        ("a name that is too long", vec![BYTES, topics(&too_long)], "ERR_TOPICS"),
        ("a topic not hosted", vec![BYTES, topics("[\"tm_elsewhere\"]")], "ERR_TOPIC_NOT_HOSTED"),
        (
            "values that are not there",
            vec![BYTES, topics("[\"tm_anytx\"]"), ("x-includes-off-chain-values", "true")],
            "ERR_BEEF_MALFORMED",
        ),
        ("a flag nobody knows", vec![BYTES, topics("[\"tm_anytx\"]"), ("x-trellis-require", "any")], "ERR_HEADER"),
    ];
    for (what, headers, code) in cases {
        let reply = door.client().post("/submit", &headers, &beef);
        Door::assert_refused(what, &reply, 400, code, &[]);
        assert_open(what, &reply);
    }
    let reply = door.client().submit(&["tm_anytx"], b"");
    Door::assert_refused("no body", &reply, 400, "ERR_BEEF_MALFORMED", &[]);
    door.close();
}

#[test]
fn all_topics_required_means_all_or_nothing() {
    let world = World::new();
    let wallet = Wallet::from_seed(5);
    let plain = trellis_system_tests::tokens::split(&wallet, &[world.coin(&wallet, 10_000)], 2);
    let beef = world.beef_bytes(&[&plain]);
    let mut door = Door::open(&world);
    let submit = |topics: &[&str], required: bool| {
        let topics = json!(topics).to_string();
        let mut headers = vec![BYTES, ("x-topics", &*topics)];
        headers.extend(required.then_some(("x-trellis-require", "all")));
        door.client().post("/submit", &headers, &beef)
    };
    for (what, topics, words) in [
        ("one refuses", ["tm_anytx", "tm_helloworld"], "no output is a Hello World message"),
        ("one is not hosted", ["tm_anytx", "tm_elsewhere"], "tm_elsewhere"),
    ] {
        let reply = submit(&topics, true);
        Door::assert_refused(what, &reply, 422, "ERR_NOT_TAKEN_BY_ALL", &[topics[1], words]);
        assert!(door.client().transaction(&plain.txid()).is_none(), "{what}, and it was kept");
    }
    let steak = submit(&["tm_anytx", "tm_helloworld", "tm_elsewhere"], false).expect(200);
    assert_eq!(steak.admittance("tm_anytx")[0], [0, 1]);
    assert_eq!(steak.admittance("tm_helloworld"), [const { Vec::<u32>::new() }; 3]);
    assert_eq!(steak.json().as_object().unwrap().len(), 2, "topics not hosted are left out: {}", steak.text());
    door.accepted(&beef);
    door.close();
}

#[test]
fn a_lookup_is_json_with_a_service_and_a_query() {
    let world = World::new();
    let door = Door::open(&world);
    let ask = |body: &str| door.client().post("/lookup", &[("content-type", "application/json")], body.as_bytes());
    for (what, body, code) in [
        ("nothing", "", "ERR_LOOKUP_BODY"),
        ("no JSON", "{\"service\":", "ERR_LOOKUP_BODY"),
        ("no service", "{\"query\":{}}", "ERR_LOOKUP_BODY"),
        ("no query", "{\"service\":\"ls_anytx\"}", "ERR_LOOKUP_BODY"),
        ("a service that is no text", "{\"service\":7,\"query\":{}}", "ERR_LOOKUP_BODY"),
        ("a service not hosted", "{\"service\":\"ls_elsewhere\",\"query\":{}}", "ERR_SERVICE_NOT_HOSTED"),
        ("a query the service refuses", "{\"service\":\"ls_anytx\",\"query\":{\"where\":1}}", "ERR_QUERY_REFUSED"),
        (
            "a query of a database",
            "{\"service\":\"ls_helloworld\",\"query\":{\"message\":{\"$gt\":\"\"}}}",
            "ERR_QUERY_REFUSED",
        ),
    ] {
        let reply = ask(body);
        Door::assert_refused(what, &reply, 400, code, &[]);
        assert_open(what, &reply);
    }
    door.close();
}

#[test]
fn unknown_routes_wrong_methods_and_preflights_are_answered() {
    let world = World::new();
    let door = Door::open(&world);
    let client = door.client();
    let unknown = client.get("/nothing/here");
    Door::assert_refused("an unknown route", &unknown, 404, "ERR_ROUTE_NOT_FOUND", &["/nothing/here"]);
    let wrong = client.get("/submit");
    Door::assert_refused("GET of /submit", &wrong, 405, "ERR_METHOD_NOT_ALLOWED", &["GET"]);
    let missing = client.get("/getDocumentationForTopicManager");
    Door::assert_refused("no manager", &missing, 400, "ERR_PARAMETER", &["manager"]);
    let stranger = client.get("/getDocumentationForTopicManager?manager=tm_elsewhere");
    Door::assert_refused("a stranger", &stranger, 404, "ERR_NOT_HOSTED", &["tm_elsewhere"]);
    let no_txid = client.get("/v1/transactions/abc");
    Door::assert_refused("no txid", &no_txid, 400, "ERR_TXID", &[]);
    for reply in [&unknown, &wrong, &missing, &stranger, &no_txid, &client.get("/listTopicManagers")] {
        assert_open("a reply", reply);
    }
    let mut preflight = TcpStream::connect(("127.0.0.1", door.host.port())).unwrap();
    let request = "OPTIONS /submit HTTP/1.1\r\nhost: localhost\r\norigin: http://app\r\nconnection: close\r\n\r\n";
    preflight.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    preflight.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(reply.to_ascii_lowercase().contains("access-control-allow-private-network: true"), "{reply}");
    door.close();
}

/// Sends a head and then zeros until the host answers or stops reading; answers what it said and how much it took.
fn pour(port: u16, head: &str, chunked: bool, most: u64) -> (String, u64) {
    const PIECE: usize = 64 * 1024;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let piece =
        if chunked { [format!("{PIECE:x}\r\n").as_bytes(), &vec![0; PIECE], b"\r\n"].concat() } else { vec![0; PIECE] };
    let mut sent = 0;
    while sent < most && stream.write_all(&piece).is_ok() {
        sent += PIECE as u64;
    }
    // A host that has answered and closed may reset the connection under what was still on its way.
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    (String::from_utf8_lossy(&reply).into_owned(), sent)
}

#[test]
fn a_gigabyte_is_refused_before_it_is_sent() {
    const GIGABYTE: u64 = 1 << 30;
    let world = World::new();
    let door = Door::open(&world);
    let head = "POST /submit HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\n\
                x-topics: [\"tm_anytx\"]\r\nconnection: close\r\n";
    // Announced: the answer comes before a single byte of the body.
    let (reply, _) = pour(door.host.port(), &format!("{head}content-length: {GIGABYTE}\r\n\r\n"), false, 0);
    assert!(reply.starts_with("HTTP/1.1 413") && reply.contains("ERR_BODY_TOO_LARGE"), "{reply}");
    // Not announced: the host stops reading soon after its limit of 32 MiB.
    let (_, sent) = pour(door.host.port(), &format!("{head}transfer-encoding: chunked\r\n\r\n"), true, GIGABYTE);
    assert!(sent < GIGABYTE / 8, "the host took {sent} bytes");
    #[cfg(target_os = "linux")]
    assert!(trellis_system_tests::door::peak_memory(&door.host) < GIGABYTE / 2);
    door.close();
}
