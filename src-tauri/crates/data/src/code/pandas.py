import numpy as np
import pandas as pd
import polars as pl
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MaxAbsScaler
from sklearn.preprocessing import MinMaxScaler
from sklearn.preprocessing import OneHotEncoder
from sklearn.preprocessing import OrdinalEncoder
from sklearn.preprocessing import PowerTransformer
from sklearn.preprocessing import QuantileTransformer
from sklearn.preprocessing import RobustScaler
from sklearn.preprocessing import StandardScaler

# ---- def _kind ----
def _kind(df, name):
    """What a column holds; days without a time are `datetime64[s]`, points in time `datetime64[us]`."""
    column = df[name]
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if pd.api.types.is_bool_dtype(dtype):
        return "bool"
    if pd.api.types.is_integer_dtype(dtype):
        return "int"
    if pd.api.types.is_float_dtype(dtype):
        return "float"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date" if dtype == "datetime64[s]" else "datetime"
    if pd.api.types.is_timedelta64_dtype(dtype):
        return "duration"
    first = next((cell for cell in column if isinstance(cell, (list, dict, dt.time, Decimal, str))), "")
    kinds = {list: "list", dict: "struct", dt.time: "time", Decimal: "decimal"}
    return kinds.get(type(first), "text")

# ---- def _cells ----
def _cells(df, name):
    """The cells of a column, none for missing."""
    cells = [None if not isinstance(cell, (list, dict)) and pd.isna(cell) else cell for cell in df[name].tolist()]
    kind = _kind(df, name)
    if kind in ("date", "datetime"):
        cells = [None if cell is None else cell.to_pydatetime(warn=False) for cell in cells]
    if kind == "duration":
        cells = [None if cell is None else cell.to_pytimedelta() for cell in cells]
    return [None if cell is None else cell.date() for cell in cells] if kind == "date" else cells

# ---- def _series ----
def _series(name, values, kind):
    dtypes = {"bool": "boolean", "int": "Int64", "float": "float64", "text": "str", "date": "datetime64[s]",
              "datetime": "datetime64[us]", "duration": "timedelta64[us]"}
    if kind == "category":
        return pd.Series(values, name=name, dtype="str").astype("category")
    if kind in ("float", "text"):
        values = [np.nan if value is None else value for value in values]
    return pd.Series(values, name=name, dtype=dtypes.get(kind, "object"))

# ---- def _frame ----
def _frame(columns):
    return pd.concat([column.reset_index(drop=True) for column in columns], axis=1) if columns else pd.DataFrame()

# ---- def _take ----
def _take(df, rows):
    return df.iloc[rows].reset_index(drop=True)

# ---- def _add ----
def _add(df, columns):
    return df.assign(**{column.name: column.set_axis(df.index) for column in columns})

# ---- def _renamed ----
def _renamed(df, names):
    return df.set_axis(names, axis=1)

# ---- def _place ----
def _place(df, name, columns, keep_source=False):
    """Puts columns where a column stands."""
    out = []
    for old in df.columns:
        if old != name or keep_source:
            out.append(df[old])
        if old == name:
            out += [column.set_axis(df.index) for column in columns]
    return pd.concat(out, axis=1) if out else df[[]]

# ---- def _floats ----
def _floats(df, columns):
    """Columns of numbers as scikit-learn takes them: NaN for missing."""
    return np.column_stack([df[name].to_numpy(dtype="float64", na_value=np.nan) for name in columns])

# ---- def _text ----
def _text(df, name):
    """The cells of a column as levels are spelled."""
    return pd.Series([np.nan if label is None else label for label in _labels(df, name)], index=df.index, dtype="str")

# ---- def drop ----
def drop(df, columns):
    return df.drop(columns=columns, errors="ignore")

# ---- def keep ----
def keep(df, columns):
    return df[columns]

# ---- def rename ----
def rename(df, names):
    return df.rename(columns={pair["from"]: pair["to"] for pair in names})

# ---- def move ----
def move(df, columns, to="first", anchor=None):
    rest = [name for name in df.columns if name not in columns]
    at = {"first": 0, "last": len(rest)}.get(to)
    if at is None:
        at = rest.index(anchor) + (to == "after")
    return df[rest[:at] + columns + rest[at:]]

# ---- def duplicate ----
def duplicate(df, column, name=""):
    return _place(df, column, [df[column].rename(name or f"{column}_copy")], keep_source=True)

# ---- def filter ----
def filter(df, conditions, combine="all", action="keep"):
    met = np.array(_mask(df, conditions, combine), dtype=bool)
    return df[~met if action == "delete" else met].reset_index(drop=True)

# ---- def sort ----
def sort(df, by, nulls_first=False):
    rows = pd.DataFrame({at: _text(df, key["column"]) if _kind(df, key["column"]) == "category" else df[key["column"]]
                         for at, key in enumerate(by)})
    rows = rows.sort_values(list(rows.columns), ascending=[not key.get("descending", False) for key in by],
                            kind="stable", na_position="first" if nulls_first else "last")
    return df.loc[rows.index].reset_index(drop=True)

# ---- def deduplicate ----
def deduplicate(df, columns=(), keep="first", by=None):
    columns = list(columns) or list(df.columns)
    if keep in ("min", "max"):
        order = df.sort_values(by, ascending=keep == "min", kind="stable", na_position="last")
        return order.drop_duplicates(columns).sort_index().reset_index(drop=True)
    return df.drop_duplicates(columns, keep=False if keep == "none" else keep).reset_index(drop=True)

# ---- def drop_missing ----
def drop_missing(df, columns=(), axis="rows", above_percent=0.0, learned={}):
    if axis == "columns":
        return df.drop(columns=learned["names"], errors="ignore")
    columns = list(columns) or list(df.columns)
    missing = df[columns].isna().sum(axis=1)
    return df[missing * 100.0 <= above_percent * len(columns)].reset_index(drop=True)

# ---- def impute ----
def impute(df, columns, strategy="mean", value=None, by=(), order=None, indicator=False, neighbours=5, learned={}):
    gone = {name: df[name].isna().astype("int64") for name in columns}
    if strategy in ("forward", "backward", "linear"):
        df = _fill_along(df, columns, strategy, by, order)
    elif strategy == "knn":
        df = _fill_nearest(df, columns, neighbours, learned["columns"])
    else:
        groups = list(zip(*(_labels(df, name) for name in by))) if by else []
        for fill in learned["columns"]:
            name, kind = fill["column"], fill["type"]
            whole = _value(fill["value"], kind)
            if isinstance(whole, float) and not fill.get("groups"):
                imputer = SimpleImputer(strategy="constant", fill_value=whole, keep_empty_features=True)
                made = pd.Series(imputer.fit_transform(_floats(df, [name]))[:, 0], name=name)
            else:
                known = {tuple(group["group"]): _value(group["value"], kind) for group in fill.get("groups", [])}
                cells = _cells(df, name)
                cells = [(known.get(groups[row], whole) if known else whole) if cell is None else cell
                         for row, cell in enumerate(cells)]
                made = _series(name, cells, "float" if fill.get("to_float") else kind)
            df = _place(df, name, [made])
    if indicator:
        taken = set(df.columns)
        for name in columns:
            df = _place(df, name, [gone[name].rename(_free(f"{name}_missing", taken))], keep_source=True)
    return df

# ---- def _scaler ----
def _scaler(method, learned, low, high, shape):
    """A transformer of scikit-learn with what was learned."""
    def column(key):
        return np.array([_real(one[key]) for one in learned], dtype="float64")

    centre, width = column("centre"), column("width")
    if method in ("yeo_johnson", "box_cox"):
        made = PowerTransformer(method.replace("_", "-"))
        made.lambdas_, made._scaler = column("power"), _scaler("standard", learned, low, high, shape)
    elif method == "min_max":
        made = MinMaxScaler(feature_range=(low, high))
        made.data_min_, made.data_max_, made.data_range_ = centre, centre + width, width
        made.scale_ = (high - low) / width
        made.min_ = low - centre * made.scale_
    elif method == "robust":
        made = RobustScaler()
        made.center_, made.scale_ = centre, width
    elif method == "max_abs":
        made = MaxAbsScaler()
        made.max_abs_, made.scale_ = width, width
    elif method == "quantile":
        quantiles = np.array([_real(value) for value in learned[0]["quantiles"]], dtype="float64")
        made = QuantileTransformer(n_quantiles=len(quantiles), output_distribution=shape)
        made.quantiles_, made.n_quantiles_ = quantiles.reshape(-1, 1), len(quantiles)
        made.references_ = np.linspace(0, 1, len(quantiles))
    else:
        made = StandardScaler()
        made.mean_, made.scale_, made.var_ = centre, width, width ** 2
    made.n_features_in_ = len(learned)
    return made

# ---- def scale ----
def scale(df, columns, method="standard", low=0.0, high=1.0, shape="uniform", learned={}):
    df = df.copy()
    cells = _floats(df, columns)
    if method in ("log", "log1p"):
        if (cells <= (0 if method == "log" else -1)).any():
            raise ValueError(f"{columns} hold numbers without a logarithm")
        made = np.log(cells) if method == "log" else np.log1p(cells)
    elif method == "quantile":
        known = {one["column"]: one for one in learned["columns"]}
        made = np.column_stack([_scaler(method, [known[name]], low, high, shape).transform(cells[:, [at]])
                                for at, name in enumerate(columns)])
    else:
        known = {one["column"]: one for one in learned["columns"]}
        made = _scaler(method, [known[name] for name in columns], low, high, shape).transform(cells)
    for at, name in enumerate(columns):
        df[name] = made[:, at]
    return df

# ---- def one_hot ----
def one_hot(df, columns, learned, parity="none", nulls="own_column", unseen="all_zeros", keep_source=False, **_options):
    if parity != "none":
        nulls = {"scikit_learn": "own_column", "pandas": "all_zeros", "spark": "error"}[parity]
        unseen = "error" if parity == "spark" else "all_zeros"
    behind = []
    for one in learned["columns"]:
        name, cells = one["column"], _text(df, one["column"])
        gone = cells.isna()
        new = ~gone & ~cells.isin([level["value"] for level in one["levels"]])
        if unseen == "error" and (new.any() or nulls == "own_column" and not one.get("null") and gone.any()):
            raise ValueError(f"{name} holds values that the fit did not see")
        if nulls == "error" and gone.any():
            raise ValueError(f"{name} has missing values")
        made, named = {}, [level for level in one["levels"] if level.get("name")]
        if named:
            levels = np.array([level["value"] for level in named], dtype=object)
            encoder = OneHotEncoder(categories=[levels], handle_unknown="ignore", sparse_output=False, dtype="int64")
            flags = encoder.fit(levels.reshape(-1, 1)).transform(cells.where(~gone, "\0").to_numpy(dtype=object).reshape(-1, 1))
            flags[gone.to_numpy()] = 0
            made = {level["name"]: flags[:, at] for at, level in enumerate(named)}
        if one.get("other"):
            other = cells.isin([level["value"] for level in one["levels"] if level["folded"]])
            if unseen == "other":
                other = other | new | (gone if nulls == "own_column" and not one.get("null") else False)
            made[one["other"]] = other
        if one.get("null"):
            made[one["null"]] = gone
        made = [pd.Series(np.asarray(flag, dtype="int64"), index=df.index, name=column) for column, flag in made.items()]
        if nulls == "null":
            made = [flag.astype("Int64").mask(gone) for flag in made]
        if parity == "pandas":
            behind, made = behind + made, []
        df = _place(df, name, made, keep_source)
    return _add(df, behind)

# ---- def split_flags ----
def split_flags(df, column, separator, learned, keep_source=False, **_options):
    cells = [set(part.strip() for part in (cell or "").split(separator)) for cell in _cells(df, column)]
    made = [_series(level["name"], [int(level["value"] in cell) for cell in cells], "int")
            for level in learned["columns"][0]["levels"] if level.get("name")]
    return _place(df, column, made, keep_source)

# ---- def _encode ----
def _encode(df, learned, whole=False):
    """Levels become the numbers that were learned."""
    df = df.copy()
    for one in learned["columns"]:
        name, cells = one["column"], _text(df, one["column"])
        numbers = {level["value"]: float(_real(level["code"])) for level in one["levels"]}
        null, unseen = one.get("null"), one.get("unseen")
        made = cells.map(numbers).astype("float64")
        made = made.where(cells.isin(list(numbers)), np.nan if unseen is None else float(_real(unseen)))
        made = made.mask(cells.isna(), np.nan if null is None else float(_real(null)))
        df[name] = made.astype("Int64") if whole else made
    return df

# ---- def ordinal ----
def ordinal(df, columns, learned, unseen="null", **_options):
    df = df.copy()
    for one in learned["columns"]:
        name, cells = one["column"], _text(df, one["column"])
        levels = [level["value"] for level in one["levels"]]
        if unseen == "error" and not cells.dropna().isin(levels).all():
            raise ValueError(f"{name} holds values that the fit did not see")
        made = np.full(len(df), np.nan)
        there = cells.notna().to_numpy()
        if levels and there.any():
            encoder = OrdinalEncoder(categories=[np.array(levels, dtype=object)], handle_unknown="use_encoded_value",
                                     unknown_value=-1 if unseen == "minus_one" else np.nan)
            encoder.fit(np.array(levels, dtype=object).reshape(-1, 1))
            made[there] = encoder.transform(cells[there].to_numpy(dtype=object).reshape(-1, 1))[:, 0]
        df[name] = pd.Series(made, index=df.index).astype("Int64")
    return df

# ---- def target_encode ----
def target_encode(df, columns, learned, **_options):
    return _encode(df, learned)

# ---- def frequency_encode ----
def frequency_encode(df, columns, learned, unit="share"):
    return _encode(df, learned, whole=unit == "count")

# ---- def group_rare ----
def group_rare(df, columns, learned, label="other", **_options):
    df = df.copy()
    for one in learned["columns"]:
        name, kind, cells = one["column"], _kind(df, one["column"]), _text(df, one["column"])
        kept = [level["value"] for level in one["levels"] if not level["folded"]]
        made = cells.where(cells.isna() | cells.isin(kept), label)
        df[name] = made.astype("category") if kind == "category" else made
    return df

# ---- def outliers ----
def outliers(df, columns, learned, action="clip", **_options):
    if action == "remove":
        return df  # rows with outliers are not removed from new rows
    df, taken = df.copy(), set(df.columns)
    for one in learned["columns"]:
        name, whole = one["column"], _kind(df, one["column"]) == "int"
        low = -math.inf if one.get("low") is None else _real(one["low"])
        high = math.inf if one.get("high") is None else _real(one["high"])
        cells = _floats(df, [name])[:, 0]
        out = (cells < low) | (cells > high)
        if action == "flag":
            flag = pd.Series(out.astype("int64"), name=_free(f"{name}_outlier", taken))
            df = _place(df, name, [flag], keep_source=True)
        elif action == "null":
            df[name] = df[name].astype("Int64").mask(out) if whole else df[name].mask(out)
        else:
            df[name] = df[name].clip(None if low == -math.inf else math.ceil(low) if whole else low,
                                     None if high == math.inf else math.floor(high) if whole else high)
    return df

# ---- def pca ----
def pca(df, columns, learned, keep_source=False, **_options):
    sources, components = learned["columns"], learned["components"]
    scaled = _scaler("standard", sources, 0.0, 1.0, "uniform").transform(_floats(df, [one["column"] for one in sources]))
    model = PCA(n_components=len(components))
    model.components_ = np.array([[_real(weight) for weight in one["weights"]] for one in components])
    model.mean_, model.n_features_in_, model.n_components_ = np.zeros(len(sources)), len(sources), len(components)
    model.explained_variance_ = np.array([_real(one["variance"]) for one in components])
    made = model.transform(scaled)
    made = [pd.Series(made[:, at], name=one["name"]) for at, one in enumerate(components)]
    return _add(df if keep_source else df.drop(columns=columns), made)

# ---- def _groups ----
def _groups(df, by):
    """The rows of each group, groups by their first row; missing values are a group."""
    return _arranged(df, by)

# ---- def _aggregated ----
def _aggregated(df, name, source, function, groups):
    """One value for each group of rows."""
    cells, kind = (_cells(df, source), _kind(df, source)) if source else ([], "int")
    values = []
    for rows in groups:
        if function == "rows":
            values.append(len(rows))
        elif function in ("first", "last"):
            values.append(cells[rows[0 if function == "first" else -1]] if rows else None)
        else:
            values.append(_figure([cells[row] for row in rows if cells[row] is not None], function))
    new = _figure_kind(function, kind)
    return _series(name, [_as(value, "float") for value in values] if new == "float" else values, new)

# ---- def group_by ----
def group_by(df, by=(), aggregations=()):
    groups = _groups(df, by)
    taken, made = set(by), [_aggregated(df, name, name, "first", groups) for name in by]
    for one in aggregations:
        source, function = one.get("column", ""), one.get("function", "count")
        wanted = one.get("name") or (f"{source}_{function}" if source else function)
        made.append(_aggregated(df, _free(wanted, taken), source, function, groups))
    return _frame(made)

# ---- def pivot ----
def pivot(df, index, on, values, learned, function="first"):
    groups, labels, cells = _groups(df, index), learned["names"], _labels(df, on)
    taken, made = set(index), [_aggregated(df, name, name, "first", groups) for name in index]
    for at, label in enumerate(labels):
        wanted = None if label == "null" and "null" not in labels[at + 1:] else label
        met = [[row for row in rows if cells[row] == wanted] for rows in groups]
        made.append(_aggregated(df, _free(label or "empty", taken), values, function, met))
    return _frame(made)

# ---- def rolling ----
def rolling(df, columns, window=7, min_rows=0, function="mean", exclude_current=False, order=None, by=()):
    groups = _arranged(df, by, order)
    for name in dict.fromkeys(columns):
        made = pd.Series(np.nan, index=range(len(df)), name=f"{name}_{function}{window}")
        for rows in groups:
            if function == "count":
                there = df[name].iloc[rows].notna().astype("float64").shift(int(exclude_current), fill_value=0)
                counts = there.rolling(window, min_periods=1).sum()
                values = counts if min_rows == 0 else counts.where(counts >= min_rows)
            else:
                x = pd.Series(_floats(df.iloc[rows], [name])[:, 0]).shift(int(exclude_current))
                values = getattr(x.rolling(window, min_periods=min_rows or window), function)()
            made.iloc[rows] = values.to_numpy()
        made = made.astype("Int64") if function == "count" else made
        df = _place(df, name, [made], keep_source=True)
    return df

# ---- def _nullable ----
def _nullable(df, name):
    """A column in which a missing cell is unknown (`pd.NA`), as in SQL: comparing with it is neither true nor false."""
    dtypes = {"bool": "boolean", "int": "Int64", "float": "Float64", "text": "string[python]", "category": "string[python]"}
    return df[name].astype(dtypes[_kind(df, name)])

# ---- def _computed ----
def _computed(df, name, values):
    """The table with a computed column, in the types that the other steps expect."""
    dtypes = {"Float64": "float64", "string": "str"}
    return df.assign(**{name: values.astype(dtypes.get(str(values.dtype), values.dtype))})

# ---- def _alike ----
def _alike(index, *values):
    """Columns of one type: a single value becomes a column, whole numbers become floats beside floats."""
    made = []
    for value in values:
        if not isinstance(value, pd.Series):
            dtype = {bool: "boolean", int: "Int64", float: "Float64", str: "string[python]"}.get(type(value), "object")
            value = pd.Series(value, index=index, dtype=dtype)
        made.append(value.astype("boolean") if value.dtype == bool else value)
    kinds = {str(value.dtype) for value in made} - {"object"}
    kind = kinds.pop() if len(kinds) == 1 else "Float64"
    kind = "string[python]" if kind == "string" else kind
    return [value.astype(kind) for value in made]

# ---- def _case ----
def _case(met, then, otherwise):
    """`then` where the condition is true, `otherwise` where it is false or unknown."""
    then, otherwise = _alike(met.index, then, otherwise)
    return then.where(met.astype("boolean").fillna(False).astype(bool), otherwise)

# ---- def _coalesce ----
def _coalesce(*values):
    """The first value that is there."""
    first, *rest = _alike(values[0].index, *values)
    for value in rest:
        first = first.where(first.notna(), value)
    return first

# ---- def _greatest ----
def _greatest(*values):
    """The largest value that is there."""
    first, *rest = _alike(values[0].index, *values)
    for value in rest:
        first = first.where((first >= value).fillna(value.isna()).astype(bool), value)
    return first

# ---- def _least ----
def _least(*values):
    """The smallest value that is there."""
    first, *rest = _alike(values[0].index, *values)
    for value in rest:
        first = first.where((first <= value).fillna(value.isna()).astype(bool), value)
    return first

# ---- def _one_of ----
def _one_of(values, known):
    """Whether a value is one of these; unknown where it is missing."""
    return values.isin(known).astype("boolean").mask(values.isna())

# ---- def _truth ----
def _truth(values):
    """Numbers as truth values: true but for 0."""
    return values if values.dtype in ("boolean", "bool") else values != 0

# ---- def _as_text ----
def _as_text(values):
    """Values as text, as polars spells them."""
    if values.dtype == "string":
        return values
    return pd.Series([pd.NA if pd.isna(cell) else _spelled(cell) for cell in values], index=values.index, dtype="string[python]")

# ---- def _to_polars ----
def _to_polars(df):
    dtypes = {"bool": pl.Boolean, "int": pl.Int64, "float": pl.Float64, "text": pl.String, "category": pl.Categorical,
              "date": pl.Date, "datetime": pl.Datetime("us"), "time": pl.Time, "duration": pl.Duration("us"),
              "list": pl.List(pl.String)}
    return pl.DataFrame([pl.Series(name, _cells(df, name), dtype=dtypes.get(_kind(df, name)), strict=False)
                         for name in df.columns])

# ---- def _from_polars ----
def _from_polars(df):
    def kind(dtype):
        if dtype.is_integer() or dtype.is_float():
            return "int" if dtype.is_integer() else "float"
        return {pl.Boolean: "bool", pl.String: "text", pl.Date: "date", pl.Datetime: "datetime", pl.Time: "time",
                pl.Duration: "duration", pl.Decimal: "decimal", pl.List: "list", pl.Null: "text",
                pl.Categorical: "category", pl.Enum: "category"}.get(dtype.base_type(), "struct")

    return _frame([_series(column.name, column.to_list(), kind(column.dtype)) for column in df.get_columns()])

# ---- def formula ----
def formula(df, name, expression):
    made = _from_polars(_to_polars(df).select(pl.sql_expr(expression).alias(name)))[name]
    made = made if len(made) == len(df) else made.repeat(len(df))
    return df.assign(**{name: made.set_axis(df.index)})

# ---- def sql ----
def sql(df, query, others, by_values=False):
    tables = {name: _to_polars(table) for name, table in others.items()}
    made = pl.SQLContext(input=_to_polars(df), **tables).execute(query.strip().rstrip(";"), eager=True)
    keys = [name for name, kind in made.schema.items() if not kind.is_nested()]
    return _from_polars(made.sort(keys, nulls_last=True, maintain_order=True) if by_values and keys else made)

# ---- def text ----
def text(df, columns, action="trim", width=10, fill="0"):
    change = {
        "trim": lambda x: x.str.strip(),
        "collapse": lambda x: x.str.split().str.join(" "),
        "lower": lambda x: x.str.lower(),
        "upper": lambda x: x.str.upper(),
        "title": lambda x: x.map(_titled, na_action="ignore"),
        "sentence": lambda x: x.map(_sentences, na_action="ignore"),
        "strip_accents": lambda x: x.map(_without_accents, na_action="ignore"),
        "normalise": lambda x: x.str.normalize("NFC"),
        "remove_punctuation": lambda x: x.map(
            lambda cell: "".join(one for one in cell if not _is_punctuation(one)), na_action="ignore"),
        "remove_digits": lambda x: x.str.replace(r"\d", "", regex=True),
        "pad_start": lambda x: x.str.pad(width, "left", fill),
        "pad_end": lambda x: x.str.pad(width, "right", fill),
        "left": lambda x: x.str[:width],
        "right": lambda x: x.str[-width:] if width else x.str[:0],
        "empty_to_null": lambda x: x.where(x.str.strip() != ""),
    }[action]
    df = df.copy()
    for name in columns:
        kind = df[name].dtype
        df[name] = change(df[name].astype(object)).astype("str").astype(kind if str(kind) != "category" else "category")
    return df

# ---- def _date_part ----
def _date_part(x, part):
    """A part of a column of dates, as whole numbers."""
    made = {"year": lambda: x.dt.year, "quarter": lambda: x.dt.quarter, "month": lambda: x.dt.month,
            "week": lambda: x.dt.isocalendar().week, "day": lambda: x.dt.day, "weekday": lambda: x.dt.weekday + 1,
            "day_of_year": lambda: x.dt.dayofyear, "hour": lambda: x.dt.hour, "minute": lambda: x.dt.minute,
            "second": lambda: x.dt.second, "weekend": lambda: x.dt.weekday > 4, "month_start": lambda: x.dt.is_month_start,
            "month_end": lambda: x.dt.is_month_end,
            "epoch": lambda: (x - pd.Timestamp(0)) // pd.Timedelta(seconds=1)}[part]()
    return made.astype("Int64").mask(x.isna())

# ---- def date_parts ----
def date_parts(df, columns, parts, keep_source=False):
    for name in columns:
        if _kind(df, name) == "time":
            cells = [None if cell is None else {part: getattr(cell, part) for part in parts} for cell in _cells(df, name)]
            made = [_series(f"{name}_{part}", [cell and cell[part] for cell in cells], "int") for part in parts]
        else:
            made = [_date_part(df[name], part).rename(f"{name}_{part}") for part in dict.fromkeys(parts)]
        df = _place(df, name, made, keep_source)
    return df

# ---- def date_cyclic ----
def date_cyclic(df, columns, parts, keep_source=False):
    periods = {"month": 12, "weekday": 7, "day_of_year": 365.25, "hour": 24, "minute": 60, "second": 60}
    for name in columns:
        x, made = df[name], []
        for part in dict.fromkeys(parts):
            period = x.dt.days_in_month if part == "day" else periods[part]
            angle = (_date_part(x, part) * (2 * math.pi) / period).to_numpy(dtype="float64", na_value=np.nan)
            made += [pd.Series(np.sin(angle), name=f"{name}_{part}_sin"), pd.Series(np.cos(angle), name=f"{name}_{part}_cos")]
        df = _place(df, name, made, keep_source)
    return df
