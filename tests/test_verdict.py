"""Every branch of the rule, its edges, and the size of study it names."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cxresearch.verdict import MOST_TIMES, Gap, decide, n_needed, rule

ROPE = 0.03
CONCLUSIONS = ("better", "no practical difference", "not enough data")
WITHIN = 0.15  # n is rounded up to two digits, which adds up to a tenth, and rests on the normal's quantiles


def gap(low, high, other="csat", out_of_sample=0.01):
    """A gap whose 95 % interval is (low, high), by the normal."""
    return Gap(other, (low + high) / 2, (high - low) / 2 / 1.96, low, high, out_of_sample)


def decided(*gaps, rope=ROPE, n=500):
    return decide(
        "nps", 0.512, gaps, measure="pearson_r", outcome="repurchase", rope=rope, conf_level=0.95, n=n
    )


# ---- one other metric: where its interval may lie


@pytest.mark.parametrize(
    ("low", "high", "conclusion"),
    [
        (0.031, 0.2, "better"),
        (0.03, 0.2, "not enough data"),  # the edge is not above the edge
        (0.029, 0.2, "not enough data"),
        (0.001, 0.2, "not enough data"),  # significant, perhaps too small to matter
        (-0.1, 0.2, "not enough data"),
        (-0.029, 0.029, "no practical difference"),
        (0.005, 0.029, "no practical difference"),  # significant and too small to matter
        (-0.03, 0.029, "not enough data"),
        (-0.029, 0.03, "not enough data"),
        (-0.031, 0.029, "not enough data"),
    ],
)
def test_where_the_interval_lies_decides(low, high, conclusion):
    verdict = decided(gap(low, high))
    assert verdict.conclusion == conclusion
    assert verdict.winner == ("nps" if conclusion == "better" else None)
    assert (verdict.n_needed is None) or conclusion == "not enough data"


@pytest.mark.parametrize("out_of_sample", [0.0, -0.001])
def test_who_does_not_lead_out_of_sample_does_not_win(out_of_sample):
    verdict = decided(gap(0.05, 0.2, out_of_sample=out_of_sample))
    assert verdict.conclusion == "not enough data"
    assert verdict.winner is None
    assert "not ahead out of sample" in verdict.sentence
    assert verdict.n_needed is None  # the interval is clear already: rows are not what is lacking
    assert "rows would" not in verdict.sentence


def test_without_a_region_any_difference_matters_and_none_is_none():
    assert decided(gap(0.001, 0.2), rope=0).conclusion == "better"
    assert decided(gap(0.0, 0.2), rope=0).conclusion == "not enough data"
    assert decided(gap(-0.001, 0.001), rope=0).conclusion == "not enough data"


@pytest.mark.parametrize("rope", [0.0, ROPE])
def test_two_names_for_the_same_answers(rope):
    """No gap and no error: within any region, and with none no size of study would tell them apart."""
    verdict = decided(Gap("csat", 0.0, 0.0, 0.0, 0.0, 0.0), rope=rope)
    assert verdict.conclusion == ("no practical difference" if rope else "not enough data")
    assert verdict.n_needed is None


def test_a_gap_that_could_not_be_estimated_is_unclear():
    nothing = Gap("csat", 0.2, math.nan, math.nan, math.nan, 0.1)
    verdict = decided(nothing)
    assert verdict.conclusion == "not enough data"
    assert verdict.n_needed is None


# ---- three and more


AHEAD, SAME, UNCLEAR = (0.05, 0.2), (-0.02, 0.02), (-0.02, 0.2)


@pytest.mark.parametrize(
    ("first", "second", "conclusion"),
    [
        (AHEAD, AHEAD, "better"),
        (AHEAD, SAME, "no practical difference"),
        (SAME, AHEAD, "no practical difference"),
        (SAME, SAME, "no practical difference"),
        (AHEAD, UNCLEAR, "not enough data"),
        (UNCLEAR, SAME, "not enough data"),
        (UNCLEAR, UNCLEAR, "not enough data"),
    ],
)
def test_every_other_metric_counts(first, second, conclusion):
    verdict = decided(gap(*first, "csat"), gap(*second, "ces"))
    assert verdict.conclusion == conclusion
    assert verdict.winner == ("nps" if conclusion == "better" else None)


def test_the_sentence_says_who_is_level_and_who_is_behind():
    verdict = decided(gap(*AHEAD, "ces"), gap(*SAME, "csat"))
    assert "`nps` and `csat` predict `repurchase` equally well to within ±0.03" in verdict.sentence
    assert "`ces` less well" in verdict.sentence


def test_the_sentence_names_every_metric_with_its_figures():
    for last in (AHEAD, SAME, UNCLEAR):
        sentence = decided(gap(0.041, 0.173, "csat"), gap(*last, "ces"), n=12_345).sentence
        for part in (
            "0.512",
            "`nps`",
            "`csat`",
            "`ces`",
            "0.107",
            "0.041 to 0.173",
            "n = 12,345",
            "95 % interval",
        ):
            assert part in sentence, part
        assert sentence.endswith(".")
        assert "causes" not in sentence


def test_the_rule_is_printed_with_its_constants():
    verdict = decided(gap(*AHEAD))
    assert verdict.rule == rule("pearson_r", ROPE, 0.95)
    for part in ("95 %", "pearson_r", "0.03", "cross-validated", "do not suffice"):
        assert part in verdict.rule
    assert "90 %" in rule("somers_d", 0.05, 0.9)


edges = st.floats(-0.5, 0.5)


@settings(deadline=None)
@given(st.lists(st.tuples(edges, edges, st.floats(-0.1, 0.1)), min_size=1, max_size=4), st.floats(0, 0.3))
def test_exactly_one_conclusion_and_a_winner_only_if_ahead_of_all(intervals, rope):
    gaps = [gap(min(a, b), max(a, b), f"m{i}", held) for i, (a, b, held) in enumerate(intervals)]
    verdict = decided(*gaps, rope=rope)
    assert verdict.conclusion in CONCLUSIONS
    assert (verdict.winner is not None) == (verdict.conclusion == "better")
    assert (verdict.winner is not None) == all(g.conf_low > rope and g.out_of_sample > 0 for g in gaps)
    if verdict.conclusion == "no practical difference":
        assert any(-rope < g.conf_low and g.conf_high < rope for g in gaps)
    if verdict.n_needed is not None:
        assert verdict.n_needed > 500


@settings(deadline=None)
@given(edges, edges, st.floats(0.001, 0.2), st.floats(0.001, 0.2))
def test_a_wider_region_never_makes_a_winner(a, b, one, other):
    narrow, wide = sorted((one, other))
    lead = gap(min(a, b), max(a, b))
    if decided(lead, rope=wide).winner is not None:
        assert decided(lead, rope=narrow).winner is not None
    if decided(lead, rope=narrow).conclusion == "no practical difference":
        assert decided(lead, rope=wide).conclusion == "no practical difference"


# ---- the size of study that would settle it


def needed(estimate, error, n=500, rope=ROPE):
    return n_needed([gap(estimate - 1.96 * error, estimate + 1.96 * error)], rope, 0.95, n)


def test_rows_named_give_the_power_named():
    """With the rows named, the interval clears the region's edge in 80 % of studies (normal, from first principles)."""
    n, estimate, error = 500, 0.10, 0.04
    rows = needed(estimate, error, n)
    at_rows = error * math.sqrt(n / rows)
    power = stats.norm.sf((ROPE + 1.959964 * at_rows - estimate) / at_rows)
    assert 0.8 <= power < 0.9
    exact = n * ((1.959964 + 0.841621) * error / (estimate - ROPE)) ** 2
    assert exact <= rows <= exact * (1 + WITHIN)


@pytest.mark.parametrize("estimate", [0.0, 0.004, 0.02])
def test_rows_named_give_the_power_named_where_nothing_differs(estimate):
    """Both ends must lie within the region: at a gap of 0 each may fail (two one-sided tests, first principles)."""
    n, error = 500, 0.02
    rows = needed(estimate, error, n)
    at_rows = error * math.sqrt(n / rows)
    within = stats.norm(estimate, at_rows)
    power = within.cdf(ROPE - 1.959964 * at_rows) - within.cdf(-ROPE + 1.959964 * at_rows)
    assert 0.8 <= power < 0.9


@settings(deadline=None)
@given(st.floats(0.001, 0.2), st.floats(0.001, 0.2), st.floats(0, 0.4))
def test_more_error_never_needs_fewer_rows(one, other, estimate):
    small, large = sorted((one, other))
    assert (needed(estimate, small) or math.inf) <= (needed(estimate, large) or math.inf)


@settings(deadline=None)
@given(st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0.005, 0.2))
def test_a_gap_nearer_the_edge_never_needs_fewer_rows(one, other, error):
    near, far = sorted((one, other))
    assert (needed(ROPE + far, error) or math.inf) <= (needed(ROPE + near, error) or math.inf)
    near, far = sorted((min(one, ROPE), min(other, ROPE)))
    assert (needed(ROPE - far, error) or math.inf) <= (needed(ROPE - near, error) or math.inf)


def test_rows_grow_with_the_rows_at_hand_and_are_never_fewer():
    assert needed(0.10, 0.04, 5_000) == pytest.approx(10 * needed(0.10, 0.04, 500), rel=WITHIN)
    assert needed(0.4, 0.001, 500) == 501


def test_the_hardest_gap_sets_the_size():
    easy, hard = gap(-0.02, 0.3), gap(-0.02, 0.14)
    both = n_needed([easy, hard], ROPE, 0.95, 500)
    assert both == n_needed([hard], ROPE, 0.95, 500) > n_needed([easy], ROPE, 0.95, 500)


def test_a_size_no_one_could_reach_is_not_named():
    assert needed(ROPE, 0.04) is None
    just = 0.04 * (1.959964 + 0.841621) / math.sqrt(MOST_TIMES)
    assert needed(ROPE + 0.999 * just, 0.04) is None
    assert needed(ROPE + 1.001 * just, 0.04) == pytest.approx(500 * MOST_TIMES, rel=WITHIN)
    assert "no realistic number of rows" in decided(gap(-0.02, 0.08)).sentence


def test_the_size_is_in_the_sentence():
    verdict = decided(gap(-0.02, 0.2))
    assert verdict.n_needed is not None
    assert f"about {verdict.n_needed:,} rows" in verdict.sentence
