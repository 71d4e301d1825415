//! Values of a recipe as literals of Python.

use serde_json::Value;

/// A JSON value as Python writes it; numbers keep their digits, `"NaN"` and the infinities stay texts (the library's
/// `_real` reads them).
pub(super) fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text_literal(text),
        Value::Array(items) => format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(key, value)| format!("{}: {}", text_literal(key), python(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A number with fractions, in the fewest digits that read back the same.
pub(super) fn real(value: f64) -> String {
    format!("{value:?}")
}

/// A text in double quotes; what could end the line or the text is escaped, so that no name of a column can be code.
pub(super) fn text_literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{85}') => {
                out.push_str(&format!("\\U{:08x}", letter as u32));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// A comment of one line.
pub(super) fn comment(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_code() {
        assert_eq!(text_literal("a\"\\\n\u{1}é"), "\"a\\\"\\\\\\n\\U00000001é\"");
        let value = serde_json::json!({"a": [1, 2.5, null, true], "b": "x"});
        assert_eq!(python(&value), "{\"a\": [1, 2.5, None, True], \"b\": \"x\"}");
        assert_eq!(comment("a\nb"), "a b");
    }
}
