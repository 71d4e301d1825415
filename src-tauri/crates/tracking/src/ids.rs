//! Ids of runs and sweeps: 26 characters of Crockford's base 32, 48 bits of time in milliseconds and 80 random
//! bits (the layout of a ULID), so that they sort by time of creation; also within one millisecond of a process.

use std::sync::{Mutex, PoisonError};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const RANDOM_BITS: u32 = 80;

static LAST: Mutex<u128> = Mutex::new(0);

/// A new id, greater than all that this process made before.
#[must_use]
pub fn new_id() -> String {
    let time = u128::try_from(crate::time::now_ms().max(0)).unwrap_or_default();
    let random = rand::random::<u128>() & ((1 << RANDOM_BITS) - 1);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = (time << RANDOM_BITS) | random;
    *last = if fresh > *last { fresh } else { *last + 1 };
    encode(*last)
}

fn encode(number: u128) -> String {
    (0..26).rev().map(|place| char::from(ALPHABET[(number >> (5 * place) & 31) as usize])).collect()
}

/// The 128 bits of an id; none where it is not one of ours.
pub(crate) fn decode(id: &str) -> Option<u128> {
    if id.len() != 26 {
        return None;
    }
    id.bytes().try_fold(0_u128, |number, byte| {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        Some(number << 5 | digit as u128)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_creation_and_decode_to_what_they_encode() {
        let ids: Vec<String> = (0..10_000).map(|_| new_id()).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
        for id in &ids[..100] {
            assert_eq!(encode(decode(id).unwrap()), *id);
        }
        assert_eq!(decode("IL"), None);
    }
}
