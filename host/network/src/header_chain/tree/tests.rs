//! The tree under branches of every kind.

use super::*;
use crate::header_chain::testing::{
    SPACING, chain, constant, extend, extend_by_rules, first, moving, next, relinked, rules, unmined,
};

fn tree(chain: &[Header]) -> Tree {
    Tree::new(rules(constant(), 0, &chain[0]))
}

fn tip(tree: &Tree) -> BlockHash {
    tree.tip().unwrap().header.hash()
}

#[test]
fn headers_in_any_order_become_one_chain() {
    let headers = chain(50, 1);
    let mut tree = tree(&headers);
    assert_eq!(tree.info(0), None);
    let mut shuffled = headers.clone();
    shuffled.reverse();
    shuffled.swap(3, 40);
    let inserted = tree.insert(shuffled);
    assert_eq!((inserted.added, inserted.changed_from), (50, Some(0)));
    assert_eq!(tree.tip().unwrap().height, 49);
    for (height, header) in headers.iter().enumerate() {
        let info = tree.info(height as u32).unwrap();
        assert_eq!((info.root, info.time), (header.root(), Some(header.time())));
    }
    assert_eq!(tree.info(50), None);
    let again = tree.insert(headers);
    assert_eq!((again.added, again.changed_from), (0, None));
}

#[test]
fn a_chain_that_does_not_begin_with_the_checkpoint_is_not_taken() {
    let mut tree = Tree::new(rules(constant(), 7, &first(1)));
    let inserted = tree.insert(chain(5, 2));
    assert_eq!((inserted.added, inserted.unlinked.len()), (0, 5));
    assert!(tree.tip().is_none());
    tree.insert(chain(5, 1));
    assert_eq!(tree.tip().unwrap().height, 11);
    assert_eq!(tree.info(6), None, "below the checkpoint nothing is known");
}

#[test]
fn a_header_that_was_never_mined_is_not_taken_and_nothing_behind_it() {
    let headers = chain(5, 1);
    let mut tree = tree(&headers);
    let bad = unmined(headers.last().unwrap(), 1);
    let behind = next(&bad, 1);
    let inserted = tree.insert([headers, vec![bad, behind]].concat());
    assert!(matches!(inserted.broken, Some(RuleError::Work { hash, .. }) if hash == bad.hash()));
    assert_eq!(tree.tip().unwrap().height, 4);
}

#[test]
fn a_target_easier_than_the_chain_demands_is_refused() {
    let params = moving();
    // Fast blocks make later ones harder.
    let headers = extend_by_rules(&params, &[first(1)], 600, SPACING / 8, 1);
    let harder = (0..3).fold(headers[0].work(), |work, _| work.wrapping_add(work));
    assert!(headers[580].work() > harder);
    let mut tree = Tree::new(rules(params.clone(), 0, &headers[0]));
    assert_eq!(tree.insert(headers.clone()).broken, None);
    for previous in [&headers[170], &headers[600]] {
        let inserted = tree.insert(vec![relinked(&headers[0], previous)]);
        assert!(matches!(inserted.broken, Some(RuleError::Difficulty { .. })), "{inserted:?}");
    }
    // Just above a checkpoint the rule has too few headers to judge by; what is far too easy is refused all the same.
    let mut tree = Tree::new(rules(params, 580, &headers[580]));
    assert_eq!(tree.insert(headers[580..].to_vec()).added, 21);
    let inserted = tree.insert(vec![relinked(&headers[0], &headers[600])]);
    assert!(matches!(inserted.broken, Some(RuleError::TooEasy { .. })), "{inserted:?}");
}

#[test]
fn a_checkpoint_written_with_a_lower_height_than_its_own_is_not_taken() {
    let headers = chain(10, 1);
    let mut tree = Tree::new(rules(constant(), 3, &headers[4]));
    assert_eq!(tree.insert(headers[3..].to_vec()).added, 0);
    assert!(tree.tip().is_none());
}

#[test]
fn the_branch_with_more_work_wins_not_the_longer_one() {
    let params = moving();
    let common = extend_by_rules(&params, &[first(1)], 160, SPACING, 1);
    let slow = extend_by_rules(&params, &common, 120, SPACING * 2, 2);
    let fast = extend_by_rules(&params, &common, 100, SPACING / 4, 3);
    assert!(slow.len() > fast.len());
    let mut tree = Tree::new(rules(params, 0, &common[0]));
    tree.insert(slow.clone());
    assert_eq!(tip(&tree), slow.last().unwrap().hash());
    let inserted = tree.insert(fast.clone());
    assert_eq!(inserted.changed_from, Some(common.len() as u32));
    assert_eq!(tip(&tree), fast.last().unwrap().hash());
    assert_eq!(tree.info(slow.len() as u32 - 1), None, "what the best chain does not have is unknown");
}

#[test]
fn of_branches_with_equal_work_the_first_stays() {
    let common = chain(10, 1);
    let (one, other) = (extend(&common, 3, 2), extend(&common, 3, 3));
    let mut tree = tree(&common);
    tree.insert(one.clone());
    assert_eq!(tree.insert(other.clone()).changed_from, None);
    assert_eq!(tip(&tree), one.last().unwrap().hash());
    tree.insert(extend(&other, 1, 3));
    assert_eq!(tree.info(10).unwrap().root, other[10].root());
}

#[test]
fn memory_stays_bounded_and_what_is_settled_stays_readable() {
    let headers = chain(WINDOW + 2 * SETTLE_AT_ONCE, 1);
    let mut tree = tree(&headers);
    let low = extend(&headers[..20], 30, 2);
    tree.insert(headers[..100].to_vec());
    tree.insert(low);
    assert_eq!(tree.sizes().2, 30);
    for page in headers.chunks(700) {
        tree.insert(page.to_vec());
    }
    let (settled, best, side) = tree.sizes();
    assert_eq!(settled + best, headers.len());
    assert!(settled > 50 && best <= WINDOW + SETTLE_AT_ONCE, "{settled} {best}");
    assert_eq!(side, 0, "branches from settled blocks are gone");
    for (height, header) in headers.iter().enumerate() {
        assert_eq!(tree.info(height as u32).unwrap().root, header.root());
    }
    // A flood of branches from the last blocks: no more stay than may.
    let fork = &headers[..headers.len() - 900];
    for mark in 2..14 {
        tree.insert(extend(fork, 880, mark).split_off(fork.len()));
        assert!(tree.sizes().2 <= MAX_SIDE_HEADERS);
    }
    assert_eq!(tip(&tree), headers.last().unwrap().hash());
    // And the deepest reorganisation there may be still works.
    let depth = MAX_REORGANISATION as usize;
    let fork = headers.len() - depth;
    let longer = extend(&headers[..fork], depth + 1, 99).split_off(fork);
    assert_eq!(tree.insert(longer.clone()).changed_from, Some(fork as u32));
    assert_eq!(tip(&tree), longer.last().unwrap().hash());
}
