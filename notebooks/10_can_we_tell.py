# %% [markdown]
# # Can we tell? Twelve worlds as a study
#
# **Question.** Every contest between effort, satisfaction and recommendation rests on surveys whose truth nobody knows. Would our rule
# have found the truth, had there been one to find? And if it finds it, what do we know then?
#
# **Claim under test.** Our own: *the verdict of* `compare` *is right as often as it says*. Beside it the rule behind most published rankings:
# *the metric with the highest correlation predicts best*.
#
# **How it is tested.** Twelve worlds of `cxresearch.worlds`, made so that each mirrors a claim of this field or a trap in testing it. In
# each, many surveys are drawn and judged by the one rule that every study here uses. What is true in a world is an integral over all of
# its customers, computed without the estimators under test.
#
# **Kind of evidence.** *Simulation*, all of it: no answer below was given by anybody. A world can show whether a method works where the
# truth is known. It can never show what is true of real customers, and nothing below is an argument for or against any metric.

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

import cxresearch as cx
from cxresearch import studies, worlds
from cxresearch.plots import BLUE, GREY, INK, ORANGE, describe, new_figure
from cxresearch.stats.intervals import Sample, wilson

studies.start()
pd.set_option("display.precision", 3)
pd.set_option("display.max_colwidth", None)
metrics = ["ces", "csat", "nps"]
rope = 0.03  # the smallest difference in r that `compare` takes to matter
sizes, surveys, seed = [500, 5_000], 40, 10

# %% [markdown]
# ## Data: twelve worlds
#
# Simulated customers meet frictions, find the contact easy or hard, are satisfied or not, think well of the company or not, and answer
# four questions: effort (`ces`, 1-7), satisfaction (`csat`, 1-5), recommendation (`nps`, 0-10) and repurchase intent (1-7).

# %%
named = {name: make() for name, make in worlds.NAMED.items()}
lessons = pd.DataFrame(
    [(name, world.lesson) for name, world in named.items()], columns=["world", "what it teaches"]
)
lessons.set_index("world")

# %% [markdown]
# ## What is true
#
# Correlation of each metric's *answers* with repurchase intent among all customers of a world. There is a winner where one metric is
# ahead of both others by more than the smallest difference that matters; otherwise the right verdict is *no practical difference*.

# %%
chosen = "outcome == 'repurchase' and coding == 'linear' and measure == 'pearson_r'"
tables = [world.truth.contest.query(chosen).assign(world=name) for name, world in named.items()]
r = pd.concat(tables).pivot_table(index="world", columns="metric", values="truth").loc[list(named), metrics]
leads = np.sort(r.to_numpy(), axis=1)
truth = r.assign(lead=leads[:, 2] - leads[:, 1], first=r.idxmax(axis=1))
truth["winner"] = truth["first"].where(truth.lead > rope, "none")
studies.save_table("truth", truth).round(3)

# %%
with_winner = truth[truth.winner != "none"]
display(
    Markdown(
        f"{len(with_winner)} of the {len(truth)} worlds have a winner, with leads from {with_winner.lead.min():.3f} to "
        f"{with_winner.lead.max():.3f}. In {', '.join(truth.index[truth.winner == 'none'])} the largest lead is "
        f"{truth.lead[truth.winner == 'none'].max():.3f}, less than the {rope:g} that is taken to matter."
    )
)

# %% [markdown]
# ## What the verdict says
#
# The rule of every study here: a metric predicts better when the 95 % interval of its lead over every other lies above the smallest
# difference that matters, and it leads out of sample too; *no practical difference* when the intervals exclude more than that;
# otherwise *not enough data*.

# %%
found = []
for name, world in named.items():
    counted = cx.power.simulate(
        world, sizes, outcome="repurchase", metrics=metrics, n_sim=surveys, rope=rope, seed=seed
    )
    found.append(counted.table.assign(world=name))
found = pd.concat(found, ignore_index=True)
shares = found.pivot_table(index=["world", "answers"], columns="verdict", values="estimate").loc[list(named)]
shares = shares[[*(f"{metric} better" for metric in metrics), "no practical difference", "not enough data"]]
studies.save_table("verdicts", (100 * shares).round(0).astype(int))

# %% [markdown]
# Per cent of surveys. Now against the truth: *right* is the true winner named, or no practical difference found where there is none;
# *false* a winner where there is none, or the wrong one. What is left is *not enough data*, or a true winner called no difference:
# the rule did not say, or understated.

# %%
found["winner"] = found.world.map(truth.winner)
correct = found.winner.where(found.winner == "none", found.winner + " better").replace(
    "none", "no practical difference"
)
found["right"] = found.estimate.where(found.verdict == correct, 0)
found["false"] = found.estimate.where(found.verdict.str.endswith("better") & (found.verdict != correct), 0)
judged = found.groupby(["world", "answers"], sort=False)[["right", "false"]].sum().join(
    found.groupby(["world", "answers"], sort=False).n.first()
)  # fmt: skip
for what in ("right", "false"):
    share = judged[what].to_numpy()
    sample = Sample(np.column_stack([1 - share, share]), np.array([0.0, 100.0]), judged.n.to_numpy(float))
    judged[f"{what} low"], judged[f"{what} high"] = wilson(sample, 0.95)
    judged[what] *= 100
columns = ["right", "right low", "right high", "false", "false low", "false high", "n"]
judged = studies.save_table("judged", judged[columns])
judged.round(1)

# %% [markdown]
# ## Ranked as rankings are
#
# The rule behind most tables of this field: the highest correlation wins, without an interval. It always names somebody.

# %%
rankings = []
for name, world in named.items():
    for i in range(surveys):
        answers = world.answers(sizes[0], seed=1_000 + i)
        rankings.append([name, answers[metrics].corrwith(answers["repurchase"]).idxmax()])
rankings = pd.DataFrame(rankings, columns=["world", "highest"])
highest = pd.crosstab(rankings.world, rankings.highest, normalize="index").loc[list(named)] * 100
ranked = highest.reindex(columns=metrics, fill_value=0.0).assign(winner=truth.winner)
missed = rankings.highest != rankings.world.map(truth.winner)
false_rank = 100 * missed.groupby(rankings.world).mean().loc[list(named)]
studies.save_table("highest", ranked.round(0))

# %%
figure, axes = new_figure(1, 2, (9.5, 6.2), sharey=True)
rows = np.arange(len(named))
for size, color, marker, shift in zip(sizes, (BLUE, ORANGE), ("o", "s"), (-0.2, 0.0), strict=True):
    part = judged.xs(size, level="answers")
    for ax, what in zip(axes, ("right", "false"), strict=True):
        ax.hlines(rows + shift, part[f"{what} low"], part[f"{what} high"], color=color, lw=1.6)
        ax.plot(part[what], rows + shift, marker, color=color, ms=5, label=f"verdict, {size:,} answers")
for ax, share in zip(axes, (100 - false_rank, false_rank), strict=True):
    named_share = np.column_stack([100 - share, share]) / 100
    ends = wilson(Sample(named_share, np.array([0.0, 100.0]), np.full(len(share), float(surveys))), 0.95)
    ax.hlines(rows + 0.2, *ends, color=INK, lw=1)
    ax.plot(share, rows + 0.2, "D", color=INK, mfc="white", ms=4.5, label=f"highest r, {sizes[0]:,} answers")
axes[0].set_title("says what is true", loc="left", color=INK)
axes[1].set_title("names a false winner (line: 5 %)", loc="left", color=INK)
axes[1].axvline(5, color=GREY, lw=1)
axes[0].set_yticks(rows, [f"{name}\n(winner: {truth.winner[name]})" for name in named], fontsize=8)
axes[0].invert_yaxis()

# %%
for ax in axes:
    ax.set(xlim=(-3, 103), xlabel=f"% of {surveys} simulated surveys (95 % Wilson interval)")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
figure.suptitle("Simulated: how often the verdict is right, by world", x=0.01, ha="left", color=INK)
few, many = (judged.xs(size, level="answers") for size in sizes)
told = "; ".join(f"{name} {few.right[name]:.0f} and {many.right[name]:.0f} %" for name in named)
text = f"Simulated. Share of surveys with the right verdict at {sizes[0]} and {sizes[1]} answers: {told}."
describe(figure, text)

# %%
slow = few[few.right < 50].index
display(
    Markdown(
        f"With {sizes[1]:,} answers the verdict was right in {many.right.mean():.0f} % of the surveys, over all worlds, and named a false "
        f"winner in {many.false.mean():.1f} %. With {sizes[0]:,} it was right in {few.right.mean():.0f} % and named a false winner in "
        f"{few.false.mean():.1f} %: where the answers do not suffice it says so. That happens in most surveys of {len(slow)} worlds: "
        f"{', '.join(slow)}. A tie is proved later than a large lead is seen: an interval must fit into ±{rope:g}."
    )
)

# %%
without = truth.index[truth.winner == "none"]
share = 100 - false_rank[with_winner.index]
display(
    Markdown(
        f"Where there is a winner the highest of three correlations is mostly that winner ({share.min():.0f} to {share.max():.0f} % of "
        f"surveys of {sizes[0]}). Where there is none it still names one in every survey: in {len(without)} worlds all of its winners are "
        f"false. In `tie` it was "
        + ", ".join(f"{metric} in {highest[metric]['tie']:.0f} %" for metric in metrics)
        + f". The verdict named a winner there in {few.false['tie']:.0f} %."
    )
)

# %% [markdown]
# ## Right about answers is not right about customers
#
# A verdict is about answers. Three worlds are made so that it is right and a step beyond it is wrong. First: whose *feeling* goes with
# loyalty, freed of the noise of its question?

# %%
felt = {"ease": "ces", "satisfaction": "csat", "attitude": "nps"}
traps = ["reliability_artifact", "halo", "reverse_cause"]
tables = [named[name].truth.latent.query("b == 'loyalty'").assign(world=name) for name in traps]
latent = pd.concat(tables).pivot_table(index="world", columns="a", values="truth").loc[traps, list(felt)]
answered = r.loc[traps].rename(columns=lambda name: f"{name}, answered")
beyond = latent.rename(columns=lambda name: f"{name}, felt").join(answered)
studies.save_table("felt", beyond).round(2)

# %%
artifact, mood = beyond.loc["reliability_artifact"], beyond.loc["halo"]
display(
    Markdown(
        f"In `reliability_artifact` the three feelings are one (r with loyalty {artifact['ease, felt']:.2f} each), yet answers to the better "
        f"asked question correlate {artifact['csat, answered']:.2f} against {artifact['ces, answered']:.2f}. In `halo` they are one as well; "
        f"recommendation leads by {mood['nps, answered'] - mood['ces, answered']:.2f} because it shares the mood of the day with the question "
        "that it predicts. The verdict names both, rightly, as better predictors of answers."
    )
)

# %% [markdown]
# Second: what would happen if a friction were removed? Mean repurchase intent (1-7) had nobody been transferred nor had to call again, less
# what it is.

# %%
changes = []
for name in ("effort_wins", "reverse_cause", "confounded"):
    change = (
        named[name]
        .truth.what_if("repurchase", transfers=0, repeats=0)
        .query("scenario == 'change' and measure == 'mean'")
    )
    changes.append([name, r.ces[name], float(change.truth.iloc[0]), float(change.error.iloc[0])])
changes = pd.DataFrame(
    changes, columns=["world", "r of effort's answers", "true change, points", "error of the integral"]
)
changes = studies.save_table("changes", changes.set_index("world"))
changes

# %%
effort, reverse = changes.loc["effort_wins"], changes.loc["reverse_cause"]
display(
    Markdown(
        f"In `effort_wins` effort correlates {effort.iloc[0]:.2f} with intent, and removing two frictions adds {effort.iloc[1]:.2f} points. In "
        f"`reverse_cause` it correlates {reverse.iloc[0]:.2f}, is named the best predictor, rightly, and removing the same frictions adds "
        f"{abs(reverse.iloc[1]):.2f}: there low loyalty makes contacts feel hard, and not the other way round. No contest of "
        "correlations can tell these worlds apart, however many customers answer."
    )
)

# %% [markdown]
# ## Verdict

# %%
studies.verdict(
    f"Simulated: over twelve worlds the verdict was right in {few.right.mean():.0f} % of surveys of {sizes[0]:,} answers and in "
    f"{many.right.mean():.0f} % of surveys of {sizes[1]:,}, and named a false winner in {few.false.mean():.1f} and {many.false.mean():.1f} %; the "
    f"highest of three correlations is false in every survey of the {len(without)} worlds without a winner. Right means: about answers. In "
    "three worlds the named metric leads because of noise, of mood, or of a cause that runs backwards."
)

# %% [markdown]
# **What would change it.** Worlds in which the rule fails: feelings that are not normal, answers lost for reasons that no weight knows, effects
# that differ between customers. Another smallest difference that matters moves the border between *better* and *no practical difference*:
# `gamed` and `satisfaction_wins` have leads near enough to feel it.
#
# **How far to trust these counts.** 40 surveys a world leave intervals of up to 30 points, drawn above. The long run, with 1,000 surveys a
# world and size, the coverage of every interval, weights, clusters and missing answers, and what fails, is in
# [docs/calibration_worlds.md](../docs/calibration_worlds.md).
#
# ## Summary
#
# Where a difference is real and large, hundreds of answers show it; where it is small, or none, thousands are needed to say so, and the
# rule says that too. What no number of answers gives is the step from *predicts* to *does something*. All of it simulated.
