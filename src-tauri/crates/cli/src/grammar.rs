//! Steps and splits as words of a command line.
//!
//! ```text
//! one_hot columns=city,smoker nulls=all_zeros keep_source
//! filter conditions=[{column='age', test='greater', value=50}] action=delete
//! rename names={'Blood pressure'='pressure', bmi='body_mass'}
//! └─ op   └─ option=value …
//! ```
//!
//! A value that begins with `"`, `'`, `[` or `{` is TOML and may hold spaces. Anything else is a bare word that ends at
//! the next space: a number where the option takes one, text where it takes text, a list at its commas where it takes
//! several. An option that is on or off may stand alone. What an option takes comes from the catalogue of operations.

use cairn_protocol::{
    ErrorInfo,
    steps::{
        Step,
        catalogue::{self, FieldKind, StepSpec},
    },
};
use serde_json::{Map, Value, json};

/// A step as it stands on the command line.
///
/// # Errors
/// There is no such operation or option, or a value that it does not take: with the place in the text.
pub fn step(text: &str) -> Result<Step, ErrorInfo> {
    let mut words = Words { text, at: 0 };
    let op = words.word();
    let spec = catalogue::spec_of(op).ok_or_else(|| no_operation(op))?;
    let mut fields = Map::from_iter([("op".to_owned(), Value::from(op))]);
    while let Some(option) = words.option()? {
        let kind = kind_of(spec, option.key).ok_or_else(|| no_option(op, option.key))?;
        let value = taken(&kind, &option).map_err(|what| {
            ErrorInfo::usage(format!("{op}: {what}")).hint(format!("cairn steps {op} shows its options"))
        })?;
        if fields.insert(option.key.to_owned(), value).is_some() {
            return Err(ErrorInfo::usage(format!("{op}: {} is given twice", option.key)).hint("give each option once"));
        }
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| {
        ErrorInfo::usage(format!("{op} cannot be read: {error}")).hint(format!("cairn steps {op} shows its options"))
    })
}

/// The words of a split: its method, and its options as JSON. Options are those of a split cell; what is no TOML is a
/// number, a yes or no, or text.
///
/// # Errors
/// A value that cannot be read.
pub fn split(text: &str) -> Result<Map<String, Value>, ErrorInfo> {
    let mut words = Words { text, at: 0 };
    let mut fields = Map::from_iter([("method".to_owned(), Value::from(words.word()))]);
    while let Some(option) = words.option()? {
        let value = match option.value {
            None => Value::Bool(true),
            Some(Raw::Toml(value)) => value,
            Some(Raw::Bare(word)) if option.key == "by" => texts(word),
            Some(Raw::Bare(word)) => plain(word),
        };
        fields.insert(option.key.to_owned(), value);
    }
    Ok(fields)
}

fn no_operation(op: &str) -> ErrorInfo {
    let what = if op.is_empty() { "the step is empty".to_owned() } else { format!("there is no operation {op:?}") };
    let squeezed = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    let like = |known: &&StepSpec| {
        squeezed(known.op) == squeezed(op)
            || known.op.contains(op)
            || op.contains(known.op)
            || known.words.split(' ').any(|word| word == op)
    };
    let near: Vec<&str> =
        catalogue::STEPS.iter().filter(|known| !op.is_empty() && like(known)).take(4).map(|known| known.op).collect();
    let hint = if near.is_empty() {
        "cairn steps lists them".to_owned()
    } else {
        format!("did you mean {}? cairn steps lists all", near.join(" or "))
    };
    ErrorInfo::usage(what).hint(hint)
}

fn no_option(op: &str, key: &str) -> ErrorInfo {
    let known = catalogue::options_of(op).join(", ");
    ErrorInfo::usage(format!("{op} has no option {key:?}")).hint(format!("its options are {known}"))
}

/// What an option takes; none where there is no such option.
fn kind_of(spec: &StepSpec, key: &str) -> Option<FieldKind> {
    if let Some(field) = spec.fields.iter().find(|field| field.key == key) {
        return Some(field.kind);
    }
    let beside = key == "enabled" || catalogue::options_of(spec.op).iter().any(|option| option == key);
    beside.then_some(if key == "enabled" { FieldKind::Switch } else { FieldKind::Text { hint: "" } })
}

/// A text that is read word by word.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

/// An option as it stands.
struct Word<'a> {
    key: &'a str,
    value: Option<Raw<'a>>,
}

/// A value as it stands.
enum Raw<'a> {
    Bare(&'a str),
    Toml(Value),
}

impl<'a> Words<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// The next word.
    fn word(&mut self) -> &'a str {
        self.skip_spaces();
        let rest = self.rest();
        let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// The next option; none at the end.
    fn option(&mut self) -> Result<Option<Word<'a>>, ErrorInfo> {
        self.skip_spaces();
        let rest = self.rest();
        if rest.is_empty() {
            return Ok(None);
        }
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let key = &rest[..rest.find(|letter| !is_name(letter)).unwrap_or(rest.len())];
        let after = &rest[key.len()..];
        if key.is_empty() || !(after.is_empty() || after.starts_with(|sign: char| sign == '=' || sign.is_whitespace()))
        {
            return Err(self.wrong("option=value is expected"));
        }
        self.at += key.len();
        if !after.starts_with('=') {
            return Ok(Some(Word { key, value: None }));
        }
        self.at += 1;
        let value = if self.rest().starts_with(['"', '\'', '[', '{']) {
            Raw::Toml(self.toml()?)
        } else {
            let rest = self.rest();
            let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
            self.at += word.len();
            Raw::Bare(word)
        };
        Ok(Some(Word { key, value: Some(value) }))
    }

    /// A value in quotes or brackets.
    fn toml(&mut self) -> Result<Value, ErrorInfo> {
        let rest = self.rest();
        let end = end_of(rest).ok_or_else(|| self.wrong("a quote or bracket is not closed"))?;
        let (text, after) = rest.split_at(end);
        if !(after.is_empty() || after.starts_with(char::is_whitespace)) {
            self.at += end;
            return Err(self.wrong("a space is expected behind a value"));
        }
        let table: toml::Table = toml::from_str(&format!("value = {text}"))
            .map_err(|error| self.wrong(&format!("the value is no TOML: {}", error.message())))?;
        self.at += end;
        let value = table.get("value").map(|value| serde_json::to_value(undated(value.clone())));
        match value {
            Some(Ok(value)) => Ok(value),
            _ => Err(self.wrong("the value cannot be read")),
        }
    }

    fn wrong(&self, what: &str) -> ErrorInfo {
        let place = self.text[..self.at].chars().count() + 1;
        let near: String = self.rest().chars().take(20).collect();
        let near = if near.is_empty() { "the end".to_owned() } else { format!("{near:?}") };
        ErrorInfo::usage(format!("{what} at character {place}, before {near}, in {:?}", self.text))
            .hint("a step is OP option=value …, with values as in TOML or as bare words; cairn steps OP shows one")
    }
}

/// Dates and times as the texts they were.
fn undated(value: toml::Value) -> toml::Value {
    match value {
        toml::Value::Datetime(moment) => toml::Value::String(moment.to_string()),
        toml::Value::Array(items) => toml::Value::Array(items.into_iter().map(undated).collect()),
        toml::Value::Table(fields) => {
            toml::Value::Table(fields.into_iter().map(|(key, value)| (key, undated(value))).collect())
        }
        other => other,
    }
}

/// Where a value in quotes or brackets ends.
fn end_of(text: &str) -> Option<usize> {
    let mut open: Vec<char> = Vec::new();
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if let Some(sign) = quote {
            if escaped {
                escaped = false;
            } else if letter == '\\' && sign == '"' {
                escaped = true;
            } else if letter == sign {
                quote = None;
            }
        } else {
            match letter {
                '"' | '\'' => quote = Some(letter),
                '[' => open.push(']'),
                '{' => open.push('}'),
                // A bracket that nothing opened, or another one did.
                ']' | '}' if open.pop() != Some(letter) => return None,
                _ => {}
            }
        }
        if quote.is_none() && open.is_empty() {
            return Some(at + letter.len_utf8());
        }
    }
    None
}

/// A bare word without a known kind.
fn plain(word: &str) -> Value {
    match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        word => number(word).unwrap_or_else(|| Value::from(word)),
    }
}

/// A number; a code with a leading zero is none, nor are `nan` and `inf`.
fn number(word: &str) -> Option<Value> {
    let digits = word.trim_start_matches(['+', '-']);
    let code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if code || !digits.starts_with(|sign: char| sign.is_ascii_digit() || sign == '.') {
        return None;
    }
    word.parse::<i64>().map(Value::from).ok().or_else(|| word.parse::<f64>().ok().map(Value::from))
}

fn texts(word: &str) -> Value {
    word.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect()
}

/// A value as the option takes it.
fn taken(kind: &FieldKind, option: &Word<'_>) -> Result<Value, String> {
    let key = option.key;
    match &option.value {
        None if matches!(kind, FieldKind::Switch) => Ok(Value::Bool(true)),
        None => Err(format!("{key} has no value")),
        Some(Raw::Bare(word)) => bare(kind, key, word),
        Some(Raw::Toml(value)) => typed(kind, key, value),
    }
}

fn bare(kind: &FieldKind, key: &str, word: &str) -> Result<Value, String> {
    let each = |one: &dyn Fn(&str) -> Result<Value, String>| -> Result<Value, String> {
        let parts = word.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(one).collect::<Result<Vec<Value>, String>>().map(Value::Array)
    };
    let need_number = |word: &str| number(word).ok_or_else(|| format!("{key} takes a number, and {word:?} is none"));
    match kind {
        FieldKind::Columns(_) | FieldKind::Texts | FieldKind::Cells | FieldKind::Choices(_) => Ok(texts(word)),
        FieldKind::Numbers => each(&need_number),
        FieldKind::Number { .. }
        | FieldKind::OptionalNumber { .. }
        | FieldKind::Whole { .. }
        | FieldKind::OptionalWhole { .. } => need_number(word),
        FieldKind::Switch => match word {
            "true" | "yes" | "on" => Ok(Value::Bool(true)),
            "false" | "no" | "off" => Ok(Value::Bool(false)),
            other => Err(format!("{key} is true or false, not {other:?}")),
        },
        FieldKind::Value => Ok(plain(word)),
        FieldKind::Choice(options) => choice(options, key, word),
        FieldKind::SortKeys => each(&|part| {
            let name = part.strip_prefix('-');
            Ok(json!({ "column": name.unwrap_or(part), "descending": name.is_some() }))
        }),
        FieldKind::Aggregations => each(&|part| Ok(aggregation(part))),
        FieldKind::JoinKeys => each(&|part| Ok(join_key(part))),
        FieldKind::Renamings | FieldKind::Pairs => Err(format!("write {key}={{'old'='new', …}}")),
        FieldKind::Conditions => Err(format!("write {key}=[{{column='age', test='greater', value=50}}, …]")),
        FieldKind::CellEdits => Err(format!("write {key}=[{{row=0, column='age', value=50}}, …]")),
        FieldKind::Fit => choice(&[("train", ""), ("all", "")], key, word),
        FieldKind::Column(_)
        | FieldKind::OptionalColumn(_)
        | FieldKind::Text { .. }
        | FieldKind::OptionalText { .. }
        | FieldKind::Cell
        | FieldKind::Expression
        | FieldKind::Sql => Ok(Value::from(word)),
    }
}

/// A value of TOML; a single one stands for a list of one, and a table of pairs for a list of them.
fn typed(kind: &FieldKind, key: &str, value: &Value) -> Result<Value, String> {
    let list = || match value {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match kind {
        FieldKind::Columns(_) | FieldKind::Texts | FieldKind::Cells | FieldKind::Choices(_) => {
            Ok(list().iter().map(text).collect())
        }
        FieldKind::Numbers | FieldKind::Conditions | FieldKind::CellEdits => Ok(Value::Array(list())),
        FieldKind::Renamings | FieldKind::Pairs => match value {
            Value::Object(pairs) if !pairs.contains_key("from") || !pairs.contains_key("to") => {
                Ok(pairs.iter().map(|(from, to)| json!({ "from": from, "to": text(to) })).collect())
            }
            _ => Ok(Value::Array(list())),
        },
        FieldKind::SortKeys => Ok(each_text(list(), |name| json!({ "column": name }))),
        FieldKind::Aggregations => Ok(each_text(list(), aggregation)),
        FieldKind::JoinKeys => Ok(each_text(list(), |name| json!({ "left": name }))),
        FieldKind::Choice(options) => match value {
            Value::String(word) => choice(options, key, word),
            other => Err(format!("{key} takes a word, not {other}")),
        },
        FieldKind::Column(_)
        | FieldKind::OptionalColumn(_)
        | FieldKind::Text { .. }
        | FieldKind::OptionalText { .. }
        | FieldKind::Cell
        | FieldKind::Expression
        | FieldKind::Sql => match value {
            Value::Array(_) | Value::Object(_) => Err(format!("{key} takes one text")),
            one => Ok(Value::from(text(one))),
        },
        _ => Ok(value.clone()),
    }
}

fn each_text(items: Vec<Value>, one: impl Fn(&str) -> Value) -> Value {
    items.into_iter().map(|item| item.as_str().map_or(item.clone(), &one)).collect()
}

fn choice(options: &[(&str, &str)], key: &str, word: &str) -> Result<Value, String> {
    if options.iter().any(|(value, _)| *value == word) {
        return Ok(Value::from(word));
    }
    let known: Vec<&str> = options.iter().map(|(value, _)| *value).collect();
    Err(format!("{key} is one of {}, not {word:?}", known.join(", ")))
}

/// `mean(bmi)`, or `rows` without a column.
fn aggregation(text: &str) -> Value {
    match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        Some((function, column)) => json!({ "function": function.trim(), "column": column.trim() }),
        None => json!({ "function": text }),
    }
}

/// `id`, or `id=patient_id` where the other table has another name for it.
fn join_key(text: &str) -> Value {
    match text.split_once('=') {
        Some((left, right)) => json!({ "left": left, "right": right }),
        None => json!({ "left": text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Value) {
        let step = step(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let expected: Step = serde_json::from_value(expected).unwrap();
        assert_eq!(step, expected, "{text}");
    }

    #[track_caller]
    fn refused(text: &str, words: &[&str]) {
        let error = step(text).unwrap_err();
        let said = format!("{error} {}", error.hint);
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert_eq!(error.kind.exit_code(), 2);
    }

    #[test]
    fn bare_words_are_what_the_option_takes() {
        check(
            "one_hot columns=city,smoker nulls=all_zeros keep_source max_categories=5",
            json!({"op": "one_hot", "columns": ["city", "smoker"], "nulls": "all_zeros", "keep_source": true, "max_categories": 5}),
        );
        check(
            "sort by=city,-age nulls_first",
            json!({"op": "sort", "by": [{"column": "city"}, {"column": "age", "descending": true}], "nulls_first": true}),
        );
        check(
            "impute columns=zip strategy=constant value=02210",
            json!({"op": "impute", "columns": ["zip"], "strategy": "constant", "value": "02210"}),
        );
        check(
            "impute columns=n strategy=constant value=-2.5",
            json!({"op": "impute", "columns": ["n"], "strategy": "constant", "value": -2.5}),
        );
        check(
            "bin columns=age method=edges edges=0,18,65",
            json!({"op": "bin", "columns": ["age"], "method": "edges", "edges": [0, 18, 65]}),
        );
        check(
            "group_by by=city aggregations=mean(bmi),rows",
            json!({"op": "group_by", "by": ["city"], "aggregations": [{"function": "mean", "column": "bmi"}, {"function": "rows"}]}),
        );
        check(
            "join with=towns on=city=town,land how=inner",
            json!({"op": "join", "with": "towns", "how": "inner", "on": [{"left": "city", "right": "town"}, {"left": "land"}]}),
        );
        check("  drop   columns=a  enabled=no ", json!({"op": "drop", "columns": ["a"], "enabled": false}));
    }

    #[test]
    fn toml_values_hold_spaces_quotes_and_conditions() {
        check(r#"drop columns=['a, b', "c \"d\" e=f"]"#, json!({"op": "drop", "columns": ["a, b", "c \"d\" e=f"]}));
        check("drop columns='one name'", json!({"op": "drop", "columns": ["one name"]}));
        check(
            "rename names={'Blood pressure'='bp', bmi='b [kg]'}",
            json!({"op": "rename", "names": [{"from": "Blood pressure", "to": "bp"}, {"from": "bmi", "to": "b [kg]"}]}),
        );
        check(
            "filter combine=any conditions=[{column='age', test='greater', value=50}, {negate=true, combine='any', rules=[{column='city', test='equal', value='Paris'}, {column='smoker', test='is_null'}]}]",
            json!({"op": "filter", "combine": "any", "conditions": [
                {"column": "age", "test": "greater", "value": 50},
                {"negate": true, "combine": "any", "rules": [{"column": "city", "test": "equal", "value": "Paris"}, {"column": "smoker", "test": "is_null"}]},
            ]}),
        );
        check(
            "filter conditions={column='day', test='less', value=2024-01-31}",
            json!({"op": "filter", "conditions": [{"column": "day", "test": "less", "value": "2024-01-31"}]}),
        );
        check(
            "formula name=ratio expression='bmi / nullif(age, 0)'",
            json!({"op": "formula", "name": "ratio", "expression": "bmi / nullif(age, 0)"}),
        );
        check(
            "replace_values columns=age pairs={34='35'}",
            json!({"op": "replace_values", "columns": ["age"], "pairs": [{"from": "34", "to": "35"}]}),
        );
        check(
            "text columns=zip action=pad_start width=5 fill='0'",
            json!({"op": "text", "columns": ["zip"], "action": "pad_start", "width": 5, "fill": "0"}),
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        refused("", &["empty", "cairn steps"]);
        refused("OneHot columns=a", &["no operation", "OneHot", "did you mean one_hot?"]);
        refused("delete columns=a", &["did you mean drop"]);
        refused("one_hot colums=a", &["no option", "colums", "columns, parity"]);
        refused("one_hot columns=a nulls=zeros", &["nulls is one of own_column", "zeros"]);
        refused("one_hot columns=['a'", &["not closed", "character 17"]);
        refused("one_hot columns=['a']x", &["space is expected"]);
        refused("one_hot columns=[a]", &["no TOML"]);
        refused("one_hot =a", &["option=value"]);
        refused("one_hot columns=a columns=b", &["twice"]);
        refused("one_hot columns", &["no value"]);
        refused("scale columns=a high=tall", &["takes a number", "tall"]);
        refused("filter conditions=age>50", &["column='age'"]);
    }

    #[test]
    fn a_split_is_a_method_and_options() {
        let fields = split("stratified by=stroke,sex train=.8 valid=0.1 shuffle=false cuts=['2024-01-01']").unwrap();
        let expected = json!({"method": "stratified", "by": ["stroke", "sex"], "train": 0.8, "valid": 0.1, "shuffle": false, "cuts": ["2024-01-01"]});
        assert_eq!(Value::Object(fields), expected);
    }
}
