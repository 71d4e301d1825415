//! Which of 64 bytes equal a wanted one, as the bits of a mask.
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "vector instructions; SSE2 is a part of x86-64"))]

/// Masks of the bytes that give text its structure.
pub(crate) struct Masks {
    pub delimiter: u64,
    pub newline: u64,
    pub quote: u64,
}

#[cfg(target_arch = "x86_64")]
mod vector {
    use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};

    use super::Masks;

    /// The three masks of structure.
    #[inline(always)]
    pub(crate) fn masks(chunk: &[u8; 64], delimiter: u8, quote: u8) -> Masks {
        let [delimiter, newline, quote] = all(chunk, [delimiter, b'\n', quote]);
        Masks { delimiter, newline, quote }
    }

    /// The mask of one byte.
    #[inline(always)]
    pub(crate) fn mask_of(chunk: &[u8; 64], wanted: u8) -> u64 {
        let [mask] = all(chunk, [wanted]);
        mask
    }

    #[inline(always)]
    fn all<const N: usize>(chunk: &[u8; 64], wanted: [u8; N]) -> [u64; N] {
        let (lanes, _) = chunk.as_chunks::<16>();
        let mut found = [0u64; N];
        for (index, lane) in lanes.iter().enumerate() {
            for (mask, byte) in found.iter_mut().zip(wanted) {
                // SAFETY: every x86-64 processor has SSE2, and the load reads the 16 bytes of `lane`.
                let equal = unsafe {
                    let bytes = _mm_loadu_si128(lane.as_ptr().cast::<__m128i>());
                    _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8)))
                };
                *mask |= u64::from(equal as u32) << (16 * index);
            }
        }
        found
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use vector::{mask_of, masks};

/// Whether the processor counts and finds bits in one instruction: what `avx2,bmi1,bmi2,lzcnt,popcnt` stand for.
#[cfg(target_arch = "x86_64")]
pub(crate) fn counts_bits() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::{mask_of, masks};

/// The same on other processors: eight bytes in one register.
#[cfg(any(test, not(target_arch = "x86_64")))]
pub(crate) mod portable {
    /// The three masks of structure.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline(always)]
    pub(crate) fn masks(chunk: &[u8; 64], delimiter: u8, quote: u8) -> super::Masks {
        super::Masks {
            delimiter: mask_of(chunk, delimiter),
            newline: mask_of(chunk, b'\n'),
            quote: mask_of(chunk, quote),
        }
    }

    /// The mask of one byte.
    pub(crate) fn mask_of(chunk: &[u8; 64], wanted: u8) -> u64 {
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        let pattern = u64::from_ne_bytes([wanted; 8]);
        let (words, _) = chunk.as_chunks::<8>();
        words.iter().enumerate().fold(0, |mask, (index, word)| {
            let differing = u64::from_le_bytes(*word) ^ pattern;
            // The top bit of each byte that is zero; exact, unlike the shorter formula.
            let equal = !(((differing & LOW) + LOW) | differing | LOW);
            mask | ((equal >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * index)
        })
    }
}
