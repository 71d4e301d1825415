import polars as pl

# ---- def _kind ----
def _kind(df, name):
    dtype = df.schema[name]
    if dtype.is_integer():
        return "int"
    if dtype.is_float():
        return "float"
    return {pl.Boolean: "bool", pl.String: "text", pl.Date: "date", pl.Datetime: "datetime", pl.Time: "time",
            pl.Duration: "duration", pl.Decimal: "decimal", pl.List: "list", pl.Null: "null",
            pl.Categorical: "category", pl.Enum: "category"}.get(dtype.base_type(), "struct")

# ---- def _cells ----
def _cells(df, name):
    """The cells of a column, none for missing."""
    column = df[name]
    return (column.fill_nan(None) if column.dtype.is_float() else column).to_list()

# ---- def _series ----
def _series(name, values, kind):
    dtypes = {"bool": pl.Boolean, "int": pl.Int64, "float": pl.Float64, "text": pl.String, "date": pl.Date,
              "datetime": pl.Datetime("us"), "time": pl.Time, "duration": pl.Duration("us"), "category": pl.Categorical,
              "list": pl.List(pl.String)}
    return pl.Series(name, values, dtype=dtypes.get(kind), strict=False)

# ---- def _frame ----
def _frame(columns):
    return pl.DataFrame(columns)

# ---- def _take ----
def _take(df, rows):
    return df[rows] if rows else df.clear()

# ---- def _add ----
def _add(df, columns):
    return df.with_columns(columns)

# ---- def _renamed ----
def _renamed(df, names):
    return pl.DataFrame([column.alias(name) for column, name in zip(df.get_columns(), names)])

# ---- def _place ----
def _place(df, name, columns, keep_source=False):
    """Puts columns where a column stands."""
    out = []
    for old in df.get_columns():
        if old.name != name or keep_source:
            out.append(old)
        if old.name == name:
            out += columns
    return pl.DataFrame(out)

# ---- def _text ----
def _text(df, name):
    """The cells of a column as levels are spelled."""
    if df.schema[name].is_float() or df.schema[name].is_decimal():
        return pl.lit(pl.Series(name, _labels(df, name), dtype=pl.String))
    return pl.col(name).cast(pl.String)

# ---- def drop ----
def drop(df, columns):
    return df.drop(columns, strict=False)

# ---- def keep ----
def keep(df, columns):
    return df.select(columns)

# ---- def rename ----
def rename(df, names):
    return df.rename({pair["from"]: pair["to"] for pair in names})

# ---- def move ----
def move(df, columns, to="first", anchor=None):
    rest = [name for name in df.columns if name not in columns]
    at = {"first": 0, "last": len(rest)}.get(to)
    if at is None:
        at = rest.index(anchor) + (to == "after")
    return df.select(rest[:at] + columns + rest[at:])

# ---- def duplicate ----
def duplicate(df, column, name=""):
    return _place(df, column, [df[column].alias(name or f"{column}_copy")], keep_source=True)

# ---- def filter ----
def filter(df, conditions, combine="all", action="keep"):
    met = pl.Series(_mask(df, conditions, combine), dtype=pl.Boolean)
    return df.filter(~met if action == "delete" else met)

# ---- def sort ----
def sort(df, by, nulls_first=False):
    keys = [_text(df, key["column"]) if _kind(df, key["column"]) == "category" else pl.col(key["column"]) for key in by]
    return df.sort(keys, descending=[key.get("descending", False) for key in by], nulls_last=not nulls_first,
                   maintain_order=True)

# ---- def deduplicate ----
def deduplicate(df, columns=(), keep="first", by=None):
    columns = list(columns) or df.columns
    if keep in ("min", "max"):
        row = _free("row", set(df.columns))
        order = df.with_row_index(row).sort([by, row], descending=[keep == "max", False], nulls_last=True)
        return order.unique(columns, keep="first", maintain_order=True).sort(row).drop(row)
    return df.unique(columns, keep=keep, maintain_order=True)

# ---- def drop_missing ----
def drop_missing(df, columns=(), axis="rows", above_percent=0.0, learned={}):
    if axis == "columns":
        return df.drop(learned["names"], strict=False)
    columns = list(columns) or df.columns
    missing = pl.sum_horizontal(pl.col(name).is_null() for name in columns)
    return df.filter(missing * 100.0 <= above_percent * len(columns))

# ---- def impute ----
def impute(df, columns, strategy="mean", value=None, by=(), order=None, indicator=False, neighbours=5, learned={}):
    gone = {name: df[name].is_null() for name in columns}
    if strategy in ("forward", "backward", "linear"):
        df = _fill_along(df, columns, strategy, by, order)
    elif strategy == "knn":
        df = _fill_nearest(df, columns, neighbours, learned["columns"])
    else:
        known = df
        for fill in learned["columns"]:
            name, kind = fill["column"], fill["type"]
            made = pl.lit(_value(fill["value"], kind))
            for group in fill.get("groups", []):
                same = pl.all_horizontal(_text(known, one).eq_missing(pl.lit(level, dtype=pl.String))
                                         for one, level in zip(by, group["group"]))
                made = pl.when(same).then(pl.lit(_value(group["value"], kind))).otherwise(made)
            made = known.select(made.alias("made") if not fill.get("groups") else
                                made.alias("made")).to_series()
            made = made.new_from_index(0, len(df)) if len(made) == 1 else made
            source = df[name].cast(pl.Float64) if fill.get("to_float") else df[name]
            source = source.cast(made.dtype) if source.dtype == pl.Null else source
            made = source.zip_with(source.is_not_null(), made.cast(source.dtype))
            df = df.with_columns(made.alias(name))
    if indicator:
        taken = set(df.columns)
        for name in columns:
            df = _place(df, name, [gone[name].cast(pl.UInt8).alias(_free(f"{name}_missing", taken))], keep_source=True)
    return df

# ---- def scale ----
def scale(df, columns, method="standard", low=0.0, high=1.0, shape="uniform", learned={}):
    if method in ("log", "log1p"):
        for name in columns:
            x = pl.col(name).cast(pl.Float64)
            if df.select((x <= (0 if method == "log" else -1)).any()).item():
                raise ValueError(f"{name} holds numbers without a logarithm")
            df = df.with_columns(x.log() if method == "log" else x.log1p())
        return df
    for one in learned["columns"]:
        name, centre, width = one["column"], _real(one["centre"]), _real(one["width"])
        if method == "quantile":
            quantiles = [_real(value) for value in one["quantiles"]]
            ranks = [_rank(quantiles, shape, cell) for cell in _cells(df, name)]
            df = df.with_columns(pl.Series(name, ranks, dtype=pl.Float64))
            continue
        x = pl.col(name).cast(pl.Float64)
        if one.get("power") is not None:
            p = _real(one["power"])

            def raised(k, log):
                return log if abs(k) < 2.0 ** -52 else ((k * log).exp() - 1) / k

            if method == "box_cox":
                x = raised(p, x.log())
            else:
                x = pl.when(x >= 0).then(raised(p, x.log1p())).otherwise(-raised(2 - p, (-x).log1p()))
        x = (x - centre) / width
        df = df.with_columns((x * (high - low) + low if method == "min_max" else x).alias(name))
    return df

# ---- def one_hot ----
def one_hot(df, columns, learned, parity="none", nulls="own_column", unseen="all_zeros", keep_source=False, **_options):
    if parity != "none":
        nulls = {"scikit_learn": "own_column", "pandas": "all_zeros", "spark": "error"}[parity]
        unseen = "error" if parity == "spark" else "all_zeros"
    behind = []
    for one in learned["columns"]:
        name = one["column"]
        cells = pl.Series(name, _labels(df, name), dtype=pl.String)
        gone = cells.is_null()
        new = ~gone & ~cells.is_in([level["value"] for level in one["levels"]]).fill_null(False)
        if unseen == "error" and (new.any() or nulls == "own_column" and not one.get("null") and gone.any()):
            raise ValueError(f"{name} holds values that the fit did not see")
        if nulls == "error" and gone.any():
            raise ValueError(f"{name} has missing values")
        made = {level["name"]: cells == level["value"] for level in one["levels"] if level.get("name")}
        if one.get("other"):
            made[one["other"]] = cells.is_in([level["value"] for level in one["levels"] if level["folded"]])
            if unseen == "other":
                made[one["other"]] = made[one["other"]].fill_null(False) | new
                if nulls == "own_column" and not one.get("null"):
                    made[one["other"]] = made[one["other"]] | gone
        if one.get("null"):
            made[one["null"]] = gone
        made = [flag.fill_null(False).cast(pl.UInt8).alias(column) for column, flag in made.items()]
        if nulls == "null":
            made = [flag.zip_with(~gone, pl.Series([None], dtype=pl.UInt8)) for flag in made]
        if parity == "pandas":
            behind, made = behind + made, []
        df = _place(df, name, made, keep_source)
    return df.with_columns(behind)

# ---- def split_flags ----
def split_flags(df, column, separator, learned, keep_source=False, **_options):
    cells = df[column].cast(pl.String).str.split(separator).list.eval(pl.element().str.strip_chars())
    made = [cells.list.contains(level["value"]).fill_null(False).cast(pl.UInt8).alias(level["name"])
            for level in learned["columns"][0]["levels"] if level.get("name")]
    return _place(df, column, made, keep_source)

# ---- def _encode ----
def _encode(df, learned, dtype, unseen_fails=False):
    """Levels become the numbers that were learned."""
    for one in learned["columns"]:
        name, cells = one["column"], _text(df, one["column"])
        numbers = {level["value"]: float(_real(level["code"])) for level in one["levels"]}
        null, unseen = one.get("null"), one.get("unseen")
        if unseen_fails and df.select((cells.is_not_null() & ~cells.is_in(list(numbers))).any()).item():
            raise ValueError(f"{name} holds values that the fit did not see")
        made = cells.replace_strict(list(numbers), list(numbers.values()), return_dtype=pl.Float64,
                                    default=None if unseen is None else float(_real(unseen)))
        made = pl.when(cells.is_null()).then(None if null is None else float(_real(null))).otherwise(made)
        df = df.with_columns(made.cast(dtype).alias(name))
    return df

# ---- def ordinal ----
def ordinal(df, columns, learned, unseen="null", **_options):
    return _encode(df, learned, pl.Int64, unseen_fails=unseen == "error")

# ---- def target_encode ----
def target_encode(df, columns, learned, **_options):
    return _encode(df, learned, pl.Float64)

# ---- def frequency_encode ----
def frequency_encode(df, columns, learned, unit="share"):
    return _encode(df, learned, pl.Int64 if unit == "count" else pl.Float64)

# ---- def group_rare ----
def group_rare(df, columns, learned, label="other", **_options):
    for one in learned["columns"]:
        name, cells = one["column"], _text(df, one["column"])
        kept = [level["value"] for level in one["levels"] if not level["folded"]]
        made = pl.when(cells.is_null() | cells.is_in(kept)).then(cells).otherwise(pl.lit(label))
        kind = pl.Categorical if _kind(df, name) == "category" else pl.String
        df = df.with_columns(made.cast(kind).alias(name))
    return df

# ---- def outliers ----
def outliers(df, columns, learned, action="clip", **_options):
    if action == "remove":
        return df  # rows with outliers are not removed from new rows
    taken = set(df.columns)
    for one in learned["columns"]:
        name, whole = one["column"], _kind(df, one["column"]) == "int"
        low = -math.inf if one.get("low") is None else _real(one["low"])
        high = math.inf if one.get("high") is None else _real(one["high"])
        x = df[name]
        out = ((x < low) | (x > high)).fill_null(False)
        if action == "flag":
            df = _place(df, name, [out.cast(pl.UInt8).alias(_free(f"{name}_outlier", taken))], keep_source=True)
        elif action == "null":
            df = df.with_columns(pl.when(~out).then(pl.col(name)).alias(name))
        else:
            lowest = None if low == -math.inf else math.ceil(low) if whole else low
            highest = None if high == math.inf else math.floor(high) if whole else high
            df = df.with_columns(pl.col(name).clip(lowest, highest))
    return df

# ---- def pca ----
def pca(df, columns, learned, keep_source=False, **_options):
    parts = [(pl.col(one["column"]).cast(pl.Float64) - _real(one["centre"])) / _real(one["width"])
             for one in learned["columns"]]
    if df.select(pl.any_horizontal(part.is_null() for part in parts).any()).item():
        raise ValueError("components need every number")
    made = df.select(sum(part * _real(weight) for part, weight in zip(parts, one["weights"])).alias(one["name"])
                     for one in learned["components"])
    return (df if keep_source else df.drop(columns)).with_columns(made.get_columns())

# ---- def _aggregate ----
def _aggregate(df, name, function, met=None):
    """One value of a column (of the rows that are met) in each group."""
    if function == "rows":
        return pl.len() if met is None else met.sum()
    column = _text(df, name) if _kind(df, name) == "category" else pl.col(name)
    column = column if met is None else column.filter(met)
    if function in ("first", "last"):
        return column.first() if function == "first" else column.last()
    if function == "sum":
        return pl.when(column.count() > 0).then(column.sum())
    return {"count": column.count, "distinct": column.drop_nulls().n_unique, "mean": column.mean, "median": column.median,
            "std": column.std, "min": column.min, "max": column.max,
            "mode": lambda: column.drop_nulls().mode().sort().first()}[function]()

# ---- def group_by ----
def group_by(df, by=(), aggregations=()):
    taken, made = set(by), []
    for one in aggregations:
        name, function = one.get("column", ""), one.get("function", "count")
        wanted = one.get("name") or (f"{name}_{function}" if name else function)
        made.append(_aggregate(df, name, function).alias(_free(wanted, taken)))
    return df.group_by(by, maintain_order=True).agg(made) if by else df.select(made)

# ---- def pivot ----
def pivot(df, index, on, values, learned, function="first"):
    taken, made = set(index), []
    labels, cells = learned["names"], _text(df, on)
    for at, label in enumerate(labels):
        null = label == "null" and "null" not in labels[at + 1:]
        met = cells.is_null() if null else cells.eq_missing(pl.lit(label))
        made.append(_aggregate(df, values, function, met).alias(_free(label or "empty", taken)))
    return df.group_by(index, maintain_order=True).agg(made) if index else df.select(made)

# ---- def rolling ----
def rolling(df, columns, window=7, min_rows=0, function="mean", exclude_current=False, order=None, by=()):
    row = _free("row", set(df.columns))
    rows = df.with_row_index(row)
    rows = rows.sort(order, nulls_last=True, maintain_order=True) if order else rows
    for name in dict.fromkeys(columns):
        if function == "count":
            there = pl.col(name).is_not_null().cast(pl.Int64).shift(int(exclude_current), fill_value=0)
            made = there.rolling_sum(window, min_samples=1)
            made = made if min_rows == 0 else pl.when(made >= min_rows).then(made)
        else:
            x = pl.col(name).cast(pl.Float64).shift(int(exclude_current))
            made = getattr(x, f"rolling_{function}")(window, min_samples=min_rows or window).fill_nan(None)
        made = made.over(by) if by else made
        values = rows.select(row, made.alias(f"{name}_{function}{window}")).sort(row).drop(row).to_series()
        df = _place(df, name, [values], keep_source=True)
    return df

# ---- def formula ----
def formula(df, name, expression):
    return df.with_columns(pl.sql_expr(expression).alias(name))

# ---- def sql ----
def sql(df, query, others, by_values=False):
    made = pl.SQLContext(input=df, **others).execute(query.strip().rstrip(";"), eager=True)
    keys = [name for name, kind in made.schema.items() if not kind.is_nested()]
    return made.sort(keys, nulls_last=True, maintain_order=True) if by_values and keys else made

# ---- def text ----
def text(df, columns, action="trim", width=10, fill="0"):
    if action in ("title", "sentence"):
        return _map_text(df, columns, _titled if action == "title" else _sentences)
    change = {
        "trim": lambda x: x.str.strip_chars(),
        "collapse": lambda x: x.str.replace_all(r"\s+", " ").str.strip_chars(),
        "lower": lambda x: x.str.to_lowercase(),
        "upper": lambda x: x.str.to_uppercase(),
        "strip_accents": lambda x: x.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.normalize("NFC"),
        "normalise": lambda x: x.str.normalize("NFC"),
        "remove_punctuation": lambda x: x.str.replace_all(r"[[:punct:]]|\p{P}", ""),
        "remove_digits": lambda x: x.str.replace_all(r"\p{Nd}", ""),
        "pad_start": lambda x: x.str.pad_start(width, fill),
        "pad_end": lambda x: x.str.pad_end(width, fill),
        "left": lambda x: x.str.head(width),
        "right": lambda x: x.str.tail(width),
        "empty_to_null": lambda x: pl.when(x.str.strip_chars() != "").then(x),
    }[action]
    return df.with_columns(change(pl.col(name).cast(pl.String)).cast(df.schema[name]).alias(name) for name in columns)

# ---- def replace_text ----
def replace_text(df, columns, find="", replace="", regex=False, ignore_case=False):
    pattern = find if regex else pl.escape_regex(find)
    pattern, new = ("(?i)" if ignore_case else "") + pattern, replace if regex else replace.replace("$", "$$")
    return df.with_columns(pl.col(name).cast(pl.String).str.replace_all(pattern, new).cast(df.schema[name]).alias(name)
                           for name in columns)

# ---- def extract_text ----
def extract_text(df, column, pattern="", names=(), keep_source=True):
    groups = _pattern(pattern).groupindex
    named, width = {at: name for name, at in groups.items()}, _pattern(pattern).groups
    cells = df[column].cast(pl.String)
    made = []
    for at in range(1, width + 1):
        given = names[at - 1] if at <= len(names) and names[at - 1] else named.get(at, f"{column}_{at}")
        made.append(cells.str.extract(pattern, at).alias(given))
    return _place(df, column, made, keep_source)

# ---- def text_measures ----
def text_measures(df, columns, measures):
    def share(one):
        return lambda x: (x.str.count_matches(one) / x.str.len_chars()).fill_nan(0.0)

    figures = {"length": lambda x: x.str.len_chars().cast(pl.Int64),
               "words": lambda x: x.str.count_matches(r"\S+").cast(pl.Int64), "letters": share(r"\p{Alphabetic}"),
               "digits": share(r"\p{Nd}"), "capitals": share(r"\p{Uppercase}"), "spaces": share(r"\s"),
               "punctuation": share(r"[[:punct:]]|\p{P}")}
    for name in columns:
        cells = df[name].cast(pl.String)
        made = [figures[measure](cells).alias(f"{name}_{measure}") for measure in dict.fromkeys(measures)]
        df = _place(df, name, made, keep_source=True)
    return df

# ---- def _date_part ----
def _date_part(x, part):
    """A part of a column of dates or times, as whole numbers."""
    if part == "epoch":
        return x.cast(pl.Datetime("us")).dt.epoch("s")
    made = {"year": x.dt.year, "quarter": x.dt.quarter, "month": x.dt.month, "week": x.dt.week, "day": x.dt.day,
            "weekday": x.dt.weekday, "day_of_year": x.dt.ordinal_day, "hour": x.dt.hour, "minute": x.dt.minute,
            "second": x.dt.second, "weekend": lambda: x.dt.weekday() > 5, "month_start": lambda: x.dt.day() == 1,
            "month_end": lambda: x.dt.date() == x.dt.date().dt.month_end()}[part]()
    return made.cast(pl.Int64)

# ---- def date_parts ----
def date_parts(df, columns, parts, keep_source=False):
    for name in columns:
        made = [_date_part(df[name], part).alias(f"{name}_{part}") for part in dict.fromkeys(parts)]
        df = _place(df, name, made, keep_source)
    return df

# ---- def date_cyclic ----
def date_cyclic(df, columns, parts, keep_source=False):
    periods = {"month": 12, "weekday": 7, "day_of_year": 365.25, "hour": 24, "minute": 60, "second": 60}
    for name in columns:
        x, made = df[name], []
        for part in dict.fromkeys(parts):
            period = x.dt.month_end().dt.day() if part == "day" else periods[part]
            angle = _date_part(x, part) * (2 * math.pi) / period
            made += [angle.sin().alias(f"{name}_{part}_sin"), angle.cos().alias(f"{name}_{part}_cos")]
        df = _place(df, name, made, keep_source)
    return df
