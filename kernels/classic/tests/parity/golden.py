"""Writes golden.json: what scikit-learn 1.9.1 makes of the tables that `host::counted` makes by counting.

    python3 -m venv V && V/bin/pip install scikit-learn==1.9.1 && V/bin/python golden.py

Linear models, neighbours and machines stand behind a StandardScaler fitted on the training rows, as in the kernel;
their coefficients are given on raw columns.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

assert sklearn.__version__ == "1.9.1", sklearn.__version__
warnings.filterwarnings("ignore", category=FutureWarning)

SHOWN = [0, 3, 11, 100, 599]
I = np.arange(600)
TRAIN, VALID = I % 4 != 3, I % 4 == 3


def column(j):
    return ((I * 7919 + j * 104_729 + I * j * 31) % 1009) / 1009.0


def table(task, coarse=False):
    x = [column(j) for j in range(6)]
    signal = 2.0 * x[0] - x[1] + 1.5 * x[2] * x[3] - 0.5 * np.abs(x[4] - 0.5)
    noise = ((I * 6007) % 613) / 613.0
    y = {
        "binary": (signal + noise > 1.3).astype(float),
        "multiclass": np.clip(np.floor((signal + noise - 0.2) * 1.2), 0, 2),
        "regression": 10.0 * signal + noise,
    }[task]
    features = np.column_stack(x)
    return (np.floor(features * 100.0) / 100.0 if coarse else features), y


def columns_of(model, task, x):
    shown = model.predict(x)[:, None] if task == "regression" else model.predict_proba(x)
    return shown[SHOWN].T.tolist()


CASES = []


def case(algorithm, task, params, model, within, coarse=False, coefficients=False, probabilities=True):
    x, y = table(task, coarse)
    model.fit(x[TRAIN], y[TRAIN])
    found = {"algorithm": algorithm, "task": task, "params": params, "within": within, "coarse": coarse}
    found["columns"] = columns_of(model, task, x) if probabilities else []
    if coefficients:
        scaler, linear = model[0], model[-1]
        weights = np.atleast_2d(linear.coef_) / scaler.scale_
        found["weights"] = weights.tolist()
        found["intercepts"] = (np.atleast_1d(linear.intercept_) - weights @ scaler.mean_).tolist()
    CASES.append(found)


def scaled(model):
    return make_pipeline(StandardScaler(), model)


def linear():
    tight = dict(tol=1e-14, max_iter=1_000_000)
    for alpha in (0.02, 1.0):
        params = {"alpha": alpha, "tolerance": 1e-13, "max_iterations": 100_000}
        case("lasso", "regression", params, scaled(Lasso(alpha=alpha, **tight)), 1e-6, coefficients=True)
        for ratio in (0.0 if alpha == 1.0 else 0.3, 0.8):
            net = ElasticNet(alpha=alpha, l1_ratio=ratio, **tight)
            case("elastic_net", "regression", params | {"l1_ratio": ratio}, scaled(net), 1e-6, coefficients=True)
    for task in ("binary", "multiclass"):
        for l1, l2, weight in ((4.0, 0.0, None), (2.0, 6.0, None), (1.0, 0.5, "balanced"), (0.0, 2.0, "balanced")):
            model = LogisticRegression(
                solver="saga", C=1 / (l1 + l2), l1_ratio=l1 / (l1 + l2), class_weight=weight, tol=1e-12, max_iter=500_000
            )
            params = {"l1": l1, "l2": l2, "tolerance": 1e-9, "max_iterations": 20_000, "class_weight": weight or "none"}
            case("logistic_regression", task, params, scaled(model), 1e-6)


def machines():
    for task in ("binary", "multiclass"):
        for loss in ("hinge", "squared_hinge"):
            for cost, weight in ((0.05, None), (1.0, "balanced")):
                model = LinearSVC(
                    loss=loss, C=cost, dual=True, tol=1e-10, max_iter=5_000_000, class_weight=weight, random_state=0
                )
                params = {"loss": loss, "cost": cost, "class_weight": weight or "none", "tolerance": 1e-9,
                          "max_iterations": 1_000_000}
                case("linear_svm", task, params, scaled(model), 1e-3, coefficients=True, probabilities=False)


def simple():
    for task in ("binary", "multiclass", "regression"):
        kind = KNeighborsRegressor if task == "regression" else KNeighborsClassifier
        for k, weights in ((5, "uniform"), (17, "distance")):
            params = {"neighbours": k, "weights": weights}
            case("nearest_neighbours", task, params, scaled(kind(k, weights=weights)), 1e-9)
    for task in ("binary", "multiclass"):
        for smoothing in (1e-9, 0.1):
            case("naive_bayes", task, {"var_smoothing": smoothing}, GaussianNB(var_smoothing=smoothing), 1e-9)
        classes = 2 if task == "binary" else 3
        even = GaussianNB(priors=np.full(classes, 1 / classes))
        case("naive_bayes", task, {"class_weight": "balanced"}, even, 1e-9)
        for strategy in ("prior", "most_frequent", "uniform"):
            case("baseline", task, {"classes": strategy}, DummyClassifier(strategy=strategy), 1e-12)
    for strategy in ("mean", "median"):
        case("baseline", "regression", {"numbers": strategy}, DummyRegressor(strategy=strategy), 1e-12)
    low = DummyRegressor(strategy="quantile", quantile=0.1)
    case("baseline", "regression", {"numbers": "quantile", "quantile": 0.1}, low, 1e-12)


def trees():
    """One tree of all rows and columns is the same whoever grows it: values of a hundred steps, all in bins."""
    grown = {"trees": 1, "bootstrap": False, "max_features": "all"}
    for task in ("binary", "multiclass"):
        for criterion in ("gini", "entropy"):
            for weight in (None, "balanced"):
                model = DecisionTreeClassifier(
                    criterion=criterion, max_depth=5, min_samples_leaf=4, class_weight=weight, random_state=0
                )
                params = grown | {"criterion": criterion, "max_depth": 5, "min_samples_leaf": 4}
                case("random_forest", task, params | {"class_weight": weight or "none"}, model, 1e-9, coarse=True)
    model = DecisionTreeRegressor(max_depth=6, min_samples_split=20, min_impurity_decrease=0.01, random_state=0)
    params = grown | {"max_depth": 6, "min_samples_split": 20, "min_impurity_decrease": 0.01}
    case("random_forest", "regression", params, model, 1e-9, coarse=True)


def forests():
    """Loss on the validation rows, over seeds: a forest of another generator can only be as good."""
    found = []
    kinds = {
        "random_forest": (RandomForestClassifier, RandomForestRegressor),
        "extra_trees": (ExtraTreesClassifier, ExtraTreesRegressor),
    }
    for name, (classifier, regressor) in kinds.items():
        for task in ("binary", "multiclass", "regression"):
            x, y = table(task)
            losses, unseen = [], []
            for seed in range(20):
                model = (regressor if task == "regression" else classifier)(200, random_state=seed, n_jobs=2)
                if task != "regression":
                    model.set_params(min_samples_leaf=3)
                if name == "random_forest":
                    model.set_params(oob_score=True)
                model.fit(x[TRAIN], y[TRAIN])
                if name == "random_forest" and task == "regression":
                    unseen.append(float(np.sqrt(np.mean((model.oob_prediction_ - y[TRAIN]) ** 2))))
                elif name == "random_forest":
                    unseen.append(float(log_loss(y[TRAIN], model.oob_decision_function_)))
                if task == "regression":
                    losses.append(float(np.sqrt(np.mean((model.predict(x[VALID]) - y[VALID]) ** 2))))
                else:
                    losses.append(float(log_loss(y[VALID], model.predict_proba(x[VALID]))))
            params = {"trees": 200} | ({} if task == "regression" else {"min_samples_leaf": 3})
            both = {"valid": losses} | ({"oob": unseen} if unseen else {})
            scores = {part: [float(np.mean(of)), float(np.std(of))] for part, of in both.items()}
            found.append({"algorithm": name, "task": task, "params": params, "scores": scores})
    return found


linear()
machines()
simple()
trees()
document = {"scikit_learn": sklearn.__version__, "shown": SHOWN, "cases": CASES, "forests": forests()}
Path(__file__).with_name("golden.json").write_text(json.dumps(document, indent=1) + "\n")
