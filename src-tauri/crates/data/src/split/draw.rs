//! The drawing itself: see the module above for what it promises.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{Classes, counts};

/// The rows of each part, ascending.
pub(super) fn draw(rows: usize, fractions: [f64; 3], strata: Option<&Classes>, seed: u64) -> [Vec<u32>; 3] {
    let mut rng = generator(seed);
    let mut parts: [Vec<u32>; 3] = Default::default();
    match strata {
        None => deal((0..rows as u32).collect(), counts::totals(rows, fractions), &mut rng, &mut parts),
        Some(classes) => {
            let mut members: Vec<Vec<u32>> = vec![Vec::new(); classes.names.len()];
            for (row, class) in (0u32..).zip(&classes.rows) {
                members[*class as usize].push(row);
            }
            let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
            for (members, counts) in members.into_iter().zip(counts::stratified(&sizes, fractions)) {
                deal(members, counts, &mut rng, &mut parts);
            }
        }
    }
    for part in &mut parts {
        part.sort_unstable();
    }
    parts
}

fn generator(seed: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

fn deal(mut rows: Vec<u32>, counts: [usize; 3], rng: &mut ChaCha8Rng, parts: &mut [Vec<u32>; 3]) {
    for last in (1..rows.len()).rev() {
        rows.swap(last, below(rng, last as u64 + 1) as usize);
    }
    let mut rest = rows.as_slice();
    for (part, count) in parts.iter_mut().zip(counts) {
        let (mine, others) = rest.split_at(count.min(rest.len()));
        part.extend_from_slice(mine);
        rest = others;
    }
}

/// A number below `bound`, each equally likely (Lemire 2019).
fn below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(bound);
        let low = product as u64;
        if low >= bound || low >= bound.wrapping_neg() % bound {
            return (product >> 64) as u64;
        }
    }
}
