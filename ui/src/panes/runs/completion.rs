//! What may stand next in a filter: fields, operators, values that runs have.

use std::collections::BTreeMap;

use cairn_protocol::runs::Run;

use super::columns::name_in_filter;
use crate::widgets;

/// Columns of runs that can be asked for, besides metrics, params and tags.
const FIELDS: [&str; 11] = [
    "status",
    "name",
    "algorithm",
    "kernel",
    "cell",
    "sweep",
    "experiment",
    "started_at",
    "duration_secs",
    "commit",
    "dirty",
];

/// A proposal for what could stand next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What takes the place of the last word.
    pub insert: String,
    /// What it is, or how many runs have it.
    pub note: String,
}

/// The last word of a text, from where it begins, and what may stand there.
#[must_use]
pub fn completions(text: &str, runs: &[&Run]) -> (usize, Vec<Completion>) {
    let words = split(text);
    let ends_open = text.chars().next_back().is_some_and(|c| !c.is_whitespace() && c != '(' && c != ',');
    let (start, part, before) = match words.last() {
        Some((start, word)) if ends_open => (*start, word.to_lowercase(), &words[..words.len() - 1]),
        _ => (text.len(), String::new(), &words[..]),
    };
    let word = |back: usize| before.len().checked_sub(back).map(|at| before[at].1.as_str());
    let proposals = match expects(before) {
        Expects::Field => fields(runs),
        Expects::Operator => {
            ["=", "!=", "<", "<=", ">", ">=", "like", "in", "is null", "is not null"].map(|op| plain(op, "")).to_vec()
        }
        Expects::Value => {
            let field = if word(1) == Some("(") || word(1) == Some(",") {
                let open = before.iter().rposition(|(_, word)| word == "(").unwrap_or(0);
                open.checked_sub(2).map(|at| before[at].1.as_str())
            } else if before.len() >= 3 && word(2).is_some_and(|word| word.eq_ignore_ascii_case("not")) {
                word(3)
            } else {
                word(2)
            };
            field.map(|field| values(field, runs)).unwrap_or_default()
        }
        Expects::Joint => [plain("and", ""), plain("or", "")].to_vec(),
    };
    let part = part.trim_matches(['\'', '"', '`']).to_owned();
    let matching = proposals
        .into_iter()
        .filter(|proposal| {
            let insert = proposal.insert.to_lowercase();
            part.is_empty() || (insert.contains(&part) && insert != part)
        })
        .take(40)
        .collect();
    (start, matching)
}

enum Expects {
    Field,
    Operator,
    Value,
    Joint,
}

/// What comes after some words.
fn expects(words: &[(usize, String)]) -> Expects {
    let Some((_, last)) = words.last() else { return Expects::Field };
    let last = last.to_lowercase();
    match last.as_str() {
        "and" | "or" => return Expects::Field,
        "not" => {
            let after_field = words.len() >= 2 && is_field(&words[words.len() - 2].1);
            return if after_field { Expects::Operator } else { Expects::Field };
        }
        "(" => {
            let of_in = words.len() >= 2 && words[words.len() - 2].1.eq_ignore_ascii_case("in");
            return if of_in { Expects::Value } else { Expects::Field };
        }
        "," | "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=" | "like" | "ilike" => return Expects::Value,
        "in" => return Expects::Value,
        _ => {}
    }
    let before = words.len().checked_sub(2).map(|at| words[at].1.to_lowercase());
    let after_operator = before.as_deref().is_some_and(|word| {
        matches!(word, "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=" | "like" | "ilike" | "(" | "," | "is")
    });
    if is_field(&last) && !after_operator { Expects::Operator } else { Expects::Joint }
}

/// Whether a word names a field of runs.
#[must_use]
pub fn is_field(word: &str) -> bool {
    FIELDS.contains(&word) || ["metrics.", "params.", "tags."].iter().any(|group| word.starts_with(group))
}

/// The words of a filter with where they begin: quoted text is one, so are operators, brackets and commas.
#[must_use]
pub fn split(text: &str) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut word = c.to_string();
        if matches!(c, '\'' | '"') {
            for (_, next) in rest.by_ref() {
                word.push(next);
                if next == c {
                    break;
                }
            }
        } else if "=!<>".contains(c) {
            while let Some((_, next)) = rest.next_if(|(_, next)| "=!<>".contains(*next)) {
                word.push(next);
            }
        } else if !"(),".contains(c) {
            let mut quoted = c == '`';
            while let Some((_, next)) =
                rest.next_if(|(_, next)| quoted || !(next.is_whitespace() || "=!<>(),".contains(*next)))
            {
                quoted ^= next == '`';
                word.push(next);
            }
        }
        words.push((start, word));
    }
    words
}

fn plain(insert: &str, note: &str) -> Completion {
    Completion { insert: insert.to_owned(), note: note.to_owned() }
}

fn fields(runs: &[&Run]) -> Vec<Completion> {
    let mut proposals: Vec<Completion> = super::columns::metric_keys(runs.iter().copied())
        .into_iter()
        .map(|key| plain(&format!("metrics.{}", name_in_filter(&key)), "metric"))
        .collect();
    let params = super::columns::param_keys(runs.iter().copied());
    proposals
        .extend(params.into_iter().map(|(key, _)| plain(&format!("params.{}", name_in_filter(&key)), "parameter")));
    let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
    for key in runs.iter().flat_map(|run| run.tags.keys()) {
        *tags.entry(key).or_default() += 1;
    }
    proposals
        .extend(tags.into_iter().map(|(key, count)| plain(&format!("tags.{}", name_in_filter(key)), &of_runs(count))));
    proposals.extend(FIELDS.map(|field| plain(field, "")));
    proposals
}

/// The values that runs have of a field, the most frequent first.
fn values(field: &str, runs: &[&Run]) -> Vec<Completion> {
    let value_of = |run: &Run| -> Option<String> {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        if let Some(name) = field.strip_prefix("params.") {
            return run.params.get(name.trim_matches('`')).map(|value| match value {
                cairn_protocol::ParamValue::Text(text) => quoted(text),
                other => other.to_string(),
            });
        }
        if let Some(name) = field.strip_prefix("tags.") {
            return run.tags.get(name.trim_matches('`')).map(|value| quoted(value));
        }
        Some(quoted(match field {
            "status" => run.status.as_str(),
            "name" => &run.name,
            "algorithm" => &run.algorithm,
            "kernel" => &run.kernel,
            "cell" => &run.cell,
            "sweep" => &run.sweep,
            "experiment" => &run.experiment,
            "commit" => &run.commit,
            _ => return None,
        }))
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in runs.iter().filter_map(|run| value_of(run)) {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    counts.into_iter().map(|(value, count)| plain(&value, &of_runs(count))).collect()
}

fn of_runs(count: usize) -> String {
    widgets::format::plural(count as u64, "run", "runs")
}

/// Ready-made views with the number of runs: group (state, cell, tag), title, filter.
#[must_use]
pub fn views(runs: &[&Run]) -> BTreeMap<(u8, String, String), usize> {
    let mut counts: BTreeMap<(u8, String, String), usize> = BTreeMap::new();
    for run in runs {
        let quoted = |text: &str| text.replace('\'', "''");
        let status = run.status.as_str();
        *counts.entry((0, status.to_owned(), format!("status = '{status}'"))).or_default() += 1;
        if !run.cell.is_empty() {
            *counts.entry((1, run.cell.clone(), format!("cell = '{}'", quoted(&run.cell)))).or_default() += 1;
        }
        for (key, value) in &run.tags {
            let filter = format!("tags.{} = '{}'", name_in_filter(key), quoted(value));
            *counts.entry((2, super::columns::tag_text(key, value), filter)).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::{super::columns::tests::run, *};

    #[test]
    fn what_may_stand_next_is_proposed() {
        let mut first = run(1, 0.8);
        first.tags.insert("team".into(), "a team".into());
        let second = run(2, 0.9);
        let runs = [&first, &second];
        let table = [
            ("", "metrics.valid.auc"),
            ("metrics.v", "metrics.valid.auc"),
            ("auc", "metrics.valid.auc"),
            ("metrics.valid.auc ", ">"),
            ("metrics.valid.auc > 0.8 ", "and"),
            ("metrics.valid.auc > 0.8 an", "and"),
            ("metrics.valid.auc > 0.8 and ", "params.max_depth"),
            ("metrics.valid.auc > 0.8 and (par", "params.max_depth"),
            ("params.max_depth = ", "1"),
            ("status = ", "'finished'"),
            ("status = fin", "'finished'"),
            ("status = 'fin", "'finished'"),
            ("status in (", "'finished'"),
            ("tags.team like ", "'a team'"),
            ("not sta", "status"),
        ];
        for (text, wanted) in table {
            let (start, proposals) = completions(text, &runs);
            assert!(proposals.iter().any(|proposal| proposal.insert == wanted), "«{text}»: {proposals:?}");
            assert!(start <= text.len());
        }
        let (start, proposals) = completions("metrics.valid.auc > 0.8 and params.max", &runs);
        assert_eq!((start, proposals[0].insert.as_str()), (28, "params.max_depth"));
    }

    #[test]
    fn words_keep_their_places() {
        let text = "tags.team like 'a b%' and(x>=3)";
        for (start, word) in split(text) {
            assert_eq!(&text[start..start + word.len()], word);
        }
        assert_eq!(split(text).len(), 9);
    }
}
