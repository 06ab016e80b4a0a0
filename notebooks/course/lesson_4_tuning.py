# %% [markdown]
# # Lesson 4. In-sample, out-of-sample, and tuning to the answer
#
# **You need** lesson 3: what the interval of a lead is. **It takes** about 55 minutes; each part says how long.
#
# **You will be able to** say how well a prediction does among customers it has not seen, why the best of many tries
# looks better than it is, and how to check what somebody has picked.
#
# **All customers here are simulated**, in worlds whose truth is known.
#
# **How it works**, as in lesson 1: put your guess or answer in the place of `...` and run the cell (Shift and Enter).
# Guess *before* you read on.

# %%
from dataclasses import replace

import pandas as pd

import cxresearch as cx
from cxresearch import course, studies, worlds

studies.start()

# %% [markdown]
# ## 1. Learning by heart (12 minutes)
#
# 200 customers answered a survey. With it we want to foretell what *other* customers say about buying again
# (`repurchase`, 1 to 7). The plainest way to predict: look for those who gave the same answer, and take their mean.

# %%
world = worlds.satisfaction_wins()
known = world.answers(200, seed=1)
means = known.groupby("nps")["repurchase"].mean()
means.round(1).to_frame("predicted repurchase").T

# %% [markdown]
# How good is that? Count the misses, each squared, so that large ones weigh more. Compare with the misses of somebody who
# predicts the overall mean for everybody. *R²* is the part of the misses that the prediction saves: 1 is perfect, 0 is no
# better than the mean, below 0 is worse than it.

# %%
plain = known["repurchase"].mean()
misses = (known["repurchase"] - known["nps"].map(means)) ** 2
print(f"R² = {1 - misses.sum() / ((known['repurchase'] - plain) ** 2).sum():.2f}")

# %% [markdown]
# Better: take only those who gave the same answers to *several* questions. And still better: who also had the same kind of
# contact. Each line of the table adds a column. `groups` is how many kinds of customers there are then, `alone` how many of
# the 200 are the only one of their kind.

# %%
columns = ["nps", "ces", "csat", "complexity", "transfers", "channel_switches"]
rows = {}
for last in range(1, 7):
    by = columns[:last]
    said = known.groupby(by)["repurchase"].transform("mean")
    saved = 1 - ((known["repurchase"] - said) ** 2).sum() / ((known["repurchase"] - plain) ** 2).sum()
    sizes = known.groupby(by).size()
    rows["+ " + by[-1]] = {"groups": len(sizes), "alone": (sizes == 1).sum(), "R²": saved}
pd.DataFrame(rows).T.astype({"groups": int, "alone": int}).round(2)

# %% [markdown]
# With six columns the prediction is all but perfect. Now 5,000 new customers of the same company come in. Each is given the
# mean of those among the 200 who answered alike (the overall mean where there is nobody).
#
# **Guess.** What is R² among the new customers, with all six columns?

# %%
guess = ...

# %%
new = world.answers(5_000, seed=2)
rows = {}
for last in range(1, 7):
    by = columns[:last]
    means = known.groupby(by)["repurchase"].mean().rename("said")
    alike = new.join(means, on=by)["said"]
    missed = ((new["repurchase"] - alike.fillna(plain)) ** 2).sum()
    saved = 1 - missed / ((new["repurchase"] - plain) ** 2).sum()
    rows["+ " + by[-1]] = {
        "R² among new customers": saved,
        "found nobody alike (%)": 100 * alike.isna().mean(),
    }
among_new = pd.DataFrame(rows).T.round({"R² among new customers": 2, "found nobody alike (%)": 0})
course.reveal(guess, saved, decimals=2, also=among_new)

# %% [markdown]
# With six columns most of the 200 are alone in their group: the prediction has learnt them by heart, moods and all. It
# knows the answers to the exam, and little else. Each column made it look better *in-sample*, where it was learnt; one
# column alone did best *out-of-sample*.
#
# Towards the end R² among the new customers even rises a little. That is no merit of the last columns: they make the
# prediction worse for those who still find somebody alike. But ever more find nobody. Those get the overall mean, and it
# misses them by less than the word of a few others did.
#
# **Exercise 4.1.** Predict from satisfaction (`csat`) alone, with means learnt from `known`. What is R² among the `new`
# customers? (three decimals; `new["csat"].map(means)` gives each its prediction. Compare with predicting `plain`.)

# %% tags=["answer:4.1"]
answer = ...

course.check("4.1", answer)

# %% [markdown]
# ## 2. New customers without asking anybody (12 minutes)
#
# Usually there are no 5,000 others. But customers can be *treated* as new: set some aside, learn from the rest, and predict
# those set aside. In ten parts, so that everybody is set aside once. That is *cross-validation*.

# %%
fold = pd.Series(range(len(known))) % 10
missed, base = 0.0, 0.0
for k in range(10):
    learnt, asked = known[fold != k], known[fold == k]
    means = learnt.groupby("nps")["repurchase"].mean()
    said = asked["nps"].map(means).fillna(learnt["repurchase"].mean())
    missed += ((asked["repurchase"] - said) ** 2).sum()
    base += ((asked["repurchase"] - learnt["repurchase"].mean()) ** 2).sum()
print(f"R² by cross-validation = {1 - missed / base:.2f}")

# %% [markdown]
# That is R² for recommendation, by cross-validation: less than in-sample, and not far from what the 5,000 showed.
#
# **Exercise 4.2.** What is it for satisfaction (`csat`), with the same ten parts? (three decimals)

# %% tags=["answer:4.2"]
answer = ...

course.check("4.2", answer)

# %% [markdown]
# It need not agree with Exercise 4.1 exactly: it has only 200 customers to try itself on. But nobody new was asked, and the
# number is not flattered.
#
# The package does this in every contest, for a straight line instead of groups, and ten times over with other parts.
# `r2_score` is in-sample, `cv_r2_score` by cross-validation. A winner must also lead in the second.

# %%
contest = cx.compare(world.sample(200, seed=1), "repurchase", ["ces", "nps"], seed=1)
rows = contest.table.query(
    "coding == 'linear' and measure in ['r2_score', 'cv_r2_score'] and metric != '(all)'"
)
rows.pivot_table(index="metric", columns="measure", values="estimate").round(3)

# %% [markdown]
# A line has only two numbers to learn, where groups have one for each answer. It can learn next to nothing by heart, and
# loses next to nothing.
#
# ## 3. The best of seven (10 minutes)
#
# There are other ways to learn the answers by heart. A company wants to report the share of customers who answered "at least
# so much" to the recommendation question. Which cut? An analyst tries all from 4 to 10 on 100 customers, and keeps the
# one that goes best with repurchase. Here is the first thing tried:

# %%
few = world.answers(100, seed=6)
print(f"r = {(few['nps'] >= 4).corr(few['repurchase']):.2f} for a cut at 4")

# %% [markdown]
# **Exercise 4.3.** Try all cuts from 4 to 10 among the 100. Which is kept, and what is its correlation with `repurchase`
# among the 5,000 in `new`? (three decimals; `for cut in range(4, 11):` goes through the cuts)

# %% tags=["answer:4.3"]
answer = {"cut": ..., "r": ...}

course.check("4.3", answer)

# %% [markdown]
# **Guess.** A hundred analysts do the same, each with 100 other customers. For how many is r among their own 100 higher
# than it is among new customers?

# %%
guess = ...

# %%
later = {cut: (new["nps"] >= cut).corr(new["repurchase"]) for cut in range(4, 11)}
rows = []
for seed in range(101, 201):
    own = world.answers(100, seed)
    tried = pd.Series({cut: (own["nps"] >= cut).corr(own["repurchase"]) for cut in later})
    rows.append({"cut": tried.idxmax(), "own 100": tried.max(), "new": later[tried.idxmax()]})
analysts = pd.DataFrame(rows)
means = analysts[["own 100", "new"]].mean().rename("mean r").round(2).to_frame()
higher = (analysts["own 100"] > analysts["new"]).sum()
course.reveal(guess, higher, unit="of 100", decimals=0, also=means)

# %% [markdown]
# Which cuts do the hundred keep?

# %%
analysts["cut"].value_counts().sort_index().rename("analysts who keep it").to_frame().T

# %% [markdown]
# Everybody tried only seven things, all of them sensible. The one that is kept owes its place to merit *and* luck, and only
# the merit comes along. And the analysts do not agree on the cut: each found the one that suited the moods of a hundred
# customers.
#
# ## 4. Looking until something turns up (12 minutes)
#
# In the world `tie` effort and satisfaction are equally good, in every corner of the company. The company has 20 teams, and
# asks 100 customers of each. A lead counts as clear when its 95 % interval does not hold 0. By luck alone, that happens
# about 5 times in 100.
#
# **Guess.** A hundred such companies look at all their teams. In how many does at least one team have a clear winner?

# %%
guess = ...

# %%
looked = course.dial(4).numbers(20)
course.reveal(guess, looked.found[-1], unit="of 100", decimals=0)

# %% [markdown]
# Now turn the dial (it shows the result of your guess, too): how many teams are looked at? At the left is one of the companies; the team with the largest lead is blue.
# Then *other* customers of that same team are asked (orange). (Click on the slider, then use the arrow keys. On a page without
# a running notebook you see it at 5, and other positions below.)

# %%
course.dial(4)

# %% [markdown]
# The blue line climbs, the orange one lies on the ground: what turned up was luck, and luck hardly ever turns up twice in the
# same place. The dashed line can be calculated. (The blue one does not follow it exactly. These are only a hundred companies,
# and with a hundred answers the intervals are a little wider than they need be.)
#
# **Exercise 4.4.** Each look shows a clear lead by luck with a chance of 5 %. What is the chance, in per cent, that at
# least one of 20 does? (one decimal)

# %% tags=["answer:4.4"]
answer = ...

course.check("4.4", answer)

# %% [markdown]
# Teams are only one way. An analyst also chooses the outcome, how answers are scored, the measure, the customers who count.
# Nobody need cheat: each choice is sensible, and it is made after a look at the result. The *multiverse* makes all
# those choices and shows all results. Here is a survey of the whole company, where nothing leads:

# %%
company = replace(worlds.tie(), teams=20)
everybody = cx.compare(company.sample(2_000, seed=3), "repurchase", ["ces", "csat"], seed=1)
print(everybody.verdict.conclusion)
choices = everybody.multiverse()
choices.leaders

# %% [markdown]
# `leads` counts the choices under which a question is ahead, `leads_clearly` those with a clear lead. Where do the clear ones
# come from?

# %%
clear = choices.table.assign(clear=(choices.table.conf_low > 0) | (choices.table.conf_high < 0))
clear.groupby("scorer")["clear"].agg(["size", "sum"]).rename(
    columns={"size": "choices", "sum": "clear leads"}
)

# %% [markdown]
# One answer to the question, chosen in advance; or a drawer full of answers, from which the best is printed. A reader of the
# report cannot tell the two apart, unless all choices are shown. (Some of the clear leads need not be luck: cutting 7 answers
# in one place and 5 in another makes two new scores, and they are not equally good. Lesson 1.)
#
# ## 5. Ask again (9 minutes)
#
# The cure is simple: what was picked in one survey must show itself in another, which had no part in the picking. Here is a
# company where satisfaction truly is ahead, asked twice. First the lead of all customers, then that of the team where it was
# largest the first time.

# %%
there = replace(world, teams=20)
once, twice = there.answers(2_000, seed=4), there.answers(2_000, seed=104)
rows = {}
for team, people in once.groupby("team"):
    rows[team] = people["csat"].corr(people["repurchase"]) - people["ces"].corr(people["repurchase"])
best = pd.Series(rows).idxmax()
parts = [once, twice, once[once["team"] == best], twice[twice["team"] == best]]
r = [people[["csat", "ces"]].corrwith(people["repurchase"]) for people in parts]
names = ["all, first", "all, again", "picked team, first", "picked team, again"]
pd.DataFrame(r, names).eval("csat - ces").to_frame("lead of satisfaction in r").round(2)

# %% [markdown]
# The true lead comes again. Even that of the picked team shrinks: it was picked for being large.

# %% [markdown]
# Now the company where nothing leads: its first survey, and a second with other customers of the same teams.

# %%
first, second = company.answers(2_000, seed=7), company.answers(2_000, seed=8)
rows = {}
for team, people in first.groupby("team"):
    rows[team] = people["csat"].corr(people["repurchase"]) - people["ces"].corr(people["repurchase"])
leads = pd.Series(rows)
leads.sort_values().tail(3).round(2).rename_axis("team").to_frame("lead of satisfaction in r")

# %% [markdown]
# **Guess.** What will the lead of the team at the bottom of this table be in the second survey?

# %%
guess = ...

# %% [markdown]
# **Exercise 4.5.** What is it? (three decimals; `second[second["team"] == leads.idxmax()]` are its customers)

# %% tags=["answer:4.5"]
answer = ...

course.check("4.5", answer)

# %%
course.reveal(guess, answer, exercise="4.5", decimals=2)

# %% [markdown]
# If nobody can be asked again, put half of the answers away *before* looking, choose with the other half as freely as you like,
# and open the first half once. Once: who looks, changes something and looks again has tuned to it, too.
#
# ## What to remember
#
# - How well something fits the customers it was made from says little. Judge it on others: new ones, or set aside.
# - What a prediction has learnt by heart makes it look better than it is.
# - The best of many tries owes its place to merit and luck. The luck stays behind.
# - With enough looks something "clear" turns up where there is nothing. Say how often you looked.
# - Choose before you see the result; or show all choices; or confirm the choice on customers who had no part in it.
#
# ## What these numbers do not say
#
# - They are simulated. How often real reports were picked from many tries cannot be known from a report.
# - Cross-validation stands for *new customers of the same kind*. It does not promise anything for next year, another
#   country, or another way of asking.
# - A finding that is not seen again need not be luck: with 100 customers a small true lead is often missed (lesson 3).
# - To look at many things is no sin. To print one of them as if it had been the only one is.
#
# **Where to read on.** All choices shown for open data: `notebooks/02_which_metric_predicts` and
# `notebooks/09_scoring_decides`. How the package tests out of sample: `docs/compare.md`. Gelman and Loken (2014), The
# statistical crisis in science, *American Scientist* 102, on choices made after a look. Simonsohn, Simmons and Nelson
# (2020), Specification curve analysis, *Nature Human Behaviour* 4. Hastie, Tibshirani and Friedman (2009), *The
# Elements of Statistical Learning*, chapter 7, on cross-validation.
