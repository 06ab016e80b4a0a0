# %% [markdown]
# # Scores: one set of answers, many numbers
#
# **Question.** A survey collects answers; a company reports one number. How much of that number is what customers
# said, and how much is the way it was counted?
#
# **The definitions in dispute, and where they stand.**
#
# | no. | statement | found in |
# | :--- | :--- | :--- |
# | 1 | NPS is the share of promoters less the share of detractors; 25, 55 and 20 % give 5 | *Search results for promoters, customers, rating* (a French customer-relations magazine) |
# | 2 | NPS is asked on 0-10 with detractors 0-6, or on 1-10 with detractors 1-6 | two articles of the same magazine |
# | 3 | NPS is asked on 1-10 with detractors 0-6 | *Methods for measuring service quality (fragments)* |
# | 4 | Some firms count an 8 as a promoter, since few customers in France give a 9 | the magazine of 1 |
# | 5 | CSAT is the mean of all answers, whatever the scale | *Methods for measuring service quality (fragments)* |
# | 6 | CES is one statement rated 1-7; the score is the share of answers of 5 or more | *What is your customer effort score?* |
# | 7 | CES is the share of 5-7 less the share of 1-3; or a mean | a published software package (`@solucx/indicators`); SmartSurvey |
# | 8 | CES in its first form asks for effort, 1 very low to 5 very high | CEB's blog on CES |
# | 9 | Three NPS classes cost little against the raw answers | de Haan and Verhoef, the authors' summary |
#
# **Kinds of evidence**, kept apart below: *definition* (does the formula give the number), *arithmetic*, *open data*
# (answers of real people), *simulation* (a world whose truth we chose: it shows how a method behaves and supports no
# claim about customers).

# %%
import itertools
import warnings

import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import Markdown, display

import cxresearch as cx
from cxresearch import datasets, studies
from cxresearch.plots import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, describe, new_figure
from cxresearch.stats.intervals import Sample, interval, methods

studies.start()
pd.set_option("display.precision", 3)
pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## Data
#
# - **Contact survey: simulated.** 2,000 customers nobody interviewed, after a service contact: CES 1-7, CSAT 1-5, NPS
#   0-10. It is always here, so every definition can be shown on it.
# - **Spanish bank** (`csibank`, Universitat Politècnica de Catalunya): customers of one bank, all questions 0-10; when
#   and how they were asked is not documented.
# - **San Francisco airport**, May 2017: departing passengers, interviewed at the gate by flight; an intercept sample of
#   one airport, weighted.

# %%
contact = cx.read(datasets.load_contact_survey(), datasets.codebook("contact_survey"))
surveys = [contact]

# %% tags=["needs:csibank"]
bank = cx.read(datasets.load_csibank(), datasets.codebook("csibank"))
surveys.append(bank)

# %% tags=["needs:sfo_2017"]
airport = cx.read(datasets.load_sfo(2017), datasets.codebook("sfo_2017"))
surveys.append(airport)

# %%
asked = [
    {
        "survey": survey.codebook.title,
        "question": question.name,
        "wording": question.label,
        "scale": str(question.scale),
        "answered": int(row.n),
        "missing": int(row.n_missing),
    }
    for survey in surveys
    for question in (*survey.codebook.metrics.values(), *survey.codebook.outcomes.values())
    for row in cx.score(survey, metrics=question.name, scorers=cx.Mean()).table.itertuples()
]
studies.save_table("data", pd.DataFrame(asked).set_index(["survey", "question"]))

# %% [markdown]
# Missing answers are left out of the score they belong to and counted. Leaving out assumes that those who skip a
# question would have answered like those who do not; nothing in a score can check that.
#
# ## A score is a sum of shares times values (definition)
#
# Answers lie on a few points. Let *p* be the share of customers on each point and *v* what a scorer gives that
# point: then every score in use is Σ *p·v*. Only *v* differs. Here for the recommend question of the simulated survey.

# %%
nps = contact.cells("nps")
weight = pd.Series(nps.w, index=nps.column("nps")).groupby(level=0).sum()
scale, scorers = contact.scale("nps"), contact.question("nps").scorers
points = pd.DataFrame({f"v: {scorer.name}": scorer.values(scale) for scorer in scorers}, index=scale.points)
points.insert(0, "p: share", weight / weight.sum())
points.index = points.index.astype(int).rename("answer")
points

# %%
by_hand = points["p: share"] @ points.drop(columns="p: share")
package = cx.score(contact, metrics="nps", scorers="all").table.set_index("scorer").estimate
pd.DataFrame({"Σ p·v by hand": by_hand.to_numpy(), "cx.score": package})

# %% [markdown]
# The same line gives the standard error: the variance of *v* over the answers, divided by the effective number of
# answers. One formula, every metric, every banding; a custom band cannot be forgotten on the way. The answers under the
# official scores of the simulated survey (weighted shares):

# %%
picture = cx.score(contact, metrics=["ces", "csat", "nps"])
picture.plot_distribution()

# %% [markdown]
# ## 25, 55 and 20 % give 5: at which n? (definition, arithmetic)
#
# The magazine's example needs no data. The same magazine reports a survey of Volkswagen Financial Services with
# 16,000 questionnaires sent and 6,800 answers; it prints no shares for it, so the two are joined here only to give the
# example a size.

# %%
promoters, neutrals, detractors, n_answers, n_sent = 0.25, 0.55, 0.20, 6_800, 16_000
counts = np.round(np.array([promoters, neutrals, detractors]) * n_answers).astype(int)
frame = pd.DataFrame({"nps": np.repeat([10, 8, 3], counts)})
example = cx.read(frame, {"title": "25/55/20", "metrics": {"nps": {"column": "nps", "instrument": "nps"}}})
rows = pd.concat([cx.score(example, interval=method, seed=1).table for method in methods("net")])
rows = rows.set_index("interval")[["estimate", "conf_low", "conf_high", "n"]]
studies.save_table("example_interval", rows)

# %%
share = n_answers / n_sent
net = rows.estimate.iloc[0]
lowest, highest = share * net - 100 * (1 - share), share * net + 100 * (1 - share)
half = (rows.conf_high - rows.conf_low).iloc[0] / 2
display(
    Markdown(
        f"The formula gives {net:g}, as stated. With {n_answers:,} answers the 95 % interval is "
        f"±{half:.1f} points, whichever method is used. That covers chance only. {share:.1%} of those asked answered; "
        f"if the others are free to be anything, the NPS of all {n_sent:,} lies between {lowest:.0f} and {highest:+.0f}, "
        f"{(highest - lowest) / 2 / half:.0f} times as wide."
    )
)

# %% [markdown]
# ## 0-10 or 1-10, detractors from 0 or from 1? (definition, simulation)
#
# Three forms are in print. Statement 3 names a band that starts at an answer its own scale does not offer.

# %%
forms = {
    "0-10, detractors 0-6": (cx.Scale(0, 10), cx.Net(9, 6)),
    "1-10, detractors 1-6": (cx.Scale(1, 10), cx.Net(9, 6)),
    "1-10, detractors 0-6": (cx.Scale(1, 10), cx.Net(9, 6)),
}
counts = {
    name: pd.Series(scorer.values(scale), scale.points.astype(int)) for name, (scale, scorer) in forms.items()
}
counts = pd.DataFrame(counts).T.map("{:+.0f}".format, na_action="ignore").fillna("–")
counts.rename_axis(index="form", columns="answer")

# %% [markdown]
# On every answer that can be given, the three forms count alike: "0-6" on 1-10 is a slip without consequence. What
# matters is how people would use the other scale, and no survey that asked one form can say. Four possibilities, on
# the same (simulated) answers:

# %%
answer, counted = points.index.to_numpy(), points["p: share"]
whole = cx.Scale(0, 10).convert(answer, cx.Scale(1, 10))
readings = {
    "as asked, 0-10": answer,
    "zeros become ones, other numbers stay": np.maximum(answer, 1),
    "stretched to 1-10, nearest whole answer": np.floor(whole + 0.5),
    "stretched to 1-10, fractions kept": whole,
}
stretched = {name: counted @ cx.Net(9, 6).apply(x, cx.Scale(0, 10)) for name, x in readings.items()}
pd.DataFrame({"NPS, detractors to 6": stretched})

# %%
sixes = 100 * counted.loc[6]
display(
    Markdown(
        f"Only the last line moves, by {sixes:.1f} points: exactly the share of sixes, which the stretching turns into "
        f"{whole[6]:g} and so out of the detractors. Convert scores by converting answers, and say what becomes of the bands."
    )
)

# %% [markdown]
# The two scales are not interchangeable all the same: between forms of the same question with four and eleven
# answers, firms' scores have been reported to correlate 0.94 and yet to differ by 22 points on average (Pingitore,
# Morgan, Rego and others 2007, in a MeasuringU summary). Levels belong to a form; a benchmark without its scale is
# none.
#
# Answers from one form read as the other are refused at the door:

# %%
wrong_form = {"metrics": {"nps": {"column": "nps", "instrument": "nps10"}}}
for problem in cx.check(datasets.load_contact_survey(), wrong_form):
    display(Markdown(f"> {problem.message}"))

# %% [markdown]
# The zeros are real answers here. Declaring them "no answer" would pass the door and delete the angriest customers;
# the right instrument is `nps`.
#
# ## Promoters from 9, or from 8? (open data)
#
# The same answers under the bands in use (intervals in the picture below). Moving the promoters' cut from 9 to 8 adds exactly the share who answered 8,
# so its interval is that of a share.

# %%
bands = {
    "9-10 less 0-6": cx.Net(9, 6),
    "8-10 less 0-6": cx.Net(8, 6),
    "8-10 less 0-4": cx.Net(8, 4),
    "8-10 less 0-3": cx.Net(8, 3),
}
recommend = {"nps": contact}

# %% tags=["needs:csibank"]
recommend["recommend"] = bank

# %%
cuts = [
    cx.score(survey, metrics=metric, scorers=list(bands.values())).table.assign(
        bands=list(bands), survey=survey.codebook.title
    )
    for metric, survey in recommend.items()
]

# %% tags=["needs:sfo_2017"]
cuts.append(
    cx.score(airport, metrics="recommend", scorers=list(bands.values())).table.assign(
        bands=list(bands), survey=airport.codebook.title
    )
)

# %%
cut_table = pd.concat(cuts).set_index(["survey", "bands"])[
    ["estimate", "conf_low", "conf_high", "n", "n_missing"]
]
studies.save_table("promoter_cut", cut_table)
cut_table.pivot_table(values="estimate", index="survey", columns="bands", sort=False).round(1)

# %% tags=["needs:csibank"]
eights = cx.score(bank, metrics="recommend", scorers=[cx.Net(9, 6), cx.Net(8, 6)]).table.estimate
eight = bank.cells("recommend")
of_eight = eight.n[eight.column("recommend") == 8].sum()
shares = np.array([eight.total - of_eight, of_eight]) / eight.total
low, high = interval(Sample(shares, np.array([0.0, 100.0]), np.array(eight.total)), kind="share")
display(
    Markdown(
        f"At the bank the score goes from {eights[0]:+.1f} to {eights[1]:+.1f}: {eights[1] - eights[0]:.1f} points "
        f"(95 % interval {low:.1f} to {high:.1f}, n = {eight.total:,}), the {of_eight:,} customers who answered 8. Nobody "
        "became more loyal, and the sign changed. Taking the detractors from 0-4 or 0-3 as well moves it further still."
    )
)

# %%
figure, ax = new_figure(1, 1, (9.5, 1.6 + 1.0 * len(cuts)))
looks = zip(bands, (BLUE, ORANGE, GREEN, PURPLE), "oDs^", (-0.27, -0.09, 0.09, 0.27), strict=True)
for band, colour, marker, shift in looks:
    part = cut_table.xs(band, level="bands")
    at = np.arange(len(part)) + shift
    ax.hlines(at, part.conf_low, part.conf_high, color=colour, lw=2.2)
    ax.plot(part.estimate, at, marker, color=colour, ms=7, label=band)
ax.set_yticks(range(len(part)), [f"{name}\n(n = {n:,})" for name, n in part.n.items()])
ax.set_ylim(len(part) - 0.5, -0.5)
ax.axvline(0, color=GREY, lw=0.8)
ax.set_xlabel("net score, points from -100 to 100, with 95 % interval")
ax.legend(title="promoters less detractors", frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
describe(
    figure,
    "Net scores of each survey under four bandings of the same answers, with 95 % intervals that are far narrower "
    "than the distances between bandings. The table above holds the numbers.",
)

# %% [markdown]
# The intervals are a few points wide, the bandings are tens of points apart: the banding, not the sample, is what a
# comparison of published NPS figures turns on.
#
# ## CSAT: the mean or the top two boxes? (open data)
#
# A mean uses every answer; a box asks only whether an answer is above the cut. Two groups can change places. At the
# bank, customers of 46-55 against those of 26-35:

# %% tags=["needs:csibank"]
by_age = cx.score(
    bank,
    by="Age",
    compare_to="26-35",
    metrics=["csat", "recommend"],
    scorers={"csat": [cx.Mean(), cx.Box(2)], "recommend": [cx.Mean(), cx.Net(9, 6)]},
    adjust="none",
)
older = by_age.differences.query("a == '46-55'").set_index(["metric", "scorer"])
studies.save_table("mean_against_box", older[["a", "b", "estimate", "conf_low", "conf_high", "p_value"]])

# %% [markdown]
# The mean puts the older group a little ahead, the box and the net score put it behind: it has fewer enthusiasts and
# fewer enemies. No interval of the means is off zero, so "the older are more satisfied" and "the younger are" are both
# more than the data carry; the point is that the sign is a property of the scorer.

# %% tags=["needs:csibank"]
by_age.plot_distribution(metric="csat")

# %% [markdown]
# ### Which scale did the mean come from? (arithmetic)
#
# "The mean, whatever the scale" (statement 5) is a number without a unit. *Search results for promoters, customers,
# rating* gives a mean of 4 of 5 stars on a 0-5 scale (Feu Vert, about 11,000 reviews). On 1-5 the same 4 is lower:

# %%
stars = {"0-5": cx.Scale(0, 5), "1-5": cx.Scale(1, 5)}
way = {name: scale.convert(4, cx.Scale(0, 100)).item() for name, scale in stars.items()}
pd.DataFrame({"a mean of 4, in % of the way from worst to best": way})

# %% [markdown]
# Moving answers from 1-5 to 1-7 by multiplying with 7/5 sends the worst answer to 1.4. `Scale.convert` maps end points
# to end points; answers multiplied by 7/5 are refused, since they are not answers on 1-7.

# %%
five = cx.Scale(1, 5).points
ends = cx.Scale(1, 5).convert(five, cx.Scale(1, 7))
pd.DataFrame({"answer on 1-5": five, "x 7/5": five * 7 / 5, "end points to end points": ends}).set_index(
    "answer on 1-5"
)

# %%
multiplied = datasets.load_contact_survey()[["csat"]] * 7 / 5
for problem in cx.check(multiplied, {"metrics": {"csat": {"column": "csat", "instrument": "csat7"}}}):
    display(Markdown(f"> {problem.message}"))

# %% [markdown]
# ## CES: share, net or mean? (simulation)
#
# Three definitions are alive (statements 6 and 7). On the same simulated answers:

# %%
ces = cx.score(contact, metrics="ces", scorers="all")
shown = ["estimate", "conf_low", "conf_high", "n", "n_missing", "interval"]
studies.save_table("ces", ces.table.set_index("scorer")[shown])

# %% [markdown]
# The three do not even rank two teams alike. Team A leaves everybody at 5; team B has most at 7 and some at 4 or 2
# (made-up answers, 100 customers each):

# %%
answers = {"A": [5] * 100, "B": [7] * 70 + [4] * 15 + [2] * 15}
teams = pd.DataFrame({"team": np.repeat(list(answers), 100), "ces": np.concatenate(list(answers.values()))})
book = {"metrics": {"ces": {"column": "ces", "instrument": "ces2"}}, "design": {"segments": ["team"]}}
by_team = cx.score(cx.read(teams, book), by="team", scorers="all").table
by_team.pivot_table(index="team", columns="scorer", values="estimate")

# %% [markdown]
# By share and by net team A wins, by mean team B. The share of 5 or more cannot see how far above the cut an answer is,
# and the mean cannot see how many customers were lost on the way.
#
# ### CES 1.0 points the other way
#
# In its first form (statement 8) a high answer means much effort. To see what a mix-up does, the simulated answers are
# turned into CES 1.0 answers, end points to end points and rounded to whole ones.

# %%
frame = datasets.load_contact_survey()
effort = cx.Scale(1, 7).convert(frame["ces"], cx.Scale(1, 5, good="low"), flip=True)
frame["effort"] = np.floor(effort + 0.5)
book = datasets.codebook("contact_survey")
right = book | {"metrics": book["metrics"] | {"ces": {"column": "effort", "instrument": "ces1"}}}
wrong = book | {"metrics": book["metrics"] | {"ces": {"column": "effort", "scale": [1, 5]}}}
for problem in cx.check(frame, wrong):
    display(Markdown(f"> **{problem.severity}:** {problem.message}"))

# %% [markdown]
# Declared as "high is good" the column is suspected at once, because it runs against the other answers. The effect on
# the score and on what it seems to predict:

# %%
read = {"low is good (right)": cx.read(frame, right), "high is good (wrong)": cx.read(frame, wrong)}
contests = {
    name: cx.compare(survey, "repurchase", ["ces", "csat"], n_boot=100) for name, survey in read.items()
}
effect = pd.DataFrame(index=list(read))
effect["top-2 box of ces, %"] = [
    cx.score(one, metrics="ces", scorers=cx.Box(2)).table.estimate.item() for one in read.values()
]
pearson = "metric == 'ces' and measure == 'pearson_r'"
effect["r of ces with repurchase"] = [one.own.query(pearson).estimate.item() for one in contests.values()]
effect

# %%
try:
    cx.Scale(1, 5, good="low").convert([1, 3, 5], cx.Scale(1, 7))
except cx.ScaleError as refusal:
    display(Markdown(f"> {refusal}"))

# %% [markdown]
# Scales with opposite good ends are never pooled or converted unless the turn is asked for by name.
#
# ## What a band throws away
#
# ### About the answers themselves (open data, simulation)
#
# The squared correlation between an answer and its band value is the share of the answers' variance that the band
# keeps. Its inverse says how many times as many answers the banded score needs to notice a small drift of all answers
# that the mean would notice (second table).

# %%
views = [(contact, name) for name in ("ces", "csat", "nps")]

# %% tags=["needs:csibank"]
views += [(bank, "csat"), (bank, "recommend")]

# %% tags=["needs:sfo_2017"]
views += [(airport, "csat"), (airport, "recommend")]

# %%
kept = []
for survey, name in views:
    cells, scale = survey.cells(name), survey.scale(name)
    answered = np.isfinite(cells.column(name))
    x, w = cells.column(name)[answered], cells.w[answered]
    bands = {"official": survey.question(name).official, "top-2 box": cx.Box(2), "top box": cx.Box(1)}
    for label, scorer in bands.items():
        m = np.cov(x, scorer.apply(x, scale), aweights=w)
        r2 = m[0, 1] ** 2 / (m[0, 0] * m[1, 1])
        where = [survey.codebook.title, f"{name}, {scale}", label, scorer.name]
        kept.append([*where, 100 * r2, 1 / r2, cells.n[answered].sum()])
columns = ["survey", "question", "band", "scorer", "variance kept, %", "times the answers", "n"]
kept = studies.save_table("variance_kept", pd.DataFrame(kept, columns=columns))
kept.pivot_table(
    values="variance kept, %", index=["survey", "question", "n"], columns="band", sort=False
).round(1)

# %%
kept.pivot_table(
    values="times the answers", index=["survey", "question", "n"], columns="band", sort=False
).round(1)

# %%
banded = kept[kept.scorer != "mean"].set_index("band")["variance kept, %"]
official, top = banded["official"], banded["top box"]
display(
    Markdown(
        f"The official bands keep {official.min():.0f} to {official.max():.0f} % of what the answers hold, a top box alone "
        f"{top.min():.0f} to {top.max():.0f} %. The loss depends on where the cut falls among the answers, not on the metric's name: "
        "a cut near the middle of the answers given keeps most, one in their tail least."
    )
)

# %% [markdown]
# ### About the outcome
#
# What a band loses in predicting what customers say they will do: R² of the outcome on the banded answer, less R² on
# the answer itself, with the interval of that difference (delete-one jackknife). `cx.compare` gives it for the official
# scorer; here each band is declared official in turn.

# %%
bandings = [
    ("9-10 less 0-6", {"net": [9, 6]}, "9-10 (top 2)", {"box": 2}),
    ("9-10", {"share_at_least": 9}, "8-10", {"share_at_least": 8}),
    ("7-10", {"share_at_least": 7}, "10 (top box)", {"box": 1}),
]

# %% tags=["needs:csibank"]
lost = []
outcomes = {"choose_again": {"column": "loy1", "scale": [0, 10]}}
for recommend_name, recommend_scorer, csat_name, csat_scorer in bandings:
    metrics = {
        "recommend": {"column": "loy3", "scale": [0, 10], "scorers": [recommend_scorer]},
        "csat": {"column": "sat1", "scale": [0, 10], "scorers": [csat_scorer]},
    }
    banded = cx.read(datasets.load_csibank(), {"metrics": metrics, "outcomes": outcomes})
    contest = cx.compare(banded, "choose_again", n_boot=100)
    r2 = contest.table.query("measure == 'r2_score'").set_index(["coding", "metric"]).estimate
    loss = contest.banding.query("measure == 'r2_score'").set_index("metric")
    loss = loss.assign(band=[recommend_name, csat_name], of_answers=r2["linear"], of_band=r2["official"])
    lost.append(loss.set_index("band", append=True))
columns = ["of_answers", "of_band", "estimate", "conf_low", "conf_high", "n"]
lost = studies.save_table("r2_lost", pd.concat(lost).sort_index()[columns])
lost

# %% tags=["needs:csibank"]
figure, ax = new_figure(1, 1, (9.5, 4.2))
shown = lost.reset_index().sort_values(["metric", "of_band"])
labels = shown.metric + ": " + shown.band
ax.barh(labels, shown.of_band, color=shown.metric.map({"csat": ORANGE, "recommend": BLUE}), height=0.55)
ax.hlines(labels, shown.of_answers + shown.conf_low, shown.of_answers + shown.conf_high, color=INK, lw=1.4)
for metric, y in (("csat", 1), ("recommend", 4)):
    value = lost.of_answers[metric].iloc[0]
    ax.vlines(value, y - 1.4, y + 1.4, color=INK, lw=2)
    text = f"{metric}, answers\nas given: {value:.2f}"
    ax.annotate(text, (value, y), (6, 0), textcoords="offset points", va="center")
ax.set_xlim(0, 0.78)
n = shown.n.iloc[0]
ax.set_xlabel(f'R² with "would choose the same bank again", 95 % interval of the loss, n = {n:,}')
describe(
    figure,
    "R² of the outcome on each banding of satisfaction and recommendation at the Spanish bank, against a line for the "
    "unbanded answers. Every band loses; the top box loses most.",
)

# %% tags=["needs:csibank"]
classes = lost.loc[("recommend", "9-10 less 0-6")]
from_eight, top_two, top_box = (lost.loc[("csat", band)] for band in ("8-10", "9-10 (top 2)", "10 (top box)"))
answers_csat, answers_recommend = from_eight.of_answers, classes.of_answers
display(
    Markdown(
        f"Unbanded, recommendation explains {answers_recommend:.1%} and satisfaction {answers_csat:.1%} of the outcome's variance. "
        f'The three NPS classes keep {classes.of_band / answers_recommend:.0%} of it: statement 9 ("little") does not hold for stated '
        f"intentions at this bank, though its authors looked at retention, which these data do not have. Satisfaction keeps "
        f"{from_eight.of_band / answers_csat:.0%} as 8-10 and {top_box.of_band / answers_csat:.0%} as top box. Choosing the scorer can thus "
        f"choose the winner: NPS classes against top-2 CSAT is {classes.of_band:.2f} against {top_two.of_band:.2f}."
    )
)

# %% [markdown]
# The same on the simulated survey, where the truth is known to be linear on the latent scale:

# %%
banding = cx.compare(contact, "repurchase", n_boot=100).banding.query("measure == 'r2_score'")
banding.set_index("metric")[["estimate", "conf_low", "conf_high", "n"]]

# %% [markdown]
# ## Intervals in small samples (simulation)
#
# Twenty answers, all of them 9 or 10. The score is 100; what is its interval?

# %%
happy = pd.DataFrame({"nps": [9, 10] * 10})
happy = cx.read(
    happy, {"title": "Twenty promoters", "metrics": {"nps": {"column": "nps", "instrument": "nps"}}}
)
with warnings.catch_warnings(action="ignore"):
    rows = pd.concat([cx.score(happy, interval=method).table for method in methods("net")])
rows.set_index("interval")[["estimate", "conf_low", "conf_high", "n"]]

# %% [markdown]
# Wald and bootstrap claim certainty. To see what each method is worth, samples are drawn from a population whose score
# is known (the simulated survey's own shares) and it is counted how often the 95 % interval holds the truth.

# %%
rng = np.random.default_rng(7)
sizes = [10, 20, 50, 100, 200]
truths = {"net": ("nps", cx.Net(9, 6)), "share": ("csat", cx.Box(2)), "mean": ("ces", cx.Mean())}
shares, spans = {}, {"net": (-100.0, 100.0), "share": (0.0, 100.0), "mean": (1.0, 7.0)}
for kind, (name, scorer) in truths.items():
    cells = contact.cells(name)
    weight = pd.Series(cells.w, index=cells.column(name)).groupby(level=0).sum()
    shares[kind] = (weight / weight.sum()).to_numpy(), scorer.apply(weight.index, contact.scale(name))

# %%
covered = []
for (kind, (p, v)), n in itertools.product(shares.items(), sizes):
    draws = rng.multinomial(n, p, size=2_000) / n
    for method in methods(kind):
        some = draws[:1_000] if method == "bootstrap" else draws
        sample = Sample(some, v, np.full(len(some), float(n)), ends=spans[kind])
        low, high = interval(sample, kind=kind, method=method, rng=rng, n_boot=400)
        inside = (low <= p @ v) & (p @ v <= high)
        what = {
            "score": f"{kind} of {truths[kind][0]}",
            "method": method,
            "default": method == methods(kind)[0],
        }
        covered.append(what | {"n": n, "coverage": 100 * inside.mean(), "width": (high - low).mean()})
covered = studies.save_table("coverage", pd.DataFrame(covered))
covered.pivot_table(index=["score", "method"], columns="n", values="coverage").round(1)

# %%
figure, axes = new_figure(1, 3, (10.5, 4.1), sharey=True)
colours = {"adjusted_wald": BLUE, "score": GREEN, "t": PURPLE, "wald": ORANGE, "bootstrap": GREY}
looks = {"palette": colours, "markers": dict(zip(colours, "oDsX^", strict=True))}
for ax, (title, part) in zip(axes, covered.groupby("score"), strict=True):
    sns.lineplot(part, x="n", y="coverage", hue="method", style="method", dashes=False, **looks, ax=ax)
    ax.axhspan(93, 97, color="#EEEEEE", lw=0)
    ax.set(
        xscale="log", title=title, xlabel="answers in the sample", ylabel="intervals that hold the truth, %"
    )
    ax.set_xticks(sizes, sizes)
    ax.minorticks_off()
    ax.legend(frameon=False, loc="lower right")
describe(
    figure,
    "Coverage of 95 % intervals against sample size for the mean of CES, the net score of NPS and the share of CSAT. "
    "Wald and bootstrap fall short below 50 answers; the other methods stay near 95 %.",
)

# %%
small = covered[covered.n <= 20]
worst = small.groupby("method").coverage.min()
held = small[small.default].coverage
display(
    Markdown(
        f"With 10 or 20 answers Wald holds the truth in as few as {worst['wald']:.0f} % and the percentile bootstrap in "
        f"{worst['bootstrap']:.0f} % of samples instead of 95; the package's defaults ({methods('net')[0]} for net scores, "
        f"{methods('share')[0]} for shares, {methods('mean')[0]} for means) stay between {held.min():.0f} and {held.max():.0f} %. "
        "From 100 answers on they agree. Counts are of 2,000 samples (bootstrap 1,000), so a difference of a point is noise."
    )
)

# %% [markdown]
# ## Verdicts

# %%
studies.verdict(
    f"25, 55 and 20 % do give {net:g}; with {n_answers:,} answers ±{half:.1f} points for chance, but {lowest:.0f} to {highest:+.0f} "
    f"if the {1 - share:.0%} who kept silent may be anything.",
    about="NPS by the book (definition)",
)

# %% tags=["needs:csibank"]
studies.verdict(
    f"counting 8s as promoters moves the NPS of the same {eight.total:,} bank customers from {eights[0]:+.1f} to {eights[1]:+.1f}.",
    about="Promoters from 8 (open data)",
)
studies.verdict(
    f"every band loses part of what predicts: R² {answers_recommend:.2f} becomes {classes.of_band:.2f} as NPS classes, "
    f"{answers_csat:.2f} becomes {top_box.of_band:.2f} as top-box CSAT; the scorer can decide which metric wins.",
    about="What banding loses (open data)",
)

# %% [markdown]
# ## What would change this
#
# - **Split ballots**: the same population asked on 0-10 and on 1-10 by lot. Only that tells what the scale does to the
#   answers; everything above holds answers fixed and varies the counting.
# - **An outcome that is behaviour.** What a band loses is measured here against a stated intention. If a threshold truly
#   governs behaviour (customers leave below 7, say), a band at the threshold could lose nothing.
# - **Other answer shapes.** What a band keeps depends on where people answer; in a country that uses the middle of the
#   scale the ranking of bands changes.
#
# ## Summary
#
# - A score is Σ *p·v*. Official forms differ in *v* alone; so name the bands, the scale and its good end with every score.
# - NPS on 0-10 and on 1-10 counts the same answers alike. Moving the promoters' cut by one answer moves the score by
#   the share who gave that answer: often twenty points, many times the sampling interval.
# - Means, boxes and net scores can rank two groups in opposite order; report the distribution.
# - Bands cost between a fifth and most of what answers say about intentions. Predict with answers, report with bands.
# - Effort 1-5 is good when low: read with the wrong end up, its correlation changes sign. Converting scales by
#   multiplication is refused.
# - Below 50 answers keep to the default intervals; Wald and bootstrap promise too much.
