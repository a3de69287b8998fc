//! Attempts at a verdict that the next call, or another host, would not give: each answers with what it saw as a refusal's text, and
//! must see the same every time.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::hint::black_box;

/// Bytes of static memory that a call writes after it looked whether another one did.
const LEFT: usize = 64 << 10;

static mut LEFTOVERS: [u8; LEFT] = [0; LEFT];

/// The bits of numbers that are none, which WebAssembly leaves to the processor.
pub(crate) fn nan() -> String {
    let (zero, nothing, minus) = (black_box(0.0f64), black_box(0.0f64), black_box(-1.0f64));
    let (infinity, endless) = (black_box(f64::INFINITY), black_box(f64::INFINITY));
    let payload = black_box(f64::from_bits(0x7ff4_0000_dead_beef));
    let narrow = black_box(f32::from_bits(0xffa1_2345));
    let wide =
        [zero / nothing, minus.sqrt(), infinity - endless, zero * infinity, payload + 1.0, -payload, payload.floor()];
    let narrow = [narrow + 1.0, narrow * narrow, payload as f32, (zero / nothing) as f32];
    let wide = wide.map(|number| format!("{:x}", black_box(number).to_bits())).join(" ");
    format!("{wide} {}", narrow.map(|number| format!("{:x}", black_box(number).to_bits())).join(" "))
}

/// Where things lie, and what the standard library makes of it.
pub(crate) fn addresses() -> String {
    let (heap, large, stack) = (Box::new(1u8), vec![1u8; 1 << 20], 1u8);
    let hash = RandomState::new().hash_one("order of a map");
    format!("{:p} {:p} {:p} {:p} {hash:x}", black_box(&heap), large.as_ptr(), black_box(&stack), &raw const LEFTOVERS)
}

/// How much of what this call never wrote is not zero, in static memory and in new pages; then it writes all of it.
pub(crate) fn leftovers() -> String {
    let fresh = Vec::<u8>::with_capacity(4 << 20).leak();
    let mut grown = fresh.as_mut_ptr();
    let mut seen = [0u64; 2];
    for (count, (start, length)) in seen.iter_mut().zip([((&raw mut LEFTOVERS).cast::<u8>(), LEFT), (grown, 4 << 20)]) {
        for offset in 0..length {
            // SAFETY: the bytes are this component's, static or just allocated; that nobody wrote the latter is the point.
            unsafe {
                let byte = start.add(offset);
                *count += u64::from(byte.read_volatile() != 0);
                byte.write_volatile(0xa5);
            }
        }
    }
    black_box(&mut grown);
    format!("{} and {} bytes of somebody else", seen[0], seen[1])
}
