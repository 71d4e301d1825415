//! The language of filters, parsed by hand so that an error can say where.
//!
//! ```text
//! filter     = conjunct { "or" conjunct }            comparison = field op value
//! conjunct   = negation { "and" negation }                      | field ["not"] ("like" | "ilike") text
//! negation   = ["not"] ( "(" filter ")" | comparison )          | field ["not"] "in" "(" value {"," value} ")"
//! field      = "metrics." name | "params." name                 | field "is" ["not"] "null"
//!            | "tags." name | column                 op         = "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">="
//! ```
//!
//! Names are letters, digits and `_ . - / : @`; anything else stands in backticks: ``metrics.`top 5` ``. Text stands
//! in single or double quotes, a doubled quote is one quote. Words of the language have any case.

use crate::TrackingError;

/// Deeper nesting is refused before it could exhaust the stack.
const DEEPEST: usize = 64;

/// A condition on a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Compare(Field, Op, Literal),
    Like { field: Field, pattern: String, any_case: bool },
    Absent(Field),
}

/// What is compared, and where it stands in the text (from 1).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) kind: FieldKind,
    pub(crate) position: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FieldKind {
    Metric(String),
    Param(String),
    Tag(String),
    Column(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// A value, and where it stands in the text (from 1).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Literal {
    pub(crate) value: Constant,
    pub(crate) position: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Int(i64),
    Real(f64),
    Text(String),
    Bool(bool),
}

/// Parses a filter; empty text is no condition.
pub(crate) fn parse(text: &str) -> Result<Option<Expr>, TrackingError> {
    let tokens = Lexer { text, chars: text.chars().collect(), at: 0 }.tokens()?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let end = text.chars().count() + 1;
    let mut parser = Parser { text, tokens, at: 0, end, depth: 0 };
    let expr = parser.any()?;
    match parser.peek() {
        None => Ok(Some(expr)),
        Some(_) => Err(parser.expected("`and`, `or` or the end")),
    }
}

/// Parses a field alone, as sort keys have it.
pub(crate) fn parse_field(text: &str, whole: &str, offset: usize) -> Result<Field, TrackingError> {
    let mut field = Lexer { text: whole, chars: text.chars().collect(), at: 0 }.tokens()?;
    match (field.pop(), field.is_empty()) {
        (Some((Token::Word(path), at)), true) => to_field(path, at + offset, whole),
        _ => Err(error(whole, offset + 1, "expected a metric, parameter, tag or column")),
    }
}

fn error(text: &str, position: usize, message: impl Into<String>) -> TrackingError {
    TrackingError::Filter { text: text.to_owned(), position, message: message.into() }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// The parts of a name; what stood in backticks is never a word of the language.
    Word(Word),
    Text(String),
    Int(i64),
    Real(f64),
    Op(Op),
    Open,
    Close,
    Comma,
}

#[derive(Debug, Clone, PartialEq)]
struct Word {
    name: String,
    quoted: bool,
}

struct Lexer<'text> {
    text: &'text str,
    chars: Vec<char>,
    at: usize,
}

impl Lexer<'_> {
    fn tokens(mut self) -> Result<Vec<(Token, usize)>, TrackingError> {
        let mut tokens = Vec::new();
        while let Some(&first) = self.chars.get(self.at) {
            if first.is_whitespace() {
                self.at += 1;
                continue;
            }
            let position = self.at + 1;
            let token = match first {
                '(' => self.single(Token::Open),
                ')' => self.single(Token::Close),
                ',' => self.single(Token::Comma),
                '\'' | '"' => Token::Text(self.quoted(first)?),
                '=' | '!' | '<' | '>' => self.operator()?,
                '0'..='9' | '.' | '+' | '-' => self.number()?,
                '`' | '_' => Token::Word(self.word()?),
                letter if letter.is_alphabetic() => Token::Word(self.word()?),
                other => return Err(error(self.text, position, format!("unexpected «{other}»"))),
            };
            tokens.push((token, position));
        }
        Ok(tokens)
    }

    fn single(&mut self, token: Token) -> Token {
        self.at += 1;
        token
    }

    fn quoted(&mut self, quote: char) -> Result<String, TrackingError> {
        let start = self.at + 1;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.chars.get(self.at) {
                None => return Err(error(self.text, start, format!("the quote {quote} is not closed"))),
                Some(&letter) if letter == quote => {
                    self.at += 1;
                    if self.chars.get(self.at) != Some(&quote) {
                        return Ok(text);
                    }
                    text.push(quote);
                }
                Some(&letter) => text.push(letter),
            }
            self.at += 1;
        }
    }

    fn operator(&mut self) -> Result<Token, TrackingError> {
        let second = self.chars.get(self.at + 1);
        let (op, length) = match (self.chars[self.at], second) {
            ('=', Some('=')) => (Op::Equal, 2),
            ('=', _) => (Op::Equal, 1),
            ('!', Some('=')) | ('<', Some('>')) => (Op::NotEqual, 2),
            ('<', Some('=')) => (Op::LessEqual, 2),
            ('<', _) => (Op::Less, 1),
            ('>', Some('=')) => (Op::GreaterEqual, 2),
            ('>', _) => (Op::Greater, 1),
            _ => return Err(error(self.text, self.at + 1, "expected != here")),
        };
        self.at += length;
        Ok(Token::Op(op))
    }

    fn number(&mut self) -> Result<Token, TrackingError> {
        let start = self.at;
        while let Some(&letter) = self.chars.get(self.at) {
            let after_exponent = self.at > start && matches!(self.chars[self.at - 1], 'e' | 'E');
            let sign = matches!(letter, '+' | '-') && (self.at == start || after_exponent);
            if !(sign || letter.is_ascii_alphanumeric() || letter == '.') {
                break;
            }
            self.at += 1;
        }
        let text: String = self.chars[start..self.at].iter().collect();
        if let Ok(whole) = text.parse() {
            return Ok(Token::Int(whole));
        }
        let real = text.parse().ok().filter(|_| !text.contains(|letter: char| "nN".contains(letter)));
        real.map(Token::Real).ok_or_else(|| error(self.text, start + 1, format!("«{text}» is not a number")))
    }

    fn word(&mut self) -> Result<Word, TrackingError> {
        let (mut name, mut quoted) = (String::new(), false);
        while let Some(&letter) = self.chars.get(self.at) {
            if letter == '`' || (letter == '"' && name.ends_with('.')) {
                name.push_str(&self.quoted(letter)?);
                quoted = true;
            } else if letter.is_alphanumeric() || "_.-/:@".contains(letter) {
                name.push(letter);
                self.at += 1;
            } else {
                break;
            }
        }
        Ok(Word { name, quoted })
    }
}

struct Parser<'text> {
    text: &'text str,
    tokens: Vec<(Token, usize)>,
    at: usize,
    /// Where the text ends.
    end: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn position(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(_, position)| *position)
    }

    fn expected(&self, what: &str) -> TrackingError {
        error(self.text, self.position(), format!("expected {what}"))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Token::Word(word)) if !word.quoted && word.name.eq_ignore_ascii_case(keyword));
        self.at += usize::from(found);
        found
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Expr, TrackingError> {
        let mut parts = vec![self.all()?];
        while self.take_keyword("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Any(parts) })
    }

    fn all(&mut self) -> Result<Expr, TrackingError> {
        let mut parts = vec![self.negation()?];
        while self.take_keyword("and") {
            parts.push(self.negation()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::All(parts) })
    }

    fn negation(&mut self) -> Result<Expr, TrackingError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(error(self.text, self.position(), "this is nested too deeply"));
        }
        let expr = if self.take_keyword("not") {
            Expr::Not(Box::new(self.negation()?))
        } else if self.take(&Token::Open) {
            let inner = self.any()?;
            if !self.take(&Token::Close) {
                return Err(self.expected("`)`"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn comparison(&mut self) -> Result<Expr, TrackingError> {
        let field = self.field()?;
        if let Some(Token::Op(op)) = self.peek() {
            let op = *op;
            self.at += 1;
            return Ok(Expr::Compare(field, op, self.literal()?));
        }
        if self.take_keyword("is") {
            let present = self.take_keyword("not");
            if !self.take_keyword("null") {
                return Err(self.expected("`null`"));
            }
            return Ok(negate_if(present, Expr::Absent(field)));
        }
        let negated = self.take_keyword("not");
        let expr = if self.take_keyword("in") {
            self.one_of(&field)?
        } else if self.take_keyword("like") {
            self.like(field, false)?
        } else if self.take_keyword("ilike") {
            self.like(field, true)?
        } else if negated {
            return Err(self.expected("`in`, `like` or `ilike`"));
        } else {
            return Err(self.expected("a comparison such as =, !=, <, >=, in, like"));
        };
        Ok(negate_if(negated, expr))
    }

    fn one_of(&mut self, field: &Field) -> Result<Expr, TrackingError> {
        if !self.take(&Token::Open) {
            return Err(self.expected("`(`"));
        }
        let mut parts = Vec::new();
        loop {
            parts.push(Expr::Compare(field.clone(), Op::Equal, self.literal()?));
            if self.take(&Token::Close) {
                return Ok(Expr::Any(parts));
            }
            if !self.take(&Token::Comma) {
                return Err(self.expected("`,` or `)`"));
            }
        }
    }

    fn like(&mut self, field: Field, any_case: bool) -> Result<Expr, TrackingError> {
        let Literal { value: Constant::Text(pattern), .. } = self.literal()? else {
            self.at -= 1;
            return Err(self.expected("a pattern in quotes; % stands for any text, _ for one character"));
        };
        if matches!(field.kind, FieldKind::Metric(_)) {
            return Err(error(self.text, field.position, "a metric is a number; compare it with <, =, >"));
        }
        Ok(Expr::Like { field, pattern, any_case })
    }

    fn field(&mut self) -> Result<Field, TrackingError> {
        let position = self.position();
        match self.peek() {
            Some(Token::Word(word)) => {
                let field = to_field(word.clone(), position, self.text)?;
                self.at += 1;
                Ok(field)
            }
            _ => Err(self.expected("metrics.NAME, params.NAME, tags.NAME or a column such as status")),
        }
    }

    fn literal(&mut self) -> Result<Literal, TrackingError> {
        let position = self.position();
        let value = match self.peek() {
            Some(Token::Int(whole)) => Constant::Int(*whole),
            Some(Token::Real(real)) => Constant::Real(*real),
            Some(Token::Text(text)) => Constant::Text(text.clone()),
            Some(Token::Word(word)) if word.name.eq_ignore_ascii_case("true") => Constant::Bool(true),
            Some(Token::Word(word)) if word.name.eq_ignore_ascii_case("false") => Constant::Bool(false),
            Some(Token::Word(word)) => {
                let message = format!("expected a number, true, false or text in quotes: '{}'", word.name);
                return Err(error(self.text, position, message));
            }
            _ => return Err(self.expected("a number, true, false or text in quotes")),
        };
        self.at += 1;
        Ok(Literal { value, position })
    }
}

fn negate_if(negated: bool, expr: Expr) -> Expr {
    if negated { Expr::Not(Box::new(expr)) } else { expr }
}

fn to_field(word: Word, position: usize, text: &str) -> Result<Field, TrackingError> {
    let kind = match word.name.split_once('.') {
        Some(("metrics" | "metric", name)) if !name.is_empty() => FieldKind::Metric(name.to_owned()),
        Some(("params" | "param", name)) if !name.is_empty() => FieldKind::Param(name.to_owned()),
        Some(("tags" | "tag", name)) if !name.is_empty() => FieldKind::Tag(name.to_owned()),
        // As MLflow writes them.
        Some(("attributes" | "run", name)) if crate::query::is_column(name) => FieldKind::Column(name.to_owned()),
        None if crate::query::is_column(&word.name) => FieldKind::Column(word.name),
        _ => {
            let message = format!(
                "unknown «{}»: write metrics.NAME, params.NAME, tags.NAME or one of {}",
                word.name,
                crate::query::column_names()
            );
            return Err(error(text, position, message));
        }
    };
    Ok(Field { kind, position })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_error(text: &str, position: usize, part: &str) {
        match parse(text) {
            Err(TrackingError::Filter { position: found, message, .. }) => {
                assert!(found == position && message.contains(part), "{text}: {message} at {found}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn errors_say_where() {
        check_error("metrics.auc >", 14, "expected a number");
        check_error("metrics.auc > 0.8 and", 22, "expected metrics.NAME");
        check_error("status = finished", 10, "'finished'");
        check_error("status = 'finished", 10, "not closed");
        check_error("colour = 1", 1, "unknown «colour»");
        check_error("(status = 'a'", 14, "expected `)`");
        check_error("status = 'a' status = 'b'", 14, "`and`, `or`");
        check_error("status ! 'a'", 8, "!=");
        check_error("status in 'a'", 11, "`(`");
        check_error("status in ('a' 'b')", 16, "`,` or `)`");
        check_error("metrics.auc like 'a%'", 1, "a metric is a number");
        check_error("name like 3", 11, "pattern");
        check_error("name not = 3", 10, "`in`, `like`");
        check_error("metrics.auc > 1e", 15, "not a number");
        check_error("metrics.auc > nan", 15, "'nan'");
        check_error("name = 'é' & 1", 12, "unexpected «&»");
        check_error("metrics. > 1", 1, "unknown");
        check_error(&"(".repeat(100), 65, "too deeply");
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let Some(Expr::Any(parts)) = parse("status='a' or status='b' AND not name='c'").unwrap() else { panic!() };
        assert!(matches!(&parts[0], Expr::Compare(..)));
        let Expr::All(inner) = &parts[1] else { panic!("{parts:?}") };
        assert!(matches!(&inner[1], Expr::Not(_)));
        assert_eq!(parse("  ").unwrap(), None);
    }

    #[test]
    fn names_and_values_are_read_as_written() {
        let field = |text: &str| match parse(text).unwrap().unwrap() {
            Expr::Compare(field, _, literal) => (field.kind, literal.value),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            field("metrics.valid/auc-2 >= -1.5e-3"),
            (FieldKind::Metric("valid/auc-2".into()), Constant::Real(-0.0015))
        );
        assert_eq!(
            field("metrics.`top 5`=9007199254740993"),
            (FieldKind::Metric("top 5".into()), Constant::Int(9_007_199_254_740_993))
        );
        assert_eq!(field("tags.\"a b\" == 'it''s'"), (FieldKind::Tag("a b".into()), Constant::Text("it's".into())));
        assert_eq!(field("attributes.status<>true"), (FieldKind::Column("status".into()), Constant::Bool(true)));
    }
}
