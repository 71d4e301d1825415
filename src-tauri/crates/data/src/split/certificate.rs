//! The certificate of a split: what can go wrong with parts, checked, each check with its figure and a sentence.

use cairn_protocol::{
    notebook::SplitMethod,
    results::{Check, CheckOutcome, ClassCounts, ColumnDrift},
};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{
    Classes, counts,
    design::Design,
    drift::{self, Look},
    duplicates, overlap,
};
use crate::{
    error::DataError,
    steps::{Parts, Table, count, figure, some},
};

/// Cases of the rarest class that a part should have, so that its figures mean something.
const ENOUGH: u64 = 100;
/// A test that comes out below this is worth a look; a fair drawing does so once in a thousand times.
const SUSPICIOUS: f64 = 0.001;
/// Population stability index from which a column counts as drifting, and from which as shifted.
const DRIFTS: (f64, f64) = (0.1, 0.25);
/// Columns whose drift is listed.
const MOST_DRIFTS: usize = 50;
/// Share of the rows outside training that may agree with an earlier row in all columns but one.
const BUT_ONE: f64 = 0.01;
/// Difference between a share and what was asked, from which groups or moments are too coarse for it.
const OFF: f64 = 0.02;

/// What is certified.
pub(super) struct Case<'a> {
    pub table: &'a Table,
    pub design: &'a Design<'a>,
    pub drawn: &'a [Vec<u32>],
    pub parts: &'a [u8],
    pub classes: &'a [ClassCounts],
    pub digests: &'a [String],
}

fn check(name: &str, outcome: CheckOutcome, figure: impl Into<String>, sentence: impl Into<String>) -> Check {
    Check { name: name.into(), outcome, figure: figure.into(), sentence: sentence.into() }
}

fn warn_if(bad: bool) -> CheckOutcome {
    if bad { CheckOutcome::Warning } else { CheckOutcome::Pass }
}

fn fault_if(bad: bool) -> CheckOutcome {
    if bad { CheckOutcome::Fault } else { CheckOutcome::Pass }
}

/// All checks that apply, and the drift of the columns.
pub(super) fn certify(case: &Case<'_>) -> Result<(Vec<Check>, Vec<ColumnDrift>), DataError> {
    let Case { table, design, drawn, classes, .. } = *case;
    let frame = &table.frame;
    let cell = design.cell;
    let mut checks = vec![in_one_part(drawn, case.parts, design)];
    checks.extend(sizes(drawn, design));
    if let Some(of_row) = &design.classes {
        checks.extend(shares_agree(classes, drawn.len()));
        checks.extend(too_small(classes, drawn));
        checks.extend(enough_cases(classes, drawn));
        if design.times.is_none() {
            checks.extend(order_is_no_signal(of_row));
        }
    }
    checks.extend(groups_whole(design, drawn));
    let named = [&cell.group, &cell.time, &cell.column].map(|name| name.as_deref().unwrap_or_default());
    let others: Vec<&str> = named.into_iter().chain(cell.by.as_deref()).collect();
    if design.groups.is_none() {
        checks.push(identifiers(&overlap::shared_identifiers(frame, drawn, &others)?));
    }
    checks.extend(time_order(design, drawn));
    checks.extend(twins(&duplicates::shared(frame, cell.by.as_deref(), drawn)?, drawn));
    let same = design.drawn(cell.fold.max(1))? == drawn;
    checks.push(check(
        "Same seed, same rows",
        fault_if(!same),
        format!("seed {}", cell.seed),
        "The parts were drawn a second time and compared row by row",
    ));
    let looks = drift::looks(frame, drawn, &design.names, &named)?;
    checks.extend(every_level(&looks));
    checks.extend(drawn_alike(&looks, &design.names));
    checks.extend(stable(&looks, cell.method));
    checks.push(rows_named(case));
    let mut drifts: Vec<ColumnDrift> =
        looks.into_iter().filter_map(|look| look.drift).map(|(drift, _)| drift).collect();
    drifts.sort_by(|a, b| b.psi.0.total_cmp(&a.psi.0));
    drifts.truncate(MOST_DRIFTS);
    Ok((checks, drifts))
}

/// The checks that every fold gets: those that cost no more than a look at its rows.
pub(super) fn of_fold(table: &Table, design: &Design<'_>, drawn: &[Vec<u32>], classes: &[ClassCounts]) -> Vec<Check> {
    let parts = super::of_rows(table.rows(), drawn);
    let mut checks = vec![in_one_part(drawn, &parts, design)];
    checks.extend(shares_agree(classes, drawn.len()));
    checks.extend(groups_whole(design, drawn));
    checks.extend(time_order(design, drawn));
    checks
}

/// Counted from the drawn lists themselves: a row that stands in two is a fault, and so is one in none where the
/// method leaves none out.
fn in_one_part(drawn: &[Vec<u32>], parts: &[u8], design: &Design<'_>) -> Check {
    let mut times = vec![0u8; parts.len()];
    for &row in drawn.iter().flatten() {
        times[row as usize] = times[row as usize].saturating_add(1);
    }
    let shared = times.iter().filter(|times| **times > 1).count() as u64;
    let lost = times.iter().filter(|times| **times == 0).count() as u64;
    let wrong = times.iter().zip(parts).any(|(times, part)| (*times == 0) != (*part == Parts::LEFT_OUT));
    let may_lose = design.leaves_out();
    let outcome = if shared > 0 || wrong || (lost > 0 && !may_lose) {
        CheckOutcome::Fault
    } else {
        warn_if(!design.without.is_empty())
    };
    let mut words = format!("{} shared", count(shared));
    if lost > 0 {
        words.push_str(&format!(", {} in none", count(lost)));
    }
    let mut sentence = "Every row was looked up in the lists of all parts".to_owned();
    if !design.without.is_empty() {
        sentence = format!("Left out of all parts: {}", design.without.join("; "));
    } else if lost > 0 {
        sentence.push_str("; those in none are left out on purpose, by the gap or since they come later than the fold");
    }
    check("No row in two parts", outcome, words, sentence)
}

/// The shares against those asked for.
fn sizes(drawn: &[Vec<u32>], design: &Design<'_>) -> Option<Check> {
    if design.cell.fold_count() > 0 || design.cell.method == SplitMethod::Column || !design.cell.cuts.is_empty() {
        return None;
    }
    const NAME: &str = "Sizes as asked";
    let rows: Vec<usize> = drawn.iter().map(Vec::len).collect();
    let total: usize = rows.iter().sum();
    let exact = counts::totals(total, &design.shares);
    if design.is_exact() {
        let off: usize = rows.iter().zip(&exact).map(|(rows, exact)| rows.abs_diff(*exact)).sum();
        let words = if off == 0 { "exact".into() } else { format!("{} rows off", count(off as u64)) };
        return Some(check(
            NAME,
            fault_if(off > 0),
            words,
            "Every part has the rows that largest remainders give its share",
        ));
    }
    let far = |part: usize| (rows[part] as f64 / total.max(1) as f64 - design.shares[part]).abs();
    let worst = (0..rows.len()).max_by(|a, b| far(*a).total_cmp(&far(*b)).then(b.cmp(a)))?;
    let empty = (0..rows.len()).find(|part| rows[*part] == 0 && design.shares[*part] > 0.0);
    let words = match empty {
        Some(part) => format!("{} is empty", design.names[part]),
        None => format!("at most {} % off", figure((far(worst) * 1e4).round() / 100.0)),
    };
    let outcome = if empty.is_some() { CheckOutcome::Fault } else { warn_if(far(worst) > OFF) };
    let sentence = format!(
        "Groups and rows of one moment stay whole, so shares are met as nearly as they allow; {} is furthest from its share. \
         More than {} % is a warning",
        design.names[worst],
        OFF * 100.0
    );
    Some(check(NAME, outcome, words, sentence))
}

/// Pearson's χ² test of class against part.
fn shares_agree(classes: &[ClassCounts], parts: usize) -> Option<Check> {
    let counts: Vec<Vec<f64>> =
        classes.iter().map(|class| class.counts.iter().map(|count| *count as f64).collect()).collect();
    let of_part: Vec<f64> = (0..parts).map(|part| counts.iter().map(|class: &Vec<f64>| class[part]).sum()).collect();
    let total: f64 = of_part.iter().sum();
    let used = of_part.iter().filter(|sum| **sum > 0.0).count();
    let present = counts.iter().filter(|class| class.iter().sum::<f64>() > 0.0).count();
    if used < 2 || present < 2 {
        return None;
    }
    let mut statistic = 0.0;
    for class in &counts {
        let rows: f64 = class.iter().sum();
        for (part, of_part) in of_part.iter().enumerate() {
            let expected = rows * of_part / total;
            if expected > 0.0 {
                statistic += (class[part] - expected).powi(2) / expected;
            }
        }
    }
    let p = ChiSquared::new(((used - 1) * (present - 1)) as f64).ok()?.sf(statistic);
    let sentence = "Pearson's χ² test of class against part; below 0.001 the shares differ more than chance explains";
    Some(check("Class shares agree", warn_if(p < SUSPICIOUS), format!("χ² {}", p_value(p)), sentence))
}

fn p_value(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".into()
    } else if p < 0.1 {
        format!("p = {p:.3}")
    } else {
        format!("p = {p:.2}")
    }
}

/// Classes with fewer rows than there are parts; absent where there is none.
fn too_small(classes: &[ClassCounts], drawn: &[Vec<u32>]) -> Option<Check> {
    let parts = drawn.iter().filter(|rows| !rows.is_empty()).count() as u64;
    let small: Vec<&str> = classes
        .iter()
        .filter(|class| class.counts.iter().sum::<u64>() < parts)
        .map(|class| class.class.as_str())
        .collect();
    (!small.is_empty()).then(|| {
        let figure = format!("{} of {} ({})", small.len(), classes.len(), some(&small));
        let sentence = "Such a class is missing in some part: a model cannot learn it, or cannot be judged on it";
        check("Classes with fewer rows than parts", CheckOutcome::Warning, figure, sentence)
    })
}

fn enough_cases(classes: &[ClassCounts], drawn: &[Vec<u32>]) -> Option<Check> {
    let fewest = (0..drawn.len())
        .filter(|&part| !drawn[part].is_empty())
        .flat_map(|part| classes.iter().map(move |class| class.counts[part]))
        .min()?;
    let (outcome, sign) = if fewest >= ENOUGH { (CheckOutcome::Pass, "≥") } else { (CheckOutcome::Warning, "<") };
    let sentence = "Rows of the rarest class in the part that has fewest; with few of them metrics are uncertain";
    Some(check("Enough cases in each part", outcome, format!("{} {sign} {ENOUGH}", count(fewest)), sentence))
}

/// Whether rows of one class stand earlier in the table than others (Kruskal and Wallis 1952 on row numbers, which
/// for two classes is the test of Mann and Whitney): then time or a sort order may tell the class.
fn order_is_no_signal(classes: &Classes) -> Option<Check> {
    let mut sums = vec![(0.0f64, 0.0f64); classes.names.len()];
    for (row, class) in classes.rows.iter().enumerate() {
        let (rows, ranks) = &mut sums[*class as usize];
        *rows += 1.0;
        *ranks += row as f64 + 1.0;
    }
    let total = classes.rows.len() as f64;
    sums.retain(|(rows, _)| *rows > 0.0);
    if sums.len() < 2 || total < 3.0 {
        return None;
    }
    let middle = (total + 1.0) / 2.0;
    let spread: f64 = sums.iter().map(|(rows, ranks)| rows * (ranks / rows - middle).powi(2)).sum();
    let statistic = 12.0 / (total * (total + 1.0)) * spread;
    let p = ChiSquared::new((sums.len() - 1) as f64).ok()?.sf(statistic);
    let sentence = "Kruskal and Wallis's test of row numbers by class; below 0.001 the table is sorted by class or time, \
                    and a column that follows the order would give the class away";
    Some(check("Order of rows is no signal", warn_if(p < SUSPICIOUS), p_value(p), sentence))
}

fn groups_whole(design: &Design<'_>, drawn: &[Vec<u32>]) -> Option<Check> {
    let groups = design.groups.as_ref()?;
    let torn = overlap::torn(&groups.rows, groups.count, drawn);
    let mut sentence = format!("Values of {} that stand in two parts; there must be none", groups.by);
    if groups.missing > 0 {
        sentence
            .push_str(&format!("; {} without a value are groups of their own", plural(groups.missing, "row", "rows")));
    }
    let outcome = if torn > 0 { CheckOutcome::Fault } else { warn_if(groups.missing > 0) };
    let words = format!("{torn} of {} torn", count(groups.count as u64));
    Some(check("Groups stay whole", outcome, words, sentence))
}

fn identifiers(shared: &[(String, u64, u64)]) -> Check {
    const NAME: &str = "No identifier in two parts";
    const LOOK: &str = "A column counts as an identifier that repeats when its name says so, or every text in it has a digit \
                        and no space, and it has from 20 values to half as many as rows";
    let Some((column, torn, all)) = shared.iter().max_by_key(|(_, torn, _)| *torn) else {
        return check(NAME, CheckOutcome::Pass, "none shared", LOOK);
    };
    let sentence = format!(
        "{} of {} values of {column} stand in several parts: if they are one person or thing each, split by group. {LOOK}",
        count(*torn),
        count(*all)
    );
    check(NAME, CheckOutcome::Warning, format!("{} of {column}", count(*torn)), sentence)
}

/// Whether the moments of each part lie before those of the next.
fn time_order(design: &Design<'_>, drawn: &[Vec<u32>]) -> Option<Check> {
    let times = design.times.as_ref()?;
    let moments = |rows: &[u32]| {
        let of = rows.iter().filter_map(|row| times.keys[*row as usize]);
        of.clone().min().zip(of.max())
    };
    let spans: Vec<(usize, (i64, i64))> =
        drawn.iter().enumerate().filter_map(|(part, rows)| Some((part, moments(rows)?))).collect();
    // Folds within an outer fold lie in time as well: training, validation, test, and what was held out.
    let bad = spans.windows(2).find(|pair| pair[0].1.1 >= pair[1].1.0);
    let words = match bad {
        Some(pair) => format!("{} overlaps {}", design.names[pair[0].0], design.names[pair[1].0]),
        None => "in order".to_owned(),
    };
    let column = design.cell.time.as_deref().unwrap_or_default();
    let sentence = format!("The latest moment of each part in {column} must lie before the earliest of the next");
    Some(check("Parts follow each other in time", fault_if(bad.is_some()), words, sentence))
}

fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

fn twins(shared: &duplicates::Shared, drawn: &[Vec<u32>]) -> Vec<Check> {
    let rows = |rows: u64| plural(rows, "row", "rows");
    let columns = plural(shared.columns as u64, "column", "columns");
    if shared.columns == 0 {
        let none =
            |name| check(name, CheckOutcome::Pass, "no features to compare", "All columns are identifiers or lists");
        return vec![none("Duplicate rows across parts"), none("Near-duplicate rows across parts")];
    }
    let mut checks = vec![
        check(
            "Duplicate rows across parts",
            warn_if(shared.exact > 0),
            rows(shared.exact),
            format!("Rows of a later part that equal a row of an earlier one in all of {columns}, identifiers apart"),
        ),
        check(
            "Near-duplicate rows across parts",
            warn_if(shared.near > 0),
            rows(shared.near),
            "Rows of a later part that equal a row of an earlier one, the target and identifiers apart, with numbers \
             rounded to three significant digits (whole ones from 10,000 on) and texts without case and outer spaces",
        ),
    ];
    if let Some((found, column)) = &shared.but_one {
        let others: u64 = drawn.iter().skip(1).map(|rows| rows.len() as u64).sum();
        let share = *found as f64 / others.max(1) as f64;
        let mut sentence = format!(
            "Near-duplicates when any one column is left away; few rows agree by chance, so more than {} % of the rows outside \
             training is a warning",
            BUT_ONE * 100.0
        );
        if *found > 0 {
            sentence.push_str(&format!("; most differ in {column}"));
        }
        checks.push(check("Rows that differ in one column", warn_if(share > BUT_ONE), rows(*found), sentence));
    }
    checks
}

/// Levels of texts and categories that stand in every part.
fn every_level(looks: &[Look]) -> Option<Check> {
    let of = || looks.iter().filter_map(|look| look.levels.as_ref());
    let levels: u64 = of().map(|(levels, _)| levels).sum();
    let absent: Vec<&str> = of().flat_map(|(_, absent)| absent).map(String::as_str).collect();
    (levels > 0).then(|| {
        let mut figure = format!("{} of {}", count(levels - absent.len() as u64), count(levels));
        if !absent.is_empty() {
            figure.push_str(&format!(" (not {})", some(absent.iter().take(2))));
        }
        let sentence = "Texts with at most 50 levels: one that is missing in training is new to the model elsewhere";
        check("Every level in every part", warn_if(!absent.is_empty()), figure, sentence)
    })
}

/// The column whose distributions differ most surely by the test of Kolmogorov and Smirnov.
fn drawn_alike(looks: &[Look], names: &[String]) -> Option<Check> {
    let comparisons: usize = looks.iter().filter(|look| look.least_p.is_some()).map(|look| look.comparisons).sum();
    let surest = looks
        .iter()
        .filter_map(|look| look.least_p.map(|(p, distance, part)| (p, distance, part, look.name.as_str())))
        .min_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)))?;
    let (p, distance, part, name) = surest;
    let figure = format!("largest KS {} ({name}, {})", figure((distance * 1000.0).round() / 1000.0), names[part]);
    // A fair drawing passes this once in a thousand times in any of the columns and parts.
    let outcome = warn_if(p < SUSPICIOUS / comparisons.max(1) as f64);
    let sentence = format!(
        "Kolmogorov and Smirnov's test of every column of numbers against the training part, {} in all; here {}",
        plural(comparisons as u64, "comparison", "comparisons"),
        p_value(p)
    );
    Some(check("Columns drawn alike", outcome, figure, sentence))
}

/// The largest population stability index.
fn stable(looks: &[Look], method: SplitMethod) -> Option<Check> {
    let comparisons: usize = looks.iter().map(|look| look.comparisons).sum();
    let (drift, _) =
        looks.iter().filter_map(|look| look.drift.as_ref()).max_by(|a, b| a.0.psi.0.total_cmp(&b.0.psi.0))?;
    let surely = |chance: f64| chance < SUSPICIOUS / comparisons.max(1) as f64;
    let worst = looks
        .iter()
        .filter_map(|look| look.drift.as_ref())
        .filter(|(_, chance)| surely(*chance))
        .map(|(drift, _)| drift.psi.0)
        .fold(0.0, f64::max);
    // Rows drawn at random have no reason to differ; times, groups and columns have.
    let drawn = matches!(method, SplitMethod::Random | SplitMethod::Stratified);
    let outcome = if worst >= DRIFTS.1 && drawn { CheckOutcome::Fault } else { warn_if(worst >= DRIFTS.0) };
    let figure =
        format!("largest PSI {} ({}, {})", figure((drift.psi.0 * 1e4).round() / 1e4), drift.column, drift.part);
    let sentence = format!(
        "Population stability index over the tenths of the training part, or levels: from {} a column drifts, from {} it has \
         shifted (a fault where rows were drawn at random); figures that chance explains do not count",
        DRIFTS.0, DRIFTS.1
    );
    Some(check("Columns are stable", outcome, figure, sentence))
}

fn rows_named(case: &Case<'_>) -> Check {
    let whole = super::digest_of_parts(&case.design.names, case.digests);
    let sentence = format!(
        "BLAKE3 of the row numbers of each part: {}",
        case.design
            .names
            .iter()
            .zip(case.digests)
            .map(|(name, digest)| format!("{name} {}", digest.get(..12).unwrap_or(digest)))
            .collect::<Vec<_>>()
            .join(", ")
    );
    check("Rows of the parts by hash", CheckOutcome::Pass, whole.get(..12).unwrap_or(&whole), sentence)
}
