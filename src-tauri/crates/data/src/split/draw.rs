//! Dealing rows out to parts and folds: see the module above for what it promises.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::{counts, groups};

/// Who draws: a generator, or nobody where rows are dealt as they stand.
pub(super) struct Dealer(Option<ChaCha8Rng>);

impl Dealer {
    /// The generator of a seed and a stream; `shuffle` false: none.
    pub fn new(seed: u64, stream: u64, shuffle: bool) -> Self {
        if !shuffle {
            return Self(None);
        }
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        if stream > 0 {
            generator.set_stream(stream);
        }
        Self(Some(generator))
    }

    /// Whether rows are shuffled.
    pub fn shuffles(&self) -> bool {
        self.0.is_some()
    }

    /// Fisher and Yates, from the end.
    pub fn shuffle(&mut self, rows: &mut [u32]) {
        let Some(generator) = &mut self.0 else { return };
        for last in (1..rows.len()).rev() {
            rows.swap(last, below(generator, last as u64 + 1) as usize);
        }
    }

    /// Shuffles rows and gives each part the next so many.
    fn deal(&mut self, mut rows: Vec<u32>, counts: &[usize], parts: &mut [Vec<u32>]) {
        self.shuffle(&mut rows);
        let mut rest = rows.as_slice();
        for (part, count) in parts.iter_mut().zip(counts) {
            let (mine, others) = rest.split_at((*count).min(rest.len()));
            part.extend_from_slice(mine);
            rest = others;
        }
    }
}

/// A number below `bound`, each equally likely (Lemire 2019).
fn below(generator: &mut ChaCha8Rng, bound: u64) -> u64 {
    loop {
        let product = u128::from(generator.next_u64()) * u128::from(bound);
        let low = product as u64;
        if low >= bound || low >= bound.wrapping_neg() % bound {
            return (product >> 64) as u64;
        }
    }
}

/// What rows are dealt out by.
#[derive(Clone, Copy)]
pub(super) enum Kind<'a> {
    /// All alike.
    Rows,
    /// Class by class.
    Classes(&'a [u32]),
    /// Whole groups.
    Groups(&'a [u32]),
    /// Whole groups, by the classes in them.
    ClassesOfGroups(&'a [u32], &'a [u32]),
}

/// The rows of each part, ascending: `pool` dealt out by shares that add to 1.
pub(super) fn parts(pool: &[u32], shares: &[f64], kind: Kind<'_>, dealer: &mut Dealer) -> Vec<Vec<u32>> {
    let mut parts: Vec<Vec<u32>> = vec![Vec::new(); shares.len()];
    match kind {
        Kind::Rows => dealer.deal(pool.to_vec(), &counts::totals(pool.len(), shares), &mut parts),
        Kind::Classes(classes) => {
            let members = members(pool, classes);
            let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
            for (members, counts) in members.into_iter().zip(counts::stratified(&sizes, shares)) {
                dealer.deal(members, &counts, &mut parts);
            }
        }
        Kind::Groups(of_row) => {
            let groups = groups::Groups::new(pool, of_row);
            groups.hand_out(pool, &groups.by_size(shares, dealer), &mut parts);
        }
        Kind::ClassesOfGroups(of_row, classes) => {
            let groups = groups::Groups::new(pool, of_row);
            groups.hand_out(pool, &groups.by_classes(pool, classes, shares, dealer), &mut parts);
        }
    }
    for part in &mut parts {
        part.sort_unstable();
    }
    parts
}

/// The rows of each fold, ascending: every row of the pool is in one.
///
/// Without shuffling these are the folds of scikit-learn's `KFold`, `StratifiedKFold`, `GroupKFold` and
/// `StratifiedGroupKFold`.
pub(super) fn folds(pool: &[u32], folds: usize, kind: Kind<'_>, dealer: &mut Dealer) -> Vec<Vec<u32>> {
    let shares = vec![1.0 / folds as f64; folds];
    let Kind::Classes(classes) = kind else { return parts(pool, &shares, kind, dealer) };
    // The classes in the order of their first rows stand one after the other; counting off 1 to k over them gives
    // each fold its rows of each class, so that folds and classes both differ by one row at most.
    let mut members = members(pool, classes);
    members.retain(|members| !members.is_empty());
    members.sort_unstable_by_key(|members| members[0]);
    let mut out: Vec<Vec<u32>> = vec![Vec::new(); folds];
    let mut start = 0;
    for members in members {
        let end = start + members.len();
        let below = |end: usize, fold: usize| (end + folds - 1 - fold) / folds;
        let counts: Vec<usize> = (0..folds).map(|fold| below(end, fold) - below(start, fold)).collect();
        dealer.deal(members, &counts, &mut out);
        start = end;
    }
    for fold in &mut out {
        fold.sort_unstable();
    }
    out
}

fn members(pool: &[u32], classes: &[u32]) -> Vec<Vec<u32>> {
    let most = pool.iter().map(|row| classes[*row as usize]).max().map_or(0, |class| class as usize + 1);
    let mut sizes = vec![0usize; most];
    for row in pool {
        sizes[classes[*row as usize] as usize] += 1;
    }
    let mut members: Vec<Vec<u32>> = sizes.into_iter().map(Vec::with_capacity).collect();
    for row in pool {
        members[classes[*row as usize] as usize].push(*row);
    }
    members
}
