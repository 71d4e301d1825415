//! Random weights of a bootstrap draw: ChaCha8 with the seed as key and the draw's number as stream, so that a
//! draw does not depend on which thread makes it.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// The generator of one draw.
pub(crate) fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(stream);
    rng
}

/// How often each of the rows occurs in a sample of as many rows drawn with replacement. An index is the high
/// word of a 32 × 32 bit product: its bias is below rows / 2³².
pub(crate) fn resample(rng: &mut ChaCha8Rng, weights: &mut [u32]) {
    weights.fill(0);
    let rows = weights.len() as u64;
    for _ in 0..rows {
        let at = (u64::from(rng.next_u32()) * rows) >> 32;
        weights[at as usize] += 1;
    }
}
