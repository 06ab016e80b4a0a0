# %% [markdown]
# # Lesson 3. Does A predict better than B?
#
# **You need** lesson 2: what a correlation is and what noise does to it. **It takes** about 60 minutes; each part says
# how long.
#
# **You will be able to** say how sure a lead of one question over another is, tell "no difference" from "not enough
# data", say how many answers it takes, and see when a lead belongs to the wording and not to the feeling.
#
# **All customers here are simulated**, in worlds made for this lesson. So we know who really leads, and can see who
# finds it out.
#
# **How it works**, as in lesson 1: put your guess or answer in the place of `...` and run the cell (Shift and Enter).
# Guess *before* you read on.

# %%
import pandas as pd
from IPython.display import Markdown

import cxresearch as cx
from cxresearch import course, power, studies, worlds
from cxresearch.plots import BLUE, INK, ORANGE, describe, new_figure

studies.start()
pd.set_option("display.max_colwidth", None)
metrics = ["ces", "csat", "nps"]

# %% [markdown]
# ## 1. A table with a winner (8 minutes)
#
# A company asks 200 customers after a contact: was it easy (`ces`, 1 to 7), were you satisfied (`csat`, 1 to 5), would you
# recommend us (`nps`, 0 to 10), and would you buy again (`repurchase`, 1 to 7)? Which of the first three foretells the
# fourth best? Here are the correlations with `repurchase`, highest first.

# %%
tie = worlds.tie()
survey = tie.answers(200, seed=10)
first = survey[metrics].corrwith(survey["repurchase"]).sort_values(ascending=False)
first.to_frame("r").round(2)

# %% [markdown]
# **Exercise 3.1.** By how much does the first correlation exceed the last? (three decimals: calculate with `first`, do not
# copy the rounded numbers)

# %% tags=["answer:3.1"]
answer = ...

course.check("3.1", answer)

# %% [markdown]
# In a report the first row of such a table makes the headline. Now a hundred other surveys are
# made, of 200 customers each, in the same company in the same month.
#
# **Guess.** In how many of the hundred does the same question stand first?

# %%
guess = ...

# %%
surveys = [tie.answers(200, seed) for seed in range(101, 201)]
many = pd.DataFrame([one[metrics].corrwith(one["repurchase"]) for one in surveys])
leaders = many.idxmax(axis="columns")
counts = leaders.value_counts().rename("first in").to_frame()
course.reveal(guess, counts.loc[first.idxmax(), "first in"], unit="of 100", decimals=0, also=counts)

# %% [markdown]
# These customers were made with *one* feeling. All three questions read it equally well. Some question stands first in every
# survey, and which one is a draw of the lot. A table of correlations without intervals always has a winner.
#
# ## 2. How sure is a lead? (12 minutes)
#
# In another world satisfaction really is ahead of effort. 400 customers were asked. Each correlation comes with its
# 95 % interval: how far chance alone may have moved it.

# %%
ahead = worlds.satisfaction_wins()
contest = cx.compare(ahead.sample(400, seed=4), "repurchase", ["csat", "ces"], seed=1)
alone = contest.table.query("coding == 'linear' and measure == 'pearson_r'")
alone[["metric", "estimate", "conf_low", "conf_high", "n"]].round(3)

# %% [markdown]
# The intervals overlap: the highest value for effort is above the lowest for satisfaction.
#
# **Guess.** Can the *lead* be 0, then? In other words: does the 95 % interval of the difference hold 0? `"yes"` or `"no"`

# %%
guess = ...

# %% [markdown]
# `contest.pairs` has the difference itself. Each row is another measure of "how well"; ours is `pearson_r`.
#
# **Exercise 3.2.** What is the 95 % interval of the lead of satisfaction over effort, as `contest.pairs` gives it? (two
# numbers with three decimals, `(low, high)`, or the row)

# %% tags=["answer:3.2"]
answer = ...

course.check("3.2", answer)

# %%
lead = contest.pairs.set_index("measure").loc["pearson_r"]
course.reveal(guess, "yes" if lead.conf_low < 0 < lead.conf_high else "no")

# %% [markdown]
# Two overlapping intervals say little about a difference, for two reasons.
#
# - Both would have to be wrong in opposite directions at once. That is rarer than one of them being wrong.
# - *The same customers* answered both questions. If many of those asked happen to fit well, both correlations rise
#   together, and their difference moves less than it would among strangers.
#
# The hundred surveys of part 1 show the second. How far does each number typically move from survey to survey (its
# standard deviation)?

# %%
lead = many["nps"] - many["csat"]
moves = {
    "r of nps": many["nps"].std(),
    "r of csat": many["csat"].std(),
    "their difference, same customers": lead.std(),
    "the same, were they strangers": (many["nps"].var() + many["csat"].var()) ** 0.5,
}
pd.Series(moves).to_frame("moves by").round(3)

# %% [markdown]
# So ask for the interval of the *difference*. It is the only one that answers "who is ahead?".
#
# ## 3. Two significances are no comparison (7 minutes)
#
# Another survey, 500 customers. Now something the company wants to know more: how many months they stayed afterwards
# (`months`, from the ledger).

# %%
stayed = cx.compare(ahead.sample(500, seed=16), "months", ["csat", "ces"], seed=1)
alone = stayed.table.query("coding == 'linear' and measure == 'pearson_r'").set_index("metric")
alone["holds 0"] = (alone.conf_low < 0) & (alone.conf_high > 0)
alone[["estimate", "conf_low", "conf_high", "n", "holds 0"]].round(3)

# %% [markdown]
# The report says: "Satisfaction predicts how long customers stay. Effort does not. Satisfaction is the better predictor."
#
# **Exercise 3.3.** What do these customers say of satisfaction against effort: is satisfaction `"better"`, are the two
# `"equal"`, or is the question `"open"`? (look into `stayed.pairs`)

# %% tags=["answer:3.3"]
answer = ...

course.check("3.3", answer)

# %% [markdown]
# Ask many more customers in the same world, and see what effort does:

# %%
more = ahead.answers(20_000, seed=1)
more[["csat", "ces"]].corrwith(more["months"]).round(2).to_frame("r with months, 20,000 customers")

# %% [markdown]
# Effort does foretell how long they stay. The first survey was too small to see it. "Not significant" means "not seen",
# not "not there", and the difference between a significant and a non-significant number can itself be nothing.
#
# ## 4. Too small to matter (12 minutes)
#
# If chance is the trouble, ask more customers. Here is a world with one feeling once more, and questions that are equally
# clear. 20,000 customers answer.
#
# **Guess.** Does the interval of the difference between recommendation and satisfaction hold 0? `"yes"` or `"no"`

# %%
guess = ...

# %%
large = cx.compare(worlds.tie("latent").sample(20_000, seed=2), "repurchase", ["nps", "csat"], seed=1)
lead = large.pairs.set_index("measure").loc["pearson_r"]
holds = "yes" if lead.conf_low < 0 < lead.conf_high else "no"
course.reveal(guess, holds, also=large.verdict.sentence)

# %% [markdown]
# One question offers eleven answers, the other five. Finer answers carry a little more of the same feeling, and with
# enough customers that *is* seen. No two questions are exactly alike: with enough customers, *some* difference is always
# found. Whether it matters is another matter, and no calculation decides it.
#
# So say beforehand what the smallest difference is that would change a decision. Here it is 0.03 in r, on both sides of
# 0: the *region of practical equivalence*. Then three things can be said of the interval of a lead:
#
# | the interval lies | verdict |
# | :--- | :--- |
# | beyond the region | one predicts better |
# | inside the region | no practical difference |
# | across its edge | not enough data |
#
# (Of a winner the package also asks that it is ahead among customers it has not seen: lesson 4.)
#
# Each line in the next figure is a survey. At the left effort and satisfaction tie, at the right satisfaction is ahead.
# Turn the dial: how many customers must a survey ask? (Click on the slider, then use the arrow keys. On a page without
# a running notebook you see it at 400, and other positions below: how many of the surveys say what.)

# %%
course.dial(3)

# %% [markdown]
# **Exercise 3.4.** What is the smallest position of the dial at which at least half of the surveys at the right say that
# satisfaction is ahead?

# %% tags=["answer:3.4"]
answer = ...

course.check("3.4", answer)

# %% [markdown]
# Look at the left as well. It takes even more customers to be sure that there is *no* difference that matters. And now and then
# a survey names a winner where there is none: 95 % is not 100 %.
#
# ## 5. How many answers does it take? (9 minutes)
#
# This can be known before anybody is asked. The plan needs three guesses: how each question correlates with
# `repurchase`, and how the two correlate with each other. Supposing that one question predicted 1.8 times as well as the
# other:

# %%
plan = power.contest(0.54, 0.30, 0.45)
plan.table[["quantity", "wanted", "n"]].round(2)

# %% [markdown]
# `wanted` is the chance to find what is there, `n` the answers it takes. The first row asks less than the second: that the
# difference is not 0. The second asks that it is large enough to matter. (`inf`: no study would do; two questions so far
# apart will never be found equal.)
#
# Leads in the open surveys of this project are much smaller. Take the world at the right of the dial: about 0.57 for
# satisfaction, 0.48 for effort, 0.45 between the two.
#
# **Guess.** How many answers does it take until the verdict names satisfaction in 8 of 10 surveys?

# %%
guess = ...

# %% [markdown]
# **Exercise 3.5.** And what does the plan say? (column `n`, in the row of the verdict that names a metric)

# %% tags=["answer:3.5"]
answer = ...

course.check("3.5", answer)

# %%
course.reveal(guess, answer, exercise="3.5", unit="customers", decimals=0)

# %% [markdown]
# Answers needed, by how large the lead truly is:

# %%
leads = [0.24, 0.12, 0.06, 0.045]
needed = {lead: power.contest(0.48 + lead, 0.48, 0.45).table["n"].iloc[1] for lead in leads}
pd.Series(needed).rename_axis("true lead in r").to_frame("answers").astype(int)

# %% [markdown]
# Half the lead takes far more than twice the answers. And where the true lead is near 0.03 no study will ever tell.
#
# The formula supposes answers that are spread like a bell. Ratings crowd at the top, and then it takes more: compare your
# plan with what the dial showed.
#
# What of a study that is too small? It has found something: that it cannot tell. That is worth printing, with the
# interval. Here are six surveys of 400 where satisfaction truly leads, and how many customers each says are needed:

# %%
rows = {}
for seed in range(11, 17):
    one = cx.compare(ahead.sample(400, seed), "repurchase", ["csat", "ces"], n_boot=100)
    lead = one.pairs.set_index("measure").estimate["pearson_r"]
    needed = f"{one.verdict.n_needed:,}" if one.verdict.n_needed else ""
    rows[seed] = [round(lead, 3), one.verdict.conclusion, needed]
columns = ["lead in r", "verdict", "answers needed, it says"]
pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("survey")

# %% [markdown]
# The numbers at the right differ as much as the surveys do: each takes its own lead for the true one. A small study cannot
# even tell how much too small it is. Plan with a lead that would matter to you, not with the one you found.
#
# ## 6. The feeling or the question? (12 minutes)
#
# The last world has one feeling again. But satisfaction is asked with care, and the other two are asked badly: much noise
# (lesson 2). The *reliability* of the answers, known here because we made them:

# %%
noisy = worlds.reliability_artifact()
reliability = noisy.truth.reliability.set_index("item")["truth"]
reliability[metrics].round(2)

# %% [markdown]
# 2,000 customers answer, and a contest is held, as everywhere: on the answers.

# %%
sample = noisy.sample(2_000, seed=2)
contest = cx.compare(sample, "repurchase", metrics, seed=1)
Markdown(contest.verdict.sentence)

# %% [markdown]
# A clear win, by any rule. Now the noise is taken out: each correlation is divided by the root of its question's
# reliability.
#
# **Guess.** Who is ahead then by more than 0.03: `"ces"`, `"csat"`, `"nps"` or `"none"`?

# %%
guess = ...

# %% [markdown]
# A hundred other surveys, of 1,000 customers each. Who is ahead on average, freed of noise?

# %%
others = [noisy.answers(1_000, seed) for seed in range(1, 101)]
r = pd.DataFrame([one[metrics].corrwith(one["repurchase"]) for one in others])
freed = r / reliability[metrics] ** 0.5
means = freed.mean().sort_values()
course.reveal(guess, means.index[-1] if means.iloc[-1] - means.iloc[-2] > 0.03 else "none")

# %% [markdown]
# Here are the hundred leads of satisfaction over recommendation, before and after:

# %%
figure, ax = new_figure(1, 1, (8, 3.2))
ax.axvspan(-0.03, 0.03, color="#EEEEEE", lw=0)
for table, colour, hatch, words in ((r, BLUE, "", "answers"), (freed, ORANGE, "//", "freed of noise")):
    leads = table["csat"] - table["nps"]
    label = f"{words}: {(leads > 0).sum()} of {len(leads)} above 0"
    ax.hist(
        leads, bins=25, range=(-0.2, 0.2), color=colour, hatch=hatch, edgecolor=INK, alpha=0.75, label=label
    )
ax.axvline(0, color=INK, lw=1.2)
ax.set_xlabel("lead of satisfaction over recommendation in r (grey: too small to matter)")
ax.set_ylabel("surveys of 1,000")
ax.legend(frameon=False)
describe(
    figure,
    "Leads of satisfaction over recommendation in a hundred simulated surveys: of the answers all lie right of 0; "
    "freed of noise they lie on both sides of it.",
)

# %% [markdown]
# All of the naive contests have satisfaction ahead. Freed of noise, the leads lie on both sides of 0.
#
# But a company has one survey, and needs an interval. Back to the 2,000 customers: `ratios` has the correlation of
# satisfaction *divided* by that of another question, 1 being a tie. For recommendation:

# %%
ratios = cx.compare(sample, "repurchase", ["csat", "nps"], seed=1).ratios.set_index("unit")
naive = ratios.loc["r", ["estimate", "conf_low", "conf_high"]].astype(float)
noise = (reliability["csat"] / reliability["nps"]) ** 0.5
print(f"Noise alone would make the ratio {noise:.3f}.")
pd.DataFrame({"answers": naive, "freed of noise": naive / noise}).T.round(3)

# %% [markdown]
# `noise` is the root of one reliability divided by the other: what the ratio would be if the feelings tied. Divided by
# it, the ratio of the answers has an interval that holds 1: the naive contest crowns the clearer question, the corrected one crowns nobody.
#
# **Exercise 3.6.** Do the same for satisfaction and *effort*: what is the 95 % interval of their ratio, freed of noise?
# (`(low, high)`, three decimals; begin with `cx.compare(sample, "repurchase", ["csat", "ces"])`)

# %% tags=["answer:3.6"]
answer = ...

course.check("3.6", answer)

# %% [markdown]
# Both contests are right, about different things. Who must choose a *question* for next year's survey should take
# satisfaction as it is asked here: noise and all, it foretells more. Who concludes that *being satisfied* counts for more
# than having it easy has found out how the questions were worded.
#
# The correction has its price: the orange leads are spread more widely. It also needs the reliabilities. Where a report does
# not print them, all that can be said is what they would have to be to turn the result round.
#
# ## What to remember
#
# - Every table of correlations has a first row. That is no finding.
# - Ask for the interval of the *difference*, among the same customers. Two overlapping intervals do not answer it, nor
#   does one significant number beside one that is not.
# - Say beforehand what difference would matter. Then there are three verdicts: better, no practical difference, not
#   enough data. All three are findings.
# - Plan the number of answers for the smallest lead that matters. Half the lead takes far more than twice the answers.
# - A question can win by being clear. Take the noise out before you say anything about feelings.
#
# ## What these numbers do not say
#
# - They are simulated. Who leads in real companies, nothing here can tell.
# - To predict is not to cause: making service easier need not make anybody stay (lesson 5).
# - 0.03 is a choice. With another smallest difference there are other verdicts, and that is as it should be.
# - The correction is only as good as the reliabilities, and it cannot see a mood that colours all answers alike.
# - An interval covers chance. It knows nothing of those who did not answer, nor of an analyst who tried several contests
#   and kept the best one: lesson 4.
#
# **Where to read on.** How the package decides, and how often it is wrong: `docs/compare.md` and `docs/calibration.md`. The
# contest on open data: `notebooks/02_which_metric_predicts`. Planning: `cxresearch power --help`. On part 3: Gelman and
# Stern (2006), The difference between "significant" and "not significant" is not itself statistically significant, *The
# American Statistician* 60. On part 2: Zou (2007), Toward using confidence intervals to compare correlations,
# *Psychological Methods* 12. On part 4: Lakens, Scheel and Isager (2018), Equivalence testing for psychological research,
# *Advances in Methods and Practices in Psychological Science* 1.
