#!/usr/bin/env python3
"""Figures of pandas, scipy and scikit-learn that the data crate's tests compare with.

    python3 -m venv venv && venv/bin/pip install pandas scipy scikit-learn
    venv/bin/python tests/parity/profile.py > tests/parity/profile.json

The data come of whole numbers alone, so that the tests make the very same.
"""

import json
import sys

import numpy
import pandas
import scipy
import sklearn
from scipy import special, stats
from sklearn.metrics import mutual_info_score, roc_auc_score

ROWS = 1000


def drawn(salt, below):
    return [(row * 2654435761 + salt * 40503 + row * row * 7) % 1000003 % below for row in range(ROWS)]


x = numpy.array([(n / 100.0) ** 3 for n in drawn(1, 997)])
y = numpy.array([n * 20.0 for n in drawn(2, 31)]) + x
g = numpy.array(drawn(3, 5))
h = numpy.array([n if n == 0 else level % 3 for n, level in zip(drawn(4, 3), g)])

series = pandas.Series(x)
table = pandas.crosstab(g, h).to_numpy()
chi2 = stats.chi2_contingency(table, correction=False).statistic
n, (r, k) = table.sum(), table.shape
phi2 = max(0.0, chi2 / n - (r - 1) * (k - 1) / (n - 1))
cramers_v = (phi2 / min(r - (r - 1) ** 2 / (n - 1) - 1, k - (k - 1) ** 2 / (n - 1) - 1)) ** 0.5
f, f_p = stats.f_oneway(*[y[g == level] for level in range(5)])


def ks(a, b):
    distance = stats.ks_2samp(a, b).statistic
    return distance, special.kolmogorov((len(a) * len(b) / (len(a) + len(b))) ** 0.5 * distance)


a = numpy.maximum(numpy.array([10, 20, 70, 0]) / 100, 1e-4)
b = numpy.maximum(numpy.array([20, 20, 50, 10]) / 100, 1e-4)
figures = {
    "mean": series.mean(),
    "std": series.std(),
    "skew": stats.skew(x),
    "kurtosis": stats.kurtosis(x),
    **{f"quantile_{p}": series.quantile(p) for p in (0.05, 0.25, 0.5, 0.75, 0.95)},
    "mad_std": stats.median_abs_deviation(x) / stats.norm.ppf(0.75),
    "pearson": stats.pearsonr(x, y).statistic,
    "spearman": stats.spearmanr(x, y).statistic,
    "cramers_v_corrected": cramers_v,
    "mutual_information": mutual_info_score(g, h),
    "anova_f": f,
    "anova_p": f_p,
    "auc": roc_auc_score(h == 1, y),
    "ks": ks(x, y)[0],
    "ks_p": ks(x, y)[1],
    "ks_near": ks(x[:500], x[500:])[0],
    "ks_near_p": ks(x[:500], x[500:])[1],
    "psi": float(((b - a) * numpy.log(b / a)).sum()),
}
versions = {m.__name__: m.__version__ for m in (numpy, pandas, scipy, sklearn)}
json.dump(
    {"versions": versions, "rows": ROWS, "figures": {name: float(value) for name, value in figures.items()}},
    sys.stdout,
    indent=1,
)
print()
