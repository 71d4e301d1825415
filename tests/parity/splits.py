"""Writes splits.json: folds of scikit-learn where they hang on no generator, for the tests of the data crate.

Run it in an environment with scikit-learn and pandas; the versions stand in the file.

    python3 tests/parity/splits.py > src-tauri/crates/data/src/split/parity.json
"""

import json
import warnings

import numpy
import sklearn
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

warnings.filterwarnings("ignore")


def numbers(seed, rows, below):
    """Whole numbers by a generator that needs no library: the quadratic residues look random enough."""
    return [(seed * 7919 + row * row * 31 + row * 17) // 13 % below for row in range(rows)]


def skewed(seed, rows, groups):
    """Groups of very different sizes."""
    return [min((value * value) // groups, groups - 1) for value in numbers(seed, rows, groups)]


def folds_of(splitter, rows, y=None, groups=None):
    found = []
    for train, valid in splitter.split(numpy.zeros(rows), y, groups):
        found.append({"train": train.tolist(), "valid": valid.tolist()})
    return found


cases = []


def case(name, splitter, rows, y=None, groups=None, **cell):
    cases.append({
        "name": name,
        "rows": rows,
        "y": y,
        "groups": groups,
        "cell": cell,
        "folds": folds_of(splitter, rows, y, groups),
    })


for rows, k in [(10, 3), (17, 5), (100, 7)]:
    case(f"KFold {rows} {k}", KFold(k), rows, method="ordered", folds=k)
    case(f"KFold {rows} {k}, dealt as rows stand", KFold(k), rows, method="random", shuffle=False, folds=k)

for seed, (rows, classes, k) in enumerate([(20, 2, 4), (53, 3, 5), (211, 9, 6), (97, 12, 3)]):
    y = numbers(seed + 1, rows, classes)
    case(f"StratifiedKFold {rows} {k}", StratifiedKFold(k), rows, y=y, method="stratified", by="y", shuffle=False,
         folds=k)

for seed, (rows, groups, k) in enumerate([(40, 7, 3), (200, 31, 5), (500, 120, 8)]):
    of = skewed(seed + 1, rows, groups)
    case(f"GroupKFold {rows} {k}", GroupKFold(k), rows, groups=of, method="group", group="g", shuffle=False, folds=k)

for seed, (rows, groups, classes, k) in enumerate([(60, 12, 2, 3), (300, 50, 3, 5), (400, 90, 10, 4), (350, 41, 2, 6)]):
    y = [value * value // classes for value in numbers(seed + 3, rows, classes)]
    of = skewed(seed + 2, rows, groups)
    case(f"StratifiedGroupKFold {rows} {k}", StratifiedGroupKFold(k), rows, y=y, groups=of, method="stratified_group",
         by="y", group="g", shuffle=False, folds=k)

for rows, k, gap, window in [(6, 5, 0, None), (23, 4, 0, None), (100, 6, 3, None), (100, 6, 0, 20), (57, 3, 5, 9)]:
    cell = {"method": "chronological", "time": "t", "folds": k}
    if gap:
        cell["gap"] = str(gap)
    if window:
        cell["window"] = window
    case(f"TimeSeriesSplit {rows} {k} {gap} {window}", TimeSeriesSplit(k, gap=gap, max_train_size=window), rows, **cell)

document = {
    "made_by": "tests/parity/splits.py",
    "versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__},
    "cases": cases,
}
lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in cases)
print(f'{{"made_by":"{document["made_by"]}","versions":{json.dumps(document["versions"])},"cases":[\n{lines}\n]}}')
