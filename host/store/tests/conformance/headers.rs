//! Block headers kept by height.

use trellis_engine::ports::headers::RawHeader;

use crate::subject::Subject;

fn numbered(heights: std::ops::Range<u32>, mark: u8) -> Vec<RawHeader> {
    heights
        .map(|height| {
            let mut header = [mark; 80];
            header[..4].copy_from_slice(&height.to_be_bytes());
            header
        })
        .collect()
}

fn with_heights(heights: std::ops::Range<u32>, mark: u8) -> Vec<(u32, RawHeader)> {
    heights.clone().zip(numbered(heights, mark)).collect()
}

pub fn headers_come_back_by_height_in_pages(subject: &Subject) {
    let store = subject.fresh();
    assert_eq!(store.headers(0, 10).unwrap(), []);
    store.replace_headers(250, &numbered(250..600, 1)).unwrap();
    let mut pages = Vec::new();
    let mut from = 0;
    loop {
        let page = store.headers(from, 100).unwrap();
        let Some((last, _)) = page.last() else { break };
        from = last + 1;
        pages.push(page);
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 100, 50]);
    assert_eq!(pages.concat(), with_heights(250..600, 1));
}

pub fn what_replaces_headers_leaves_none_of_the_old_ones_above(subject: &Subject) {
    let store = subject.fresh();
    store.replace_headers(0, &numbered(0..600, 1)).unwrap();
    store.replace_headers(255, &numbered(255..258, 2)).unwrap();
    let expected = [with_heights(0..255, 1), with_heights(255..258, 2)].concat();
    assert_eq!(store.headers(0, 1_000).unwrap(), expected);
    store.replace_headers(258, &numbered(258..260, 3)).unwrap();
    assert_eq!(store.headers(257, 10).unwrap(), [with_heights(257..258, 2), with_heights(258..260, 3)].concat());
    store.replace_headers(0, &[]).unwrap();
    assert_eq!(store.headers(0, 10).unwrap(), []);
}
