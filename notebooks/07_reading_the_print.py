# %% [markdown]
# # Reading the print
#
# **Question.** What do the percentages printed for and against CES, CSAT and NPS imply, given only what was printed?
#
# **Claims and sources.** Nine, taken from the project's registry in the first table below with their printed figures, where they
# stand, and how far we have seen them. A figure that nobody on this project has seen in print is not used. The verdict on each is on
# [the scorecard](../build/scorecard.html).
#
# **Words.** CES asks how easy it was, CSAT how satisfied one is, NPS whether one would recommend (per cent promoters less per cent
# detractors). A *latent correlation* is that of the two leanings behind the answers, before anybody cut them into groups or into
# yes and no. The *odds* of 96 % are 96 to 4; an *odds ratio* sets those of one group against those of another.
#
# **How it is tested.** By arithmetic. A printed figure stands for all numbers that round to it; a pair of rates for all the
# correlations that could have made it, one for each way the groups may have been cut. Where the print allows a range, the
# range is the answer.
#
# **Kind of evidence.** *Arithmetic on print*: no customer was asked anything here. It can show that figures contradict one another,
# or what would have to be true for them to hold. It cannot show that they are wrong about customers.

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.ticker import PercentFormatter

import cxresearch as cx
from cxresearch import course, studies
from cxresearch.plots import BLUE, GREY, INK, ORANGE, PURPLE, describe, new_figure
from cxresearch.stats import accuracy_claims, granularity, printed, rates, ratios, tails
from cxresearch.stats.fisher import fisher_interval
from cxresearch.stats.intervals import Sample, interval

studies.start()
pd.set_option("display.precision", 2)
pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## Data
#
# What was printed. "Second-hand": on a page that reports the source, not in the source itself.

# %%
registry = cx.claims.load()
read = ["S4-04", "S4-07", "L-018", "S4-06", "L-008", "S4-11", "L-010", "L-026", "S1-11"]
told = []
for claim in map(registry.__getitem__, read):
    document = registry.documents.get(claim.document)
    source = f"{document['title']} ({document['publisher_or_author']})" if document else claim.source
    figures = "; ".join(f"{figure.name} {figure.shown()}" for figure in claim.figures)
    told.append([claim.id, claim.statement, figures, source, claim.seen])
studies.save_table(
    "claims", pd.DataFrame(told, columns=["claim", "in our words", "printed", "source", "seen"])
).set_index("claim")

# %% [markdown]
# ## Two rates in the tails
#
# Three pairs of rates for customers with low and with high effort. The first two are what customers said of themselves after a contact;
# the third comes from the same firm, years later, from customers who had a real decision whether to stay.

# %%
rate = {
    (claim.id, figure.name): figure.value / 100
    for claim in registry
    for figure in claim.figures
    if figure.kind == "share" and figure.is_fact
}
pairs = {
    "more disloyal": (rate["S4-04", "low effort"], rate["S4-04", "high effort"]),
    "would buy again": (rate["S4-07", "high effort"], rate["S4-07", "low effort"]),
    "stays, asked to choose": (rate["L-018", "resolved, high effort"], rate["L-018", "resolved, low effort"]),
}
names = {name: f"{100 * high:.0f} against {100 * low:.0f} %, {name}" for name, (low, high) in pairs.items()}
contrasts = {name: rates.contrast_rates(high, low) for name, (low, high) in pairs.items()}
rows = {}
for name, found in contrasts.items():
    for measure in ("difference", "ratio", "odds_ratio", "number_needed"):
        one = getattr(found, measure)
        rows[names[name], measure] = [one.estimate, one.print_low, one.print_high]
columns = ["estimate", "lowest that prints so", "highest that prints so"]
contrast = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
contrast.index = pd.MultiIndex.from_tuples(contrast.index, names=["printed", "measure"])
studies.save_table("contrasts", contrast).pivot_table("estimate", "printed", "measure", sort=False)

# %%
odds = {name: found.odds_ratio.estimate for name, found in contrasts.items()}
low, high = min(odds, key=odds.get), max(odds, key=odds.get)
groups = {name: rates.smallest_equal_groups(*reversed(pair)) for name, pair in pairs.items()}
display(
    Markdown(
        f"The odds ratio is {odds[high]:.0f} for *{high}* and {odds[low]:.1f} for *{low}*. No group sizes are printed, so none of these "
        f"has an interval. Chance alone is not the doubt: two groups of {groups[high]:.0f} customers would exclude it for the "
        f"former, two of {groups[low]:.0f} for the latter. The doubt is who the groups were."
    )
)

# %% [markdown]
# ### The correlation behind them
#
# Let effort and what lies behind the outcome be jointly normal. Two rates and the shares of customers they are of then have exactly
# one correlation. No source prints the shares. So here is the correlation for each way of cutting, from all customers in two
# halves to the outer 2 % on either side; beside it what rounding leaves open. (This is calculation R-08 of the registry.)

# %%
splits = {
    "halves": 1 / 2,
    "thirds": 1 / 3,
    "fifths": 1 / 5,
    "tenths": 1 / 10,
    "outer 5 %": 1 / 20,
    "outer 2 %": 1 / 50,
}
implied = {
    (names[name], split): tails.implied_correlation(*pair, share)
    for name, pair in pairs.items()
    for split, share in splits.items()
}
latent = pd.DataFrame({
    key: {"r": one.r, "r_low": one.r_low, "r_high": one.r_high, "base_rate": one.base_rate}
    for key, one in implied.items()
}).T.rename_axis(["printed", "groups"])  # fmt: skip
studies.save_table("implied_correlation", latent)
shown = latent.assign(
    text=[f"{row.r:.2f} [{row.r_low:.2f}, {row.r_high:.2f}]" for row in latent.itertuples()]
)
shown = shown.pivot_table("text", "groups", "printed", aggfunc="first", sort=False)
shown.rename_axis(columns="latent correlation [what rounding leaves]")

# %% [markdown]
# What do people's correlations look like? Two published yardsticks: one person's satisfaction with that person's *behaviour*,
# and satisfaction with *intent to repurchase*, pooled over studies. Rates of intentions deserve the second, more generous one.

# %%
behaviour = registry["L-038"].figure("individuals")
intent = registry["L-044"].figure("satisfaction, intent")
yardsticks = {"with behaviour": behaviour.value, "with intent": intent.value}
needed = pd.DataFrame(
    {
        f"r = {r:.2f}, usual {what}": {
            names[name]: tails.tail_share(*pair, r) for name, pair in pairs.items()
        }
        for what, r in yardsticks.items()
    }
)
how_rare = needed.map(
    lambda share: "less than 1 in a million" if share < 1e-6 else f"outer {100 * share:.2g} %"
)
how_rare = how_rare.where(needed.notna(), "halves would differ more than that")
how_rare.rename_axis(columns="groups that would show these rates, at")

# %%
grid = np.geomspace(0.01, 0.5, 16)
curves = {name: [tails.implied_correlation(*pair, share) for share in grid] for name, pair in pairs.items()}
bands = {name: np.transpose([(one.r_low, one.r_high) for one in curve]) for name, curve in curves.items()}
ends = "; ".join(f"{names[name]}: {curve[0].r:.2f} to {curve[-1].r:.2f}" for name, curve in curves.items())

# %%
figure, ax = new_figure(1, 1, (9.2, 4.8))
looks = zip(curves.items(), (ORANGE, PURPLE, BLUE), ("-", "--", "-."), strict=True)
for (name, curve), color, dashes in looks:
    ax.fill_between(grid, *bands[name], color=color, alpha=0.25, lw=0)
    ax.plot(grid, [one.r for one in curve], dashes, color=color, lw=2.2, label=names[name])
for what, r in yardsticks.items():
    ax.axhline(r, color=GREY, lw=1, ls=":")
    ax.annotate(
        f"usual {what}: {r:.2f}", (grid[0], r), (2, 3), textcoords="offset points", color=INK, fontsize=9
    )
ax.set_xscale("log")
ax.set_xticks(list(splits.values()), [f"{100 * share:.0f} %" for share in splits.values()])
ax.minorticks_off()
ax.set_ylim(0, 1.02)
ax.set_xlabel("share of customers in each of the two groups compared (halves: 50 %)")
ax.set_ylabel("latent correlation the print implies")
figure.legend(
    loc="outside lower left", ncols=3, frameon=False, fontsize=9, title="band: what rounding leaves"
)
figure.suptitle(
    "What two printed rates imply depends on a cut that was not printed", x=0.01, ha="left", fontweight="bold"
)
describe(
    figure, f"Implied latent correlation by the share of customers compared, outer 1 % to halves. {ends}."
)

# %%
halves = latent.xs("halves", level="groups").r
rare = latent.xs("outer 2 %", level="groups").r
asked = registry["L-005"].figure("customers").value
extreme = asked * needed.iloc[0, 0]
display(
    Markdown(
        f"For *{names['more disloyal']}* the correlation is {halves[names['more disloyal']]:.2f} if customers were cut in halves and still "
        f"{rare[names['more disloyal']]:.2f} if only the outer 2 % were compared. At the usual correlation with behaviour "
        f"{'not one' if extreme < 1 else f'{extreme:.0f}'} of the {asked:,.0f} customers asked would be extreme enough; at the usual one with intent it would be the outer "
        f"{100 * needed.iloc[0, 1]:.1f} %. *{names['stays, asked to choose']}* needs {rare[names['stays, asked to choose']]:.2f} "
        f"to {halves[names['stays, asked to choose']]:.2f}: an ordinary correlation. One firm, two stories; what differs is the question, and whom it was put to."
    )
)

# %% [markdown]
# ### The base rate: what a third figure would settle
#
# Two tail rates never refute themselves: for any two there is a correlation. A third printed figure, the rate among *all* customers, can.
# The same solution says what it would have to be.

# %%
bases = pd.DataFrame({
    key: {"implied": one.base_rate, "lowest": one.base_low, "highest": one.base_high} for key, one in implied.items()
}).T.rename_axis(["printed", "groups"])  # fmt: skip
common = bases.pivot_table("implied", "groups", "printed", sort=False)
common.map("{:.0%}".format).rename_axis(columns="rate among all customers")

# %%
four = registry["S4-03"].figure("more disloyal to more loyal").value
disloyal = bases.loc[names["more disloyal"]]
loyal = disloyal.implied / four
fits = bool((disloyal.implied + loyal <= 1).all())
display(
    Markdown(
        f"The same page says that customers leave a contact {four:g} times as often more disloyal as more loyal ({registry['S4-03'].id}). With "
        f"{disloyal.implied.min():.0%} to {disloyal.implied.max():.0%} more disloyal that makes {loyal.min():.0%} to {loyal.max():.0%} more loyal, and the rest "
        f"unchanged: the figures {'fit' if fits else 'do not fit'} together, and about half of all contacts would make customers more disloyal."
    )
)

# %% [markdown]
# ### How much would effort explain? The vendor's figures against each other
#
# Cut in halves, a pair of rates has an R² (φ², the squared correlation in the two-by-two table). Another figure of the same
# vendor, 40 % more accurate than satisfaction, has one too, once its base is given: the R² the same authors print for satisfaction.

# %%
base = registry["L-008"].figure("satisfaction to loyalty").value
more = registry["S4-11"].figure("effort over satisfaction").value
claimed = {unit: accuracy_claims.improved_r2(base, more, unit) for unit in accuracy_claims.UNITS}
phi2 = {names[name]: float(rates.phi_squared(*pair, 0.5)) for name, pair in pairs.items()}
explained = pd.Series(
    phi2
    | {
        f"{more:g} times as accurate as R² {base:g}, in {unit.replace('_', ' ')}": r2
        for unit, r2 in claimed.items()
    }
)
explained = explained.rename_axis("figure").to_frame("R²")
explained["kind"] = ["φ² of halves"] * len(phi2) + ["claimed accuracy"] * len(claimed)
studies.save_table("explained", explained)

# %%
r_low, r_high = min(claimed.values()) ** 0.5, max(claimed.values()) ** 0.5
fits_at = [tails.tail_share(*pairs["more disloyal"], r) for r in (r_low, r_high)]
cut_in_two = r_high * np.sqrt(
    np.pi / 2
)  # a normal outcome cut at its median keeps 1 / sqrt(pi / 2) of its correlation
kindest = tails.tail_share(*pairs["more disloyal"], cut_in_two)
display(
    Markdown(
        f"In halves *{names['more disloyal']}* is an R² of {phi2[names['more disloyal']]:.2f}; {more - 1:.0%} more than {base:g} is {min(claimed.values()):.2f} to "
        f"{max(claimed.values()):.2f}. Both hold only if the rates are of the outer {100 * fits_at[0]:.2g} to {100 * fits_at[1]:.2g} % on either side. "
        f"*{names['stays, asked to choose']}* in halves is an R² of {phi2[names['stays, asked to choose']]:.2f}. Noise in the answers is "
        "in both figures and does not explain the gap; a loyalty that was cut into yes and no would explain part of it: in the kindest reading, "
        f"half of each and accuracy meant in r, the rates are of the outer {100 * kindest:.1f} %."
    )
)

# %% [markdown]
# ### Try it: your own split
#
# Change the three values and run the cell: what would two groups of this size show, at this correlation, for an outcome this common?

# %%
r, share, everyone = 0.45, 0.10, 0.50  # latent correlation, customers in each group, rate among all customers
ends = tails.tail_rates(r, everyone, share)
bottom, top = (float(end) for end in ends)
whole = [float(end) for end in tails.tail_rates(r, everyone)]
display(
    Markdown(
        f"At r = {r:g} and {everyone:.0%} among all, the outer {share:.0%} show **{top:.0%} against {bottom:.0%}** "
        f"(odds ratio {rates.contrast_rates(top, bottom, unit=0).odds_ratio.estimate:.1f}); the same customers in halves show {whole[1]:.0%} against {whole[0]:.0%}."
    )
)

# %% [markdown]
# The dial of the course turns the share of customers compared, for one correlation: in a running notebook with a slider, on a page at
# rest on halves, with other positions below. The customers are simulated; the arithmetic is that of every other figure here.

# %%
course.dial(6)

# %%
strengths = [0.1, 0.2, 0.3, 0.45, 0.6, 0.8]
table = {}
for split, share in splits.items():
    low, high = tails.tail_rates(strengths, 0.5, share)
    table[split] = [f"{100 * b:.0f} / {100 * a:.0f}" for a, b in zip(low, high, strict=True)]
pd.DataFrame(table, index=pd.Index(strengths, name="r")).rename_axis(
    columns="rates in %, half of all customers"
)

# %% [markdown]
# Down a column the metric gets better; along a row only the cut changes. A gap says as much about the one as about the other.
#
# ## Sixty-five points of NPS
#
# The same map, twice: promoters above one threshold, detractors below another. For the distribution of the only worked example in the
# documents, which correlation of effort with recommending gives the printed gap?

# %%
gap = registry["S4-06"].figure("low effort above high effort").value
promoters, detractors = rate["S1-01", "promoters"], rate["S1-01", "detractors"]
fine = np.linspace(0.005, 0.99, 400)
behind_gap = {}
for split in ("halves", "thirds", "tenths"):
    likes, dislikes = (
        tails.tail_rates(sign * fine, base, splits[split])
        for sign, base in ((1, promoters), (-1, detractors))
    )
    points = 100 * ((likes[1] - likes[0]) - (dislikes[1] - dislikes[0]))
    behind_gap[split] = float(np.interp(gap, points, fine))
behind_gap = pd.Series(behind_gap, name=f"r that gives {gap:.0f} points").rename_axis("groups")
studies.save_table("nps_gap", behind_gap.to_frame())

# %% [markdown]
# Between the tenths a large gap is an ordinary correlation of customers; between halves a high one. Read as a comparison of *firms*, as the page words it, the figure
# says nothing about customers at all.
#
# ## Satisfied customers who leave
#
# Printed against CSAT: the share of satisfied customers who mean to leave, and of dissatisfied ones who mean to stay, with an R². Turned
# so that both are rates of leaving (R-11 of the registry):

# %%
leave = rate["L-008", "satisfied who leave"], 1 - rate["L-008", "dissatisfied who stay"]
against = rates.contrast_rates(leave[1], leave[0])
parts = {}
for measure in ("difference", "ratio", "odds_ratio", "number_needed"):
    one = getattr(against, measure)
    parts[measure] = [one.estimate, one.print_low, one.print_high]
pd.DataFrame.from_dict(parts, orient="index", columns=columns).rename_axis(
    f"{leave[1]:.0%} against {leave[0]:.0%}"
)

# %%
satisfied = np.linspace(0.01, 0.99, 197)
curve = rates.phi_squared(*leave, satisfied)
most = rates.largest_phi_squared(*leave)
few, many = rates.shares_with_phi_squared(*leave, base)
most_so, fewest_so = (rates.shares_with_phi_squared(*leave, base + half)[1] for half in (-0.005, 0.005))

# %%
figure, ax = new_figure(1, 1, (8.4, 3.9))
ax.plot(
    satisfied,
    curve,
    color=BLUE,
    lw=2.2,
    label=f"R² of leaving, {leave[0]:.0%} of satisfied, {leave[1]:.0%} of dissatisfied",
)
ax.axhline(base, color=ORANGE, ls="--", lw=1.6, label=f"R² as printed: {base:g}")
ax.plot([few, many], [base, base], "o", color=ORANGE, ms=8)
for share, shift, side in ((few, -9, "right"), (many, 9, "left")):
    ax.annotate(f"{share:.0%}", (share, base), (shift, 7), textcoords="offset points", ha=side, color=INK)
ax.xaxis.set_major_formatter(PercentFormatter(1))
ax.set_xlabel("share of customers who are satisfied (not printed)")
ax.set_ylabel("R² (φ²)")
ax.set_ylim(0, 0.32)
figure.legend(loc="outside lower left", ncols=2, frameon=False, fontsize=9)
figure.suptitle("The printed R² needs nearly everybody on one side", x=0.01, ha="left", fontweight="bold")
describe(
    figure,
    f"R² of leaving by the share satisfied: at most {most:.2f}; {base:g} only at {few:.0%} and {many:.0%} satisfied.",
)

# %%
meta = intent.value**2
behind = tails.implied_correlation(*leave)
display(
    Markdown(
        f"Dissatisfied customers mean to leave {against.ratio.estimate:.1f} times as often, with an odds ratio of {against.odds_ratio.estimate:.1f}. The R² of {base:g} "
        f"follows from the rates only if {many:.0%} are satisfied ({fewest_so:.0%} to {most_so:.0%} by its rounding; or {few:.0%}); a low R² then says that few are dissatisfied, not that it makes no "
        f"difference to them. With equal groups the R² would be {float(rates.phi_squared(*leave, 0.5)):.2f}, and the latent correlation {behind.r:.2f} "
        f"[{behind.r_low:.2f}, {behind.r_high:.2f}], close to the {intent.value:g} of a meta-analysis (R² {meta:.2f}). Printed as evidence "
        "*against* CSAT, the figures are evidence for it, as far as intentions go."
    )
)

# %% [markdown]
# ## Forty per cent more accurate
#
# The page states no unit. Read in each unit an analyst might mean, from the printed base: *r*; *R²*; *gini*, twice the AUC less one for loyal
# against other customers, half of them loyal; *log gain*, of a normal model's log-likelihood.

# %%
multiples = {
    f"{100 * (figure.value - 1):.0f} % ({claim})": figure.value
    for claim in ("S4-11", "L-010")
    for figure in [registry[claim].figure("effort over satisfaction")]
}
units = pd.DataFrame({
    (name, column): {
        unit: value
        for unit in accuracy_claims.UNITS
        for r2 in [accuracy_claims.improved_r2(base, times, unit)]
        for value in [r2 if column == "R²" else r2**0.5]
    }
    for name, times in multiples.items()
    for column in ("R²", "r")
}).rename_axis("unit meant")  # fmt: skip
studies.save_table("units", units.set_axis([" ".join(each) for each in units.columns], axis=1))
units

# %% [markdown]
# The other way round: one and the same pair of metrics is reported better by a different percentage in each unit. Whoever does not name
# the unit may choose it afterwards.

# %%
same = accuracy_claims.accuracy_ratios(claimed["r2"], base)
display(
    Markdown(
        f"R² {claimed['r2']:.3f} against {base:g} is "
        + ", ".join(
            f"{100 * (ratio - 1):.0f} % better in {unit.replace('_', ' ')}" for unit, ratio in same.items()
        )
        + "."
    )
)

# %% [markdown]
# **Answers needed** to see such an advantage at all (R-13 of the registry): with Williams' test for two correlations of the same customers,
# in four of five surveys (80 % power), for metrics that correlate a little, as usual, or much:

# %%
power = {
    (name, unit): {
        between: accuracy_claims.answers_needed(
            accuracy_claims.improved_r2(base, times, unit) ** 0.5, base**0.5, between
        )
        for between in (0.4, 0.6, 0.8)
    }
    for name, times in multiples.items()
    for unit in ("r2", "r")
}
power = pd.DataFrame(power).T.rename_axis(index=["advantage", "in"], columns="correlation of the two metrics")
studies.save_table("answers_needed", power.rename(columns="r_ab {}".format)).set_axis(
    power.columns, axis=1
).map("{:,.0f}".format)

# %% [markdown]
# A few hundred answers show the larger advantage at best, and only where it is meant in *r*; the smaller one takes thousands.
#
# ### Can both percentages hold?
#
# Each printed multiple bounds a ratio; bounds chain along every path, and a set of statements is contradictory where a chain leads from a
# metric back to itself at less than one. First the two multiples of effort over satisfaction, in one unit; then in any two.

# %%
said = []
for claim in ("S4-11", "L-010"):
    figure = registry[claim].figure("effort over satisfaction")
    said.append(ratios.Ratio.printed("effort", "satisfaction", figure.value, 2 * figure.half_unit))
one_unit = ratios.contradiction(said)
ranges = {
    name: [
        accuracy_claims.improved_r2(base, end, unit)
        for unit in accuracy_claims.UNITS
        for end in (one.low, one.high)
    ]
    for name, one in zip(multiples, said, strict=True)
}
ranges = {name: (min(values), max(values)) for name, values in ranges.items()}
(first_low, first_high), (second_low, second_high) = ranges.values()
apart = second_high < first_low
display(
    Markdown(
        f"In one unit the two {'contradict each other' if one_unit else 'agree'}. In any units from the same base the first means an R² of {first_low:.3f} to "
        f"{first_high:.3f}, the second of {second_low:.3f} to {second_high:.3f}: {'no choice of units makes them agree' if apart else 'some choice of units makes them agree'}. "
        "They may be of different customers, outcomes or versions of the question; then neither may be quoted as *the* advantage of effort."
    )
)

# %% [markdown]
# **Try it: multiples of three metrics.** The values are made up, to be changed. (The registry also carries a pair of vendor multiples over
# CSAT and NPS that nobody here has seen in print. It is not used; if you have it before you, this is where it goes.)

# %%
over_csat, over_nps = 1.5, 2.0  # effort is so many times satisfaction, so many times recommendation
pretended = [
    ratios.Ratio.printed("effort", "satisfaction", over_csat),
    ratios.Ratio.printed("effort", "recommendation", over_nps),
]
low, high = ratios.implied_ratios(pretended)["recommendation", "satisfaction"]
clash = ratios.contradiction([*pretended, ratios.Ratio("recommendation", "satisfaction", 1, np.inf)])
display(
    Markdown(
        f"Then recommendation is {low:.2f} to {high:.2f} of satisfaction, which {'contradicts' if clash else 'agrees with'} "
        "“NPS indicates loyalty better than CSAT”, a statement of the documents."
    )
)

# %% [markdown]
# ## r, p and n of firms
#
# Eleven metrics and revenue change, by industry, in a study of Norwegian firms (Keiningham and others 2008, table 1). r and p are printed, the number of
# firms is not. Which numbers of rows give all p values from all r by the ordinary test (R-14 of the registry)?

# %%
firms = pd.read_csv("../data/published/keiningham2008_revenue_change.csv", comment="#")
metrics = [*firms.columns[4:]]
found = {}
for industry, part in firms.set_index("row").groupby("industry", sort=False):
    if "p" in part.index:
        r, p = (part.loc[row, metrics].to_numpy(float) for row in ("r", "p"))
        size = printed.fitting_sizes(r, p)
        found[industry] = {"n, fewest": size.low, "n, most": size.high, "smallest p": p.min()}
        low, high = fisher_interval(r[0], size.low)
        found[industry] |= {"r of NPS": r[0], "conf_low": float(low), "conf_high": float(high)}
found = pd.DataFrame(found).T.rename_axis("industry")
studies.save_table("firms", found)

# %%
n_of = found["n, fewest"].astype(int)
mute = set(firms.industry) - set(found.index)
display(
    Markdown(
        f"One number of rows fits in each: {', '.join(f'{n} ({industry.replace(chr(95), chr(32))})' for industry, n in n_of.items())}. With so few, NPS in banking lies anywhere "
        f"between {found.conf_low.iloc[0]:.2f} and {found.conf_high.iloc[0]:.2f}. Of all {len(metrics) * len(found)} pairs with a p value the smallest p is "
        f"{found['smallest p'].min():g}. For {len(mute)} industries no p is printed, so their n stays unknown. Neither “NPS predicts growth” nor “another metric does "
        "better” can be read from this table. That all p fit one n also says that the print is in order."
    )
)

# %% [markdown]
# ## Silence
#
# A bank asked by text message; the numbers sent and answered are printed, with the rate of return. The documents' worked example of NPS is
# put beside it (its figures are not this bank's) to see what silence leaves open and what chance does.

# %%
sent, answered = (int(registry["S1-11"].figure(name).value) for name in ("sent", "answered"))
returned = rate["S1-11", "response rate"]
shares = np.array([promoters, rate["S1-01", "neutrals"], detractors])
score = 100 * (promoters - detractors)
chance = interval(Sample(shares, np.array([100.0, 0.0, -100.0]), np.array(float(answered))), kind="net")
silence = printed.nonresponse_bounds(score, answered, sent, -100, 100)
turn = -score * answered / (sent - answered)
studies.save_table("silence", pd.DataFrame(
    {"low": [float(chance[0]), float(silence[0])], "high": [float(chance[1]), float(silence[1])]},
    index=pd.Index(["chance alone (95 %)", "silence alone (any answers)"], name=f"NPS {score:.0f} among those who answered"),
))  # fmt: skip

# %%
fewest, greatest = printed.counts(returned, sent)
width = [float(high - low) for low, high in (chance, silence)]
display(
    Markdown(
        f"{returned:.0%} of {sent:,} is any count from {fewest:,} to {greatest:,}; {answered:,} {'is one of them' if fewest <= answered <= greatest else 'is none of them'}"
        f"{', by rounding a tie up' if fewest == answered else ''}. Silence leaves {width[1] / width[0]:.0f} times as much open as chance. The bounds are extreme: nothing in "
        f"them is likely. But had those who kept silent scored below {turn:.1f}, the NPS of all would be negative."
    )
)

# %% [markdown]
# ## Rounding and whole answers
#
# Whole answers leave traces: a percentage must be a count over n, a mean a whole total over n. A mean of 28 whole answers moves
# in steps of 1/28, so not every figure with two decimals can be one. Checks on what the registry holds, and whether the check *could* have failed: on large samples or
# coarse figures it cannot, and passing means nothing.

# %%
checks = []
top_box, gave, asked = (registry["L-043"].figure(name) for name in ("top box", "gave 10 of 10", "answered"))
low, high = printed.counts(top_box.value / 100, int(asked.value), unit=0.001)
checks.append(
    ["patients who gave 10 of 10", top_box.shown(), int(asked.value), low <= gave.value <= high, True]
)
low, high = printed.counts(returned, sent)
checks.append(["surveys returned", f"{returned:.0%}", sent, low <= answered <= high, True])
gap_figure = registry["L-059"].figure("overall gap")
unit, items = 2 * gap_figure.half_unit, int(registry["L-055"].figure("items").value)
whole = granularity.grim(gap_figure.value, gap_figure.n, unit=unit, items=items).possible
checks.append(
    ["overall SERVQUAL gap", gap_figure.shown(), gap_figure.n, whole, gap_figure.n * items < 1 / unit]
)
stars = registry["S1-15"].figure("mean")
whole = granularity.grim(stars.value, stars.n, unit=2 * stars.half_unit).possible
checks.append(["mean of reviews", stars.shown(), stars.n, whole, stars.n < 1 / (2 * stars.half_unit)])
checks.append(
    ["published example of a mean that cannot be", "5.19", 28, granularity.grim(5.19, 28).possible, True]
)
grim_table = pd.DataFrame(checks, columns=["figure", "printed", "n", "possible", "could have failed"])
studies.save_table("whole_answers", grim_table).set_index("figure").replace({True: "yes", False: "no"})

# %%
sizes = {
    f"{100 * value:.0f} %": printed.possible_sizes(value)
    for pair in list(pairs.values())[:2]
    for value in pair
}
mean_low, mean_high = printed.rounding_interval(stars.value, 2 * stars.half_unit)
display(
    Markdown(
        "Group sizes that the famous percentages rule out are only small ones: the smallest group that can print them is "
        + ", ".join(f"{each[0]} customers for {name}" for name, each in sizes.items())
        + f". A mean printed as {stars.value:g} stands for anything from {mean_low:g} to {mean_high:g}, whatever the number of reviews."
    )
)

# %% [markdown]
# ## Verdicts

# %%
studies.verdict(
    f"the print allows any latent correlation from {rare[names['more disloyal']]:.2f} (outer 2 %) to {halves[names['more disloyal']]:.2f} (halves). It fits the same vendor's "
    f"accuracy claim only if at most {100 * fits_at[1]:.2g} % at either end were compared ({100 * kindest:.1f} % in the kindest reading). Underdetermined: the cut is missing.",
    about=names["more disloyal"],
)
studies.verdict(
    f"{rare[names['would buy again']]:.2f} to {halves[names['would buy again']]:.2f}; the later question about a real choice needs {rare[names['stays, asked to choose']]:.2f} to "
    f"{halves[names['stays, asked to choose']]:.2f}. Odds ratios {odds['would buy again']:.0f} and {odds['stays, asked to choose']:.1f} are not of one thing.",
    about=names["would buy again"],
)
studies.verdict(
    f"contradicted by its own figures as evidence against CSAT: odds ratio {against.odds_ratio.estimate:.1f}, and R² {base:g} only if {many:.0%} are satisfied.",
    about="Satisfied customers who leave",
)
studies.verdict(
    f"R² {min(claimed.values()):.2f} to {max(claimed.values()):.2f} by unit, from a base of {base:g}; "
    f"{'incompatible with' if apart else 'compatible with'} the other percentage of the same vendor in {'every unit' if apart else 'some unit'}. Underdetermined.",
    about="40 % more accurate",
)
studies.verdict(
    f"{' and '.join(map(str, n_of))} rows; nothing about which metric predicts growth can be read from it.",
    about="NPS and revenue of Norwegian firms",
)

# %% [markdown]
# ### In plain words
#
# None of the famous percentages is impossible. What they show depends on a cut nobody printed: between customers in halves and the outer
# few in a hundred the same rates mean a near-perfect or an ordinary metric. The figures printed against satisfaction show it
# working. "More accurate" without a unit is not a number.
#
# ## What would change it
#
# - **The cut**, or one line with the number of customers at each answer. It would turn a range into a figure.
# - **A rate among all customers.** It can refute a split, or the figures.
# - **Another shape than the normal.** Effort answers pile up at the good end, and a five-point scale has no outer 2 %. Ranges
#   would shift, and the dependence on the cut would stay.
# - **The unit of accuracy**, with both coefficients and how the two metrics correlate.
# - **A page we have not seen.** Some figures were read on pages that report the source; the table says which.
#
# ## Summary
#
# - A gap between extreme groups is no measure of how well a metric predicts. Ask for the cut.
# - The yardstick matters: intentions in one survey go together more than attitudes and later behaviour.
# - Percentages of accuracy differ by unit; the answers needed to see them are in the thousands for small advantages.
# - Bounds for silence are wide, and honest; chance is the smaller doubt.
# - Consistency checks prove errors only; most prints here are too coarse or too large for them to fail.
