"""Expected results of wrangling steps on text, dates and series, made by scikit-learn and pandas.

    python tests/parity/texts.py        writes tests/parity/texts.json

The Rust test `parity_with_scikit_learn_and_pandas` compares to 1e-9.
"""

import json
import math
import pathlib
import sys

import numpy as np
import pandas as pd
import sklearn
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

RNG = np.random.default_rng(20261121)


def plain(values):
    """Numbers for JSON: missing ones are null."""
    return [None if v is None or (isinstance(v, float) and math.isnan(v)) else float(v) for v in values]


def vectors():
    words = "data tables are read; read tables again, café Straße ÜBER über naïve x y1 _a 12 don't résumé 東京 東 \u0928\u092e\u0938\u094d\u0924\u0947".split()
    texts = [" ".join(RNG.choice(words, size=int(n))) for n in RNG.integers(0, 12, size=26)]
    texts += ["", "ONE One one", "a b c", "İstanbul ΣΑΣ", "snake_case and-hyphen", "tab\tand\nline"]
    cases = []
    for kind in ("count", "tfidf", "binary"):
        for ngrams, features, least in ((1, 100, 1), (1, 7, 2), (2, 30, 2), (3, 1000, 3)):
            # Of words that are equally frequent scikit-learn's partition keeps any; only a cut between different
            # frequencies is the same for everybody, so the limit is moved to one.
            options = dict(ngram_range=(1, ngrams), min_df=least)
            counter = CountVectorizer(**options)
            totals = np.sort(np.asarray(counter.fit_transform(texts).sum(axis=0)).ravel())[::-1]
            while features < len(totals) and totals[features - 1] == totals[features]:
                features += 1
            options["max_features"] = features
            if kind == "tfidf":
                maker = TfidfVectorizer(**options)
            else:
                maker = CountVectorizer(binary=kind == "binary", **options)
            if kind == "binary":
                # scikit-learn counts a word once for each row here; ours ranks words by how often they occur.
                maker.set_params(vocabulary=CountVectorizer(**options).fit(texts).get_feature_names_out())
            rows = maker.fit_transform(texts).toarray()
            cases.append(
                dict(
                    kind=kind,
                    ngrams=ngrams,
                    max_features=features,
                    min_rows=least,
                    words=list(maker.get_feature_names_out()),
                    rows=[plain(row) for row in rows],
                )
            )
    return dict(texts=texts, cases=cases)


def rolling():
    n = 70
    # Near 0: pandas' own rolling deviation loses digits on large numbers, ours does not.
    values = RNG.normal(3.0, 2.0, size=n)
    values[RNG.random(n) < 0.15] = np.nan
    values[30:40] = np.nan
    values[50:62] = 4.0
    groups = RNG.choice(["a", "b", "c"], size=n)
    order = RNG.permutation(n)
    frame = pd.DataFrame(dict(x=values, g=groups, t=order))
    cases = []
    for function in ("mean", "sum", "std", "min", "max", "median", "count"):
        for window, least, closed in ((7, 0, None), (7, 1, None), (3, 2, None), (1, 0, None), (7, 3, "left"), (200, 1, None)):
            # For counts pandas' `min_periods` means rows, ours values.
            for by in (False, True) if function != "count" or least == 0 else ():
                ordered = frame.sort_values("t", kind="stable")

                def roll(part):
                    periods = None if least == 0 else least
                    if function == "count" and least == 0:
                        periods = 0
                    return getattr(part.rolling(window, min_periods=periods, closed=closed), function)()

                made = ordered.groupby("g")["x"].transform(roll) if by else roll(ordered["x"])
                cases.append(
                    dict(
                        function=function,
                        window=window,
                        min_rows=least,
                        exclude_current=closed == "left",
                        by=by,
                        expected=plain(made.sort_index()),
                    )
                )
    return dict(x=plain(values), g=list(groups), t=[int(v) for v in order], cases=cases)


def resample():
    n = 80
    minutes = np.sort(RNG.integers(0, 60 * 24 * 160, size=n))
    times = pd.Timestamp("2023-11-17 05:07:00") + pd.to_timedelta(minutes, unit="m")
    close = np.concatenate([np.arange(40) * 7, 1400 + np.arange(40) * 11])
    near = pd.Timestamp("2024-02-28 21:53:00") + pd.to_timedelta(close, unit="m")
    values = np.round(RNG.normal(size=n), 3)
    values[::9] = np.nan
    cases = []
    for every, rule, index in (
        ("15m", "15min", near),
        ("1h", "h", near),
        ("6h", "6h", near),
        ("1d", "D", times),
        ("1w", "W-MON", times),
        ("1mo", "MS", times),
        ("1q", "QS", times),
        ("1y", "YS", times),
    ):
        options = dict(closed="left", label="left") if every == "1w" else {}
        grouped = pd.Series(values, index=index).resample(rule, **options)
        functions = ("mean", "sum", "count", "min", "max", "first", "last", "median", "std")
        made = {name: getattr(grouped, name)() for name in functions}
        cases.append(
            dict(
                every=every,
                times=[int(t.value // 1000) for t in index],
                begins=[int(t.value // 1000) for t in made["mean"].index],
                figures={name: plain(series) for name, series in made.items()},
            )
        )
    return dict(x=plain(values), cases=cases)


def dates():
    seconds = RNG.integers(-3_000_000_000, 4_000_000_000, size=120)
    times = pd.Series(pd.to_datetime(seconds, unit="s"))
    days = ["1999-12-31", "2000-01-01", "2000-02-29", "2004-12-31", "2005-01-01", "2008-12-29", "2010-01-03", "1900-02-28"]
    times = pd.concat([times, pd.Series(pd.to_datetime(days)).astype(times.dtype)], ignore_index=True)
    clock = times.dt
    parts = dict(
        year=clock.year,
        quarter=clock.quarter,
        month=clock.month,
        week=clock.isocalendar().week,
        day=clock.day,
        weekday=clock.day_of_week + 1,
        day_of_year=clock.day_of_year,
        hour=clock.hour,
        minute=clock.minute,
        second=clock.second,
        weekend=(clock.day_of_week >= 5).astype(int),
        month_start=clock.is_month_start.astype(int),
        month_end=clock.is_month_end.astype(int),
        epoch=times.astype("datetime64[s]").astype("int64"),
    )
    return dict(
        times=[int(v) * 1_000_000 for v in times.astype("datetime64[s]").astype("int64")],
        parts={name: [int(v) for v in part] for name, part in parts.items()},
    )


def zones():
    nights = ("2024-03-10", "2024-03-31", "2024-04-07", "2024-10-06", "2024-10-27", "2024-11-03")
    spans = [pd.date_range(pd.Timestamp(night), periods=22, freq="13min") for night in nights]
    local = pd.Series(np.concatenate([span.to_numpy() for span in spans]))
    cases = []
    for source, target in (
        ("UTC", "Europe/Berlin"),
        ("Europe/Berlin", "America/New_York"),
        ("America/New_York", "Asia/Kolkata"),
        ("Australia/Lord_Howe", "UTC"),
    ):
        # Where a time occurs twice the earlier one is the one in summer time.
        placed = local.dt.tz_localize(source, ambiguous=np.ones(len(local), dtype=bool), nonexistent="NaT")
        # Where it does not exist: the offset before the gap, which is that of the day before.
        gaps = placed.isna()
        before = (local - pd.Timedelta(days=1)).dt.tz_localize(source, ambiguous=np.ones(len(local), dtype=bool), nonexistent="NaT")
        moved = (before.dt.tz_convert("UTC") + pd.Timedelta(days=1)).dt.tz_convert(target)
        made = placed.dt.tz_convert(target).where(~gaps, moved).dt.tz_localize(None)
        cases.append({"from": source, "to": target, "expected": [int(t.value // 1000) for t in made], "gaps": int(gaps.sum())})
    return dict(times=[int(t.value // 1000) for t in local], cases=cases)


def main():
    made = dict(
        versions=dict(
            python=sys.version.split()[0], numpy=np.__version__, pandas=pd.__version__, sklearn=sklearn.__version__
        ),
        vectors=vectors(),
        rolling=rolling(),
        resample=resample(),
        dates=dates(),
        zones=zones(),
    )
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


main()
