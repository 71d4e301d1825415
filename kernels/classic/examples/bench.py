"""scikit-learn on the tables that the example `classic_bench` wrote: python bench.py FOLDER [forest|knn|lasso|svm]

A time is that of fitting (with the score out of the bag, as the kernel reports it) and of predicting all rows, the
median of three, on two threads. Linear models, neighbours and machines stand behind a StandardScaler.
"""

import sys
import time
from pathlib import Path

import numpy as np
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import Lasso
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC


def calibrated(machine):
    return CalibratedClassifierCV(machine, ensemble=False, cv=5, n_jobs=2)


BENCHES = [
    ("forest", "random_forest", 20_000, 40, "classes",
     lambda: RandomForestClassifier(n_jobs=2, random_state=1, oob_score=True)),
    ("forest", "random_forest", 200_000, 20, "classes",
     lambda: RandomForestClassifier(n_jobs=2, random_state=1, oob_score=True)),
    ("forest", "extra_trees", 200_000, 20, "classes", lambda: ExtraTreesClassifier(n_jobs=2, random_state=1)),
    ("forest", "random_forest", 20_000, 40, "numbers",
     lambda: RandomForestRegressor(n_jobs=2, random_state=1, oob_score=True)),
    ("knn", "nearest_neighbours", 20_000, 20, "classes", lambda: KNeighborsClassifier(n_jobs=2)),
    ("lasso", "lasso", 200_000, 100, "numbers", lambda: Lasso(alpha=0.01)),
    ("svm", "linear_svm", 200_000, 20, "classes", lambda: calibrated(LinearSVC())),
    ("svm", "linear_svm", 20_000, 40, "classes", lambda: calibrated(LinearSVC(loss="hinge", C=0.1, max_iter=10_000))),
]

folder, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
print(f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}")
for kind, name, rows, width, target, make in BENCHES:
    if wanted not in (None, kind):
        continue
    raw = np.fromfile(folder / f"{target}_{rows}_{width}.f64").reshape(width + 1, rows)
    x, y = np.ascontiguousarray(raw[:-1].T), raw[-1]
    valid = np.arange(rows) % 5 == 0
    times = []
    for _ in range(3):
        model = make() if kind == "forest" else make_pipeline(StandardScaler(), make())
        started = time.perf_counter()
        model.fit(x[~valid], y[~valid])
        predicted = model.predict(x) if target == "numbers" else model.predict_proba(x)[:, 1]
        times.append(time.perf_counter() - started)
    if target == "numbers":
        shown = f"valid.rmse {np.sqrt(np.mean((predicted[valid] - y[valid]) ** 2)):.4f}"
    else:
        shown = f"valid.auc {roc_auc_score(y[valid], predicted[valid]):.4f}"
        shown += f", valid.log_loss {log_loss(y[valid], predicted[valid]):.4f}"
    print(f"{name:<20} {target:<11} {rows:>8} {width:>4} {sorted(times)[1]:>9.3f}  {shown}", flush=True)
