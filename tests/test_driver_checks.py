"""What a drivers question refuses before it computes: each with what is wrong and the way out."""

from __future__ import annotations

import re

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


def test_a_frame_is_no_survey():
    with pytest.raises(
        ValueError, match=r"^`survey` must be what cx.read returns; got DataFrame. First cx.read"
    ):
        cx.drivers(answers(), "ces")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"seed": "a"}, "`seed` must be a whole number; got 'a'"),
        ({"seed": None}, "`seed` must be a whole number; got None"),
        ({"seed": 1.5}, "`seed` must be a whole number; got 1.5"),
        ({"seed": True}, "`seed` must be a whole number; got True"),
        ({"seed": -1}, "`seed` must be at least 0; got -1"),
        ({"n_boot": "100"}, "`n_boot` must be a whole number; got '100'"),
        ({"n_boot": 100.5}, "`n_boot` must be a whole number; got 100.5"),
        ({"conf_level": "95"}, "`conf_level` must be a number; got '95'"),
        ({"conf_level": 95}, "`conf_level` must lie between 0 and 1; got 95"),
        ({"outcome": 3}, "`outcome` must be one name; got 3"),
        ({"outcome": ["ces"]}, "`outcome` must be one name"),
        ({"drivers": 3}, "`drivers` must be a list of names; got 3"),
        ({"drivers": [None]}, "`drivers` must be a list of names"),
        ({"controls": [1]}, "`controls` must be a list of names"),
        ({"interactions": 1}, "`interactions` must be a list of names; got 1"),
        ({"reference": 1}, "`reference` must be answers by driver, such as {'transfers': 0}; got 1"),
        ({"reference": 0}, "`reference` must be answers by driver"),
        ({"adverse": ["low"]}, "`adverse` must be answers such as"),
        ({"adverse": True}, "`adverse` must be answers such as"),
    ],
)
def test_arguments_of_the_wrong_type_are_refused_by_name(options, told):
    with pytest.raises(ValueError, match=f"^{re.escape(told)}"):
        ask(**options)


def test_arguments_of_methods_are_refused_by_name():
    found = ask()
    with pytest.raises(ValueError, match=r"^`reference` must be a number; got 'a'"):
        found.penalty_reward("transfers", reference="a")
    with pytest.raises(ValueError, match=r"^`loyalty` must be one name"):
        found.mediation(["again"])


def test_arguments_as_numpy_and_pandas_write_them_are_taken():
    whole = {"n_boot": np.int64(100), "seed": np.int64(0), "conf_level": np.float64(0.95)}
    plain = ask("ces", ["transfers", "repeats"])
    same = ask("ces", pd.Index(["transfers", "repeats"]), adverse={1, 2, 3}, **whole)
    assert same.table.equals(plain.table)
    assert ask(adverse=np.array([1, 2])).table.equals(ask(adverse="<= 2").table)


def test_adverse_answers_may_be_listed_as_text():
    listed = ask(adverse=[1, 2, 3]).table
    for text in ("1,2,3", " 1, 2 ,3.0 ", "<= 3"):
        assert ask(adverse=text).table.equals(listed)
    alone = ask(adverse=[3]).table
    for three in ("3", 3, 3.0, np.int64(3), "== 3"):
        assert ask(adverse=three).table.equals(alone)
    assert not alone.equals(listed)
    with pytest.raises(ValueError, match="nobody gave such an answer"):
        ask(adverse="9,8")
    with pytest.raises(ValueError, match="such as '1,2,3' or '<= 3'; got '1;2'"):
        ask(adverse="1;2")


@pytest.mark.parametrize("outcome", ["ces", "again"])
def test_an_outcome_of_which_one_answer_differs_is_named_itself(outcome):
    frame = answers().assign(**{outcome: np.where(np.arange(300) == 7, 2, 5)})
    with pytest.raises(
        cx.SurveyError, match=rf"^`{outcome}`: 299 of 300 rows .* gave 5\. One answer that differs"
    ):
        ask(outcome, ["transfers", "repeats"], frame)
    with pytest.raises(cx.SurveyError, match="299 of 300 rows"):
        ask(outcome, ["transfers", "repeats"], frame, model="linear")


@pytest.mark.parametrize(("value", "told"), [("fax", "'fax'"), (99, "99")])
def test_a_stratum_of_a_single_unit_is_named_by_value_and_column(value, told):
    frame = answers()
    others = ["chat", "email", "phone"] if isinstance(value, str) else [1, 2, 7]
    frame["st"] = np.resize(np.array(others, dtype=object), len(frame))
    frame.loc[11, "st"] = value
    with pytest.raises(cx.DesignError, match=f"^column 'st': stratum {told} holds a single sampling unit"):
        ask(frame=frame, codebook=book({"strata": "st"}))
    fine = ask(frame=frame.drop(index=11), codebook=book({"strata": "st"}))
    assert fine.n == 299


def test_words_that_the_codebook_gives_to_answers_may_be_set():
    words = {"column": "back", "kind": "binary", "good": "low", "labels": {"yes": 1, "no": 0}}
    found = ask(drivers=["back", "transfers"], codebook=book(back=words), reference={"back": "no"})
    for word, number in (("no", 0), (" yes ", 1)):
        assert found.what_if(back=word).table.equals(found.what_if(back=number).table)
    with pytest.raises(ValueError, match=r"must be an answer on its scale .*; got 'maybe'"):
        found.what_if(back="maybe")
