//! What a person should look at before modelling, with the step that would answer it.

use cairn_protocol::ParamValue;
use cairn_protocol::steps::{
    Deduplicate, DropLevel, FitScope, ImputeStrategy, NullLevel, ScaleMethod, Step, StepOp, UnseenLevel,
};
use cairn_protocol::table::{ColumnType, Finding, Severity};
use polars::prelude::{Column, DataFrame};
use rayon::prelude::*;

use super::Figures;
use crate::{format, quality::definitions};

/// All findings, most severe first, then in the order of the columns.
pub(crate) fn findings(frame: &DataFrame, figures: &[Figures]) -> Vec<Finding> {
    let rows = frame.height() as u64;
    if rows == 0 {
        return Vec::new();
    }
    let mut found: Vec<Finding> = figures.iter().flat_map(|figures| of_column(figures, rows)).collect();
    found.extend(duplicates(frame, figures));
    for finding in &mut found {
        definitions::of(&finding.kind).clone_into(&mut finding.definition);
    }
    found.sort_by_key(|finding| finding.severity);
    found
}

fn of_column(figures: &Figures, rows: u64) -> Vec<Finding> {
    let profile = &figures.profile;
    if profile.nulls == rows || profile.distinct == 1 {
        return vec![constant(figures, rows)];
    }
    [
        missing(figures, rows),
        unknown(figures),
        identifier(figures, rows),
        rare(figures, rows),
        tail(figures),
        imbalance(figures),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn finding(figures: &Figures, severity: Severity, kind: &str, message: String, step: Option<StepOp>) -> Finding {
    Finding {
        severity,
        column: figures.profile.name.clone(),
        kind: kind.into(),
        message,
        suggested_step: step.map(|op| Step { op, enabled: true }),
        ..Finding::default()
    }
}

fn columns(figures: &Figures) -> Vec<String> {
    vec![figures.profile.name.clone()]
}

fn constant(figures: &Figures, rows: u64) -> Finding {
    let profile = &figures.profile;
    let message = match profile.top.first() {
        Some(top) if profile.nulls > 0 => {
            format!("holds nothing but «{}» and {} missing values", top.value, thousands(profile.nulls))
        }
        Some(top) => format!("holds «{}» in all {} rows", top.value, thousands(rows)),
        None => format!("is empty in all {} rows", thousands(rows)),
    };
    let severity = if profile.top.is_empty() { Severity::High } else { Severity::Medium };
    finding(figures, severity, "constant", message, Some(StepOp::Drop { columns: columns(figures) }))
}

fn missing(figures: &Figures, rows: u64) -> Option<Finding> {
    let profile = &figures.profile;
    if profile.nulls == 0 {
        return None;
    }
    let share = profile.nulls as f64 / rows as f64;
    let severity = match share {
        share if share >= 0.4 => Severity::High,
        share if share >= 0.05 => Severity::Medium,
        _ => Severity::Low,
    };
    let message = format!("{} of {} rows are missing ({})", thousands(profile.nulls), thousands(rows), percent(share));
    let impute = |strategy| {
        StepOp::Impute(cairn_protocol::steps::Impute {
            columns: columns(figures),
            strategy,
            value: None,
            indicator: share >= 0.05,
            fit: FitScope::Train,
            ..Default::default()
        })
    };
    let step = match profile.column_type {
        _ if share >= 0.8 => Some(StepOp::Drop { columns: columns(figures) }),
        kind if kind.is_numeric() => Some(impute(ImputeStrategy::Median)),
        ColumnType::Bool | ColumnType::Text | ColumnType::Category => Some(impute(ImputeStrategy::Mode)),
        _ => None,
    };
    Some(finding(figures, severity, "missing", message, step))
}

/// A word for a missing value among the texts, beside true missing ones.
fn unknown(figures: &Figures) -> Option<Finding> {
    const WORDS: [&str; 12] =
        ["unknown", "n/a", "na", "none", "null", "missing", "not available", "not known", "undefined", "nan", "?", "-"];
    let profile = &figures.profile;
    if !matches!(profile.column_type, ColumnType::Text | ColumnType::Category) {
        return None;
    }
    let word = profile.top.iter().find(|top| WORDS.contains(&top.value.trim().to_lowercase().as_str()))?;
    let rows = thousands(word.count);
    let (message, step) = if profile.nulls > 0 {
        let fill = StepOp::Impute(cairn_protocol::steps::Impute {
            columns: columns(figures),
            strategy: ImputeStrategy::Constant,
            value: Some(ParamValue::Text(word.value.clone())),
            indicator: false,
            fit: FitScope::Train,
            ..Default::default()
        });
        let message = format!(
            "«{}» in {rows} rows says the same as the {} missing values, most likely",
            word.value,
            thousands(profile.nulls)
        );
        (message, Some(fill))
    } else {
        let pairs = vec![cairn_protocol::steps::Renaming { from: word.value.clone(), to: String::new() }];
        let empty = cairn_protocol::steps::ReplaceValues { columns: columns(figures), pairs };
        let message = format!("«{}» in {rows} rows stands for a missing value, most likely", word.value);
        (message, Some(StepOp::ReplaceValues(empty)))
    };
    Some(finding(figures, Severity::Medium, "unknown", message, step))
}

fn identifier(figures: &Figures, rows: u64) -> Option<Finding> {
    let profile = &figures.profile;
    if rows < 20 || profile.nulls > 0 || profile.distinct < rows {
        return None;
    }
    let name = profile.name.to_lowercase();
    let named = ["id", "uuid", "guid", "key", "index", "nr", "no"]
        .iter()
        .any(|word| name == *word || name.ends_with(&format!("_{word}")) || name.ends_with(&format!(" {word}")))
        || profile.name.ends_with("Id")
        || profile.name.ends_with("ID");
    let likely = match profile.column_type {
        ColumnType::Text => true,
        ColumnType::Int => named || figures.counts_up,
        _ => false,
    };
    let message =
        format!("is different in each of {} rows: it names rows rather than describing them", thousands(rows));
    let step = StepOp::Drop { columns: columns(figures) };
    likely.then(|| finding(figures, Severity::Medium, "identifier", message, Some(step)))
}

fn rare(figures: &Figures, rows: u64) -> Option<Finding> {
    let profile = &figures.profile;
    let levels = matches!(profile.column_type, ColumnType::Text | ColumnType::Category);
    if !levels || rows < 100 || figures.rare_levels == 0 || profile.distinct > rows / 5 {
        return None;
    }
    let message = format!(
        "{} of {} levels have less than 1 % of the rows ({} rows together)",
        thousands(figures.rare_levels),
        thousands(profile.distinct),
        thousands(figures.rare_rows)
    );
    let encode = StepOp::OneHot(cairn_protocol::steps::OneHot {
        columns: columns(figures),
        drop: DropLevel::None,
        nulls: NullLevel::OwnColumn,
        unseen: UnseenLevel::Other,
        rare_below_percent: 1.0,
        max_categories: None,
        name_pattern: "{column}_{value}".into(),
        keep_source: false,
        fit: FitScope::Train,
        ..Default::default()
    });
    let severity = if figures.rare_levels * 2 > profile.distinct { Severity::Medium } else { Severity::Low };
    Some(finding(figures, severity, "rare_level", message, Some(encode)))
}

fn tail(figures: &Figures) -> Option<Finding> {
    let profile = &figures.profile;
    let skew = profile.skew?.0;
    let (middle, high) = (profile.quantiles.as_ref()?.get("0.5")?.0, profile.quantiles.as_ref()?.get("0.95")?.0);
    if skew < 2.0 || profile.distinct < 20 || high <= middle {
        return None;
    }
    let most = profile.max.as_ref().map(ToString::to_string).unwrap_or_default();
    let message = format!(
        "has a long right tail: half lie below {}, 95 % below {}, the largest is {most} (skew {skew:.1})",
        format::float(middle),
        format::float(high)
    );
    let step = StepOp::Scale(cairn_protocol::steps::Scale {
        columns: columns(figures),
        method: ScaleMethod::Robust,
        fit: FitScope::Train,
        ..Default::default()
    });
    Some(finding(figures, if skew > 5.0 { Severity::Medium } else { Severity::Low }, "long_tail", message, Some(step)))
}

fn imbalance(figures: &Figures) -> Option<Finding> {
    let [(value, few), (_, many)] = figures.two.as_ref()?;
    let share = *few as f64 / (*few + *many) as f64;
    if share >= 0.1 {
        return None;
    }
    let message = format!(
        "only {} of {} rows are «{value}» ({}): accuracy would say little, and a split should keep the shares",
        thousands(*few),
        thousands(few + many),
        percent(share)
    );
    Some(finding(figures, if share < 0.02 { Severity::Medium } else { Severity::Low }, "imbalance", message, None))
}

/// Rows that equal an earlier one in every column, by the sum of 64-bit hashes of their cells.
fn duplicates(frame: &DataFrame, figures: &[Figures]) -> Option<Finding> {
    let rows = frame.height();
    if rows < 2 || figures.iter().any(|figures| figures.profile.distinct == rows as u64) {
        return None;
    }
    let mut hashes =
        frame.columns().par_iter().enumerate().map(|(index, column)| hashes(column, index as u64)).reduce_with(
            |mut sums, other| {
                sums.iter_mut().zip(other).for_each(|(sum, hash)| *sum = sum.wrapping_add(hash));
                sums
            },
        )?;
    hashes.par_sort_unstable();
    let repeated = hashes.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64;
    let share = repeated as f64 / rows as f64;
    let severity = if share >= 0.01 { Severity::Medium } else { Severity::Low };
    (repeated > 0).then(|| Finding {
        severity,
        column: String::new(),
        kind: "duplicates".into(),
        message: format!(
            "{} rows equal an earlier row in every column ({}): the same row in training and test flatters a model",
            thousands(repeated),
            percent(share)
        ),
        suggested_step: Some(Step { op: StepOp::Deduplicate(Deduplicate::default()), enabled: true }),
        ..Finding::default()
    })
}

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// A folded multiplication: mixes all bits of both.
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ MULTIPLIER) * u128::from(b ^ 0xd1b5_4a32_d192_ed03);
    (product as u64) ^ (product >> 64) as u64
}

/// A hash of each cell of a column, different from column to column.
fn hashes(column: &Column, index: u64) -> Vec<u64> {
    let salt = mix(index, MULTIPLIER);
    let missing = mix(salt, 0x5bd1_e995);
    let number = |bits: u64| mix(mix(bits, salt), salt.rotate_left(17));
    let mut out = Vec::with_capacity(column.len());
    if let Ok(texts) = column.str() {
        let text = |text: &str| {
            let (words, rest) = text.as_bytes().as_chunks::<8>();
            let mut hash = mix(text.len() as u64, salt);
            for word in words {
                hash = mix(hash, u64::from_le_bytes(*word));
            }
            let last = rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            mix(mix(hash, last), salt.rotate_left(17))
        };
        texts.downcast_iter().for_each(|chunk| out.extend(chunk.iter().map(|cell| cell.map_or(missing, text))));
    } else if let Ok(floats) = column.f64() {
        for chunk in floats.downcast_iter() {
            out.extend(chunk.iter().map(|cell| cell.map_or(missing, |value| number((value + 0.0).to_bits()))));
        }
    } else if let Ok(wholes) = column.to_physical_repr().cast(&polars::prelude::DataType::Int64)
        && let Ok(wholes) = wholes.i64()
    {
        for chunk in wholes.downcast_iter() {
            out.extend(chunk.iter().map(|cell| cell.map_or(missing, |value| number(*value as u64))));
        }
    } else {
        for row in 0..column.len() {
            let text = column.get(row).ok().and_then(|value| format::text_of(&value));
            out.push(text.map_or(missing, |text| text.bytes().fold(salt, |hash, byte| mix(hash, u64::from(byte)))));
        }
    }
    out
}

pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        small if small < 0.1 => "below 0.1 %".into(),
        percent if percent < 10.0 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

/// A count with commas between thousands.
pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
