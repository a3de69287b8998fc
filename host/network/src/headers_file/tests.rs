//! A headers file over its life.

use super::*;
use std::fs;

fn text(entries: &[(u32, u8)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(height, byte)| {
            format!("\"{height}\": {{\"root\": \"{}\", \"time\": {height}}}", hex::encode([*byte; 32]))
        })
        .collect();
    format!("{{{}}}", entries.join(",\n"))
}

fn root_byte(file: &HeadersFile, height: u32) -> Option<u8> {
    file.header(height).map(|header| header.root.internal()[0])
}

struct Clock(u64);

impl Clock {
    /// Real time at the start, so that the file's own times make sense; then second by second.
    fn start() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Self(now.as_micros() as u64)
    }

    fn later(&mut self) -> Timestamp {
        self.0 += CHECK_INTERVAL_MILLISECONDS * 1000;
        Timestamp(self.0)
    }
}

#[test]
fn a_replaced_file_is_in_force_after_the_next_look() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headers.json");
    fs::write(&path, text(&[(1, 1), (2, 2)])).unwrap();
    let mut clock = Clock::start();
    let file = HeadersFile::open(&path, Timestamp(clock.0)).unwrap();
    assert_eq!((file.tip(), root_byte(&file, 2)), (Some(2), Some(2)));
    assert_eq!(file.header(1).unwrap().time, Some(1));

    // Same length, put in place by rename, as careful writers do.
    let beside = folder.path().join("new");
    fs::write(&beside, text(&[(1, 1), (3, 3)])).unwrap();
    fs::rename(&beside, &path).unwrap();
    assert_eq!(file.refresh(Timestamp(clock.0)), Refreshed::NotDue);
    assert_eq!(file.tip(), Some(2));
    assert_eq!(file.refresh(clock.later()), Refreshed::Reloaded);
    assert_eq!((file.tip(), root_byte(&file, 3), root_byte(&file, 2)), (Some(3), Some(3), None));
    assert_eq!(file.refresh(clock.later()), Refreshed::Unchanged);

    // Same length and written in place within the coarseness of file times.
    fs::write(&path, text(&[(1, 1), (4, 4)])).unwrap();
    assert_eq!(file.refresh(clock.later()), Refreshed::Reloaded);
    assert_eq!(file.tip(), Some(4));
}

#[test]
fn a_file_that_became_invalid_keeps_the_last_good_set_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headers.json");
    fs::write(&path, text(&[(1, 1)])).unwrap();
    let mut clock = Clock::start();
    let file = HeadersFile::open(&path, Timestamp(clock.0)).unwrap();
    assert_eq!(file.health().error, None);

    fs::write(&path, "{\"2\": ").unwrap();
    assert_eq!(file.refresh(clock.later()), Refreshed::Failed);
    assert_eq!(file.refresh(clock.later()), Refreshed::Failed);
    let health = file.health();
    assert_eq!((health.tip, health.count), (Some(1), 1));
    let error = health.error.unwrap();
    assert!(error.contains("headers.json") && error.contains("line 1"), "{error}");
    assert_eq!(root_byte(&file, 1), Some(1));

    fs::remove_file(&path).unwrap();
    assert_eq!(file.refresh(clock.later()), Refreshed::Failed);
    assert!(file.health().error.unwrap().contains("cannot be read"));

    fs::write(&path, text(&[(1, 1), (2, 2)])).unwrap();
    assert_eq!(file.refresh(clock.later()), Refreshed::Reloaded);
    assert_eq!((file.tip(), file.health().error), (Some(2), None));
}

#[test]
fn a_clock_that_was_set_back_does_not_stop_the_looking() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headers.json");
    fs::write(&path, text(&[(1, 1)])).unwrap();
    let now = Clock::start().later();
    let file = HeadersFile::open(&path, now).unwrap();
    fs::write(&path, text(&[(1, 1), (2, 2)])).unwrap();
    assert_eq!(file.refresh(Timestamp(now.0 - 3_600_000_000)), Refreshed::Reloaded);
}

#[test]
fn what_is_in_force_while_the_file_is_read_is_one_whole_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headers.json");
    let all = |byte| text(&(0..200).map(|height| (height, byte)).collect::<Vec<_>>());
    fs::write(&path, all(0)).unwrap();
    let mut clock = Clock::start();
    let file = HeadersFile::open(&path, Timestamp(clock.0)).unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            loop {
                let set = file.set();
                let bytes: Vec<u8> = (0..200).map(|height| set.header(height).unwrap().root.internal()[0]).collect();
                assert!(bytes.iter().all(|byte| *byte == bytes[0]));
                if bytes[0] == 50 {
                    break;
                }
            }
        });
        for byte in 1..=50 {
            let beside = folder.path().join("new");
            fs::write(&beside, all(byte)).unwrap();
            fs::rename(&beside, &path).unwrap();
            assert_eq!(file.refresh(clock.later()), Refreshed::Reloaded);
        }
        reader.join().unwrap();
    });
}

#[test]
fn a_host_does_not_start_without_headers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headers.json");
    assert!(matches!(HeadersFile::open(&path, Timestamp(0)), Err(HeadersFileError::Read { .. })));
    fs::write(&path, "{}").unwrap();
    assert!(matches!(HeadersFile::open(&path, Timestamp(0)), Err(HeadersFileError::Format { .. })));
}

#[test]
fn a_file_above_the_limit_is_refused_without_being_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("headers.json");
    // A hole: it has the length and takes no disk.
    fs::File::create(&path).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
    assert!(matches!(HeadersFile::open(&path, Timestamp(0)), Err(HeadersFileError::TooLarge { .. })));
}
