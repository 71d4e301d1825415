//! Formulas as a small tree of their own, read from the tree that the engine's parser makes, and said in pandas or in
//! plain SQL. What has no place in the tree is said by the script in polars' SQL instead, so that nothing is guessed.
//!
//! ```text
//! «case when age > 30 then 'old' end» ─▶ polars' expression ─▶ Node ─▶ pandas │ SQL
//!                                                               └─▶ none: the text as it is, run by polars
//! ```

use polars::prelude::*;
use polars::sql::sql_expr;

use super::{
    literal::{real, text_literal},
    sql::{id, number, text},
};
use cairn_protocol::table::ColumnType;

/// An expression over the columns of one row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Column(String),
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// Two operands: `+ - * / == != < <= > >= and or`.
    Two(&'static str, Box<Node>, Box<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>),
    /// The first where it is true, else the second (also where it is unknown).
    Case(Box<Node>, Box<Node>, Box<Node>),
    /// The value is one of these, none of them missing.
    OneOf(Box<Node>, Vec<Node>),
    /// As text.
    Spelled(Box<Node>),
    /// As a truth value: numbers are true but for 0.
    Truth(Box<Node>),
    Call(Function, Vec<Node>),
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Ceil,
    Coalesce,
    Exp,
    Floor,
    Greatest,
    Least,
    Length,
    Ln,
    Lower,
    Power,
    Sqrt,
    Trim,
    Upper,
}

/// The tree of a formula; none where it holds something else.
pub(super) fn parsed(expression: &str) -> Option<Node> {
    // The parser and its literals may panic on what they do not foresee.
    let read = || sql_expr(expression).ok().and_then(|expr| node(&expr));
    std::panic::catch_unwind(read).ok().flatten()
}

fn two(sign: &'static str, left: &Expr, right: &Expr) -> Option<Node> {
    Some(Node::Two(sign, Box::new(node(left)?), Box::new(node(right)?)))
}

fn node(expr: &Expr) -> Option<Node> {
    Some(match expr {
        Expr::Alias(inner, _) => node(inner)?,
        Expr::Column(name) => Node::Column(name.to_string()),
        Expr::Literal(value) => literal(value)?,
        Expr::BinaryExpr { left, op, right } => {
            let sign = match op {
                Operator::Eq => "==",
                Operator::NotEq => "!=",
                Operator::Lt => "<",
                Operator::LtEq => "<=",
                Operator::Gt => ">",
                Operator::GtEq => ">=",
                Operator::Plus => "+",
                Operator::Minus => "-",
                Operator::Multiply => "*",
                Operator::TrueDivide => "/",
                Operator::And | Operator::LogicalAnd => "and",
                Operator::Or | Operator::LogicalOr => "or",
                _ => return None,
            };
            two(sign, left, right)?
        }
        Expr::Cast { expr, dtype: DataTypeExpr::Literal(DataType::String), .. } => {
            let inner = node(expr)?;
            if inner.is_text() { inner } else { Node::Spelled(Box::new(inner)) }
        }
        Expr::Cast { expr, dtype: DataTypeExpr::Literal(DataType::Boolean), .. } => {
            let inner = node(expr)?;
            if inner.is_truth() { inner } else { Node::Truth(Box::new(inner)) }
        }
        Expr::Ternary { predicate, truthy, falsy } => {
            Node::Case(Box::new(node(predicate)?), Box::new(node(truthy)?), Box::new(node(falsy)?))
        }
        Expr::Function { input, function } => call(input, function)?,
        _ => return None,
    })
}

fn literal(value: &LiteralValue) -> Option<Node> {
    if value.is_null() { Some(Node::Null) } else { any(&value.to_any_value()?) }
}

fn any(value: &AnyValue<'_>) -> Option<Node> {
    Some(match value {
        AnyValue::Boolean(yes) => Node::Bool(*yes),
        AnyValue::Int32(whole) => Node::Int(i64::from(*whole)),
        AnyValue::Int64(whole) => Node::Int(*whole),
        AnyValue::Float64(real) if real.is_finite() => Node::Float(*real),
        AnyValue::String(text) => Node::Text((*text).to_owned()),
        AnyValue::StringOwned(text) => Node::Text(text.to_string()),
        _ => return None,
    })
}

fn call(input: &[Expr], function: &FunctionExpr) -> Option<Node> {
    let all = || input.iter().map(node).collect::<Option<Vec<Node>>>();
    let name = match (function, input) {
        (FunctionExpr::Boolean(BooleanFunction::Not), [one]) => return Some(Node::Not(Box::new(node(one)?))),
        (FunctionExpr::Boolean(BooleanFunction::IsNull), [one]) => return Some(Node::IsNull(Box::new(node(one)?))),
        (FunctionExpr::Boolean(BooleanFunction::IsNotNull), [one]) => {
            return Some(Node::Not(Box::new(Node::IsNull(Box::new(node(one)?)))));
        }
        (FunctionExpr::Boolean(BooleanFunction::IsIn { .. }), [one, set]) => return one_of(one, set),
        (FunctionExpr::Abs, [_]) => Function::Abs,
        (FunctionExpr::Ceil, [_]) => Function::Ceil,
        (FunctionExpr::Floor, [_]) => Function::Floor,
        (FunctionExpr::Coalesce, [_, ..]) => Function::Coalesce,
        (FunctionExpr::Exp, [_]) => Function::Exp,
        (FunctionExpr::Log, [of, base]) => {
            let natural = matches!(node(base)?, Node::Float(base) if base == std::f64::consts::E);
            return natural.then(|| Some(Node::Call(Function::Ln, vec![node(of)?]))).flatten();
        }
        (FunctionExpr::MaxHorizontal, [_, ..]) => Function::Greatest,
        (FunctionExpr::MinHorizontal, [_, ..]) => Function::Least,
        (FunctionExpr::Pow(PowFunction::Generic), [_, _]) => Function::Power,
        (FunctionExpr::Pow(PowFunction::Sqrt), [_]) => Function::Sqrt,
        (FunctionExpr::StringExpr(StringFunction::LenChars), [_]) => Function::Length,
        (FunctionExpr::StringExpr(StringFunction::Lowercase), [_]) => Function::Lower,
        (FunctionExpr::StringExpr(StringFunction::Uppercase), [_]) => Function::Upper,
        (FunctionExpr::StringExpr(StringFunction::StripChars), [of, what]) => {
            return matches!(node(what)?, Node::Null)
                .then(|| Some(Node::Call(Function::Trim, vec![node(of)?])))
                .flatten();
        }
        _ => return None,
    };
    Some(Node::Call(name, all()?))
}

/// `x in (1, 2)`: the set is a literal list without missing values.
fn one_of(one: &Expr, set: &Expr) -> Option<Node> {
    let set = match set {
        Expr::Agg(AggExpr::Implode { input, .. }) => input,
        other => other,
    };
    let Expr::Literal(LiteralValue::Series(values)) = set else { return None };
    let values = values.iter().map(|value| any(&value)).collect::<Option<Vec<Node>>>()?;
    Some(Node::OneOf(Box::new(node(one)?), values))
}

impl Node {
    /// The columns that it reads.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Column(name) => vec![name],
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Text(_) => Vec::new(),
            Self::Not(one) | Self::IsNull(one) | Self::OneOf(one, _) | Self::Spelled(one) | Self::Truth(one) => {
                one.columns()
            }
            Self::Two(_, a, b) => a.columns().into_iter().chain(b.columns()).collect(),
            Self::Case(a, b, c) => [a, b, c].into_iter().flat_map(|node| node.columns()).collect(),
            Self::Call(_, all) => all.iter().flat_map(Self::columns).collect(),
        }
    }

    /// Whether it is text for certain.
    fn is_text(&self) -> bool {
        match self {
            Self::Text(_) | Self::Spelled(_) => true,
            Self::Call(function, _) => matches!(function, Function::Lower | Function::Upper | Function::Trim),
            Self::Two("+", a, b) => a.is_text() && b.is_text(),
            _ => false,
        }
    }

    /// Whether it is a truth value for certain.
    fn is_truth(&self) -> bool {
        match self {
            Self::Two(sign, ..) => !matches!(*sign, "+" | "-" | "*" | "/"),
            Self::Bool(_) | Self::Not(_) | Self::IsNull(_) | Self::OneOf(..) | Self::Truth(_) => true,
            _ => false,
        }
    }

    /// Whether it is a value and no column.
    fn is_literal(&self) -> bool {
        matches!(self, Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Text(_))
    }

    /// As an expression of pandas over the table `df`; none where it stands on literals alone.
    pub fn pandas(&self) -> Option<String> {
        (!self.columns().is_empty()).then(|| self.in_pandas(false))
    }

    /// `inside` an operator of Python's, whose precedence is not that of SQL.
    fn in_pandas(&self, inside: bool) -> String {
        let wrapped = |text: String| if inside { format!("({text})") } else { text };
        let each = |nodes: &[Self]| nodes.iter().map(|node| node.in_pandas(false)).collect::<Vec<_>>().join(", ");
        match self {
            Self::Column(name) => format!("_nullable(df, {})", text_literal(name)),
            Self::Null => "pd.NA".into(),
            Self::Bool(yes) => if *yes { "True" } else { "False" }.into(),
            Self::Int(whole) => whole.to_string(),
            Self::Float(value) => real(*value),
            Self::Text(text) => text_literal(text),
            Self::Two(sign, a, b) => {
                let sign = match *sign {
                    "and" => "&",
                    "or" => "|",
                    other => other,
                };
                wrapped(format!("{} {sign} {}", a.in_pandas(true), b.in_pandas(true)))
            }
            Self::Not(one) => match one.as_ref() {
                Self::IsNull(of) => format!("{}.notna()", of.in_pandas(true)),
                other => wrapped(format!("~{}", other.in_pandas(true))),
            },
            Self::IsNull(one) => format!("{}.isna()", one.in_pandas(true)),
            Self::Case(met, then, otherwise) => {
                format!("_case({}, {}, {})", met.in_pandas(false), then.in_pandas(false), otherwise.in_pandas(false))
            }
            Self::OneOf(one, values) => format!("_one_of({}, [{}])", one.in_pandas(false), each(values)),
            Self::Spelled(one) => format!("_as_text({})", one.in_pandas(false)),
            Self::Truth(one) => format!("_truth({})", one.in_pandas(false)),
            Self::Call(function, all) => {
                let first = || all[0].in_pandas(true);
                match function {
                    Function::Abs => format!("{}.abs()", first()),
                    Function::Ceil => format!("np.ceil({})", all[0].in_pandas(false)),
                    Function::Floor => format!("np.floor({})", all[0].in_pandas(false)),
                    Function::Exp => format!("np.exp({})", all[0].in_pandas(false)),
                    Function::Ln => format!("np.log({})", all[0].in_pandas(false)),
                    Function::Sqrt => format!("np.sqrt({})", all[0].in_pandas(false)),
                    Function::Power => wrapped(format!("{} ** {}", first(), all[1].in_pandas(true))),
                    Function::Lower => format!("{}.str.lower()", first()),
                    Function::Upper => format!("{}.str.upper()", first()),
                    Function::Length => format!("{}.str.len()", first()),
                    Function::Trim => format!("{}.str.strip()", first()),
                    Function::Coalesce => format!("_coalesce({})", each(all)),
                    Function::Greatest => format!("_greatest({})", each(all)),
                    Function::Least => format!("_least({})", each(all)),
                }
            }
        }
    }

    /// Whether pandas can be asked for it: methods and operators need a column on one side at least.
    pub fn fits_pandas(&self) -> bool {
        let column = |node: &Self| !node.is_literal() && !node.columns().is_empty();
        match self {
            Self::Column(_) | Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Text(_) => true,
            Self::Two(_, a, b) => {
                // A missing value has no type here, and two literals are computed by Python, which knows other rules.
                (column(a) || column(b)) && **a != Self::Null && **b != Self::Null && a.fits_pandas() && b.fits_pandas()
            }
            Self::Not(one) | Self::IsNull(one) | Self::OneOf(one, _) | Self::Spelled(one) | Self::Truth(one) => {
                column(one) && one.fits_pandas()
            }
            Self::Case(met, then, otherwise) => {
                column(met)
                    && [met, then, otherwise].into_iter().all(|node| node.fits_pandas())
                    && !matches!((then.as_ref(), otherwise.as_ref()), (Self::Null, Self::Null))
            }
            Self::Call(_, all) => column(&all[0]) && all.iter().all(Self::fits_pandas),
        }
    }

    /// As an expression of SQL with its type, the types of the columns known.
    pub fn sql(&self, kind_of: &dyn Fn(&str) -> Option<ColumnType>) -> Option<(String, ColumnType)> {
        use ColumnType::{Bool, Category, Float, Int, Text as Texts};
        let side = |node: &Self| node.sql(kind_of);
        let numeric = |kind: ColumnType| matches!(kind, Int | Float);
        let textual = |kind: ColumnType| matches!(kind, Texts | Category);
        Some(match self {
            Self::Column(name) => {
                let kind = kind_of(name)?;
                (id(name), if kind == Category { Texts } else { kind })
            }
            Self::Null => return None,
            Self::Bool(yes) => (yes.to_string(), Bool),
            Self::Int(whole) => (whole.to_string(), Int),
            Self::Float(value) => (number(*value), Float),
            Self::Text(value) => (text(value), Texts),
            Self::Two("and" | "or", a, b) => {
                let Self::Two(sign, ..) = self else { return None };
                let ((a, Bool), (b, Bool)) = (side(a)?, side(b)?) else { return None };
                (format!("({a} {sign} {b})"), Bool)
            }
            Self::Two(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">="), a, b) => {
                let ((a, left), (b, right)) = (side(a)?, side(b)?);
                if left != right && !(numeric(left) && numeric(right)) {
                    return None;
                }
                let sign = match *sign {
                    "==" => "=",
                    "!=" => "<>",
                    other => other,
                };
                (format!("({a} {sign} {b})"), Bool)
            }
            Self::Two(sign, a, b) => {
                let ((a, left), (b, right)) = (side(a)?, side(b)?);
                match *sign {
                    "+" if left == Texts && right == Texts => (format!("({a} || {b})"), Texts),
                    _ if !numeric(left) || !numeric(right) => return None,
                    // Of whole numbers PostgreSQL would give the whole part.
                    "/" => (format!("(cast({a} as double precision) / {b})"), Float),
                    sign => (format!("({a} {sign} {b})"), if left == Int && right == Int { Int } else { Float }),
                }
            }
            Self::Not(one) => match one.as_ref() {
                Self::IsNull(of) => (format!("({} is not null)", side(of)?.0), Bool),
                other => {
                    let (sql, Bool) = side(other)? else { return None };
                    (format!("(not {sql})"), Bool)
                }
            },
            Self::IsNull(one) => (format!("({} is null)", side(one)?.0), Bool),
            Self::Case(met, then, otherwise) => {
                let (met, Bool) = side(met)? else { return None };
                let branch = |node: &Self| {
                    if *node == Self::Null {
                        Some(("null".to_owned(), None))
                    } else {
                        side(node).map(|(sql, kind)| (sql, Some(kind)))
                    }
                };
                let ((then, a), (otherwise, b)) = (branch(then)?, branch(otherwise)?);
                let kind = match (a, b) {
                    (Some(a), Some(b)) if a == b => a,
                    (Some(a), Some(b)) if numeric(a) && numeric(b) => Float,
                    (Some(one), None) | (None, Some(one)) => one,
                    _ => return None,
                };
                (format!("case when {met} then {then} else {otherwise} end"), kind)
            }
            Self::OneOf(one, values) => {
                let (one, kind) = side(one)?;
                let values = values.iter().map(side).collect::<Option<Vec<_>>>()?;
                if values.iter().any(|(_, other)| *other != kind && !(numeric(*other) && numeric(kind))) {
                    return None;
                }
                let values: Vec<String> = values.into_iter().map(|(value, _)| value).collect();
                (format!("({one} in ({}))", values.join(", ")), Bool)
            }
            Self::Spelled(one) => match side(one)? {
                (sql, kind) if textual(kind) => (sql, Texts),
                (sql, Int) => (format!("cast({sql} as text)"), Texts),
                _ => return None,
            },
            Self::Truth(one) => match side(one)? {
                (sql, Bool) => (sql, Bool),
                (sql, kind) if numeric(kind) => (format!("({sql} <> 0)"), Bool),
                _ => return None,
            },
            Self::Call(function, all) => {
                let given = all.iter().map(side).collect::<Option<Vec<_>>>()?;
                let first = given[0].clone();
                let listed = given.iter().map(|(sql, _)| sql.as_str()).collect::<Vec<_>>().join(", ");
                let numbers = given.iter().all(|(_, kind)| numeric(*kind));
                let one_kind = given.iter().all(|(_, kind)| *kind == first.1);
                let widest = if one_kind { first.1 } else { Float };
                let real = |name: &str| (format!("{name}(cast({} as double precision))", first.0), Float);
                match function {
                    Function::Length if textual(first.1) => (format!("cast(length({listed}) as bigint)"), Int),
                    Function::Lower if textual(first.1) => (format!("lower({listed})"), Texts),
                    // Databases change the case of ß in their own way; the engine writes SS.
                    Function::Upper if textual(first.1) => (format!("upper({listed})"), Texts),
                    Function::Coalesce if one_kind || numbers => (format!("coalesce({listed})"), widest),
                    Function::Greatest if one_kind || numbers => (format!("greatest({listed})"), widest),
                    Function::Least if one_kind || numbers => (format!("least({listed})"), widest),
                    _ if !numbers => return None,
                    Function::Abs => (format!("abs({listed})"), first.1),
                    Function::Ceil => real("ceil"),
                    Function::Floor => real("floor"),
                    Function::Exp => real("exp"),
                    Function::Ln => real("ln"),
                    Function::Sqrt => real("sqrt"),
                    Function::Power => {
                        (format!("power(cast({} as double precision), {})", given[0].0, given[1].0), Float)
                    }
                    _ => return None,
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_said_in_pandas_and_in_sql() {
        let check = |expression: &str, pandas: &str, sql: &str| {
            let node = parsed(expression).unwrap_or_else(|| panic!("{expression}"));
            assert!(node.fits_pandas(), "{node:?}");
            assert_eq!(node.pandas().as_deref(), Some(pandas), "{node:?}");
            let kind = |name: &str| match name {
                "city" => Some(ColumnType::Text),
                "ok" => Some(ColumnType::Bool),
                "n" => Some(ColumnType::Int),
                _ => Some(ColumnType::Float),
            };
            assert_eq!(node.sql(&kind).map(|(sql, _)| sql).as_deref(), Some(sql));
        };
        let x = "_nullable(df, \"x\")";
        check("x * 2 + 1", &format!("({x} * 2) + 1"), "((\"x\" * 2) + 1)");
        check("n / 2", "_nullable(df, \"n\") / 2", "(cast(\"n\" as double precision) / 2)");
        check(
            "case when x > 30 and ok then 'old' else 'young' end",
            &format!("_case(({x} > 30) & _nullable(df, \"ok\"), \"old\", \"young\")"),
            "case when ((\"x\" > 30) and \"ok\") then 'old' else 'young' end",
        );
        check("city in ('a', 'b')", "_one_of(_nullable(df, \"city\"), [\"a\", \"b\"])", "(\"city\" in ('a', 'b'))");
        check("coalesce(x, 0.5)", &format!("_coalesce({x}, 0.5)"), "coalesce(\"x\", cast(0.5 as double precision))");
        check("upper(city)", "_nullable(df, \"city\").str.upper()", "upper(\"city\")");
        check(
            "upper(city) || '-' || n",
            "(_nullable(df, \"city\").str.upper() + \"-\") + _as_text(_nullable(df, \"n\"))",
            "((upper(\"city\") || '-') || cast(\"n\" as text))",
        );
        check("not (x > 1)", &format!("~({x} > 1)"), "(not (\"x\" > 1))");
        check("x is not null", &format!("{x}.notna()"), "(\"x\" is not null)");
    }

    #[test]
    fn what_has_no_place_is_none() {
        for expression in ["extract(year from day)", "x % 2", "round(x, 2)", "city like 'a%'", "cast(x as int)"] {
            assert!(parsed(expression).is_none(), "{expression}");
        }
        assert_eq!(parsed("1 + 1").and_then(|node| node.pandas()), None);
        assert!(!parsed("x > 1 + 1").unwrap().fits_pandas());
    }
}
