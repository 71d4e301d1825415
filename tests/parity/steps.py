"""Writes steps.json: what scikit-learn, pandas, scipy, category_encoders and imbalanced-learn make of small tables.

    pip install scikit-learn==1.9.1 pandas==3.1.1 numpy==2.4.6 scipy==1.17.1 category_encoders==2.11.2 imbalanced-learn==0.14.2
    python tests/parity/steps.py

Each case holds a table, the step as it stands in a notebook, and the columns expected behind it (`rows` of new data
under `new` and `new_expected`, where the tool says what it makes of rows it did not fit on). A test of the data crate
runs the steps and compares to `tolerance`, relative.
"""

import json
import math
import pathlib

import category_encoders
import imblearn
import numpy as np
import pandas as pd
import scipy
import sklearn
from category_encoders import BinaryEncoder, CountEncoder
from imblearn.over_sampling import SMOTE, SMOTENC, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.feature_extraction import FeatureHasher
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

rng = np.random.default_rng(7)
cases = []


def plain(values):
    """Cells as JSON: NaN and None are null."""
    out = []
    for value in values:
        if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
            out.append(None)
        else:
            out.append(value.item() if hasattr(value, "item") else value)
    return out


def table(**columns):
    return {name: plain(values) for name, values in columns.items()}


def case(name, source, step, expected=None, tolerance=1e-9, exact_columns=False, **more):
    if exact_columns:
        more["columns"] = list(expected)
    cases.append({"name": name, "table": source, "step": step, "expected": expected, "tolerance": tolerance, **more})


N = 60
x = np.round(rng.normal(10, 4, N), 3)
skewed = np.round(rng.lognormal(1, 0.8, N), 3)
gappy = x.copy()
gappy[rng.choice(N, 7, replace=False)] = np.nan
whole = rng.integers(-5, 20, N)
x_new = np.array([-100.0, 3.0, 10.0, 12.3456, 500.0, np.nan])

# Scalers, NaN kept.
scalers = {
    "standard": StandardScaler(),
    "min_max": MinMaxScaler((-1, 3), clip=False),
    "robust": RobustScaler(),
    "max_abs": MaxAbsScaler(),
    "quantile": QuantileTransformer(n_quantiles=N - 7, subsample=None),
    "quantile_normal": QuantileTransformer(n_quantiles=N - 7, subsample=None, output_distribution="normal"),
    "yeo_johnson": PowerTransformer("yeo-johnson"),
    "box_cox": PowerTransformer("box-cox"),
}
for name, scaler in scalers.items():
    power = name in ("yeo_johnson", "box_cox")
    source = gappy if name != "box_cox" else np.where(np.isnan(gappy), np.nan, skewed)
    step = {"op": "scale", "columns": ["a"], "method": name.removesuffix("_normal"), "fit": "all"}
    if name == "min_max":
        step |= {"low": -1, "high": 3}
    if name.endswith("_normal"):
        step |= {"shape": "normal"}
    made = scaler.fit_transform(source.reshape(-1, 1))[:, 0]
    fresh = np.abs(x_new) if name == "box_cox" else x_new
    made_new = scaler.transform(fresh.reshape(-1, 1).copy())[:, 0]
    # The exponent itself is known to some 1e-8 only.
    case(f"scale {name}", table(a=source), step, table(a=made), 1e-6 if power else 1e-9,
         new=table(a=fresh), new_expected=table(a=made_new))
ties = np.repeat([1.0, 2.0, 2.0, 5.0, 9.0], 12)
quantile = QuantileTransformer(n_quantiles=60, subsample=None)
case("scale quantile with ties", table(a=ties), {"op": "scale", "columns": ["a"], "method": "quantile", "fit": "all"},
     table(a=quantile.fit_transform(ties.reshape(-1, 1))[:, 0]), new=table(a=[0.0, 1.5, 2.0, 3.0, 10.0]),
     new_expected=table(a=quantile.transform(np.array([[0.0], [1.5], [2.0], [3.0], [10.0]]))[:, 0]))
constant = np.full(9, 0.1)
case("scale standard of a constant", table(a=constant), {"op": "scale", "columns": ["a"], "method": "standard", "fit": "all"},
     table(a=StandardScaler().fit_transform(constant.reshape(-1, 1))[:, 0]))
case("scale log1p", table(a=skewed), {"op": "scale", "columns": ["a"], "method": "log1p"}, table(a=np.log1p(skewed)))
case("scale log", table(a=skewed), {"op": "scale", "columns": ["a"], "method": "log"}, table(a=np.log(skewed)))

# Imputers.
wide = rng.normal(0, 1, (N, 4)).round(4)
wide[:, 1] += 2 * wide[:, 0]
holes = wide.copy()
holes[rng.random((N, 4)) < 0.15] = np.nan
names = ["a", "b", "c", "d"]
columns = {name: holes[:, at] for at, name in enumerate(names)}
other = rng.normal(0, 1, (12, 4)).round(4)
other[rng.random((12, 4)) < 0.4] = np.nan
other[0] = np.nan
for k in (1, 3, 5):
    imputer = KNNImputer(n_neighbors=k).fit(holes)
    made, made_new = imputer.transform(holes), imputer.transform(other)
    case(f"impute knn {k}", table(**columns),
         {"op": "impute", "columns": names, "strategy": "knn", "neighbours": k, "fit": "all"},
         table(**{name: made[:, at] for at, name in enumerate(names)}),
         new=table(**{name: other[:, at] for at, name in enumerate(names)}),
         new_expected=table(**{name: made_new[:, at] for at, name in enumerate(names)}))
for strategy in ("mean", "median"):
    made = SimpleImputer(strategy=strategy).fit_transform(holes)
    case(f"impute {strategy}", table(**columns), {"op": "impute", "columns": names, "strategy": strategy, "fit": "all"},
         table(**{name: made[:, at] for at, name in enumerate(names)}))
group = rng.choice(["u", "v", "w"], N)
moment = rng.permutation(N)
frame = pd.DataFrame({"a": gappy, "g": group, "t": moment})
for strategy in ("mean", "median"):
    made = frame["a"].fillna(frame.groupby("g")["a"].transform(strategy))
    case(f"impute {strategy} by group", table(a=gappy, g=group),
         {"op": "impute", "columns": ["a"], "strategy": strategy, "by": ["g"], "fit": "all"}, table(a=made))
ordered = frame.sort_values("t", kind="stable")
for strategy, fill in (
    ("forward", lambda a: a.ffill()),
    ("backward", lambda a: a.bfill()),
    ("linear", lambda a: a.interpolate(method="linear", limit_area="inside")),
):
    made = ordered.groupby("g")["a"].transform(fill).sort_index()
    case(f"impute {strategy}", table(a=gappy, g=group, t=moment),
         {"op": "impute", "columns": ["a"], "strategy": strategy, "by": ["g"], "order": "t"}, table(a=made))

# Encoders.
level = rng.choice(["blue", "red", "green", "Zoë"], N, p=[0.5, 0.3, 0.15, 0.05]).astype(object)
level[[3, 17]] = None
number = rng.choice([1, 2, 10], N)
flag = rng.choice([True, False], N)
real = rng.choice([1.5, 2.0, 10.25], N)
source = pd.DataFrame({"c": pd.Series(level, dtype="str"), "f": flag, "n": number, "r": real})
cells = table(c=level, f=flag, n=number, r=real)
new_level = np.array(["red", "violet", None, "blue"], dtype=object)
for name, columns in (("text", ["c"]), ("whole", ["n"]), ("bool", ["f"]), ("real", ["r"]), ("all", ["c", "f", "n", "r"])):
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(source[columns])
    made = pd.DataFrame(encoder.transform(source[columns]), columns=encoder.get_feature_names_out())
    step = {"op": "one_hot", "columns": columns, "fit": "all"}
    more = {}
    if name == "text":
        fresh = encoder.transform(pd.DataFrame({"c": pd.Series(new_level, dtype="str")}))
        fresh = {key: fresh[:, at] for at, key in enumerate(made.columns)}
        more = {"new": table(c=new_level), "new_expected": table(**fresh)}
    case(f"one-hot scikit-learn {name}", {key: cells[key] for key in columns}, step | {"parity": "scikit_learn"},
         table(**{key: made[key] for key in made.columns}), exact_columns=True, **more)
    made = pd.get_dummies(source, columns=columns, dtype=float)
    case(f"one-hot pandas {name}", cells, step | {"parity": "pandas"}, table(**{key: made[key] for key in made.columns}),
         exact_columns=True)
drop = OneHotEncoder(drop="first", sparse_output=False).fit(source[["n"]])
made = pd.DataFrame(drop.transform(source[["n"]]), columns=drop.get_feature_names_out())
case("one-hot drop first", table(n=number), {"op": "one_hot", "columns": ["n"], "drop": "first", "fit": "all"},
     table(**{key: made[key] for key in made.columns}), exact_columns=True)

ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(source[["c", "n"]])
made = ordinal.transform(source[["c", "n"]])
case("ordinal", table(c=level, n=number), {"op": "ordinal", "columns": ["c", "n"], "unseen": "minus_one", "fit": "all"},
     table(c=made[:, 0], n=made[:, 1]), new=table(c=["violet", "red"], n=[2, 77]),
     new_expected=table(**dict(zip("cn", ordinal.transform(pd.DataFrame({"c": ["violet", "red"], "n": [2, 77]})).T))))
one_hot_source, source_levels = source, source[["c"]].dropna()
order = ["red", "green", "blue", "Zoë"]
ordinal = OrdinalEncoder(categories=[order]).fit(source[["c"]].dropna())
made = np.full(N, np.nan)
there = source["c"].notna().to_numpy()
made[there] = ordinal.transform(source[["c"]][there])[:, 0]
case("ordinal in an order", table(c=level), {"op": "ordinal", "columns": ["c"], "order": order, "fit": "all"}, table(c=made))

binary = (rng.random(N) < np.where(level == "red", 0.8, 0.3)).astype(int)
for target_name, target, kind in (("continuous", x, "continuous"), ("binary", binary, "binary")):
    for smooth in ("auto", 0.0, 4.5):
        encoder = TargetEncoder(smooth=smooth, target_type=kind).fit(source[["c", "n"]], target)
        fresh = pd.DataFrame({"c": pd.Series(["red", "violet", None, "blue"], dtype="str"), "n": [1, 2, 10, 99]})
        made = encoder.transform(fresh)
        step = {"op": "target_encode", "columns": ["c", "n"], "target": "y", "fit": "all"}
        if smooth != "auto":
            step["smoothing"] = smooth
        # Rows of the fit are cross-fitted in folds of our own; rows that are new get the values of the whole fit.
        case(f"target {target_name} {smooth}", table(c=level, n=number, y=target), step,
             new=table(c=fresh["c"], n=fresh["n"]), new_expected=table(c=made[:, 0], n=made[:, 1]))

for normalize, unit in ((True, "share"), (False, "count")):
    encoder = CountEncoder(cols=["c"], normalize=normalize, handle_unknown=0).fit(source[["c"]])
    case(f"frequency {unit}", table(c=level), {"op": "frequency_encode", "columns": ["c"], "unit": unit, "fit": "all"},
         table(c=encoder.transform(source[["c"]])["c"].astype(float)))
encoder = BinaryEncoder(cols=["c", "n"]).fit(source[["c", "n"]].astype({"c": object}))
made = encoder.transform(source[["c", "n"]].astype({"c": object}))
case("binary", table(c=level, n=number), {"op": "binary_encode", "columns": ["c", "n"], "fit": "all"},
     table(**{key: made[key] for key in made.columns}), exact_columns=True)
texts = ["blue", "red", "green", "Zoë", "", "a longer level of text", "x1"]
for signed in (True, False):
    made = FeatureHasher(n_features=8, input_type="string", alternate_sign=signed).transform([[text] for text in texts])
    made = made.toarray()
    case(f"hash {'signed' if signed else 'unsigned'}", table(c=texts),
         {"op": "hash_encode", "columns": ["c"], "buckets": 8, "signed": signed},
         {f"c_hash_{at}": plain(made[:, at]) for at in range(8)}, exact_columns=True)

# Bins.
for name, strategy in (("width", "uniform"), ("quantile", "quantile")):
    extra = {"quantile_method": "linear"} if strategy == "quantile" else {}
    cutter = KBinsDiscretizer(6, encode="ordinal", strategy=strategy, **extra)
    made = cutter.fit_transform(x.reshape(-1, 1))[:, 0]
    case(f"bin {name}", table(a=x), {"op": "bin", "columns": ["a"], "method": name, "bins": 6, "label": "number", "fit": "all"},
         table(a=made), edges={"a": plain(cutter.bin_edges_[0])})
repeated = np.array([0.0] * 20 + [1.0, 2.0, 3.0, 4.0, 5.0] * 4)
codes, edges = pd.qcut(repeated, 8, labels=False, retbins=True, duplicates="drop")
case("bin quantile with repeated edges", table(a=repeated),
     {"op": "bin", "columns": ["a"], "method": "quantile", "bins": 8, "label": "number", "fit": "all"},
     edges={"a": plain(edges)})
_, edges = pd.cut(x, 4, retbins=True, right=False)
edges[-1] = x.max()
case("bin width of pandas", table(a=x), {"op": "bin", "columns": ["a"], "method": "width", "bins": 4, "fit": "all"},
     edges={"a": plain(edges)})
grid = np.round(rng.uniform(0, 32, N) * 4) / 4
response = np.sin(grid / 5) + rng.normal(0, 0.2, N)
tree = DecisionTreeRegressor(max_leaf_nodes=5).fit(grid.reshape(-1, 1), response)
cuts = sorted(tree.tree_.threshold[tree.tree_.feature >= 0])
case("bin supervised by a number", table(a=grid, y=response),
     {"op": "bin", "columns": ["a"], "method": "supervised", "target": "y", "bins": 5, "fit": "all"},
     edges={"a": plain([grid.min(), *cuts, grid.max()])})
labels = np.where(grid < 9, "low", np.where(grid < 21, "mid", "high")).astype(object)
swapped = rng.choice(N, 8, replace=False)
labels[swapped] = rng.permutation(labels[swapped])
tree = DecisionTreeClassifier(max_leaf_nodes=3).fit(grid.reshape(-1, 1), labels)
cuts = sorted(tree.tree_.threshold[tree.tree_.feature >= 0])
case("bin supervised by classes", table(a=grid, y=labels),
     {"op": "bin", "columns": ["a"], "method": "supervised", "target": "y", "bins": 3, "fit": "all"},
     edges={"a": plain([grid.min(), *cuts, grid.max()])})

# Bounds of outliers.
far = np.append(x, [60.0, -40.0])
median, mad = np.median(far), stats.median_abs_deviation(far, scale="normal")
low, high = np.percentile(far, [25, 75])
spreads = {
    "std": (far.mean() - 2.5 * far.std(), far.mean() + 2.5 * far.std(), {"factor": 2.5}),
    "robust": (median - 3 * mad, median + 3 * mad, {"factor": 3}),
    "iqr": (low - 1.5 * (high - low), high + 1.5 * (high - low), {"factor": 1.5}),
    "quantile": (*np.quantile(far, [0.03, 0.95]), {"low": 0.03, "high": 0.95}),
}
for method, (low, high, options) in spreads.items():
    case(f"outliers {method}", table(a=far),
         {"op": "outliers", "columns": ["a"], "method": method, "action": "clip", "fit": "all", **options},
         table(a=np.clip(far, low, high)), bounds={"a": [low, high]})

# Components.
mixed = rng.normal(0, 1, (N, 5)) @ rng.normal(0, 1, (5, 5)) + rng.normal(0, 5, 5)
mixed = mixed.round(4)
names = ["a", "b", "c", "d", "e"]
cells = table(**{name: mixed[:, at] for at, name in enumerate(names)})
for standardise in (False, True):
    ready = StandardScaler().fit_transform(mixed) if standardise else mixed
    for options in ({"components": 3}, {"variance_percent": 90.0}):
        wanted = options.get("components", options.get("variance_percent", 0) / 100)
        made = PCA(n_components=wanted, svd_solver="full").fit_transform(ready)
        case(f"pca {'standardised ' if standardise else ''}{options}", cells,
             {"op": "pca", "columns": names, "standardise": standardise, "fit": "all", **options},
             table(**{f"pc{at + 1}": made[:, at] for at in range(made.shape[1])}), exact_columns=True)

# Rows of each class after balancing; which rows they are is each tool's own chance.
classes = np.array(["no"] * 41 + ["yes"] * 13)
points = pd.DataFrame({"a": rng.normal(0, 1, 54).round(3), "b": rng.normal(0, 1, 54).round(3)})
letters = points.assign(c=rng.choice(["u", "v"], 54))
for percent in (100, 67):
    for method, sampler, source in (
        ("over", RandomOverSampler(sampling_strategy=percent / 100, random_state=0), points),
        ("under", RandomUnderSampler(sampling_strategy=percent / 100, random_state=0), points),
        ("smote", SMOTE(sampling_strategy=percent / 100, random_state=0), points),
        ("smote_nc", SMOTENC(["c"], sampling_strategy=percent / 100, random_state=0), letters),
    ):
        _, made = sampler.fit_resample(source, classes)
        case(f"balance {method} {percent}", table(**source, y=classes),
             {"op": "balance", "target": "y", "method": method, "ratio_percent": percent},
             counts={name: int((made == name).sum()) for name in ("no", "yes")})

# Folded levels: scikit-learn calls the folded column NAME_infrequent_sklearn.
for least, options in ((12, {"rare_below_count": 12}), (0.25, {"rare_below_percent": 25.0})):
    encoder = OneHotEncoder(min_frequency=least, handle_unknown="infrequent_if_exist", sparse_output=False)
    made = encoder.fit_transform(source_levels)
    names = [name.replace("infrequent_sklearn", "other") for name in encoder.get_feature_names_out()]
    fresh = encoder.transform(pd.DataFrame({"c": pd.Series(["red", "violet", "blue"], dtype="str")}))
    case(f"one-hot folded below {least}", table(c=source_levels["c"].to_numpy(dtype=object)),
         {"op": "one_hot", "columns": ["c"], "nulls": "all_zeros", "unseen": "other", "fit": "all", **options},
         table(**dict(zip(names, made.T))), new=table(c=["red", "violet", "blue"]),
         new_expected=table(**dict(zip(names, fresh.T))))
binary = OneHotEncoder(drop="if_binary", sparse_output=False).fit(one_hot_source[["f", "n"]])
made = pd.DataFrame(binary.transform(one_hot_source[["f", "n"]]), columns=binary.get_feature_names_out())
case("one-hot drop if two", table(f=flag, n=number),
     {"op": "one_hot", "columns": ["f", "n"], "drop": "if_two", "fit": "all"},
     table(**{key.replace("f_True", "f_true"): made[key] for key in made.columns}), exact_columns=True)

# Groups, pivots and series of pandas: groups stand in the order of their first row.
M = 90
group = rng.choice(["x", "y", "z", None], M, p=[0.4, 0.3, 0.2, 0.1]).astype(object)
kind = rng.choice(["b", "a", "c"], M)
value = np.where(rng.random(M) < 0.1, np.nan, np.abs(rng.normal(5, 3, M)).round(3) + 0.5)
count = rng.integers(0, 30, M)
long = pd.DataFrame({"g": group, "k": kind, "v": value, "n": count})
functions = {"count": "count", "rows": "size", "distinct": "nunique", "sum": "sum", "mean": "mean", "median": "median",
             "std": "std", "min": "min", "max": "max"}
for by in (["g"], ["g", "k"]):
    grouped = long.groupby(by, sort=False, dropna=False)
    made = grouped.agg(**{f"v_{ours}": ("v", theirs) for ours, theirs in functions.items()},
                       n_first=("n", "first"), n_last=("n", "last"), n_mode=("n", lambda cells: cells.mode().iloc[0])).reset_index()
    aggregations = [{"column": "v", "function": ours} for ours in functions] + [
        {"column": "n", "function": ours} for ours in ("first", "last", "mode")]
    case(f"group by {' and '.join(by)}", table(g=group, k=kind, v=value, n=count),
         {"op": "group_by", "by": by, "aggregations": aggregations},
         table(**{name: made[name].to_numpy(dtype=object) for name in made.columns}), exact_columns=True)
known = long.dropna(subset=["g"])
order = list(dict.fromkeys(known["g"]))
for ours, theirs in (("mean", "mean"), ("sum", "sum"), ("max", "max"), ("std", "std"), ("count", "count")):
    made = known.pivot_table(index="g", columns="k", values="v", aggfunc=theirs).loc[order]
    case(f"pivot {ours}", table(g=known["g"], k=known["k"], v=known["v"]),
         {"op": "pivot", "index": ["g"], "on": "k", "values": "v", "function": ours},
         table(g=order, **{name: made[name] for name in made.columns}), exact_columns=True)
wide = pd.DataFrame({"id": [3, 1, 2], "p": [1.5, np.nan, 2.0], "q": [4.0, 5.0, 6.5]})
melted = wide.melt(id_vars="id")
case("unpivot", table(**wide), {"op": "unpivot", "index": ["id"], "columns": ["p", "q"]},
     table(**{name: melted[name].to_numpy(dtype=object) for name in melted.columns}))
for offset in (1, 3, -2):
    for output, make in (("value", lambda part: part.shift(offset)), ("difference", lambda part: part.diff(offset)),
                         ("change_percent", lambda part: part.pct_change(offset, fill_method=None) * 100)):
        made = known.groupby("g")["v"].transform(make)
        case(f"lag {output} {offset}", table(g=known["g"], v=known["v"]),
             {"op": "lag", "columns": ["v"], "offsets": [offset], "output": output, "by": ["g"]}, lag=plain(made))
for keep in ("first", "last", "none"):
    made = long[["k", "n"]].drop_duplicates(keep=False if keep == "none" else keep)
    case(f"remove duplicates, keep {keep}", table(k=kind, n=count), {"op": "deduplicate", "keep": keep},
         table(k=made["k"], n=made["n"]))
made = long.sort_values(["n", "v"], ascending=[False, True], kind="stable", na_position="last")
case("sort by two columns", table(v=value, n=count),
     {"op": "sort", "by": [{"column": "n", "descending": True}, {"column": "v"}]}, table(v=made["v"], n=made["n"]))
lists = pd.DataFrame({"id": [1, 2, 3], "t": ["a;b", "c", "d;e;f"]})
made = lists.assign(t=lists["t"].str.split(";")).explode("t")
case("explode", table(**lists), {"op": "explode", "column": "t", "separator": ";"}, table(id=made["id"], t=made["t"]))

tools = {tool.__name__: tool.__version__ for tool in (sklearn, pd, np, scipy, category_encoders, imblearn)}
out = pathlib.Path(__file__).with_name("steps.json")
out.write_text(json.dumps({"tools": tools, "cases": cases}, ensure_ascii=False, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases, {out.stat().st_size:,} bytes")
