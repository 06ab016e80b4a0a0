# %% [markdown]
# # Scoring decides: the same answers, different winners
#
# **Question.** A metric is a question *and* a way of scoring it. How much of what a metric is said to predict belongs to the question,
# and how much to the cut that somebody chose?
#
# **Claims.** In the first table below, from the project's registry, with what was printed and how far it was seen. The verdict on each is on
# [the scorecard](../build/scorecard.html).
#
# **How it is tested.** The answers stay, the scoring varies: whole, in classes, top two boxes, top box, for the metrics and for the
# outcome. *Whole* is the mark as it was given; a *top-2 box* only says whether it was one of the two highest, a *top box* whether it was the
# highest; *classes* are those of the NPS, detractors (0-6), passives and promoters (9-10). Every difference comes with its interval, from the influence of each customer on it, so that the two metrics are
# compared *among the same customers*. A lead is called clear where the whole interval lies off 0.
#
# **Kind of evidence.** *Open data*: answers of real people, most of them to two questions of one questionnaire, so every correlation is
# inflated by the mood of the day. The mobile reputation set was edited by its authors for teaching: a method check, no evidence.

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.colors import ListedColormap
from scipy.stats import norm
from scipy.stats import t as student

import cxresearch as cx
from cxresearch import Box, Mean, Net, Share, datasets, studies
from cxresearch.plots import BLUE, GREEN, INK, ORANGE, describe, new_figure
from cxresearch.stats.designs import Design
from cxresearch.stats.estimates import Estimate, influence_t
from cxresearch.stats.fisher import fisher_interval
from cxresearch.stats.gaps import mean_interval
from cxresearch.stats.influence import pearson_influence
from cxresearch.stats.regression import fit_linear, sandwich

studies.start()
pd.set_option("display.precision", 3)
pd.set_option("display.max_colwidth", None)

# %%
registry = cx.claims.load()
told = []
for claim in map(registry.__getitem__, ["L-033", "L-069", "S2-05", "L-034", "S4-02", "S3-10", "L-038"]):
    document = registry.documents.get(claim.document)
    source = f"{document['title']} ({document['publisher_or_author']})" if document else claim.source
    figures = "; ".join(f"{figure.name} {figure.shown()}" for figure in claim.figures) or "no figure"
    told.append([claim.id, claim.statement, figures, source, claim.seen])
columns = ["claim", "in our words", "printed", "source", "seen"]
studies.save_table("claims", pd.DataFrame(told, columns=columns)).set_index("claim")

# %% [markdown]
# ## Data
#
# | survey | two metrics | outcome | kind |
# | :--- | :--- | :--- | :--- |
# | Spanish bank (csibank) | overall satisfaction 0-10; recommend 0-10 | choose again, 0-10 | open data |
# | Spanish institution | the same, other customers but for a few shared rows: never pooled | the same | open data |
# | ECSI mobile | overall satisfaction 1-10; recommend 1-10 | choose again, 1-10 | open data |
# | San Francisco airport 2017 | airport as a whole 1-5; mean of three ease items 1-5 | recommend, 0-10 | open data, weighted, by flight |
# | mobile reputation | satisfied 1-7; recommend 1-7 | choose again and remain, 1-7 | teaching file: method check only |
#
# Two more hold no answers of persons: averages of US hospitals, and correlations of published studies. What a set's licence does
# not allow to be passed on is not: only what was computed from it is shown.

# %%
surveys, rivals = {}, {}

# %% tags=["needs:csibank"]
surveys["Spanish bank"] = cx.read(datasets.load_csibank(), datasets.codebook("csibank"))
rivals["Spanish bank"] = ("csat", "recommend", "choose_again")

# %% tags=["needs:spanish_bank"]
surveys["Spanish institution"] = cx.read(datasets.load_spanish_bank(), datasets.codebook("spanish_bank"))
rivals["Spanish institution"] = ("csat", "recommend", "choose_again")

# %% tags=["needs:ecsi_mobile"]
surveys["ECSI mobile"] = cx.read(datasets.load_ecsi_mobile(), datasets.codebook("ecsi_mobile"))
rivals["ECSI mobile"] = ("csat", "recommend", "choose_again")

# %% tags=["needs:sfo_2017"]
surveys["airport 2017"] = cx.read(datasets.load_sfo(2017), datasets.codebook("sfo_2017"))
rivals["airport 2017"] = ("csat", "ease", "recommend")

# %% tags=["needs:mobile_reputation"]
book = datasets.codebook("mobile_reputation")
book["outcomes"]["remain"] = book["outcomes"]["choose_again"] | {"column": "cusl_3", "label": "I will remain"}
surveys["reputation (teaching)"] = cx.read(datasets.load_mobile_reputation(), book)
rivals["reputation (teaching)"] = ("csat", "recommend", "choose_again")

# %% [markdown]
# ## One question, four scores
#
# First the score itself. The official cut counts 9-10 as promoters and 0-6 as detractors. Others have been proposed: promoters from
# 8, because marks differ between countries; detractors to 4 or 3, because that is where clusters of intention were found. (Calculation
# R-10 of the registry.)

# %% tags=["needs:csibank"]
cuts = [Net(9, 6), Net(8, 6), Net(8, 4), Net(8, 3)]
tables = [cx.score(surveys["Spanish bank"], metrics="recommend", scorers=cut).table for cut in cuts]
scores = pd.concat(tables).assign(promoters=[f"{cut.promoters:g}-10" for cut in cuts])
scores["detractors"] = [f"0-{cut.detractors:g}" for cut in cuts]
scores = scores.set_index(["promoters", "detractors"])[["estimate", "conf_low", "conf_high", "n"]]
studies.save_table("cuts", scores).round(1)

# %% tags=["needs:csibank"]
official, widest = scores.iloc[0], scores.estimate
n_asked = int(official.n)
display(
    Markdown(
        f"One set of {n_asked:,} answers gives an NPS of {official.estimate:+.0f}, {widest.iloc[1]:+.0f}, {widest.iloc[2]:+.0f} or "
        f"{widest.iloc[3]:+.0f}. The interval of the official score is {official.conf_high - official.conf_low:.0f} points wide; the choice of the cut "
        f"is worth {widest.max() - widest.min():.0f}. A score without its cut is no figure."
    )
)

# %% [markdown]
# ## What a cut keeps
#
# Variance of *would choose again* that each scoring of the same answers explains (calculation R-09 of the registry). Beside it, what a cut would keep if answers were
# normal: φ(c)² / (p·q), for the share p above the cut c and q = 1 - p. A cut in the middle keeps most, one at the end least.

# %% tags=["needs:csibank"]
survey = surveys["Spanish bank"]
cells = survey.cells(["csat", "recommend", "choose_again"])
again = cells.column("choose_again")
sample = Design(cells.n, cells.w, cells.w2)
scorings = {
    "csat": {"whole": Mean(), "8-10": Share(at_least=8), "top 2": Box(2), "top box": Box(1)},
    "recommend": {
        "whole": Mean(), "three classes": Net(9, 6), "detractors": Share(at_most=6), "promoters": Box(2),
    },
}  # fmt: skip
kept = []
for metric, forms in scorings.items():
    for name, scorer in forms.items():
        x = scorer.apply(cells.column(metric), survey.question(metric).scale)
        r, psi = pearson_influence(x, again, cells.w)
        error, df = influence_t(psi, sample)
        ends = Estimate(r**2, 2 * abs(r) * error, df).r2_interval(0.95)
        share = np.average(x > 0, weights=cells.w) if len(np.unique(x)) == 2 else np.nan
        kept.append([metric, name, 100 * share, r**2, *ends, sample.rows])

# %% tags=["needs:csibank"]
columns = ["metric", "scored", "counted, %", "estimate", "conf_low", "conf_high", "n"]
kept = pd.DataFrame(kept, columns=columns)
whole = kept.metric.map(kept[kept.scored == "whole"].set_index("metric").estimate)
p = kept["counted, %"] / 100
kept["kept, %"] = 100 * kept.estimate / whole
kept["kept if normal, %"] = 100 * norm.pdf(norm.ppf(p)) ** 2 / (p * (1 - p))
kept = studies.save_table("kept", kept.set_index(["metric", "scored"]))
shares = kept[["counted, %", "kept, %", "kept if normal, %"]].map("{:.0f}".format).replace("nan", "")
kept[["estimate", "conf_low", "conf_high", "n"]].join(shares)

# %% [markdown]
# The same loss from `cx.compare`, whose `banding` gives the *difference* in R² with its interval, in sample and held out (`cv_`). Here
# satisfaction is officially a top-2 box and recommendation the three classes:

# %% tags=["needs:csibank"]
book = datasets.codebook("csibank")
book["metrics"] = {name: dict(book["metrics"][name]) for name in ("csat", "recommend")}
book["metrics"]["csat"]["scorer"] = "top2"
book["outcomes"]["certain"] = {"column": "certain", "kind": "binary", "label": "Would choose again: 9 or 10"}
rows = datasets.load_csibank()
rows["certain"] = (rows["loy1"] >= 9).astype(int)
bank = cx.compare(cx.read(rows, book), "choose_again", seed=1, repeats=2, n_boot=100)
banding = bank.banding.query("coding == 'official'").set_index(["metric", "measure"])
studies.save_table("banding", banding[["estimate", "conf_low", "conf_high", "n"]])

# %% tags=["needs:csibank"]
r2 = kept.estimate
display(
    Markdown(
        f"The bank's satisfaction answers explain {r2['csat', 'whole']:.3f} of the variance whole, {r2['csat', 'top 2']:.3f} as a top-2 box and "
        f"{r2['csat', 'top box']:.3f} as a top box. Recommendation falls from {r2['recommend', 'whole']:.3f} to "
        f"{r2['recommend', 'three classes']:.3f} in the three classes. So a survey house that reports satisfaction as a top-2 box and "
        f"recommendation as NPS finds NPS {r2['recommend', 'three classes'] / r2['csat', 'top 2']:.1f} times as good, one that "
        f"leaves satisfaction whole finds it {r2['recommend', 'three classes'] / r2['csat', 'whole']:.2f} times as good, and like "
        f"against like the whole answers stand at {r2['recommend', 'whole'] / r2['csat', 'whole']:.2f}."
    )
)

# %% [markdown]
# ## Who wins, scoring against scoring
#
# Every scoring of one metric against every scoring of the other, for the outcome whole and cut. Positive: the second metric (recommendation;
# at the airport ease) has the higher correlation with the outcome.

# %% tags=["needs:csibank"]
plain = {"whole": Mean(), "top 2": Box(2), "top box": Box(1)}
classes = {"whole": Mean(), "classes": Net(9, 6), "top 2": Box(2), "top box": Box(1)}
entries = [(name, *three) for name, three in rivals.items()]
entries += [
    (name, a, b, "remain")
    for name, (a, b, _) in rivals.items()
    if "remain" in surveys[name].codebook.outcomes
]

# %% tags=["needs:csibank"]
grid = []
for name, a, b, outcome in entries:
    survey = surveys[name]
    asked = [survey.question(each) for each in (a, b, outcome)]
    cells = survey.cells([a, b, outcome], clusters=True)
    cells = cells.where(~np.isnan(cells.values).any(axis=1))
    sample = Design(cells.n, cells.w, cells.w2, cluster=cells.cluster, exact=cells.weight_exact)
    made = []
    for question, answers in zip(asked, cells.values.T, strict=True):
        forms = classes if question.scale.high == 10 else plain
        made.append({form: scorer.apply(answers, question.scale) for form, scorer in forms.items()})
    for target, y in made[2].items():
        first, second = (
            {form: pearson_influence(x, y, cells.w) for form, x in each.items()} for each in made[:2]
        )
        for form_a, (r_a, psi_a) in first.items():
            for form_b, (r_b, psi_b) in second.items():
                gap = Estimate(r_b - r_a, *influence_t(psi_b - psi_a, sample))
                keys = [name, outcome, target, a, form_a, b, form_b]
                grid.append([*keys, r_a, r_b, gap.value, *gap.interval(0.95), sample.rows])

# %% tags=["needs:csibank"]
columns = ["survey", "outcome", "outcome_scored", "a", "a_scored", "b", "b_scored"]
columns += ["r_a", "r_b", "estimate", "conf_low", "conf_high", "n"]
grid = studies.save_table("grid", pd.DataFrame(grid, columns=columns))
grid["first clearly ahead"], grid["second clearly ahead"] = grid.conf_high < 0, grid.conf_low > 0
grid["alike"] = np.where(grid.a_scored == grid.b_scored, "scored alike", "scored unlike")
ways = grid.groupby(["survey", "outcome", "a", "b", "alike"], sort=False)
summary = ways[["first clearly ahead", "second clearly ahead"]].sum()
summary.insert(0, "scorings", ways.size())
summary["lowest"], summary["highest"] = ways.estimate.min(), ways.estimate.max()
studies.save_table("winners", summary)

# %% tags=["needs:csibank"]
size = {"size": (11, 3.6 * -(-len(entries) // 3)), "rows": -(-len(entries) // 3), "columns": 3}
figure, axes = new_figure(**size)
for ax, (name, a, b, outcome) in zip(axes.flat, entries, strict=False):
    part = grid.query("survey == @name and outcome == @outcome and outcome_scored == 'whole'")
    part = part.assign(clear=np.where(part.conf_low > 0, 1.0, np.where(part.conf_high < 0, -1.0, 0.0)))
    order = [part[column].unique() for column in ("a_scored", "b_scored")]
    values, clear = (
        part.pivot_table(index="a_scored", columns="b_scored", values=each).loc[order[0], order[1]]
        for each in ("estimate", "clear")
    )
    ax.imshow(clear, cmap=ListedColormap([ORANGE, "#EEEEEE", BLUE]), vmin=-1, vmax=1, alpha=0.75)
    for (y, x), value in np.ndenumerate(values.to_numpy()):
        ax.text(x, y, f"{value:+z.2f}".replace("-", "−"), ha="center", va="center", color=INK)
    ax.set_xticks(range(len(order[1])), order[1])
    ax.set_yticks(range(len(order[0])), order[0])
    ax.set_xlabel(f"{b} scored")
    ax.set_ylabel(f"{a} scored")
    ax.set_title(f"{name}\n{outcome}, n = {part.n.iloc[0]:,}", fontsize=10)

# %% tags=["needs:csibank"]
for ax in axes.flat[len(entries) :]:
    ax.set_axis_off()
figure.suptitle(
    "Correlation with the whole outcome: column's metric less row's; orange and blue: 95 % interval off 0",
    x=0.01, ha="left", fontweight="bold", color=INK,
)  # fmt: skip
describe(
    figure,
    "For each survey a table of the difference in correlation, second metric minus first, for every scoring of the two. "
    "Along the rows and columns the sign changes: where a metric is cut to a box and its rival left whole, the rival is mostly ahead.",
)

# %% tags=["needs:csibank"]
official = grid.query("outcome_scored == 'whole'")
turns = official.groupby(["survey", "outcome"], sort=False)[
    ["first clearly ahead", "second clearly ahead"]
].any()
turns = turns[~turns.index.get_level_values("survey").str.contains("teaching")]
turned = turns[turns.all(axis=1)]
alike = grid.query("alike == 'scored alike' and outcome_scored == 'whole'")
alike = alike.groupby(["survey", "outcome"], sort=False)[
    ["first clearly ahead", "second clearly ahead"]
].any()
alike = alike.loc[turns.index]
display(
    Markdown(
        f"In {len(turned)} of {len(turns)} contests (the teaching file not counted) *either* metric can be made the clear winner by scoring alone, the outcome left whole. "
        f"Where both are scored alike that is so in {int(alike.all(axis=1).sum()) or 'none'}: "
        "the reversals come from scoring the two unlike. Cells share their customers: counts of them describe, they test nothing."
    )
)

# %% [markdown]
# ## The multiverse: outcome by scorer
#
# The same for the bank with estimators and segments varied too: `choose_again` whole or only its top (`certain`, 9 or 10), each scorer,
# Pearson, Spearman, Somers' D and the likelihood's r, everybody and each segment. The first columns are percentages of the specifications counted in
# the last. In `official` satisfaction is a top-2 box and recommendation the three classes.

# %% tags=["needs:csibank"]
choices = bank.multiverse()
studies.save_table("multiverse", choices.table)
gap = choices.table
counted = 100.0 * pd.DataFrame(
    {
        "csat ahead": gap.estimate > 0,
        "csat clearly ahead": gap.conf_low > 0,
        "recommend clearly ahead": gap.conf_high < 0,
    }
)
by_choice = counted.groupby([gap.outcome, gap.scorer], sort=False).mean()
by_choice["specifications"] = gap.groupby(["outcome", "scorer"], sort=False).size()
by_choice.round(0).astype(int)

# %% tags=["needs:csibank"]
book["metrics"]["csat"]["scorer"] = "mean"
everybody = cx.read(rows, book | {"design": {}})
left_whole = cx.compare(everybody, "choose_again", seed=1, repeats=2, n_boot=100).multiverse()
pairs = {"csat as a top-2 box": choices, "csat as a mean": left_whole}
either = {
    name: one.table.query("scorer == 'official' and subset == 'all'").set_index(["outcome", "estimator"])
    for name, one in pairs.items()
}
either = pd.concat(either, names=["official scores"])[["a", "b", "estimate", "conf_low", "conf_high", "n"]]
studies.save_table("official_scores", either)

# %% tags=["needs:csibank"]
two = either.xs(("choose_again", "pearson_r"), level=["outcome", "estimator"])
held = either[["conf_low", "conf_high"]]
ahead = np.where(held.conf_low > 0, "csat", np.where(held.conf_high < 0, "recommend", "neither"))
clear = pd.crosstab(either.index.get_level_values("official scores"), ahead)
clear = clear.reindex(columns=["csat", "recommend", "neither"], fill_value=0)
display(
    Markdown(
        "Two customary ways of reporting satisfaction against NPS in three classes, one data set: satisfaction less recommendation in r is "
        f"{two.loc['csat as a top-2 box'].estimate:+.3f} ({two.loc['csat as a top-2 box'].conf_low:+.3f} to "
        f"{two.loc['csat as a top-2 box'].conf_high:+.3f}) with the box and {two.loc['csat as a mean'].estimate:+.3f} "
        f"({two.loc['csat as a mean'].conf_low:+.3f} to {two.loc['csat as a mean'].conf_high:+.3f}) with the mean. Over both outcomes and all "
        f"estimators the box makes recommendation the clear winner in {clear.loc['csat as a top-2 box', 'recommend']} of "
        f"{clear.loc['csat as a top-2 box'].sum()}, the mean in {clear.loc['csat as a mean', 'recommend']}, and satisfaction in "
        f"{clear.loc['csat as a mean', 'csat']}."
    )
)

# %% [markdown]
# ## Does delight bring nothing?
#
# If exceeding expectations brought next to nothing, the line of *choose again* against satisfaction would be flat above a good mark. That is a
# claim of *equality*, which an insignificant slope does not show. An equivalence test does (two one-sided tests): the slope above 8 is
# called flat where it is surely less than half the slope below 8, in either direction; steep where it is surely more. The margin of half
# is a choice, the same as in the check of claims S4-02 and S0-05 (our calculation R-07 looks at the same line). The lines below and from 8 on are fitted apart, each with robust errors.

# %% tags=["needs:csibank"]
MET, MARGIN, LEVEL = 8.0, 0.5, 0.95
tenfold = [
    (name, a, outcome)
    for name, a, _, outcome in entries
    if surveys[name].question(a).scale.high == surveys[name].question(outcome).scale.high == 10
]
slopes = {}
for name, a, outcome in tenfold:
    cells = surveys[name].cells([a, outcome])
    for side in ("below", "above"):
        part = cells.where((cells.column(a) >= MET) == (side == "above"))
        y, x, w = part.column(outcome), part.column(a)[:, None], part.w
        fit = fit_linear(y, x, w)
        slopes[name, side] = Estimate(fit.coef[1], np.sqrt(sandwich(fit, y, x, w)[1, 1]), fit.df)

# %% tags=["needs:csibank"]
delight = []
for name, _, _ in tenfold:
    below, above = slopes[name, "below"], slopes[name, "above"]
    error = np.hypot(above.std_error, MARGIN * below.std_error)
    margin = MARGIN * below.value
    p_less, p_more = (student.sf((margin + sign * above.value) / error, above.df) for sign in (-1, 1))
    p_steep = 1 - p_less
    found = "flat" if max(p_less, p_more) < 1 - LEVEL else "not enough data"
    found = "steep" if p_steep < 1 - LEVEL else found
    row = {"slope": above.value, "std_error": above.std_error, "n": above.df + 2}
    row |= dict(zip(("conf_low", "conf_high"), above.interval(LEVEL), strict=True))
    row |= {"slope below": below.value, "margin": margin, "p flat": max(p_less, p_more), "p steep": p_steep}
    delight.append({"survey": name} | row | {"found": found})
delight = studies.save_table("delight", pd.DataFrame(delight).set_index("survey"))
delight.assign(**delight[["p flat", "p steep"]].map("{:.3f}".format)).astype({"n": int})

# %% tags=["needs:csibank"]
cells = surveys["Spanish bank"].cells(["csat", "choose_again"])
x, y = (np.repeat(cells.column(name), cells.n) for name in ("csat", "choose_again"))
marks = {mark: mean_interval(y[x == mark]) for mark in np.unique(x)}
figure, ax = new_figure(1, 1, (8.5, 4.2))
for side, colour, words in (("below", GREEN, f"below {MET:g}"), ("above", BLUE, f"from {MET:g} on")):
    inside, slope = (x >= MET) == (side == "above"), slopes["Spanish bank", side].value
    ends = np.array([x[inside].min(), x[inside].max()])
    line = y[inside].mean() + slope * (ends - x[inside].mean())
    ax.plot(ends, line, color=colour, lw=2, label=f"{words}: {slope:.2f} per point")
flat = y[x == MET].mean() + delight.loc["Spanish bank", "margin"] * (ends - MET)
ax.plot(ends, flat, color=ORANGE, lw=2, ls="--", label="half the slope below: less would be flat")
low, high = np.array([[each[2], each[3]] for each in marks.values()]).T
ax.vlines(list(marks), low, high, color=INK, lw=1.4)
ax.plot(list(marks), [each[0] for each in marks.values()], "o", color=INK, ms=5, label="mean, 95 % interval")
ax.set_xlabel("overall satisfaction, 0-10")
ax.set_ylabel("would choose again, mean")
ax.set_title(f"Spanish bank, n = {len(x):,}", loc="left")
ax.legend(frameon=False)
describe(
    figure,
    "Mean of choosing again by satisfaction mark in the Spanish bank, rising to the top mark; lines below and from 8 are nearly "
    "parallel, and the second runs above the line of half the slope.",
)

# %% tags=["needs:csibank"]
for name, row in delight.iterrows():
    studies.verdict(
        f"Is the line flat above {MET:g}? {row.found.capitalize()}: {row['slope']:.2f} points per point "
        f"({row.conf_low:.2f} to {row.conf_high:.2f}) after {row['slope below']:.2f} below; flat would be within ±{row.margin:.2f}.",
        about=name,
    )

# %% [markdown]
# Nobody was asked about delight, only about satisfaction; and a 10 cannot be exceeded, so a ceiling flattens the line by itself. What
# is steep here is steep in spite of that. Intention is not behaviour, which is the next question.
#
# ## Intention against behaviour
#
# What do the data sets hold? From their codebooks: questions that are metrics, and outcomes. An outcome is an *answer* where it is a
# question of the same questionnaire, *recorded* where a system wrote it down.

# %%
RECORDED = {"churn", "target_met", "hours_to_resolve"}
holdings = []
for name in datasets.codebooks():
    book = datasets.codebook(name)
    if "simulated" in book["title"]:
        continue
    metrics, outcomes = list(book.get("metrics", {})), set(book.get("outcomes", {}))
    parts = (metrics, outcomes - RECORDED, outcomes & RECORDED)
    holdings.append([name, *(", ".join(sorted(part)) or "none" for part in parts)])
columns = ["data set", "metrics asked", "outcome answered", "outcome recorded"]
holdings = studies.save_table("holdings", pd.DataFrame(holdings, columns=columns).set_index("data set"))
both = holdings[(holdings["metrics asked"] != "none") & (holdings["outcome recorded"] != "none")]
holdings

# %%
display(
    Markdown(
        f"Sets in which the same customer was asked a metric *and* later behaviour was recorded: {len(both) or 'none'}. So what a metric is worth for "
        "behaviour, the staged rows cannot say for any scoring. What they can say: how published correlations differ by kind of outcome, "
        "and that behaviour can be predicted from records where they exist."
    )
)

# %% tags=["needs:satisfaction_retention_meta"]
collection = datasets.load_satisfaction_retention_meta()
kinds = []
for kind, r in collection.groupby("Retention_Measure")["Corr"]:
    mean, error, low, high = map(float, mean_interval(r))
    kinds.append([kind, len(r), mean, error, low, high])
columns = ["retention as", "studies", "mean r", "std_error", "conf_low", "conf_high"]
kinds = studies.save_table(
    "intention_behaviour", pd.DataFrame(kinds, columns=columns).set_index("retention as")
)
kinds

# %% tags=["needs:iran_churn"]
telecom = cx.read(datasets.load_iran_churn(), datasets.codebook("iran_churn")).cells(["complained", "churn"])
r, psi = pearson_influence(telecom.column("complained"), telecom.column("churn"), telecom.w)
ends = Estimate(r, *influence_t(psi, Design(telecom.n, telecom.w, telecom.w2))).r_interval(0.95)
display(
    Markdown(
        f"In the Iranian telecom set a *recorded* complaint correlates {r:.2f} ({ends[0]:.2f} to {ends[1]:.2f}, n = {telecom.total:,}) with *recorded* "
        "churn. Nobody was asked for an opinion there: it neither supports nor contradicts any claim about a survey metric."
    )
)

# %% tags=["needs:satisfaction_retention_meta"]
said, done = kinds.loc["Intention"], kinds.loc["Behavior"]
display(
    Markdown(
        f"Between studies satisfaction correlates {said['mean r']:.2f} with the intention to stay ({said.studies:.0f} studies) and "
        f"{done['mean r']:.2f} with staying ({done.studies:.0f}). The intervals treat studies alike, for their sizes are not given; other firms, other years: "
        "the gap is between studies, not within customers. Which outcome is asked about may well matter more than the scoring."
    )
)

# %% [markdown]
# ## Averages of many are not answers of one
#
# One more choice that looks like scoring: the unit. The same two questions, overall rating and would recommend, correlated over
# hospitals' averages and over persons.

# %%
levels = []
for name, (a, b, outcome) in rivals.items():
    other = b if b == "recommend" else outcome
    cells = surveys[name].cells([a, other], clusters=True)
    cells = cells.where(~np.isnan(cells.values).any(axis=1))
    r, psi = pearson_influence(*cells.values.T, cells.w)
    sample = Design(cells.n, cells.w, cells.w2, cluster=cells.cluster, exact=cells.weight_exact)
    ends = Estimate(r, *influence_t(psi, sample)).r_interval(0.95)
    levels.append([name, "person", r, *ends, cells.total])

# %% tags=["needs:hcahps"]
hospitals = datasets.load_hcahps()[["Overall_Rating", "Recommendation_Score"]].dropna()
r = hospitals.corr().iloc[0, 1]
levels.append(["US hospitals", "hospital average", r, *fisher_interval(r, len(hospitals)), len(hospitals)])

# %%
levels = pd.DataFrame(levels, columns=["survey", "unit", "estimate", "conf_low", "conf_high", "n"])
studies.save_table("units", levels.set_index(["unit", "survey"]))

# %% [markdown]
# Does averaging as such inflate? Not by itself: averages of groups drawn by lot correlate as persons do, up to chance. It does where
# groups differ. The same answers by person, by real groups of at least 10, and by groups drawn by lot of the same sizes:

# %%
units = []
for name, by in {"Spanish bank": ["Gender", "Age", "Region"], "airport 2017": []}.items():
    if name not in surveys:
        continue
    cells = surveys[name].cells(["csat", "recommend"], by=by, weights=False, clusters=not by)
    cells = cells.where(~np.isnan(cells.values[:, :2]).any(axis=1))
    group = np.unique(cells.values[:, 2:], axis=0, return_inverse=True)[1].ravel() if by else cells.cluster
    x, y, group = (np.repeat(each, cells.n) for each in (*cells.values[:, :2].T, group))
    n = np.bincount(group)
    rng = np.random.default_rng(9)
    found = []
    for codes in [group, *(rng.permutation(group) for _ in range(500))]:
        pair = [np.bincount(codes, values)[n >= 10] / n[n >= 10] for values in (x, y)]
        found.append(pearson_influence(*pair)[0])
    r = pearson_influence(x, y)[0]
    label = ", ".join(by) or "flight"
    units.append([name, label, (n >= 10).sum(), r, found[0], *np.quantile(found[1:], [0.025, 0.5, 0.975])])

# %%
columns = ["survey", "groups by", "groups", "r, persons", "r, group averages"]
columns += ["by lot, 2.5 %", "by lot, median", "by lot, 97.5 %"]
units = studies.save_table("aggregated", pd.DataFrame(units, columns=columns).set_index("survey"))
units

# %%
beyond = units[units["r, group averages"] > units["by lot, 97.5 %"]]
display(
    Markdown(
        f"Real groups correlate more than groups drawn by lot in {len(beyond)} of {len(units)} of these; where they do not, they "
        "differ too little for averaging to change anything. A few dozen averages also scatter widely, so that high ones are found by looking."
    )
)

# %% tags=["needs:hcahps"]
people = levels[(levels.unit == "person") & ~levels.survey.str.contains("teaching")]
over = levels[levels.unit == "hospital average"].iloc[0]
spread = f"{people.estimate.min():.2f} to {people.estimate.max():.2f}" if len(people) else "not computed here"
studies.verdict(
    f"Over {over.n:,} averages the two questions correlate {over.estimate:.2f}; over persons in the other surveys {spread}. An average answers another "
    "question: which hospitals differ, not which patients.",
    about="US hospitals",
)

# %% [markdown]
# Hospitals, banks and airports are different places, and hospital scores are adjusted for case mix: the comparison shows how far apart
# the two kinds of figure lie, not how much of it is due to averaging. A firm-level correlation must not be read as a customer's.
#
# ## What this says of the claims

# %% tags=["needs:csibank"]
studies.verdict(
    f"The same {kept.n.iloc[0]:,} satisfaction answers explain {r2['csat', 'whole']:.3f}, {r2['csat', 'top 2']:.3f} or {r2['csat', 'top box']:.3f} of choosing "
    f"again, whole, as a top-2 box, as a top box; three NPS classes cost {1 - r2['recommend', 'three classes'] / r2['recommend', 'whole']:.0%} of R².",
    about="Spanish bank",
)

# %% tags=["needs:csibank"]
studies.verdict(
    f"Scoring alone makes either metric the clear winner in {len(turned)} of {len(turns)} surveys; scored alike, in {int(alike.all(axis=1).sum()) or 'none'}."
)

# %% [markdown]
# "Which metric is best" has no answer before the scoring of both is named. Compare metrics scored alike, whole first; report the managed
# score beside it and say what the cut costs. None of this says which score a manager should watch: a cut that loses variance may still be the
# threshold at which someone acts.
