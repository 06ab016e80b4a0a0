"""The field's own route to a comparison, on rows, for `benchmarks.bench`; and ours to the same fits."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

import cxresearch as cx
from cxresearch.stats import discrimination, ordinal
from cxresearch.survey import Survey

METRICS = ("csat", "ces", "nps")
DRAWS = 100  # timed; 2,000 are 20 times as long
FULL = 2_000


def classical(frame: pd.DataFrame) -> dict[str, float]:
    """Seconds of each part of the classical route on one frame of rows."""
    parts: dict[str, Callable[[], Any]] = {
        "scikit-learn, 1,000 fits": lambda: cross_validated(frame),
        "statsmodels OLS": lambda: least_squares(frame),
        "statsmodels OrderedModel": lambda: [ordered(frame, names) for names in _groups()],
        "bootstrap": lambda: bootstrap(frame),
    }
    spent = {}
    for name, part in parts.items():
        start = time.perf_counter()
        part()
        spent[name] = (time.perf_counter() - start) * (FULL / DRAWS if name == "bootstrap" else 1)
    return spent


def _groups() -> list[list[str]]:
    return [[name] for name in METRICS] + [list(METRICS)]


def cross_validated(frame: pd.DataFrame) -> list[float]:
    """R² of ten linear models, 10 x 10 repeated K-fold."""
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import RepeatedKFold, cross_validate
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    folds = RepeatedKFold(n_splits=10, n_repeats=10, random_state=1)
    y = frame["again"].to_numpy()
    official = {
        "csat": 100.0 * (frame["csat"] >= 4),
        "ces": 100.0 * (frame["ces"] >= 5),
        "nps": 100.0 * (frame["nps"] >= 9) - 100.0 * (frame["nps"] <= 6),
    }
    models: list[tuple[Any, Any]] = [(LinearRegression(), frame[list(METRICS)].to_numpy())]
    for name in METRICS:
        x = frame[[name]].to_numpy()
        models += [
            (LinearRegression(), x),
            (make_pipeline(OneHotEncoder(handle_unknown="ignore"), LinearRegression()), x),
            (LinearRegression(), official[name].to_numpy()[:, None]),
        ]
    return [
        float(cross_validate(model, X, y, cv=folds, scoring="r2", n_jobs=os.cpu_count())["test_score"].mean())
        for model, X in models
    ]


def least_squares(frame: pd.DataFrame) -> list[Any]:
    """Least squares with robust errors, each metric alone and all together."""
    import statsmodels.api as sm

    y = frame["again"].to_numpy()
    return [sm.OLS(y, sm.add_constant(frame[names].to_numpy())).fit(cov_type="HC1") for names in _groups()]


def ordered(frame: pd.DataFrame, names: Sequence[str]) -> Any:
    """Cumulative logit on rows."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = OrderedModel(
            frame["again"].astype(int).to_numpy(), frame[list(names)].to_numpy(), distr="logit"
        )
        return model.fit(method="bfgs", disp=0, maxiter=200)


def bootstrap(frame: pd.DataFrame) -> np.ndarray:
    """R² of the joint linear model in each of some draws of rows."""
    data = frame.to_numpy()
    rng = np.random.default_rng(1)
    found = []
    for _ in range(DRAWS):
        S = np.cov(data[rng.integers(0, len(data), len(data))], rowvar=False)
        found.append(S[:-1, -1] @ np.linalg.solve(S[:-1, :-1], S[:-1, -1]) / S[-1, -1])
    return np.array(found)


def our_ordinal(frame: pd.DataFrame, codebook: Mapping[str, Any]) -> Any:
    """Cumulative logit on cells, reading included."""
    cells = cx.read(frame, codebook).cells([*METRICS, "again"])
    y = np.unique(cells.column("again"), return_inverse=True)[1]
    return ordinal.fit_cumulative(y, cells.values[:, :-1], cells.w, "logit")


def areas(frame: pd.DataFrame) -> list[float]:
    """AUC of each metric by scikit-learn."""
    from sklearn.metrics import roc_auc_score

    y = frame["again"].to_numpy()
    return [float(roc_auc_score(y, frame[name].to_numpy())) for name in METRICS]


def delong(survey: Survey) -> list[Any]:
    """AUC and DeLong's test of each pair of metrics, on cells."""
    cells = survey.cells([*METRICS, "again"])
    y = cells.column("again").astype(np.int64)
    return [
        discrimination.delong_test(cells.values[:, list(pair)], y, cells.w, cells.w2, n=cells.n)
        for pair in combinations(range(len(METRICS)), 2)
    ]
