//! What a split cell asks for, checked against its table, and the rows that come of it.

use cairn_protocol::notebook::{SplitCell, SplitMethod};

use super::{
    classes::{self, Classes, GroupCodes},
    draw::{self, Dealer, Kind},
    time::{self, Gap, Line, Times},
};
use crate::{
    error::DataError,
    steps::{Parts, Table, columns::MISSING, columns::codes, columns::column, count, figure, some},
};

/// Parts of a table at most.
const MOST_PARTS: usize = 50;
/// Folds times repetitions times inner folds at most.
const MOST_FOLDS: u32 = 1_000;

/// A split that can be drawn.
pub(super) struct Design<'a> {
    pub cell: &'a SplitCell,
    /// Names of the parts, the first train, valid and test.
    pub names: Vec<String>,
    /// Their shares, which add to 1; all 0 where a column says the parts.
    pub shares: Vec<f64>,
    /// The classes shown, and drawn by where the method is stratified.
    pub classes: Option<Classes>,
    /// The groups that stay whole.
    pub groups: Option<GroupCodes>,
    pub times: Option<Times>,
    /// Why rows are in no part, beside the gap: «12 rows have no moment in day».
    pub without: Vec<String>,
    gap: Option<Gap>,
    of_column: Option<Vec<Vec<u32>>>,
    rows: usize,
}

fn refused<T>(what: impl Into<String>, hint: &str) -> Result<T, DataError> {
    Err(DataError::refused(what, None, hint))
}

impl<'a> Design<'a> {
    /// Checks a cell against its table.
    pub fn new(table: &Table, cell: &'a SplitCell) -> Result<Self, DataError> {
        let rows = table.rows();
        if rows == 0 {
            return refused("the table has no rows to split", "Look at the filters above");
        }
        let frame = &table.frame;
        let (mut names, mut shares): (Vec<String>, Vec<f64>) = cell.shares().into_iter().unzip();
        check_names(&names)?;
        check_folds(cell)?;
        let classes = classes::of_cell(frame, cell)?;
        let method = cell.method;
        if matches!(method, SplitMethod::Stratified | SplitMethod::StratifiedGroup) && classes.is_none() {
            return refused(
                "a stratified split needs a column",
                "Choose the column whose shares every part should have",
            );
        }
        let groups = match (method, cell.group.as_deref()) {
            (SplitMethod::Group | SplitMethod::StratifiedGroup, Some(group)) => {
                Some(classes::groups(column(frame, group)?)?)
            }
            (SplitMethod::Group | SplitMethod::StratifiedGroup, None) => {
                return refused("a split by group needs a column", "Choose the column whose values stay in one part");
            }
            _ => None,
        };
        let times = match (method, cell.time.as_deref()) {
            (SplitMethod::Chronological, Some(time)) => Some(Times::new(column(frame, time)?)?),
            (SplitMethod::Chronological, None) => {
                return refused("a chronological split needs a column", "Choose the column of times");
            }
            _ => None,
        };
        let mut without = Vec::new();
        if let (Some(times), Some(name)) = (&times, &cell.time) {
            let missing = times.keys.iter().filter(|key| key.is_none()).count();
            if missing == rows {
                return refused(format!("{name} holds no moment"), "Choose another column of times");
            }
            if missing > 0 {
                without.push(time::missing_words(missing, name));
            }
        }
        let in_order = matches!(method, SplitMethod::Chronological | SplitMethod::Ordered);
        let gap = if in_order { time::gap(cell.gap.as_deref(), times.as_ref())? } else { None };
        let mut of_column = None;
        if method == SplitMethod::Column {
            shares.fill(0.0);
            let found = by_column(table, cell, &mut names, &mut without)?;
            shares.resize(names.len(), 0.0);
            of_column = Some(found);
        } else {
            check_shares(cell, &names, &shares)?;
        }
        Ok(Self { cell, names, shares, classes, groups, times, without, gap, of_column, rows })
    }

    fn kind(&self) -> Kind<'_> {
        let classes = self.classes.as_ref().map(|classes| classes.rows.as_slice());
        let groups = self.groups.as_ref().map(|groups| groups.rows.as_slice());
        match (self.cell.method, groups, classes) {
            (SplitMethod::Group, Some(groups), _) => Kind::Groups(groups),
            (SplitMethod::StratifiedGroup, Some(groups), Some(classes)) => Kind::ClassesOfGroups(groups, classes),
            (SplitMethod::Stratified, _, Some(classes)) => Kind::Classes(classes),
            _ => Kind::Rows,
        }
    }

    /// The rows of each part, ascending; with folds, those where `fold` (from 1) is the validation part.
    pub fn drawn(&self, fold: u32) -> Result<Vec<Vec<u32>>, DataError> {
        let drawn = if self.cell.fold_count() == 0 {
            self.parts(&self.shares)?
        } else {
            let mut found = None;
            self.each_fold(Some(fold), &mut |_, _, drawn| {
                found = Some(drawn.to_vec());
                Ok(())
            })?;
            match found {
                Some(found) => found,
                None => {
                    let what = format!("there is no fold {fold}: {} in all", count(u64::from(self.cell.fold_count())));
                    return refused(what, "Choose one of the folds there are");
                }
            }
        };
        if drawn[0].is_empty() {
            let what = format!("the training part would be empty: {} rows are too few", count(self.rows as u64));
            return refused(what, "Give the training part a larger share, or a smaller gap");
        }
        Ok(drawn)
    }

    /// The parts of shares, without folds.
    fn parts(&self, shares: &[f64]) -> Result<Vec<Vec<u32>>, DataError> {
        if let Some(parts) = &self.of_column {
            return Ok(parts.clone());
        }
        let pool: Vec<u32> = (0..self.rows as u32).collect();
        Ok(match (self.cell.method, &self.times) {
            (SplitMethod::Chronological, Some(times)) => {
                let (line, _) = times.line(&pool);
                if self.cell.cuts.is_empty() {
                    line.parts(shares, self.gap)
                } else {
                    line.parts_of_cuts(self.cell, times, shares, self.gap)?
                }
            }
            (SplitMethod::Ordered, _) => Line::of_rows(&pool).parts(shares, self.gap),
            _ => draw::parts(&pool, shares, self.kind(), &mut Dealer::new(self.cell.seed, 0, self.cell.shuffle)),
        })
    }

    /// Calls back with the index (from 1), the name and the parts of every fold, or of one alone.
    pub fn each_fold(
        &self,
        only: Option<u32>,
        on_fold: &mut dyn FnMut(u32, String, &[Vec<u32>]) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let cell = self.cell;
        if cell.fold_count() == 0 {
            return Ok(());
        }
        let (folds, repeats, inner) = (cell.folds, cell.repeats.max(1), cell.inner.max(1));
        let mut shares = self.shares.clone();
        shares[0] += shares[1];
        shares[1] = 0.0;
        if cell.inner > 0 {
            shares[0] += shares[2];
            shares[2] = 0.0;
        }
        let mut held = self.parts(&shares)?;
        let pool = std::mem::take(&mut held[0]);
        let wanted = only.map(|fold| fold.saturating_sub(1));
        for repeat in 0..repeats {
            let range = repeat * folds * inner..(repeat + 1) * folds * inner;
            if wanted.is_some_and(|wanted| !range.contains(&wanted)) {
                continue;
            }
            let again = if repeats > 1 { format!("repeat {}, ", repeat + 1) } else { String::new() };
            let outer = self.partition(&pool, folds, 1 + u64::from(repeat))?;
            for (fold, (rest, test)) in (0u32..).zip(outer) {
                let index = range.start + fold * inner;
                if wanted.is_some_and(|wanted| !(index..index + inner).contains(&wanted)) {
                    continue;
                }
                let mut parts = held.clone();
                if cell.inner == 0 {
                    parts[0] = rest;
                    parts[1] = test;
                    on_fold(index + 1, format!("{again}{} of {folds}", fold + 1), &parts)?;
                    continue;
                }
                let stream = 1 + u64::from(repeats) + u64::from(repeat * folds + fold);
                parts[2] = test;
                for (at, (train, valid)) in (0u32..).zip(self.partition(&rest, inner, stream)?) {
                    if wanted.is_some_and(|wanted| wanted != index + at) {
                        continue;
                    }
                    parts[0] = train;
                    parts[1] = valid;
                    let name = format!("{again}outer {} of {folds}, inner {} of {inner}", fold + 1, at + 1);
                    on_fold(index + at + 1, name, &parts)?;
                }
            }
        }
        Ok(())
    }

    /// Training and validation rows of each fold of a pool.
    fn partition(&self, pool: &[u32], folds: u32, stream: u64) -> Result<Vec<(Vec<u32>, Vec<u32>)>, DataError> {
        let k = folds as usize;
        let window = self.cell.window.map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
        let made = match (self.cell.method, &self.times) {
            (SplitMethod::Chronological, Some(times)) => times.line(pool).0.time_folds(k, self.gap, window),
            (SplitMethod::Ordered, _) => Line::of_rows(pool).block_folds(k, self.gap),
            _ => {
                let mut dealer = Dealer::new(self.cell.seed, stream, self.cell.shuffle);
                let folds = draw::folds(pool, k, self.kind(), &mut dealer);
                let mut fold_of = vec![u32::MAX; self.rows];
                for (fold, rows) in (0u32..).zip(&folds) {
                    for row in rows {
                        fold_of[*row as usize] = fold;
                    }
                }
                let without = |fold: u32| pool.iter().copied().filter(|row| fold_of[*row as usize] != fold).collect();
                (0u32..).zip(folds).map(|(fold, valid)| (without(fold), valid)).collect()
            }
        };
        if let Some(empty) = made.iter().position(|(train, valid)| train.is_empty() || valid.is_empty()) {
            let of = match &self.groups {
                Some(groups) => format!("{} groups of {}", count(groups.count as u64), groups.by),
                None => format!("{} rows", count(pool.len() as u64)),
            };
            let what = format!("fold {} of {folds} would be empty: {of} are too few", empty + 1);
            return refused(what, "Take fewer folds, or a smaller gap");
        }
        Ok(made)
    }

    /// How rows are drawn: «stratified by stroke, 5 folds».
    pub fn words(&self) -> String {
        let cell = self.cell;
        let by = self.classes.as_ref().map_or("", |classes| classes.by.as_str());
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        let mut words = match cell.method {
            SplitMethod::Random if cell.shuffle => "random".into(),
            SplitMethod::Random | SplitMethod::Ordered => "in the order of rows".into(),
            SplitMethod::Stratified => format!("stratified by {by}"),
            SplitMethod::Group => format!("by group {}", name(&cell.group)),
            SplitMethod::StratifiedGroup => format!("by group {}, stratified by {by}", name(&cell.group)),
            SplitMethod::Chronological => format!("chronological by {}", name(&cell.time)),
            SplitMethod::Column => format!("by column {}", name(&cell.column)),
        };
        if self.gap.is_some() {
            words.push_str(&format!(", gap {}", name(&cell.gap)));
        }
        if cell.fold_count() > 0 {
            let repeats = if cell.repeats > 1 { format!("{} × ", cell.repeats) } else { String::new() };
            if cell.inner > 0 {
                words.push_str(&format!(", {repeats}{} outer × {} inner folds", cell.folds, cell.inner));
            } else {
                words.push_str(&format!(", {repeats}{} folds", cell.folds));
            }
        }
        words
    }

    /// Whether rows may be in no part.
    pub fn leaves_out(&self) -> bool {
        let later = self.cell.method == SplitMethod::Chronological && self.cell.fold_count() > 0;
        later || self.gap.is_some() || !self.without.is_empty()
    }

    /// Whether every part has exactly the rows that largest remainders give it.
    pub fn is_exact(&self) -> bool {
        let drawn = matches!(self.cell.method, SplitMethod::Random | SplitMethod::Stratified | SplitMethod::Ordered);
        drawn && self.gap.is_none()
    }
}

fn check_names(names: &[String]) -> Result<(), DataError> {
    if names.len() > MOST_PARTS {
        return refused(format!("{} parts are too many", names.len()), "A table has 50 parts at most");
    }
    for (at, name) in names.iter().enumerate() {
        let fits = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
        if name.is_empty() || name.chars().count() > 40 || !name.chars().all(fits) {
            return refused(format!("{name:?} is no name of a part"), "Use letters, digits, _ and -");
        }
        if names[..at].contains(name) {
            return refused(format!("two parts are called {name}"), "Give each part a name of its own");
        }
    }
    Ok(())
}

fn check_folds(cell: &SplitCell) -> Result<(), DataError> {
    if cell.folds == 1 || cell.inner == 1 {
        return refused("one fold leaves nothing to train on", "Take at least two folds, or none");
    }
    if cell.folds == 0 {
        return match (cell.inner > 0, cell.repeats > 1) {
            (true, _) => refused("inner folds need outer ones", "Set the folds too"),
            (_, true) => refused("there are no folds to repeat", "Set the folds too"),
            _ => Ok(()),
        };
    }
    let all = u64::from(cell.folds) * u64::from(cell.repeats.max(1)) * u64::from(cell.inner.max(1));
    if all > u64::from(MOST_FOLDS) {
        return refused(format!("{} folds are too many", count(all)), "Folds times repetitions are 1,000 at most");
    }
    if u64::from(cell.fold) > all {
        return refused(format!("there is no fold {}: {all} in all", cell.fold), "Choose one of the folds there are");
    }
    let drawn = cell.shuffle && !matches!(cell.method, SplitMethod::Chronological | SplitMethod::Ordered);
    if cell.repeats > 1 && !drawn {
        return refused("folds in an order are the same each time", "Draw them at random, or once");
    }
    if !cell.cuts.is_empty() {
        return refused(
            "folds and cut dates exclude each other",
            "Remove the cuts: folds are blocks of equally many rows",
        );
    }
    if cell.method == SplitMethod::Column {
        return refused("a column of parts has no folds", "Split by group with that column: its values stay whole");
    }
    Ok(())
}

fn check_shares(cell: &SplitCell, names: &[String], shares: &[f64]) -> Result<(), DataError> {
    for (name, share) in names.iter().zip(shares) {
        if !(*share >= 0.0 && share.is_finite()) {
            return refused(format!("the share of the part {name} is {share}"), "Shares lie between 0 and 1");
        }
    }
    if cell.train == 0.0 {
        return refused("the training part has no share", "Give it a share above 0");
    }
    let sum: f64 = shares.iter().sum();
    if (sum - 1.0).abs() > 1e-9 {
        let words: Vec<String> = shares.iter().map(f64::to_string).collect();
        let what = format!("the shares {} add up to {}", words.join(" + "), figure(sum));
        return refused(what, "They must add up to 1, as 0.7 + 0.15 + 0.15 do");
    }
    Ok(())
}

/// The part that a value names by itself.
fn part_of_word(word: &str, names: &[String]) -> Option<usize> {
    let word = word.trim().to_lowercase();
    let known = match word.as_str() {
        "training" => "train",
        "validation" | "val" | "dev" => "valid",
        "testing" => "test",
        other => other,
    };
    names.iter().position(|name| name.to_lowercase() == known)
}

fn by_column(
    table: &Table,
    cell: &SplitCell,
    names: &mut Vec<String>,
    without: &mut Vec<String>,
) -> Result<Vec<Vec<u32>>, DataError> {
    let Some(by) = cell.column.as_deref() else {
        return refused("the parts need a column that says them", "Choose the column");
    };
    let codes = codes(column(&table.frame, by)?)?;
    for part in cell.values.values().filter(|part| !part.is_empty()) {
        if !names.contains(part) {
            names.push(part.clone());
        }
    }
    check_names(names)?;
    let part_of = |label: &str| match cell.values.get(label) {
        Some(part) if part.is_empty() => None,
        Some(part) => names.iter().position(|name| name == part),
        None => part_of_word(label, names),
    };
    let of_level: Vec<Option<usize>> = codes.levels.iter().map(|level| part_of(&level.label)).collect();
    let of_missing = part_of("null");
    let mut parts = vec![Vec::new(); names.len()];
    let mut lost = 0u64;
    for (row, code) in (0u32..).zip(&codes.rows) {
        let part = if *code == MISSING { of_missing } else { of_level[*code as usize] };
        match part {
            Some(part) => parts[part].push(row),
            None => lost += 1,
        }
    }
    if lost > 0 {
        let mut values: Vec<&str> = codes
            .levels
            .iter()
            .zip(&of_level)
            .filter(|(_, part)| part.is_none())
            .map(|(l, _)| l.label.as_str())
            .collect();
        if of_missing.is_none() && codes.rows.contains(&MISSING) {
            values.push("null");
        }
        let verb = if lost == 1 { "row names" } else { "rows name" };
        without.push(format!("{} {verb} no part in {by} ({})", count(lost), some(&values)));
    }
    if parts[0].is_empty() {
        let words: Vec<&str> = codes.levels.iter().map(|level| level.label.as_str()).collect();
        let what = format!("no value of {by} stands for the training part; it holds {}", some(&words));
        return Err(DataError::refused(what, Some(by), "Say which value is the part train"));
    }
    debug_assert!(names.len() < usize::from(Parts::LEFT_OUT));
    Ok(parts)
}
