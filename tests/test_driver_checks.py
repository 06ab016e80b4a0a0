"""What a drivers question refuses before it computes: each with what is wrong and the way out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx


def answers(n=300, seed=0):
    rng = np.random.default_rng(seed)
    transfers, repeats = rng.poisson(0.8, n), rng.poisson(0.5, n)
    channel = rng.choice(["phone", "chat", "email"], n)
    ease = 5.5 - 0.6 * transfers - 0.4 * repeats + rng.normal(0, 1.3, n)
    again = np.clip(np.round(ease + rng.normal(0, 1, n)), 1, 7)
    return pd.DataFrame({
        "ces": np.clip(np.round(ease), 1, 7), "again": again, "transfers": transfers, "repeats": repeats,
        "channel": channel, "back": np.where(rng.random(n) < 0.4, "yes", "no"),
    })  # fmt: skip


def book(design=None, **drivers):
    made = {
        "metrics": {"ces": {"column": "ces", "instrument": "ces2"}},
        "outcomes": {"again": {"column": "again", "scale": [1, 7]}},
        "drivers": {
            "transfers": {"column": "transfers", "kind": "count", "good": "low"},
            "repeats": {"column": "repeats", "kind": "count", "good": "low"},
            "channel": {"column": "channel", "kind": "category", "levels": ["phone", "chat", "email"]},
        } | drivers,
    }  # fmt: skip
    return made | ({"design": design} if design else {})


def ask(outcome="ces", drivers=("transfers",), frame=None, codebook=None, **options):
    survey = cx.read(answers() if frame is None else frame, codebook or book())
    return cx.drivers(survey, outcome, drivers, **({"n_boot": 100} | options))


def test_a_long_cell_of_a_category_is_cut_in_messages():
    frame = answers()
    frame["channel"] = frame.channel.where(frame.index > 0, "x" * 60_000)
    bare = book(channel={"column": "channel", "kind": "category"})
    for codebook in (book(), bare):
        with pytest.raises(ValueError, match="60,000 characters") as caught:
            ask(drivers=["channel"], frame=frame, codebook=codebook)
        assert len(str(caught.value)) < 400
    with pytest.raises(ValueError, match="60,000 characters") as caught:
        ask(drivers=["channel"]).what_if(channel="x" * 60_000)
    assert len(str(caught.value)) < 200
