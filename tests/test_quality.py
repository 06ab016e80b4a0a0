"""Reliability of an index, through the survey door."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx

RTOL = 1e-10  # closed form


def _survey(frame, columns, **entry):
    return cx.read(frame, {"metrics": {"index": {"columns": columns, "scale": [1, 10], **entry}}})


def test_ecsi_alphas_are_the_published_ones(open_data):
    """Alpha of the ECSI mobile set: satisfaction .770, quality .872, loyalty .442 (n = 250)."""
    frame = pd.read_csv(open_data("ecsi_mobile"))
    blocks = {
        0.770: ["CUSA1", "CUSA2", "CUSA3"],
        0.872: [f"PERQ{i}" for i in range(1, 8)],
        0.442: ["CUSL1", "CUSL2", "CUSL3"],
    }
    for published, columns in blocks.items():
        table = cx.reliability(_survey(frame, columns)).table
        assert table.estimate[0] == pytest.approx(published, abs=5e-4)
        assert table.conf_low[0] < published < table.conf_high[0]
        assert table.n[0] == 250


def test_alpha_by_its_definition_with_missing_items_and_a_reversed_one():
    rng = np.random.default_rng(3)
    true = rng.normal(size=400)
    items = np.clip(np.round(5.5 + 2 * true[:, None] + rng.normal(size=(400, 3))), 1, 10)
    frame = pd.DataFrame(items, columns=["a", "b", "c"]).assign(c=lambda f: 11 - f.c)
    frame.loc[:9, "a"] = np.nan
    table = cx.reliability(_survey(frame, ["a", "b", "c"], reverse=["c"])).table
    whole = frame.dropna().assign(c=lambda f: 11 - f.c)
    variance = whole.var(ddof=1).sum() / whole.sum(axis=1).var(ddof=1)
    assert table.estimate[0] == pytest.approx(3 / 2 * (1 - variance), rel=RTOL)
    assert (table.n[0], table.n_missing[0]) == (390, 10)


def test_a_single_item_has_no_alpha():
    survey = cx.read(pd.DataFrame({"a": [1, 2, 3]}), {"metrics": {"one": {"column": "a", "scale": [1, 10]}}})
    with pytest.raises(cx.CodebookError, match="single item"):
        cx.reliability(survey, "one")
    with pytest.raises(cx.CodebookError, match="several items"):
        cx.reliability(survey)
