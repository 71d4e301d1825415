import math
import polars as pl
import polars.selectors as cs

# ---- def _all ----
def _missing(name):
    """A cell is missing when it is null or, among numbers, NaN."""
    return pl.col(name).is_null() | pl.col(name).cast(pl.Float64, strict=False).is_nan().fill_null(False)

# ---- def _text ----
def _text(df, name):
    """The cells of a column as Cairn writes them: the names of levels."""
    column, kind = pl.col(name), df.schema[name]
    if kind == pl.Boolean:
        return pl.when(column).then(pl.lit("true")).when(~column).then(pl.lit("false"))
    if kind.is_float():
        whole = column.round(0) == column
        small = column.abs() < 1e15
        return pl.when(column.is_nan()).then(None).when(whole & small).then(
            column.cast(pl.Int64, strict=False).cast(pl.String)
        ).otherwise(column.cast(pl.String))
    if kind == pl.Datetime:
        return column.dt.to_string("%Y-%m-%d %H:%M:%S")
    return column.cast(pl.String)

# ---- def _real ----
def _real(value):
    """A number of a recipe; NaN and infinities are texts there."""
    return float(value) if isinstance(value, str) else value

# ---- def _place ----
def _place(df, name, columns, keep_source=False):
    """Puts columns where a column stands."""
    out = []
    for old in df.columns:
        if old != name:
            out.append(df[old])
        else:
            out += ([df[old]] if keep_source else []) + columns
    return pl.DataFrame(out)

# ---- def drop ----
def drop(df, columns):
    return df.drop(columns, strict=False)

# ---- def keep ----
def keep(df, columns):
    return df.select(columns)

# ---- def rename ----
def rename(df, names):
    return df.rename({pair["from"]: pair["to"] for pair in names})

# ---- def clean_names ----
def clean_names(df, names):
    return df.rename(dict(zip(df.columns, names)))

# ---- def move ----
def move(df, columns, to="first", anchor=None):
    rest = [name for name in df.columns if name not in columns]
    at = {"first": 0, "last": len(rest)}.get(to)
    if at is None:
        at = rest.index(anchor) + (1 if to == "after" else 0)
    return df.select(rest[:at] + columns + rest[at:])

# ---- def duplicate ----
def duplicate(df, column, name):
    at = df.columns.index(column) + 1
    return df.select(df.columns[:at] + [pl.col(column).alias(name)] + df.columns[at:])

# ---- def cast ----
def cast(df, columns, to="text", unfit="error", learned={}):
    formats = learned.get("formats", {})
    kinds = {"bool": pl.Boolean, "int": pl.Int64, "float": pl.Float64, "date": pl.Date, "datetime": pl.Datetime("us"),
             "time": pl.Time, "category": pl.Categorical, "text": pl.String, "decimal": pl.Decimal(38, 9)}
    strict = unfit == "error"
    out = []
    for name in columns:
        column, kind = pl.col(name), df.schema[name]
        if kind == pl.String and to != "text":
            column = column.str.strip_chars()
            column = pl.when(column == "").then(None).otherwise(column)
        if kind == pl.String and to in ("date", "datetime", "time"):
            column = column.str.strptime(kinds[to], formats.get(name), strict=strict)
        elif kind == pl.String and to == "bool":
            words = column.str.to_lowercase()
            column = words.replace_strict(
                ["true", "yes", "y", "t", "1", "false", "no", "n", "f", "0"], [True] * 5 + [False] * 5,
                default=None, return_dtype=pl.Boolean)
        elif kind == pl.String and to == "int":
            column = column.cast(pl.Float64, strict=strict).cast(pl.Int64, strict=strict)
        elif to == "text":
            column = _text(df, name)
        else:
            column = column.cast(kinds[to], strict=strict)
        out.append(column.alias(name))
    return df.with_columns(out)

# ---- def filter ----
def filter(df, conditions, combine="all", action="keep"):
    def value_of(kind, value):
        if kind == pl.Boolean:
            return str(value).lower() in ("true", "yes", "1")
        if kind.is_numeric():
            return float(value) if not isinstance(value, (int, float)) else value
        if kind.is_temporal():
            return pl.lit(str(value)).str.strptime(kind)
        return str(value)

    def one(rule):
        if "rules" in rule:
            met = joined(rule["rules"], rule.get("combine", "all"))
            return ~met if rule.get("negate") else met
        name, test = rule["column"], rule["test"]
        column, kind, gone = pl.col(name), df.schema[name], _missing(name)
        if test == "is_null":
            return gone
        if test == "not_null":
            return ~gone
        if test == "is_duplicate":
            return column.is_duplicated()
        if rule.get("other"):
            value = pl.col(rule["other"])
            gone = gone | _missing(rule["other"])
        elif test in ("one_of", "not_one_of", "between"):
            value = [value_of(kind, part.strip()) for part in str(rule["value"]).split("|")]
        elif test in ("contains", "not_contains", "starts_with", "ends_with", "matches"):
            value, column = str(rule["value"]), _text(df, name)
        else:
            value = value_of(kind, rule["value"])
        made = {
            "equal": lambda: column == value, "not_equal": lambda: column != value,
            "less": lambda: column < value, "less_or_equal": lambda: column <= value,
            "greater": lambda: column > value, "greater_or_equal": lambda: column >= value,
            "one_of": lambda: pl.any_horizontal([column == part for part in value]),
            "not_one_of": lambda: ~pl.any_horizontal([column == part for part in value]),
            "between": lambda: (column >= value[0]) & (column <= value[-1]),
            "contains": lambda: column.str.contains(value, literal=True),
            "not_contains": lambda: ~column.str.contains(value, literal=True),
            "starts_with": lambda: column.str.starts_with(value),
            "ends_with": lambda: column.str.ends_with(value),
            "matches": lambda: column.str.contains(value),
        }[test]().fill_null(False)
        return (made | gone) if test in ("not_equal",) else (made & ~gone)

    def joined(rules, combine):
        met = [one(rule) for rule in rules] or [pl.lit(True)]
        return pl.all_horizontal(met) if combine == "all" else pl.any_horizontal(met)

    met = joined(conditions, combine)
    return df.filter(~met if action == "delete" else met)

# ---- def sort ----
def sort(df, by, nulls_first=False):
    return df.sort([key["column"] for key in by], descending=[key.get("descending", False) for key in by],
                   nulls_last=not nulls_first, maintain_order=True)

# ---- def deduplicate ----
def deduplicate(df, columns=[], keep="first", by=None):
    if keep in ("min", "max"):
        df = df.with_row_index("__row").sort([by, "__row"], descending=[keep == "max", False], nulls_last=True)
        return df.unique(columns or None, keep="first", maintain_order=True).sort("__row").drop("__row")
    return df.unique(columns or None, keep=keep, maintain_order=True)

# ---- def drop_missing ----
def drop_missing(df, columns=[], axis="rows", above_percent=0.0, learned={}):
    if axis == "columns":
        return df.drop(learned["columns"], strict=False)
    columns = columns or df.columns
    share = pl.sum_horizontal([_missing(name) for name in columns]) * 100.0 / len(columns)
    return df.filter(share <= above_percent)

# ---- def _value ----
def _value(value):
    """A value of a recipe: its kind is the key."""
    kind, value = next(iter(value.items()))
    return _real(value) if kind == "float" else value

# ---- def impute ----
def impute(df, columns, strategy="mean", value=None, by=[], order=None, indicator=False, neighbours=5, learned={}):
    gone = {name: df.select(_missing(name)).to_series() for name in columns}
    if strategy in ("forward", "backward", "linear"):
        rows = df.with_row_index("__row")
        rows = rows.sort([order, "__row"], nulls_last=True) if order else rows
        for name in columns:
            column = pl.when(_missing(name)).then(None).otherwise(pl.col(name))
            filled = {"forward": column.forward_fill, "backward": column.backward_fill,
                      "linear": lambda: column.interpolate()}[strategy]()
            rows = rows.with_columns((filled.over(by) if by else filled).alias(name))
        df = rows.sort("__row").drop("__row")
    else:
        for fill in learned["columns"]:
            name = fill["column"]
            value = pl.lit(_value(fill["value"]))
            if fill.get("groups"):
                key = pl.concat_list([_text(df, one) for one in by])
                for group in fill["groups"]:
                    same = pl.all_horizontal([_text(df, one).eq_missing(pl.lit(part)) for one, part in zip(by, group["group"])])
                    value = pl.when(same).then(pl.lit(_value(group["value"]))).otherwise(value)
            kind = pl.Float64 if fill.get("to_float") else df.schema[name]
            df = df.with_columns(
                pl.when(_missing(name)).then(value.cast(kind)).otherwise(pl.col(name).cast(kind)).alias(name))
    if indicator:
        for name in columns:
            df = _place(df, name, [df[name], gone[name].cast(pl.UInt8).alias(f"{name}_missing")])
    return df

# ---- def scale ----
def scale(df, columns, method="standard", low=0.0, high=1.0, shape="uniform", learned={}):
    if method == "log":
        return df.with_columns(pl.col(name).cast(pl.Float64).log() for name in columns)
    if method == "log1p":
        return df.with_columns(pl.col(name).cast(pl.Float64).log1p() for name in columns)
    for one in learned["columns"]:
        name = one["column"]
        x, centre, width = pl.col(name).cast(pl.Float64), _real(one["centre"]), _real(one["width"])
        if one.get("power") is not None:
            p = _real(one["power"])
            up = (x + 1).log() if p == 0 else ((x + 1).pow(p) - 1) / p
            down = -(1 - x).log() if p == 2 else -((1 - x).pow(2 - p) - 1) / (2 - p)
            box = x.log() if p == 0 else (x.pow(p) - 1) / p
            x = box if method == "box_cox" else pl.when(x >= 0).then(up).otherwise(down)
        x = (x - centre) / width
        if method == "min_max" and (low, high) != (0.0, 1.0):
            x = x * (high - low) + low
        df = df.with_columns(x.alias(name))
    return df

# ---- def one_hot ----
def one_hot(df, columns, learned, drop="none", nulls="own_column", unseen="all_zeros", keep_source=False, **_options):
    for one in learned["columns"]:
        name = one["column"]
        cells = df.select(_text(df, name).alias("x")).to_series()
        known = [level["value"] for level in one["levels"]]
        gone, new = cells.is_null(), cells.is_not_null() & ~cells.is_in(known)
        if unseen == "error" and new.any():
            raise ValueError(f"{name} holds {cells.filter(new)[0]!r}, which the fit did not see")
        if nulls == "error" and gone.any():
            raise ValueError(f"{name} has missing values")
        made = [(cells == level["value"]).fill_null(False).alias(level["name"]) for level in one["levels"] if level.get("name")]
        if one.get("other"):
            folded = cells.is_in([level["value"] for level in one["levels"] if level.get("folded")]).fill_null(False)
            made.append((folded | (new if unseen == "other" else pl.Series([False]).new_from_index(0, len(cells)))).alias(one["other"]))
        if one.get("null"):
            made.append(gone.alias(one["null"]))
        made = [flag.cast(pl.UInt8) for flag in made]
        if nulls == "null":
            made = [pl.select(pl.when(gone).then(None).otherwise(flag).alias(flag.name)).to_series() for flag in made]
        df = _place(df, name, made, keep_source)
    return df

# ---- def split_flags ----
def split_flags(df, column, separator, learned, keep_source=False, rare_below_percent=0.0):
    cells = df[column].str.split(separator).list.eval(pl.element().str.strip_chars())
    made = [cells.list.contains(level["value"]).fill_null(False).cast(pl.UInt8).alias(level["name"])
            for level in learned["columns"][0]["levels"] if level.get("name")]
    return _place(df, column, made, keep_source)

# ---- def encode ----
def encode(df, columns, codes, kind=pl.Float64, suffix=""):
    """Levels become numbers: ordinal, target and frequency encoding."""
    for one in codes:
        name = one["column"]
        number = lambda value: None if value is None else _real(value)
        cells = _text(df, name)
        made = cells.replace_strict([level["value"] for level in one["levels"]],
                                    [number(level["code"]) for level in one["levels"]],
                                    default=number(one.get("unseen")), return_dtype=pl.Float64)
        made = pl.when(cells.is_null()).then(number(one.get("null"))).otherwise(made)
        df = df.with_columns(made.cast(kind).alias(name))
    return df

# ---- def group_rare ----
def group_rare(df, columns, learned, label="other", **_options):
    for one in learned["columns"]:
        name = one["column"]
        kept = [level["value"] for level in one["levels"] if not level.get("folded")]
        cells = _text(df, name)
        df = df.with_columns(pl.when(cells.is_null() | cells.is_in(kept)).then(cells).otherwise(pl.lit(label)).alias(name))
    return df

# ---- def outliers ----
def outliers(df, columns, learned, action="clip", **_options):
    for one in learned["columns"]:
        name, low, high = one["column"], one.get("low"), one.get("high")
        x = pl.col(name)
        below = (x < _real(low)) if low is not None else pl.lit(False)
        above = (x > _real(high)) if high is not None else pl.lit(False)
        if action == "clip":
            made = pl.when(below).then(pl.lit(_real(low))).when(above).then(pl.lit(_real(high))).otherwise(x)
            df = df.with_columns(made.alias(name))
        elif action == "null":
            df = df.with_columns(pl.when(below | above).then(None).otherwise(x).alias(name))
        elif action == "flag":
            flag = df.select((below | above).fill_null(False).cast(pl.UInt8).alias(f"{name}_outlier")).to_series()
            df = _place(df, name, [df[name], flag])
    return df

# ---- def pca ----
def pca(df, columns, learned, keep_source=False, **_options):
    made, sources = [], learned["columns"]
    for component in learned["components"]:
        parts = [(pl.col(one["column"]).cast(pl.Float64) - _real(one["centre"])) / _real(one["width"]) * _real(weight)
                 for one, weight in zip(sources, component["weights"])]
        made.append(pl.sum_horizontal(parts).alias(component["name"]))
    made = df.select(made)
    return (df if keep_source else df.drop(columns)).hstack(made.get_columns())

# ---- def text ----
def text(df, columns, action="trim", width=10, fill="0"):
    made = {
        "trim": lambda c: c.str.strip_chars(),
        "collapse": lambda c: c.str.replace_all(r"\s+", " ").str.strip_chars(),
        "lower": lambda c: c.str.to_lowercase(), "upper": lambda c: c.str.to_uppercase(),
        "title": lambda c: c.str.to_titlecase(),
        "sentence": lambda c: c.str.slice(0, 1).str.to_uppercase() + c.str.slice(1).str.to_lowercase(),
        "strip_accents": lambda c: c.str.normalize("NFKD").str.replace_all(r"\p{M}", ""),
        "normalise": lambda c: c.str.normalize("NFC"),
        "remove_punctuation": lambda c: c.str.replace_all(r"\p{P}", ""),
        "remove_digits": lambda c: c.str.replace_all(r"\p{Nd}", ""),
        "pad_start": lambda c: c.str.pad_start(width, fill), "pad_end": lambda c: c.str.pad_end(width, fill),
        "left": lambda c: c.str.head(width), "right": lambda c: c.str.tail(width),
        "empty_to_null": lambda c: pl.when(c == "").then(None).otherwise(c),
    }[action]
    return df.with_columns(made(pl.col(name)).alias(name) for name in columns)

# ---- def replace_text ----
def replace_text(df, columns, find="", replace="", regex=False, ignore_case=False):
    import re
    pattern = ("(?i)" if ignore_case else "") + (find if regex else re.escape(find))
    value = replace if regex else replace.replace("$", "$$")
    return df.with_columns(pl.col(name).str.replace_all(pattern, value) for name in columns)

# ---- def replace_values ----
def replace_values(df, columns, pairs):
    for name in columns:
        cells = _text(df, name)
        made = cells.replace([pair["from"] for pair in pairs], [pair["to"] or None for pair in pairs])
        kind = df.schema[name]
        df = df.with_columns((made if kind == pl.String else made.cast(kind, strict=False)).alias(name))
    return df

# ---- def date_parts ----
def _date_part(column, part):
    return {
        "year": lambda: column.dt.year(), "quarter": lambda: column.dt.quarter(), "month": lambda: column.dt.month(),
        "week": lambda: column.dt.week(), "day": lambda: column.dt.day(), "weekday": lambda: column.dt.weekday(),
        "day_of_year": lambda: column.dt.ordinal_day(), "hour": lambda: column.dt.hour(),
        "minute": lambda: column.dt.minute(), "second": lambda: column.dt.second(),
        "weekend": lambda: column.dt.weekday() >= 6, "month_start": lambda: column.dt.day() == 1,
        "month_end": lambda: column.dt.date() == column.dt.month_end().dt.date(),
        "epoch": lambda: column.dt.epoch("s"),
    }[part]().cast(pl.Int64)

def date_parts(df, columns, parts, keep_source=False):
    for name in columns:
        made = df.select(_date_part(pl.col(name), part).alias(f"{name}_{part}") for part in parts).get_columns()
        df = _place(df, name, made, keep_source)
    return df

# ---- def group_by ----
def _aggregate(name, function):
    column = pl.col(name) if name else None
    return {
        "count": lambda: column.count(), "rows": lambda: pl.len(), "distinct": lambda: column.drop_nulls().n_unique(),
        "sum": lambda: column.sum(), "mean": lambda: column.mean(), "median": lambda: column.median(),
        "std": lambda: column.std(), "min": lambda: column.min(), "max": lambda: column.max(),
        "first": lambda: column.first(), "last": lambda: column.last(),
        "mode": lambda: column.drop_nulls().mode().sort().first(),
    }[function]()

def group_by(df, by, aggregations):
    made = [_aggregate(one.get("column", ""), one.get("function", "count")).alias(
        one.get("name") or (f"{one['column']}_{one.get('function', 'count')}" if one.get("column") else "rows"))
        for one in aggregations]
    return df.group_by(by, maintain_order=True).agg(made)

# ---- def join ----
def join(df, other, how="left", on=[], suffix="_right", expect="any"):
    if how == "cross":
        return df.join(other, how="cross", suffix=suffix)
    left, right = [key["left"] for key in on], [key.get("right") or key["left"] for key in on]
    order = "left_right" if how in ("left", "full") else "left" if how in ("inner", "semi", "anti") else "right_left"
    if how in ("semi", "anti"):
        return df.join(other, left_on=left, right_on=right, how=how, maintain_order="left")
    return df.join(other, left_on=left, right_on=right, how=how, suffix=suffix, coalesce=True, maintain_order=order)

# ---- def concat ----
def concat(df, others, columns="union", source=None, name="input"):
    tables = {name: df, **others}
    if columns == "common":
        shared = [one for one in df.columns if all(one in other.columns for other in others.values())]
        tables = {key: table.select(shared) for key, table in tables.items()}
    if source:
        tables = {key: table.with_columns(pl.lit(key).alias(source)) for key, table in tables.items()}
    return pl.concat(list(tables.values()), how="diagonal_relaxed")

# ---- def formula ----
def formula(df, name, expression):
    return df.with_columns(pl.sql_expr(expression).alias(name))

# ---- def sql ----
def sql(df, query, others):
    return pl.SQLContext(input=df, **others).execute(query, eager=True)

# ---- def unpivot ----
def unpivot(df, index, columns, variable_name="variable", value_name="value"):
    columns = columns or [name for name in df.columns if name not in index]
    return df.unpivot(columns, index=index, variable_name=variable_name, value_name=value_name)
