"""The contact log of a world says, event by event, what its answers say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import cxresearch as cx
from cxresearch import worlds
from cxresearch._world_contacts import CODEBOOK

COUNTS = ["transfers", "repeats", "channel_switches"]
N = 4_000


def variants():
    tie = worlds.tie()
    friction = {item.name: item for item in tie.frictions}
    return {
        "tie": tie,
        "some do not answer": replace(tie, response=(0.15, 0.25, 0.4), weighted=True),
        "teams": replace(tie, teams=30),
        "waves": replace(tie, waves=(-0.1, 0.0, 0.1)),
        "more switches than repeats": replace(
            tie, frictions=(replace(friction["channel_switches"], base=2.0, harm=0.01), friction["repeats"])
        ),
        "no frictions": replace(tie, frictions=()),
        "days of waiting": replace(
            tie, frictions=(replace(friction["waiting"], base=9_000, step=1_440, harm=1e-5), friction["repeats"])
        ),
        "parts of a minute": replace(tie, frictions=(replace(friction["waiting"], base=2, step=0.1, harm=0.01),)),
    }  # fmt: skip


VARIANTS = variants()


def joined(world, n, seed, unit="case"):
    contacts = cx.read_contacts(world.contacts(n, seed), world.codebook, unit=unit)
    answers = world.answers(n, seed)
    found = contacts.join(answers.drop(columns=COUNTS, errors="ignore"), "customer")
    assert found.counts.set_index("what").n["answers_matched"] == n
    return found.table, answers


@pytest.mark.parametrize("unit", ["case", "customer"])
@pytest.mark.parametrize("name", VARIANTS)
def test_read_again_the_log_is_what_the_answers_say_row_by_row(name, unit):
    found, answers = joined(VARIANTS[name], N, 3, unit)
    for column in COUNTS:
        assert_array_equal(found[column], answers.get(column, 0), column)
    waited = answers.get("waiting", 0 * answers["ces"])
    np.testing.assert_allclose(found["waiting_hours"], waited / 60, rtol=1e-12)
    assert_array_equal(found["contacts"], 1 + np.maximum(found["repeats"], found["channel_switches"]))
    assert_array_equal(found["customer_repeats"], found["repeats"])


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 40), seed=st.integers(0, 2**32))
def test_every_log_is_its_answers(n, seed):
    found, answers = joined(VARIANTS["more switches than repeats"], n, seed)
    for column in ("repeats", "channel_switches"):
        assert_array_equal(found[column], answers[column], column)


def test_a_case_makes_sense():
    """Closed once and last, agents answer, first-contact resolution where there was one contact."""
    world = worlds.tie()
    contacts = cx.read_contacts(world.contacts(N, 1), world.codebook)
    table = contacts.table
    counts = contacts.counts.set_index("what").n
    for what in ("duplicates", "out_of_order", "unreadable_time", "cases_open", "cases_without_response"):
        assert counts[what] == 0, what
    assert (table["closed_at"] == table["last_at"]).all()
    assert (table["reopenings"] == 0).all()
    assert_array_equal(table["first_contact_resolution"], table["contacts"] == 1)
    assert (table["resolution_hours"] > table["waiting_hours"]).all()
    assert table["path"].str.count("→").eq(table["channel_switches"]).all()


def test_events_name_those_they_concern():
    log = worlds.tie().contacts(N, 1)
    customers = log["event"] == "contact"
    assert_array_equal(log["channel"].notna(), customers)
    assert_array_equal(log["agent"].isna(), customers)
    assert log["time"].is_monotonic_increasing
    hours = log["time"][customers].dt.hour
    assert hours.between(8, 19).all()
    assert log["time"][customers].dt.microsecond.eq(0).all()


def test_a_switch_without_a_repeat_is_a_contact_after_the_window():
    world = VARIANTS["more switches than repeats"]
    log, answers = world.contacts(N, 3), world.answers(N, 3)
    wide = cx.read_contacts(log, world.codebook, within_days=30).table
    assert (wide["repeats"] > answers["repeats"]).any()
    assert_array_equal(wide["repeats"], np.maximum(answers["repeats"], answers["channel_switches"]))


def test_the_log_is_of_the_customers_who_answered_and_of_its_seed_alone():
    world = VARIANTS["some do not answer"]
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the global generator must not move
    answers = world.answers(500, 7)
    log = world.contacts(500, 7)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert set(log["customer"]) == set(answers["customer"])
    pd.testing.assert_frame_equal(log, world.contacts(500, 7))
    pd.testing.assert_frame_equal(answers, world.answers(500, 7))
    assert not log.equals(world.contacts(500, 8))


def test_agents_are_of_the_customers_team_and_waves_follow_each_other():
    world = replace(VARIANTS["teams"], waves=(-0.1, 0.0, 0.1))
    answers = world.answers(N, 1).set_index("customer")
    log = world.contacts(N, 1)
    by_agent = log[log["agent"].notna()]
    team = by_agent["agent"].astype(str).str.extract(r"team (\d+), agent \d+")[0].astype(int)
    assert_array_equal(team, answers["team"].reindex(by_agent["customer"]))
    opened = log.groupby("customer")["time"].min()
    ends = opened.groupby(answers["wave"]).agg(["min", "max"])
    assert (ends["min"].to_numpy()[1:] > ends["max"].to_numpy()[:-1]).all()


def test_details_are_spread_and_tell_nothing():
    """Times, channels and agents are drawn apart from what customers feel."""
    world = worlds.tie()
    answers = world.answers(20_000, 1).set_index("customer")
    first = world.contacts(20_000, 1).groupby("customer").first()
    day = (first["time"] - first["time"].min()).dt.days
    assert day.max() == 89
    share = first["channel"].value_counts(normalize=True)
    np.testing.assert_allclose(
        share[["phone", "chat", "email", "web"]], [0.45, 0.25, 0.2, 0.1], atol=4.5 * np.sqrt(0.25 / 20_000)
    )
    assert abs(np.corrcoef(day, answers["ces"])[0, 1]) < 4.5 / np.sqrt(20_000)


@pytest.mark.parametrize(
    ("name", "change", "match"),
    [
        ("transfers", {"kind": "binary", "base": 0.2}, "counts transfers, one by one.* 'binary'"),
        ("repeats", {"kind": "number", "step": 0.5}, "counts repeats, one by one.* steps of 0.5"),
        ("waiting", {"kind": "binary", "base": 0.2, "harm": 0.1}, "waiting in minutes.* 'binary'"),
    ],
)
def test_what_no_log_can_count_is_refused(name, change, match):
    tie = worlds.tie()
    frictions = tuple(replace(f, **change) if f.name == name else f for f in tie.frictions)
    world = replace(tie, frictions=frictions)
    assert len(world.answers(10, 1)) == 10
    with pytest.raises(cx.WorldError, match=match):
        world.contacts(10, 1)


@pytest.mark.parametrize("name", ["waiting", "repeats", "transfers", "channel_switches"])
def test_a_question_of_a_count_s_name_is_no_count(name):
    tie = worlds.tie()
    few = replace(tie, frictions=tuple(f for f in tie.frictions if f.name != name))
    asked = replace(few, items=(replace(tie.items[0], name=name, missing=0.2), *tie.items[1:]))
    as_ever = replace(few, items=(replace(tie.items[0], missing=0.2), *tie.items[1:]))
    pd.testing.assert_frame_equal(asked.contacts(300, 1), as_ever.contacts(300, 1))


def test_too_few_customers_are_refused():
    with pytest.raises(ValueError, match="`n` must be at least 1; got 0"):
        worlds.tie().contacts(0, 1)


def test_the_codebook_of_the_answers_describes_the_log():
    world = worlds.tie()
    assert world.codebook["contacts"] == CODEBOOK
    assert list(world.contacts(5, 1)) == ["customer", "case", "time", "channel", "agent", "event"]
    assert world.sample(50, 1).codebook.contacts.response == ("answer",)


def test_the_log_survives_a_file(tmp_path):
    world = worlds.tie()
    world.contacts(300, 1).to_csv(tmp_path / "log.csv", index=False)
    contacts = cx.read_contacts(tmp_path / "log.csv", world.codebook)
    found = contacts.join(world.answers(300, 1).drop(columns=COUNTS), "customer").table
    assert_array_equal(found[COUNTS], world.answers(300, 1)[COUNTS])
