"""Contact logs: equal to the slow way on random logs, and to logs small enough to count by hand."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import contacts_by_hand as by_hand
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from cxresearch.errors import CodebookError, SurveyError
from cxresearch.survey import Codebook, read
from cxresearch.survey.contacts import read_contacts

COLUMNS = {
    "case": "ticket",
    "customer": "who",
    "time": "at",
    "channel": "via",
    "agent": "team",
    "type": "what",
}
TYPES = {"contact": ["asks"], "response": ["answers"], "closed": ["closes"], "reopened": ["reopens"]}
KINDS = {
    "types": TYPES,
    "no contact": {"response": ["answers"], "closed": ["closes"], "reopened": ["reopens"]},
    "no reopened": {"contact": ["asks"], "response": ["answers"], "closed": ["closes"]},
    "no response": {"contact": ["asks", "note"], "closed": ["closes"]},
    "no types": {},
}
MEASURES = (
    "events", "contacts", "transfers", "repeats", "customer_repeats", "channel_switches", "path", "reopenings",
    "waiting_hours", "resolution_hours", "first_contact_resolution", "censored",
)  # fmt: skip


def book(**more):
    return {"contacts": COLUMNS | {"zone": "UTC"} | more}


def frame(events):
    return pd.DataFrame(events).rename(columns=COLUMNS).reindex(columns=list(COLUMNS.values()))


def same(value, other):
    if other is None or (isinstance(other, float) and math.isnan(other)):
        return pd.isna(value)
    return (
        value == other if isinstance(other, str) else math.isclose(value, other, rel_tol=1e-12, abs_tol=1e-12)
    )


def assert_same(table, rows, key):
    assert list(table[key]) == sorted(rows, key=list(table[key]).index)
    for row in table.to_dict("records"):
        for name in set(MEASURES) & set(table.columns):
            assert same(row[name], rows[row[key]][name]), (row[key], name, row[name], rows[row[key]][name])


def count(contacts, what):
    return int(contacts.counts.set_index("what").n[what])


# Against the slow way


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_random_logs_by_case(kind, seed):
    rng = random.Random(f"{kind}{seed}")
    events = by_hand.a_log(rng, rng.choice([3, 20, 150]), days=rng.choice([2, 30]))
    spec, days = COLUMNS | KINDS[kind], rng.choice([0.5, 7])
    end = datetime(2026, 3, 20, tzinfo=UTC) if seed % 3 == 0 and len(events) > 20 else None
    try:
        contacts = read_contacts(frame(events), book(**KINDS[kind]), within_days=days, until=end)
    except SurveyError:
        assert not by_hand.tidy(events, spec, end)
        return
    rows = by_hand.measure(events, spec, days, end)
    assert set(contacts.table["case"]) == set(rows)
    assert_same(contacts.table, rows, "case")
    owners = [None if pd.isna(who) else who for who in contacts.table["customer"]]
    assert owners == [rows[case]["customer"] for case in contacts.table["case"]]
    left_out = ("missing_time", "unreadable_time", "missing_case", "after_until", "duplicates", "events")
    assert count(contacts, "events_read") == len(events) == sum(count(contacts, what) for what in left_out)
    assert count(contacts, "events") == len(by_hand.tidy(events, spec, end))
    assert (contacts.table["repeats"] <= contacts.table["customer_repeats"]).all() or contacts.table[
        "customer"
    ].isna().any()


@pytest.mark.parametrize("seed", range(12))
def test_random_logs_by_customer(seed):
    rng = random.Random(seed)
    events = by_hand.a_log(rng, 120)
    contacts = read_contacts(frame(events), book(**TYPES), unit="customer")
    cases = by_hand.measure(events, COLUMNS | TYPES, 7)
    for row in contacts.table.to_dict("records"):
        mine = [case for case in cases.values() if case["customer"] == row["customer"]]
        assert row["cases"] == len(mine)
        for name in (
            "events",
            "contacts",
            "transfers",
            "repeats",
            "customer_repeats",
            "reopenings",
            "censored",
        ):
            assert row[name] == sum(case[name] for case in mine)
        for name in ("waiting_hours", "resolution_hours", "first_contact_resolution"):
            known = [case[name] for case in mine if not math.isnan(case[name])]
            assert same(row[name], sum(known) / len(known) if known else math.nan)
    assert len(contacts.table) == len({case["customer"] for case in cases.values()} - {None})


@pytest.mark.parametrize("seed", range(8))
def test_random_logs_before_the_answer(seed):
    rng = random.Random(f"answers{seed}")
    events = by_hand.a_log(rng, 150)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    answered = {case: start + timedelta(hours=rng.randrange(24 * 31)) for case in range(9)}
    answered[3] = None
    answers = pd.DataFrame({"ticket": list(answered), "answered": list(answered.values()), "ces": 4})
    contacts = read_contacts(frame(events), book(**TYPES))
    joined = contacts.join(answers, "ticket", answered_at="answered")
    rows = by_hand.measure(events, COLUMNS | TYPES, 7, cut=answered)
    table = joined.table.set_index("ticket")
    for case in answered:
        for name in MEASURES:
            expected = rows[case][name] if case in rows else math.nan
            assert same(table.loc[case, name], expected), (case, name)
    n = joined.counts.set_index("what").n
    parts = ("without_key", "without_contacts", "without_time", "before_contacts", "matched")
    assert n["answers"] == sum(n[f"answers_{part}"] for part in parts)
    assert n["answers_matched"] == len(rows)
    late = [
        e for e in by_hand.tidy(events, COLUMNS, None)
        if answered.get(e["case"]) is not None and e["time"] > answered[e["case"]]
    ]  # fmt: skip
    assert n["events_after_answer"] == len(late)


# By hand

LOG = """ticket,who,at,via,team,what
A,ann,2026-03-02T09:00,web,,asks
A,ann,2026-03-02T11:30,,desk,answers
A,ann,2026-03-04T09:00,phone,desk,asks
A,ann,2026-03-04T09:20,phone,billing,answers
A,ann,2026-03-05T09:00,,billing,closes
A,ann,2026-03-20T09:00,web,billing,reopens
A,ann,2026-03-21T15:00,,desk,closes
B,ann,2026-03-06T08:00,web,,asks
B,ann,2026-03-06T10:00,web,desk,answers
B,ann,2026-03-06T10:00,web,desk,closes
C,bob,2026-03-22T12:00,chat,,asks
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(LOG, encoding="utf-8")
    return path


def test_a_log_counted_by_hand(log):
    contacts = read_contacts(log, book(**TYPES))
    a, b, c = contacts.table.to_dict("records")
    assert (a["contacts"], a["transfers"], a["repeats"], a["customer_repeats"]) == (2, 2, 1, 1)
    assert (a["path"], a["channel_switches"], a["reopenings"]) == ("web→phone", 1, 1)
    assert (a["waiting_hours"], a["resolution_hours"]) == (2.5, 24 * 19 + 6)
    assert a["first_contact_resolution"] == 0
    assert (b["repeats"], b["customer_repeats"]) == (0, 1)  # two days after the second call about A
    assert (b["waiting_hours"], b["resolution_hours"], b["first_contact_resolution"]) == (2, 2, 1)
    assert c["path"] == "chat"
    assert c["censored"] == 1
    assert all(
        math.isnan(c[name]) for name in ("waiting_hours", "resolution_hours", "first_contact_resolution")
    )
    found = contacts.counts.set_index("what").n
    expected = {"cases": 3, "customers": 2, "cases_open": 1, "cases_without_response": 1, "cases_censored": 1,
                "cases_undecided": 1, "same_time": 1, "events": 11, "duplicates": 0}  # fmt: skip
    assert {what: found[what] for what in expected} == expected
    assert contacts.until == pd.Timestamp("2026-03-22T12:00Z")


def test_a_customer_is_the_sum_of_cases(log):
    ann, bob = read_contacts(log, book(**TYPES), unit="customer").table.to_dict("records")
    assert (ann["cases"], ann["contacts"], ann["transfers"], ann["customer_repeats"]) == (2, 3, 2, 2)
    assert ann["path"] == "web→phone; web"
    assert ann["waiting_hours"] == 2.25
    assert ann["first_contact_resolution"] == 0.5
    assert (bob["cases"], bob["path"]) == (1, "chat")


def test_events_after_the_answer_are_not_seen(log):
    answers = pd.DataFrame(
        {
            "ticket": ["A", "B", "C", "D", None],
            "at_survey": [
                "2026-03-03 00:00",
                "2026-03-06 09:00",
                "2026-03-01 00:00",
                "2026-03-09 00:00",
                None,
            ],
        }
    )
    contacts = read_contacts(log, book(**TYPES))
    joined = contacts.join(answers, "ticket", answered_at="at_survey")
    a, b, c, d, nobody = joined.table.to_dict("records")
    assert (a["contacts"], a["transfers"], a["path"]) == (1, 0, "web")
    assert math.isnan(a["first_contact_resolution"])  # its week was not over
    assert math.isnan(b["waiting_hours"])
    for row in (c, d, nobody):
        assert math.isnan(row["transfers"])
    n = dict(zip(joined.counts.what, joined.counts.n, strict=True))
    assert n == {
        "answers": 5, "answers_without_key": 1, "answers_without_contacts": 1, "answers_without_time": 0,
        "answers_before_contacts": 1, "answers_matched": 2, "answers_dated": 0, "contacts_without_answer": 0,
        "events_after_answer": 8,
    }  # fmt: skip
    plain = contacts.join(answers[["ticket"]], "ticket")
    assert plain.table.loc[0, "transfers"] == 2
    assert any("answered_at" in note for note in plain.notes)


def test_the_joined_table_is_a_survey(log):
    contacts = read_contacts(log, book(**TYPES))
    answers = pd.DataFrame({"ticket": ["A", "B", "C"], "made_it_easy": [2, 7, 5]})
    codebook = {
        "metrics": {"ces": {"column": "made_it_easy", "instrument": "ces2"}},
        "drivers": contacts.drivers,
    }
    survey = read(contacts.join(answers, "ticket").table, codebook)
    assert survey.cells(["ces", "transfers"]).values.tolist() == [[2, 2], [5, 0], [7, 0]]
    assert survey.cells("path").levels["path"] == ("chat", "web", "web→phone")


def test_long_paths_are_cut():
    via = [f"c{i % 3}" for i in range(40)]
    at = pd.date_range("2026-03-01", periods=40, freq="h", tz="UTC")
    contacts = read_contacts(
        pd.DataFrame({"n": 1, "at": at, "via": via}),
        {"contacts": {"case": "n", "time": "at", "channel": "via"}},
    )
    assert contacts.table.loc[0, "path"] == "→".join(via[:12]) + "→…"
    assert contacts.table.loc[0, "channel_switches"] == 39


# Sources


def test_every_source_gives_the_same_numbers(tmp_path):
    import duckdb

    events = frame(by_hand.a_log(random.Random(5), 300))
    events["ticket"] = events["ticket"].astype("Int64")
    csv, parquet = tmp_path / "log.csv", tmp_path / "log.parquet"
    events.to_csv(csv, index=False)
    table = pa.Table.from_pandas(events, preserve_index=False)
    pl.from_arrow(table).write_parquet(parquet)
    with duckdb.connect() as database:
        relation = database.from_arrow(table)
        sources = {
            "csv": csv, "parquet": parquet, "arrow": table, "polars": pl.from_arrow(table),
            "lazy": pl.scan_parquet(parquet), "duckdb": relation, "categories": events.astype({"via": "category"}),
            "dictionary": pl.from_arrow(table).with_columns(pl.col("via", "team", "what").cast(pl.Categorical)),
        }  # fmt: skip
        for unit in ("case", "customer"):
            expected = read_contacts(events, book(**TYPES), unit=unit)
            for name, source in sources.items():
                found = read_contacts(source, book(**TYPES), unit=unit)
                pd.testing.assert_frame_equal(
                    found.table.sort_values(unit, ignore_index=True).astype({"path": "object"}),
                    expected.table.sort_values(unit, ignore_index=True).astype({"path": "object"}),
                    check_dtype=False, obj=name,
                )  # fmt: skip
                assert found.counts.equals(expected.counts), name


def test_a_large_csv_is_queried_as_text(log, monkeypatch):
    from cxresearch.survey import readers

    expected = read_contacts(log, book(**TYPES))
    monkeypatch.setattr(readers, "LARGE", 0)
    pd.testing.assert_frame_equal(read_contacts(log, book(**TYPES)).table, expected.table, check_dtype=False)


def test_the_callers_frame_is_not_changed(log):
    events = pd.read_csv(log)
    before = events.copy(deep=True)
    read_contacts(events, book(**TYPES))
    pd.testing.assert_frame_equal(events, before)


# Times


def hours_between(times, **more):
    log = pd.DataFrame({"n": 1, "at": times, "what": ["asks", "closes"]})
    spec = {"case": "n", "time": "at", "type": "what", "closed": ["closes"]} | more
    return read_contacts(log, {"contacts": spec})


@pytest.mark.parametrize(
    ("times", "more", "hours"),
    [
        (["2026-03-01T10:00+01:00", "2026-03-01T10:00Z"], {}, 1),
        (["2026-03-01T10:00:00.5-05:00", "2026-03-01 16:00:00.5Z"], {}, 1),
        (["2026-03-01T10:00+01:00", "2026-03-01T10:00"], {"zone": "UTC"}, 1),
        (["2026-03-28T12:00", "2026-03-29T12:00"], {"zone": "Europe/Berlin"}, 23),
        (["2026-10-24T12:00", "2026-10-25T12:00"], {"zone": "Europe/Berlin"}, 25),
        (["2026-10-25T02:30", "2026-10-25T04:00"], {"zone": "Europe/Berlin"}, 2.5),  # double: the earlier
        (["2026-03-29T02:30", "2026-03-29T04:00"], {"zone": "Europe/Berlin"}, 1),  # skipped: at 03:00
        (["1/3/2026 10:00", "1/3/2026 11:30"], {"zone": "UTC", "time_format": "%d/%m/%Y %H:%M"}, 1.5),
        (["03/01/26 10:00 +0100", "03/01/26 10:00 +0000"], {"time_format": "%m/%d/%y %H:%M %z"}, 1),
        ([1_700_000_000, 1_700_003_600], {"time_format": "unix"}, 1),
        (["1700000000000", "1700003600000"], {"time_format": "unix_ms"}, 1),
        ([1_700_000_000.25, 1_700_003_600.25], {"time_format": "unix"}, 1),
        (["2026-03-01", "2026-03-02"], {"zone": "UTC"}, 24),
        (pd.to_datetime(["2026-03-28T12:00", "2026-03-29T12:00"]), {"zone": "Europe/Berlin"}, 23),
        (pd.to_datetime(["2026-03-28T12:00", "2026-03-29T12:00"]).tz_localize("Europe/Berlin"), {}, 23),
        ([datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 2)], {"zone": "UTC"}, 2),
    ],
)
def test_times_become_utc(times, more, hours):
    assert hours_between(times, **more).table.loc[0, "resolution_hours"] == hours


def test_clock_changes_are_counted():
    contacts = hours_between(["2026-10-25T02:30", "2026-10-25T04:00"], zone="Europe/Berlin")
    assert count(contacts, "clock_change") == 1


def test_times_without_a_zone_are_refused():
    for times in (["2026-03-01T10:00", "2026-03-01T11:00"], pd.to_datetime(["2026-03-01", "2026-03-02"])):
        with pytest.raises(SurveyError, match="name no time zone"):
            hours_between(times)
    with pytest.raises(SurveyError, match="name no time zone"):
        hours_between(["2026-03-01T10:00Z", "2026-03-01T11:00"])


def test_what_cannot_be_read_is_left_out_and_counted():
    log = pd.DataFrame(
        {
            "n": [1, 1, 1, None, 1, " 1 ", "?", 1],
            "at": [
                "2026-03-02",
                "later",
                "",
                "2026-03-03",
                "2026-03-01",
                "2026-03-04",
                "2026-03-04",
                "2026-03-02",
            ],
        }
    )
    spec = {"case": "n", "time": "at", "zone": "UTC", "missing": ["?"]}
    contacts = read_contacts(log, {"contacts": spec})
    found = contacts.counts.set_index("what").n
    expected = {"events_read": 8, "unreadable_time": 1, "missing_time": 1, "missing_case": 2, "duplicates": 1,
                "events": 3, "out_of_order": 1}  # fmt: skip
    assert {what: found[what] for what in expected} == expected
    assert any("5 of 8 events are left out" in note for note in contacts.notes)


def test_events_after_the_end_are_left_out(log):
    contacts = read_contacts(log, book(**TYPES), until="2026-03-10T00:00")
    assert count(contacts, "after_until") == 3
    assert list(contacts.table["case"]) == ["A", "B"]
    assert list(contacts.table["reopenings"]) == [0, 0]
    later = read_contacts(log, book(**TYPES), until=datetime(2026, 6, 1, tzinfo=UTC))
    assert later.table["censored"].sum() == 0
    assert later.table["first_contact_resolution"].tolist() == [0, 1, 0]


# Notes


def test_what_cannot_be_measured_is_said():
    log = pd.DataFrame({"n": [1, 2], "at": ["2026-03-01Z", "2026-03-02T00:00Z"]})
    log["at"] = pd.to_datetime(["2026-03-01", "2026-03-02"], utc=True)
    contacts = read_contacts(log, {"contacts": {"case": "n", "time": "at"}})
    assert list(contacts.table) == [
        "case",
        "opened_at",
        "last_at",
        "events",
        "contacts",
        "repeats",
        "censored",
    ]
    text = repr(contacts)
    for name in ("transfers", "channel_switches", "customer_repeats", "reopenings", "waiting_hours"):
        assert f"No {name}" in text
    assert "Every event counts as a contact" in text


def test_a_type_no_event_has_is_said(log):
    contacts = read_contacts(log, book(**TYPES | {"closed": ["Closed"]}))
    assert any("'Closed'" in note and "'closes'" in note for note in contacts.notes)


def test_cases_of_several_customers_go_to_the_first():
    log = pd.DataFrame(
        {"n": [1, 1, 1], "who": [None, "ann", "bob"], "at": pd.date_range("2026-03-01", periods=3, tz="UTC")}
    )
    contacts = read_contacts(log, {"contacts": {"case": "n", "time": "at", "customer": "who"}})
    assert contacts.table.loc[0, "customer"] == "ann"
    assert count(contacts, "cases_several_customers") == 1
    assert count(contacts, "missing_customer") == 1


# What is refused


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"time": "at"}, r'case = "..." is missing'),
        ({"case": "n"}, r'time = "..." is missing'),
        ({"case": "n", "time": "at", "agnet": "x"}, "unknown key 'agnet': did you mean 'agent'"),
        ({"case": 3, "time": "at"}, "case must be text"),
        ({"case": "n", "time": "at", "closed": ["x"]}, "which is missing"),
        ({"case": "n", "time": "at", "type": "t", "closed": [1.5]}, "closed must be a list"),
        (
            {"case": "n", "time": "at", "type": "t", "closed": ["x"], "reopened": ["x"]},
            "both closed and reopened",
        ),
        ({"case": "n", "time": "at", "zone": "Mars/Base"}, "unknown zone"),
        ({"case": "n", "time": "at", "time_format": "DD/MM"}, "time_format must be"),
        ("n", "must be a table"),
    ],
)
def test_mistakes_of_the_entry(entry, message):
    for content in (
        {"contacts": entry},
        {"contacts": entry, "metrics": {"m": {"column": "m", "scale": [1, 5]}}},
    ):
        with pytest.raises(CodebookError, match=message):
            read_contacts(pd.DataFrame(), content)
    with pytest.raises(CodebookError, match=message):
        Codebook.read(content)


def test_codebooks_with_and_without_the_entry(log, tmp_path):
    path = tmp_path / "codebook.toml"
    path.write_text('[contacts]\ncase = "ticket"\ntime = "at"\nzone = "UTC"\n', encoding="utf-8")
    assert len(read_contacts(log, path).table) == 3
    whole = Codebook.read({"metrics": {"m": {"column": "m", "scale": [1, 5]}}, **book(**TYPES)})
    assert whole.columns == ("m",)
    assert len(read_contacts(log, whole).table) == 3
    with pytest.raises(CodebookError, match=r"no \[contacts\]"):
        read_contacts(log, {"metrics": {"m": {"column": "m", "scale": [1, 5]}}})
    with pytest.raises(CodebookError, match="no question"):
        Codebook.read(book())


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ({"n": [1], "when": ["2026-03-01"]}, "no column 'at', which time in .contacts. names"),
        ({"n": [], "at": []}, "no events"),
        ({"n": [1, 2], "at": [None, ""]}, "is empty: no event has a time"),
        ({"n": [1, 2], "at": ["soon", "late"]}, "no time of column 'at' can be read"),
        ({"n": [None, None], "at": ["2026-03-01", "2026-03-02"]}, "no event has a case"),
        ({"n": [1, None], "at": ["never", "2026-03-02"]}, "no event is left"),
        ({"n": [1, 2], "at": [5, 6]}, "holds numbers, not times"),
    ],
)
def test_logs_that_are_refused(log, message):
    with pytest.raises(SurveyError, match=message):
        read_contacts(pd.DataFrame(log), {"contacts": {"case": "n", "time": "at", "zone": "UTC"}})


def test_arguments_that_are_refused(log):
    for options in (
        {"unit": "agent"},
        {"within_days": 0},
        {"within_days": math.nan},
        {"until": "soon"},
        {"until": 3.5j},
    ):
        with pytest.raises(ValueError, match="`"):
            read_contacts(log, book(), **options)
    with pytest.raises(CodebookError, match="no customer"):
        read_contacts(log, {"contacts": {"case": "ticket", "time": "at", "zone": "UTC"}}, unit="customer")
    with pytest.raises(SurveyError, match="no event is left: 11 after"):
        read_contacts(log, book(), until="2020-01-01")
    with pytest.raises(SurveyError, match="cannot read answers from int"):
        read_contacts(3, book())


def test_answers_that_cannot_be_joined(log):
    contacts = read_contacts(log, book(**TYPES))
    cases = {
        "no column 'tikcet': did you mean 'ticket'": (pd.DataFrame({"ticket": ["A"]}), "tikcet"),
        "already have 'transfers'": (pd.DataFrame({"ticket": ["A"], "transfers": [1]}), "ticket"),
        "2 answers share their 'ticket'": (pd.DataFrame({"ticket": ["A", "A"]}), "ticket"),
        "no answer matches the log": (pd.DataFrame({"ticket": [1, 2]}), "ticket"),
        "no answers to join": (pd.DataFrame({"ticket": []}), "ticket"),
        "more than one column": (pd.DataFrame([["A", "B"]], columns=["ticket", "ticket"]), "ticket"),
        "not the path": ("answers.csv", "ticket"),
        "cannot join answers": (3, "ticket"),
    }
    for message, (answers, key) in cases.items():
        with pytest.raises(SurveyError, match=message):
            contacts.join(answers, key)


@pytest.mark.parametrize("keys", [[1, 2], [1.0, np.nan], ["1", " 2 "], pl.Series([1, 2]), [True, 2]])
def test_keys_are_compared_as_people_write_them(keys):
    log = pd.DataFrame({"n": ["1", "2"], "at": pd.date_range("2026-03-01", periods=2, tz="UTC")})
    numbers = log.assign(n=[1, 2])
    answers = pl.DataFrame({"n": keys}) if isinstance(keys, pl.Series) else pd.DataFrame({"n": keys})
    for source in (log, numbers):
        joined = read_contacts(source, {"contacts": {"case": "n", "time": "at"}}).join(answers, "n")
        matched = joined.counts.set_index("what").n["answers_matched"]
        assert matched == sum(not (isinstance(k, bool) or pd.isna(k)) for k in keys)


# Dates as the time of an answer


def _of_one_day():
    at = ["2026-03-01 09:00", "2026-03-02 10:00", "2026-03-02 23:30", "2026-03-03 00:30"]
    log = pd.DataFrame({"n": [1, 1, 1, 1], "at": at, "team": ["a", "b", "c", "d"]})
    spec = {"case": "n", "time": "at", "agent": "team", "zone": "Europe/Berlin"}
    return read_contacts(log, {"contacts": spec})


@pytest.mark.parametrize(
    "day",
    [
        ["2026-03-02", None],
        ["2026-03-02 00:00:00", "2026-03-05T00:00"],  # all midnight: dates as a database writes them
        ["2026-03-02", "2026-03-05 12:00"],
        pd.to_datetime(["2026-03-02", "2026-03-05"]),
        pd.to_datetime(["2026-03-02", "2026-03-05"]).tz_localize("Europe/Berlin"),
        [datetime(2026, 3, 2).date(), None],
        ["20260302", "20260305"],
    ],
)
def test_a_date_is_the_end_of_that_day(day):
    answers = pd.DataFrame({"n": [1, 2], "day": day})
    joined = _of_one_day().join(answers, "n", answered_at="day")
    assert joined.table.loc[0, "transfers"] == 2  # 23:30 of that day, not 00:30 of the next
    assert count(joined, "answers_dated") == 1  # of the answers whose key is in the log
    assert any("a date alone: 1" in note for note in joined.notes)


@pytest.mark.parametrize("day", [["2026-03-02 00:00", "2026-03-05 12:00"], ["2026-03-02T00:00:01", None]])
def test_a_time_at_midnight_among_others_is_a_time(day):
    joined = _of_one_day().join(pd.DataFrame({"n": [1, 2], "day": day}), "n", answered_at="day")
    assert joined.table.loc[0, "transfers"] == 0
    assert count(joined, "answers_dated") == 0
    assert not any("date alone" in note for note in joined.notes)


def test_a_join_without_any_drivers_says_why():
    early = pd.DataFrame({"n": [1, 2, None], "day": ["2026-02-02", "2026-03-05", "2026-03-05"]})
    with pytest.raises(
        SurveyError, match=r"no answer gets drivers: of 3, 1 have no key.*1 were given before"
    ):
        _of_one_day().join(early, "n", answered_at="day")
    unread = pd.DataFrame({"n": [1, 2], "day": ["soon", "2026-03-05"]})
    with pytest.raises(SurveyError, match="1 have no time in 'day' that can be read"):
        _of_one_day().join(unread, "n", answered_at="day")


@pytest.mark.parametrize(
    ("times", "unit", "told"),
    [
        (
            [1_772_000_000_000, 1_772_000_060_000],
            "unix",
            ["2 rows of 2", "1990 to 2100", "1772000000000", '"unix_ms"'],
        ),
        (
            [1_772_000_000, 1_772_000_060],
            "unix_ms",
            ["2 rows of 2", 'They would lie there as time_format = "unix"'],
        ),
        (["1772000000000", "1772000060"], "unix", ["1 row of 2", '"unix_ms"']),
        ([1, 1_772_000_000], "unix", ["1 row of 2", "for example 1.", "missing in [contacts]"]),
        ([1_772_000_000.5, 1e300], "unix", ["1 row of 2", "1e+300"]),
        ([1_772_000_000.5, np.inf], "unix", ["1 row of 2", "inf"]),
    ],
)
def test_unix_times_of_another_age_are_refused(times, unit, told):
    with pytest.raises(SurveyError) as caught:
        hours_between(times, time_format=unit)
    for part in told:
        assert part in str(caught.value)


def test_a_code_among_unix_times_can_be_named_as_missing():
    log = pd.DataFrame({"n": [1, 1, 1], "at": [1_772_000_000, -1, 1_772_003_600]})
    book = {"contacts": {"case": "n", "time": "at", "time_format": "unix", "missing": [-1, "?"]}}
    contacts = read_contacts(log, book)
    assert count(contacts, "missing_time") == 1
    assert count(contacts, "events") == 2


def test_one_case_and_one_answer_are_told_in_the_singular():
    contacts = _of_one_day()
    assert repr(contacts).startswith("Contacts: 1 case until")
    assert repr(contacts.join(pd.DataFrame({"n": [1]}), "n")).startswith("Joined: 1 answer\n")
