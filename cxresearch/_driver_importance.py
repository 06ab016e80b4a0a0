"""How the explained variance, or deviance, of the outcome is shared out among the drivers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from cxresearch._driver_design import Array, Setting
from cxresearch._rows import Row, frame
from cxresearch.results import ESTIMATE_COLUMNS, Note
from cxresearch.stats.importance import moments, partial_out
from cxresearch.stats.importance_error import ImportanceTable, importance_intervals
from cxresearch.stats.importance_models import pseudo_importance
from cxresearch.stats.importance_noise import NoiseTest, more_than_noise
from cxresearch.stats.importance_sampled import shapley_r2_sampled

INDICES = ("shapley_r2", "shapley_share", "first_r2", "last_r2", "johnson_r2", "pratt_r2", "car_r2")
MOST_EXACT = (
    20  # drivers whose 2^p subsets are gone through, some seconds; beyond, orders of entry are sampled
)
MOST_REFITTED = 8  # drivers whose 2^p models are refitted, 256; beyond, the linear shares stand alone
NORMAL_DRAWS = 10_000
EXTRA = ("rank", "rank_low", "rank_high", "p_first", "p_value", "p_relative_weights")


def importance_table(
    setting: Setting, conf_level: float, n_boot: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """Importance of each driver by each index, controls in every model; and what to know about it."""
    X, groups, controls = _columns(setting)
    sample, y = setting.sample, setting.outcome.values
    boot, signs, normal = rng.spawn(3)
    wide = len(groups) > MOST_EXACT
    indices = [name for name in INDICES if not (wide and name.startswith("shapley"))]
    found = importance_intervals(X, y, sample, indices, conf_level, n_boot, boot, controls, groups)
    if wide:
        sampled, note = _sampled(setting, X, groups, controls, signs)
        return frame([*sampled, *_rows(setting, found, None)], ("driver", "measure"), EXTRA), (note,)
    noise = more_than_noise(X, y, sample, signs, controls, groups=groups)
    rows = _rows(setting, found, noise)
    family = setting.outcome.family
    family = "cumulative" if family == "probit" else family  # its shares of deviance hardly differ
    if family != "linear" and len(groups) <= MOST_REFITTED:
        pseudo = pseudo_importance(family, X, y, sample, conf_level, NORMAL_DRAWS, normal, controls, groups)
        rows += [row for row in _rows(setting, pseudo, None) if row["measure"] == "shapley_pseudo_r2"]
    return frame(rows, ("driver", "measure"), EXTRA), ()


def _sampled(
    setting: Setting, X: Array, groups: list[list[int]], controls: Array | None, rng: np.random.Generator
) -> tuple[list[Row], Note]:
    """Shapley shares of many drivers from a sample of the orders of entry, without intervals."""
    held = np.empty((len(X), 0)) if controls is None else controls
    whole = moments(np.column_stack([held, X, setting.outcome.values]), setting.sample.w)
    rest, explained = partial_out(whole, range(held.shape[1]))
    made = shapley_r2_sampled(rest, rng, groups=groups)
    shares = (1 - float(explained)) * made.shares
    rank = 1 + (shares[None, :] > shares[:, None]).sum(axis=1)
    rows: list[Row] = []
    for j in np.argsort(rank, kind="stable"):
        row: Row = {"driver": setting.drivers[j].name, "measure": "shapley_r2", "estimate": shares[j]}
        row |= {"n": setting.sample.rows, "n_missing": setting.n_missing, "rank": int(rank[j])}
        rows.append(row)
    bound = (1 - float(explained)) * float(made.error_bound.max())
    text = (
        f"Shapley shares of {len(groups)} drivers are estimated from {made.n_orders:,} orders of entry (with 99 % "
        f"confidence each within {bound:.2g} of the exact share); they have no interval here. `last_r2` and "
        "`johnson_r2` have."
    )
    return rows, Note("sampled", text)


def _columns(setting: Setting) -> tuple[Array, list[list[int]], Array | None]:
    """Columns of the drivers, those of each driver, and the columns of the controls; no interactions."""
    parts = [setting.X[:, setting.columns_of(one.name)] for one in setting.drivers]
    ends = np.cumsum([0, *(part.shape[1] for part in parts)])
    groups = [list(range(start, stop)) for start, stop in pairwise(ends.tolist())]
    held = [setting.X[:, setting.columns_of(one.name)] for one in setting.controls]
    return np.column_stack(parts), groups, np.column_stack(held) if held else None


def _rows(setting: Setting, found: ImportanceTable, noise: NoiseTest | None) -> list[Row]:
    rows: list[Row] = []
    names = [one.name for one in setting.drivers]
    for m, measure in enumerate(found.measures):
        p_value, customary = np.full((2, len(names)), np.nan)
        if noise is not None and measure == "shapley_r2":
            p_value, customary = noise.p_value, noise.p_relative_weights
        for j in np.argsort(found.rank[m], kind="stable"):
            numbers = (
                found.estimate[m, j], found.std_error[m, j], found.conf_low[m, j], found.conf_high[m, j],
                setting.sample.rows, setting.n_missing,
            )  # fmt: skip
            ranks = (found.rank[m, j], found.rank_low[m, j], found.rank_high[m, j])
            extra = (*map(int, ranks), found.p_first[m, j], p_value[j], customary[j])
            row: Row = {"driver": names[j], "measure": measure}
            row |= dict(zip(ESTIMATE_COLUMNS, numbers, strict=True))
            rows.append(row | dict(zip(EXTRA, extra, strict=True)))
    return rows
