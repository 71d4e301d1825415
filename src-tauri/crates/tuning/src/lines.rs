//! Finds where a value stands in a YAML text, since the parser does not say. It follows the layout of the text only:
//! block mappings and sequences by their columns, flow collections by their brackets. What it does not understand
//! (aliases, several documents, keys over several lines) has no place, and the place of its parent is used.

use std::collections::HashMap;

/// A scalar as it is written, or the beginning of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line, from 1.
    pub(crate) line: u64,
    /// A scalar without quotes, as written.
    pub(crate) plain: Option<String>,
}

/// The places of all values of a text by their path.
#[derive(Debug, Default)]
pub(crate) struct Places {
    by_path: HashMap<Vec<String>, Place>,
    twice: Option<(Vec<String>, u64)>,
}

impl Places {
    /// Walks a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut walker = Walker { places: Self::default(), stack: Vec::new(), counts: HashMap::new() };
        walker.walk(text);
        walker.places
    }

    /// The line of a value, or of the nearest parent that has one; 0 where none has.
    pub(crate) fn line(&self, path: &[String]) -> u64 {
        (1..=path.len()).rev().find_map(|length| Some(self.by_path.get(&path[..length])?.line)).unwrap_or(0)
    }

    /// A scalar as it is written, where it stands without quotes.
    pub(crate) fn plain(&self, path: &[String]) -> Option<&str> {
        self.by_path.get(path)?.plain.as_deref()
    }

    /// The first key of a block that stands there already, with the line of the second.
    pub(crate) fn twice(&self) -> Option<&(Vec<String>, u64)> {
        self.twice.as_ref()
    }

    /// All scalars without quotes.
    pub(crate) fn plain_scalars(&self) -> impl Iterator<Item = (&[String], &Place)> {
        self.by_path.iter().filter(|(_, place)| place.plain.is_some()).map(|(path, place)| (path.as_slice(), place))
    }
}

struct Level {
    column: usize,
    key: String,
    in_sequence: bool,
}

struct Walker {
    places: Places,
    stack: Vec<Level>,
    /// How many entries a sequence has so far.
    counts: HashMap<Vec<String>, usize>,
}

impl Walker {
    fn walk(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        let mut at = 0;
        while at < lines.len() {
            at = self.line(&lines, at);
        }
    }

    /// Takes one line, and what belongs to its value; returns the next line to take.
    fn line(&mut self, lines: &[&str], at: usize) -> usize {
        let line = lines[at];
        let mut rest = line.trim_start();
        let mut column = line.len() - rest.len();
        if rest.is_empty() || rest.starts_with(['#', '%']) || rest.starts_with("---") || rest.starts_with("...") {
            return at + 1;
        }
        let number = at as u64 + 1;
        while let Some(entry) = rest.strip_prefix('-').filter(|entry| entry.is_empty() || entry.starts_with(' ')) {
            self.enter_sequence(column, number);
            let inner = entry.trim_start();
            column += rest.len() - inner.len();
            rest = inner;
        }
        if rest.is_empty() || rest.starts_with('#') {
            return at + 1;
        }
        let Some((key, value)) = split_key(rest) else { return self.value(lines, at, rest, column) };
        while self.stack.last().is_some_and(|level| level.column >= column) {
            self.stack.pop();
        }
        self.stack.push(Level { column, key, in_sequence: false });
        let path = path(&self.stack);
        if self.places.twice.is_none() && self.places.by_path.contains_key(&path) {
            self.places.twice = Some((path, number));
        }
        self.place(number, None);
        self.value(lines, at, value, column)
    }

    fn enter_sequence(&mut self, column: usize, line: u64) {
        // An entry may stand in the very column of the key that it belongs to.
        let over = |level: &Level| level.column > column || (level.column == column && level.in_sequence);
        while self.stack.last().is_some_and(over) {
            self.stack.pop();
        }
        let count = self.counts.entry(path(&self.stack)).or_default();
        let key = count.to_string();
        *count += 1;
        self.stack.push(Level { column, key, in_sequence: true });
        self.place(line, None);
    }

    fn place(&mut self, line: u64, plain: Option<String>) {
        self.places.by_path.insert(path(&self.stack), Place { line, plain });
    }

    /// Takes the value that begins on a line; returns the next line to take.
    fn value(&mut self, lines: &[&str], at: usize, value: &str, column: usize) -> usize {
        let value = skip_tags(value);
        match value.chars().next() {
            None | Some('#') => at + 1,
            Some('|' | '>') => {
                let deeper = |line: &&&str| line.trim().is_empty() || indent(line) > column;
                at + 1 + lines[at + 1..].iter().take_while(deeper).count()
            }
            Some('{' | '[') => {
                let start = lines[at].len() - value.len();
                let mut flow = Flow { lines, line: at, column: start, places: &mut self.places };
                flow.value(&mut path(&self.stack));
                flow.line + 1
            }
            Some('"' | '\'' | '*') => at + 1,
            Some(_) => {
                let end = value.find(" #").unwrap_or(value.len());
                self.place(at as u64 + 1, Some(value[..end].trim_end().to_owned()));
                at + 1
            }
        }
    }
}

fn path(stack: &[Level]) -> Vec<String> {
    stack.iter().map(|level| level.key.clone()).collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Leaves out `!tag` and `&anchor` before a value.
fn skip_tags(value: &str) -> &str {
    let mut value = value.trim_start();
    while value.starts_with(['!', '&']) {
        value = value.find(' ').map_or("", |end| value[end..].trim_start());
    }
    value
}

/// `key: value` of a block mapping.
fn split_key(text: &str) -> Option<(String, &str)> {
    let (key, rest) = match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let end = text[1..].find(quote)? + 1;
            (&text[1..end], text[end + 1..].trim_start())
        }
        '{' | '[' => return None,
        _ => {
            let end = text.match_indices(':').map(|(end, _)| end).find(|end| {
                let after = &text[end + 1..];
                after.is_empty() || after.starts_with([' ', '\t'])
            })?;
            (text[..end].trim_end(), &text[end..])
        }
    };
    let value = rest.strip_prefix(':')?;
    (!key.starts_with('#')).then(|| (key.to_owned(), value))
}

/// A flow collection, over as many lines as it takes.
struct Flow<'a> {
    lines: &'a [&'a str],
    line: usize,
    column: usize,
    places: &'a mut Places,
}

impl Flow<'_> {
    fn rest(&self) -> &str {
        self.lines.get(self.line).and_then(|line| line.get(self.column..)).unwrap_or_default()
    }

    /// The next character that means something; none at the end of the text.
    fn peek(&mut self) -> Option<char> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            match trimmed.chars().next() {
                Some(first) if first != '#' => {
                    self.column += rest.len() - trimmed.len();
                    return Some(first);
                }
                _ if self.line + 1 < self.lines.len() => {
                    self.line += 1;
                    self.column = 0;
                }
                _ => return None,
            }
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.column += usize::from(found);
        found
    }

    fn value(&mut self, path: &mut Vec<String>) {
        match self.peek() {
            Some('{') => self.collection(path, '}'),
            Some('[') => self.collection(path, ']'),
            Some(_) => {
                let line = self.line as u64 + 1;
                let (text, quoted) = self.scalar();
                self.places.by_path.insert(path.clone(), Place { line, plain: (!quoted).then_some(text) });
            }
            None => {}
        }
    }

    fn collection(&mut self, path: &mut Vec<String>, close: char) {
        self.places.by_path.entry(path.clone()).or_insert(Place { line: self.line as u64 + 1, plain: None });
        self.column += 1;
        let mut index = 0;
        while let Some(next) = self.peek() {
            let before = (self.line, self.column);
            if self.take(close) {
                return;
            }
            if next == ',' {
                self.column += 1;
                continue;
            }
            if close == '}' {
                let line = self.line as u64 + 1;
                path.push(self.scalar().0);
                self.places.by_path.insert(path.clone(), Place { line, plain: None });
                if self.take(':') {
                    self.value(path);
                }
            } else {
                path.push(index.to_string());
                self.value(path);
                index += 1;
            }
            path.pop();
            if (self.line, self.column) == before {
                // Not YAML: the parser says so, there is nothing to find.
                return;
            }
        }
    }

    /// A scalar on one line, and whether it is quoted.
    fn scalar(&mut self) -> (String, bool) {
        let rest = self.rest();
        if let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'')) {
            let end = rest[1..].find(quote).map_or(rest.len(), |end| end + 2);
            let text = rest[1..end].trim_end_matches(quote).to_owned();
            self.column += end;
            return (text, true);
        }
        let ends = |(at, letter): &(usize, char)| match letter {
            ',' | '{' | '}' | '[' | ']' => true,
            ':' => rest[at + 1..].is_empty() || rest[at + 1..].starts_with([' ', ',', '}', ']']),
            '#' => rest[..*at].ends_with(' '),
            _ => false,
        };
        let end = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
        let text = rest[..end].trim().to_owned();
        self.column += end;
        (text, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_in_blocks_and_in_brackets() {
        let text = "# a comment\n\
            method: grid\n\
            description: |\n  method: not a key\n\n  more\n\
            parameters:\n\
            \x20 lr:   # the rate\n\
            \x20   min: 1e-3 # small\n\
            \x20   max: !!float 1\n\
            \x20 \"quoted\": {values: [1, 'two',\n      three], probabilities: [\n  0.5 ]}\n\
            \x20 list:\n\
            \x20   values:\n\
            \x20   - a\n\
            \x20   -   b\n\
            \x20   - x: 1\n\
            \x20     y: 2\n\
            command:\n- ${env}\n- python: x\n";
        let places = Places::of(text);
        let line = |path: &str| places.line(&path.split('/').map(str::to_owned).collect::<Vec<_>>());
        let plain = |path: &str| {
            places.plain(&path.split('/').map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default().to_owned()
        };
        assert_eq!((line("method"), plain("method")), (2, "grid".into()));
        assert_eq!(line("description"), 3);
        assert_eq!(line("parameters"), 7);
        assert_eq!((line("parameters/lr/min"), plain("parameters/lr/min")), (9, "1e-3".into()));
        assert_eq!(plain("parameters/lr/max"), "1");
        assert_eq!((line("parameters/quoted/values/1"), plain("parameters/quoted/values/1")), (11, String::new()));
        assert_eq!((line("parameters/quoted/values/2"), plain("parameters/quoted/values/2")), (12, "three".into()));
        assert_eq!(line("parameters/quoted/probabilities"), 12);
        assert_eq!(
            (line("parameters/quoted/probabilities/0"), plain("parameters/quoted/probabilities/0")),
            (13, "0.5".into())
        );
        assert_eq!((line("parameters/list/values/1"), plain("parameters/list/values/1")), (17, "b".into()));
        assert_eq!((line("parameters/list/values/2/y"), plain("parameters/list/values/2/y")), (19, "2".into()));
        assert_eq!((line("command/0"), plain("command/1/python")), (21, "x".into()));
        assert_eq!(line("parameters/lr/unheard/of"), 8);
        assert_eq!(line("nothing"), 0);
    }

    #[test]
    fn no_text_is_too_strange() {
        for text in [
            "{",
            "[[[",
            "a: {b",
            "- - - x",
            "\t\t:",
            "a: [1, {b: }]",
            "{{a}}",
            "é: {ü: [ö",
            "'",
            "- '",
            "a: \"",
            "[,:,]",
            "{:}",
        ] {
            Places::of(text);
        }
    }
}
