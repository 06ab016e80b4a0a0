"""The drivers question on open data: shares known from the data sets' descriptions, and the classical route beside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import cxresearch as cx
from cxresearch import datasets

PRINTED = 0.05001  # half of the last of the printed decimals, in percent
RTOL = 1e-6  # statsmodels stops earlier
QUICK = {"n_boot": 100}


def pick(table, **keys):
    for key, value in keys.items():
        table = table[table[key] == value]
    assert len(table) == 1, f"{len(table)} rows for {keys}"
    return table.iloc[0]


# ---- ServiceNow incidents: hand-offs and the service target

INCIDENTS = {
    "title": "ServiceNow incidents",
    "outcomes": {
        "missed": {"column": "missed", "kind": "binary", "good": "low"},
        "hours": {"column": "hours_to_resolve", "kind": "number", "good": "low"},
    },
    "drivers": {
        "reassignments": {"column": "reassignment_count", "kind": "count", "good": "low"},
        "reopenings": {"column": "reopen_count", "kind": "count", "good": "low"},
        "asked_again": {"column": "n_awaiting_user_info", "kind": "count", "good": "low"},
    },
    "controls": {"priority": {"column": "priority", "kind": "category"}},
}


@pytest.fixture
def incidents(open_data):
    open_data("servicenow_incidents")
    return datasets.load_servicenow().assign(missed=lambda x: 1 - x.made_sla_final.astype(int))


def test_missed_targets_by_reassignments_are_those_published(incidents):
    """21.6, 42.9, 60.1, 67.1 % for 0 to 3, and 81.0 % for four or more."""
    survey = cx.read(
        incidents.assign(reassignment_count=incidents.reassignment_count.clip(upper=4)), INCIDENTS
    )
    table = cx.drivers(survey, "missed", **QUICK).dose_response("reassignments").table
    seen = table[table.measure == "adverse_observed"].set_index("value")
    assert_allclose(seen.estimate.to_numpy(), [21.6, 42.9, 60.1, 67.1, 81.0], atol=PRINTED)
    assert seen.n.sum() == len(incidents)


def test_incidents_against_statsmodels(incidents):
    sm = pytest.importorskip("statsmodels.api")
    found = cx.drivers(cx.read(incidents, INCIDENTS), "missed", **QUICK)
    columns = ["reassignment_count", "reopen_count", "n_awaiting_user_info"]
    priority = pd.get_dummies(incidents.priority, prefix="p", drop_first=True, dtype=float)
    X = sm.add_constant(pd.concat([incidents[columns].astype(float), priority], axis=1))
    fit = sm.Logit(incidents.missed, X).fit(disp=0, tol=1e-12, maxiter=100)
    peer = dict(zip(X.columns[1:], fit.get_margeff().margeff, strict=True))
    for name, column in zip(found.drivers, columns, strict=True):
        effect = pick(found.effects, driver=name, term="per 1", measure="mean")
        assert_allclose(effect.estimate, peer[column], rtol=RTOL)
    calm = found.what_if(reassignments=0)
    predicted = fit.predict(X.assign(reassignment_count=0.0)).mean()
    assert_allclose(pick(calm.table, scenario="predicted", measure="mean").estimate, predicted, rtol=RTOL)
    share = pick(found.attributable, driver="reassignments", measure="attributable_share")
    assert_allclose(share.estimate, 1 - predicted / incidents.missed.mean(), rtol=RTOL)
    assert found.attributable.driver.iloc[0] == "reassignments"
    assert calm.supported > 0.95


def test_hours_to_resolve_is_a_number(incidents):
    found = cx.drivers(cx.read(incidents, INCIDENTS), "hours", **QUICK)
    assert (found.n, found.n_missing) == (23_362, 1_556)
    assert found.method.startswith("Linear model")
    assert {"no_adverse", "listwise"} <= {note.code for note in found.notes}


# ---- San Francisco airport: fourteen services and the airport as a whole


@pytest.fixture
def airport(open_data):
    open_data("sfo_2017")
    return cx.read(datasets.load_sfo(2017), datasets.codebook("sfo_2017"))


def test_fourteen_services_of_which_many_are_never_used(airport):
    found = cx.drivers(airport, "csat", list(airport.codebook.drivers), **QUICK)
    assert len(found.drivers) == 14
    assert found.n > 2_000  # never used is not missing
    assert "not_applicable" in {note.code for note in found.notes}
    shares = found.importance[found.importance.measure == "shapley_share"]
    assert_allclose(shares.estimate.sum(), 1, rtol=1e-9)
    effects = found.effects[(found.effects.term == "per 1") & (found.effects.measure == "mean")]
    assert (effects.estimate > -effects.std_error).all()  # no service makes the airport worse by being liked
    assert pick(effects, driver="restaurants").conf_low > 0


def test_metrics_of_the_airport_as_drivers_of_recommendation(airport):
    found = cx.drivers(airport, "recommend", ["csat", "ease"], [], **QUICK)
    assert found.method.startswith("Cumulative logit model")
    assert found.attributable.driver.iloc[0] == "csat"
    assert np.isfinite(found.table.conf_low).all()
