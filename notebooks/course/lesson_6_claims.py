# %% [markdown]
# # Lesson 6. Reading a vendor's claim
#
# **You need** a mean, a percentage, and what a correlation is (lesson 2). **It takes** about 60 minutes; each part says
# how long.
#
# **You will be able to** say what two printed percentages leave out, what "40 % more accurate" can mean, what silence
# and begging do to a score, and what a claim would have to be true for. You take a checklist home.
#
# **All customers here are simulated**; the *claims* are real. They are quoted from the project's registry, in our words,
# with the place where they were seen. What nobody on this project has seen in print is not used as a fact. A
# simulation cannot say whether a claim is true; it can say what it would take.
#
# **How it works.** As in lesson 1: put your guess or your answer in the place of `...`, and guess *before* you read on.

# %%
from dataclasses import replace

import pandas as pd
from IPython.display import Markdown

import cxresearch as cx
from cxresearch import course, studies
from cxresearch.stats import accuracy_claims, tails

studies.start()
pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## 1. Two percentages (12 minutes)
#
# Two figures on customer effort, and where they stand:

# %%
registry = cx.claims.load()
famous = pd.DataFrame(
    {
        "in our words": registry[claim].statement,
        "source": registry.documents[registry[claim].document]["title"],
    }
    for claim in ("S4-04", "S4-07")
)
famous.set_axis(["S4-04", "S4-07"])

# %% [markdown]
# Impressive. But per cent *of whom*? The first says what happens to customers with high effort. It does not say how
# many there are.
#
# **Exercise 6.1.** Suppose that 5 % of a company's customers had high effort and 60 % had low effort (made up; the page
# does not say). Of the customers in these two groups who become more disloyal, how many per cent had *low* effort?
# (one decimal) Imagine 1,000 customers and count.

# %% tags=["answer:6.1"]
answer = ...

course.check("6.1", answer)

# %% [markdown]
# A percentage of a small group says little about where the losses come from. And where was the figure
# printed first, and did it look the same there?

# %%
Markdown(
    f"> {registry['L-017'].statement} *(L-017, from pages that report the article: nobody here has seen it)*"
)

# %% [markdown]
# ## 2. The cut that was not printed (14 minutes)
#
# High effort, low effort: somebody drew two lines. Those beyond them were compared, those between them left out. The page
# does not say where the lines are.
#
# Why that matters: two percentages of two groups are not yet a measure of how well effort predicts. The measure would
# be a correlation. If both effort and disloyalty are bell-shaped, then the two percentages, *and how large the
# groups were*, give exactly one.
#
# **Guess.** Suppose all customers were cut in two halves. Which correlation would stand behind 96 % against 9 %? (0: none;
# 1: perfect)

# %%
guess = ...

# %%
course.reveal(guess, tails.implied_correlation(0.09, 0.96, 1 / 2).r, decimals=2)

# %% [markdown]
# That would be nearly one and the same thing. For comparison, a figure pooled over many studies, of satisfaction with
# the intention to buy again:

# %%
usual = registry["L-044"].figure("satisfaction, intent")
print(f"r = {usual.shown()} (L-044: {registry['L-044'].source})")

# %% [markdown]
# So the groups were hardly halves. Were they smaller, farther out?
#
# **Exercise 6.2.** Take the other pair, 94 % and 4 % who mean to buy again. Suppose that the fifth of customers with the
# highest effort was compared with the fifth with the lowest. Which correlation stands behind it? (two decimals)
#
# `tails.implied_correlation(lower_rate, higher_rate, share).r`, all three as shares, not per cent.

# %% tags=["answer:6.2"]
answer = ...

course.check("6.2", answer)

# %% [markdown]
# Now the other way round. Below are simulated customers with one correlation, an ordinary one. It never changes. The
# dial changes only whom the report compares: the two halves, or smaller and smaller groups at the ends. (The
# percentages are exact, the dots a sample. On a
# page without a running notebook you see the halves, and other positions below.)

# %%
course.dial(6)

# %% [markdown]
# The same customers, the same correlation, and the print goes from unremarkable to sensational, up to the very figures
# of the claim. So a gap between extreme groups does not say how well a metric predicts. **Ask for the cut**, or for the
# percentage at *every* answer.
#
# ## 3. "So many times as accurate" (12 minutes)
#
# Now ratios. One stands on a page of a firm; the other is said to stand in a book of 2013:

# %%
told = pd.DataFrame(
    {
        "in our words": registry[claim].statement,
        "printed": registry[claim].figures[0].shown(),
        "seen": registry[claim].seen,
    }
    for claim in ("S4-11", "L-010")
)
told.set_axis(["S4-11", "L-010"])

# %% [markdown]
# ("second-hand": on a page that reports the source.) Larger multiples are passed on, too. Here is how the registry keeps
# them:

# %%
louder = registry["L-022"]
figures = "; ".join(f"{figure.name}: {figure.shown()}" for figure in louder.figures)
Markdown(f"> {louder.statement}. *Figures:* {figures}. *({louder.id}; {louder.notes})*")

# %% [markdown]
# Nobody here has seen the page, so there is nothing to test. One can still ask what such a figure would *mean*. Suppose a
# page said "1.8 times". The world `effort_wins` is made so that effort predicts 1.8 times as well as satisfaction.
# In which unit?
#
# **Exercise 6.3.** How many times as well does `ces` predict `repurchase` as `csat` does: as a ratio of the correlations, and
# as a ratio of their squares (R², the share of variance explained)? (two decimals)
#
# `people["ces"].corr(people["repurchase"])` is a correlation.

# %%
people = cx.worlds.effort_wins().answers(20_000, seed=6)

# %% tags=["answer:6.3"]
answer = {"r": ..., "R2": ...}

course.check("6.3", answer)

# %% [markdown]
# "More accurate" without a unit is not a number. Back to the printed 40 % (S4-11). The page names no base either. Suppose it
# were the R² of satisfaction that a page reports of the book of 2013 (L-008; nobody here has seen the book's own print, and the
# two need not be of the same customers). What would effort have to reach, in each unit that could be meant?

# %%
base, times = registry["L-008"].value("satisfaction to loyalty"), registry["S4-11"].figures[0].value
reached = {unit: accuracy_claims.improved_r2(base, times, unit) for unit in accuracy_claims.UNITS}
units = pd.DataFrame({"R² of effort": reached})
units["r of effort"] = units["R² of effort"] ** 0.5
units.rename_axis("if the unit is").round(2)

# %% [markdown]
# (`gini`: how well loyal customers are told from others; `log_gain`: gain in likelihood.)
#
# And how many answers does it take to see such a lead at all, and not just chance?
#
# **Guess.** One metric explains 12 % more than another (R², from the same base; the two metrics correlate .6). How many
# answers does a survey need to find that with a probability of 80 %?

# %%
guess = ...

# %%
needed = accuracy_claims.answers_needed((1.12 * base) ** 0.5, base**0.5, 0.6)
course.reveal(guess, needed, unit="answers", decimals=0)

# %% [markdown]
# Both percentages are said of effort and satisfaction. In one unit and of the same customers they would
# contradict each other. They may be of different questions, customers or units; then neither is *the* lead of effort.
#
# ## 4. Those who are silent, and those who are begged (14 minutes)
#
# A third kind of gap: how many of those who were asked answered? Here it was printed.

# %%
Markdown(f"> {registry['S1-11'].statement} *(S1-11)*")

# %% [markdown]
# **Exercise 6.4.** Suppose the NPS of those who answered had been 20 (made up). Between which two values does the NPS of *all
# 16,000 who were asked* lie, whatever the silent think? Hand in `(low, high)`. (one decimal)

# %% tags=["answer:6.4"]
answer = ...

course.check("6.4", answer)

# %% [markdown]
# And 43 % is no low rate. These bounds are extreme, of course: the silent are hardly all alike.
# But who keeps silent is no accident either. In the next world a quarter of the customers answer after a hard
# contact, a tenth after a plain one, a fifth after an easy one. This is true of *all* customers:

# %%
world = cx.worlds.nonresponse()
scores = world.truth.scores.set_index(["item", "scorer"]).truth
honest = scores["nps", "net"]
print(f"NPS of all customers: {honest:.2f}")

# %% [markdown]
# **Guess.** Ten thousand answers come in. By how many points will their NPS differ from that of all customers?
# (below 0: it is too low)

# %%
guess = ...

# %%
answered = cx.score(world.sample(10_000, seed=6), metrics="nps")
shown = ["estimate", "conf_low", "conf_high", "n"]
gap = answered.table["estimate"].iloc[0] - honest
course.reveal(guess, gap, unit="points", also=answered.table[shown].round(2))

# %% [markdown]
# The interval is narrow, and it lies beside the truth. More answers make it narrower, not truer. What helps is to know
# who did not answer: with weights, one over each customer's chance to answer, the survey finds its way back.

# %%
mended = cx.score(replace(world, weighted=True).sample(10_000, seed=6), metrics="nps")
mended.table[shown].round(2)

# %% [markdown]
# In life nobody knows these chances exactly. One can compare those who answered with all who were asked in what is on
# record (repeats, waiting, product), and ask some of the silent again.
#
# Now the opposite: everybody answers, but staff are paid by the score. A third of the customers, whatever they think, give
# a ten because somebody asked them nicely.
#
# **Exercise 6.5.** The others have the NPS `honest` from above; 33 % give a begged ten. What is the NPS of all? (one decimal)

# %% tags=["answer:6.5"]
answer = ...

course.check("6.5", answer)

# %% [markdown]
# Does anybody notice? The score is up. But it predicts less, and that can be measured:

# %%
gamed = cx.worlds.gamed()
kind = replace(gamed, items=tuple(replace(item, begged=0.0) for item in gamed.items))
rows = {}
for name, one in {"nobody begged": kind, "a third begged": gamed}.items():
    asked = one.answers(20_000, seed=6)
    rows[name] = {"r of nps with repurchase": asked["nps"].corr(asked["repurchase"])}
pd.DataFrame(rows).T.round(3)

# %% [markdown]
# ## 5. What would have to be true? (5 minutes)
#
# Turn a claim round: how would customers have to be, for these figures to come out? `calibrate` turns the dials of a
# world until its survey prints them, or says that it cannot. Here: 94 % with a good answer to effort mean to buy again,
# 4 % with a bad one (beyond the middle of the scale, both).

# %%
turned = cx.worlds.effort_wins().calibrate(rates={("ces", "repurchase"): (0.04, 0.94)})
turned.table.round(2)

# %%
Markdown("\n".join(f"- {note}" for note in turned.notes))

# %% [markdown]
# With answers as noisy as in this world, and with all answers to effort below the middle counted as bad and all above it as
# good, it cannot be had. (Who answers the middle is in neither group.) That does not refute the claim: nobody said that its
# groups are as large as that. It says what the print would have to add to be believed.
#
# The registry does this for every claim it holds. Three of them, with what was found (`low` and `high`: the range that
# the print allows):

# %%
judged = ("S4-04", "L-018", "S4-11")
rows = [cx.claims.show(claim).table.query("kind == 'arithmetic'").iloc[0] for claim in judged]
card = pd.DataFrame(rows, [*judged])[["verdict", "low", "high", "unit"]].round(2)
card.assign(statement=[registry[claim].statement for claim in judged])

# %% [markdown]
# "underdetermined" means: what would decide was left out of the print. Look at the second
# row: the same firm, later, asked customers who had a real choice to stay or go. `cx.claims.show("L-018")` has it all, and
# `cx.claims.scorecard()` every claim with its verdict.
#
# ## 6. A checklist to take home (3 minutes)
#
# | ask | because |
# | :--- | :--- |
# | Who was asked, how many answered? | the silent may be different |
# | Per cent *of what*? | a big share of few is few |
# | Where were the groups cut? | extreme groups make any metric look strong |
# | So many times: of which unit, from which base? | r and R² give different multiples |
# | Which outcome? | an intention on the same page is not what people do |
# | Compared with what, and how sure? | a lead without an interval may be chance |
# | Predicts, or causes? | see lesson 5 |
# | Who gains by the number? | begging, and choosing what to print |
# | Have I seen the page itself? | figures are passed on from memory |
#
# **Exercise 6.6.** Use it. A page prints "NPS 40", and in small letters: 900 customers asked, 25 answers. Which leaves most
# open about the NPS of the 900: `"chance"`, `"silence"` or `"rounding"`?

# %% tags=["answer:6.6"]
answer = ...

course.check("6.6", answer)

# %% [markdown]
# ## What to remember
#
# - Two percentages without the cut, a multiple without its unit, a score without its response rate: each leaves a range,
#   and the range is the honest reading.
# - Silence can be a far larger doubt than chance, and more answers do not cure it.
# - Where tens are begged for, the score rises and the service does not; and it predicts less.
# - "Not shown" is not "false". Say what is missing, and what would settle it.
#
# ## What these numbers do not say
#
# - They do not say that effort, or any metric, predicts well or badly. That is for real customers to show.
# - The bell shape behind the correlations is an assumption; real answers pile up at the good end.
# - How much silence or begging there is at any company, these worlds do not know. They were made up to be seen.
#
# **Read on:** `docs/printed.md` (each of these sums, and its limits), `docs/claims.md` (the registry and its verdicts), and
# the studies `06_the_claims` and `07_reading_the_print`.
