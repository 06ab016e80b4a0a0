# %% [markdown]
# # Lesson 2. Correlation, noise and reliability
#
# **You need** lesson 1, or a mean and a percentage. **It takes** about 55 minutes; each part says how long.
#
# **You will be able to** read a correlation, say what noise in the answers does to it, and undo that where
# the noise is known. You will see one question beat another only because it was asked more clearly.
#
# **All customers here are simulated.** Nobody was asked, so we know the truth and can see how far the answers are
# from it.
#
# **How it works**, as in lesson 1: put your guess or answer in the place of `...` and run the cell (Shift and Enter).
# Guess *before* you read on.

# %%
import math

import numpy as np
import pandas as pd
from IPython.display import Markdown

import cxresearch as cx
from cxresearch import course, datasets, studies
from cxresearch.stats.fisher import fisher_interval

studies.start()

# %% [markdown]
# ## 1. Two questions side by side (10 minutes)
#
# Here are the customers of lesson 1 again. They were also asked whether they would buy again (`repurchase`, 1 to 7).
# Do those who had it easy (`ces`, 1 to 7) say so more often?

# %%
contacts = datasets.load_contact_survey()
contacts.groupby("ces")["repurchase"].agg(["mean", "count"]).round(2)

# %% [markdown]
# The mean rises with ease. But look at single customers. Each field of the next table counts the customers with that
# pair of answers.

# %%
pd.crosstab(contacts["ces"], contacts["repurchase"])

# %% [markdown]
# There are customers in almost every field. Ease and repurchase go together, but loosely. The *correlation* `r` says how
# loosely, in one number:
#
# - 1: all fields lie on one rising line; -1: on one falling line;
# - 0: no line at all.
#
# **Guess.** What is the correlation of ease and repurchase?

# %%
guess = ...

# %%
course.reveal(guess, contacts["ces"].corr(contacts["repurchase"]), decimals=2)

# %% [markdown]
# **Exercise 2.1.** What is the correlation of satisfaction (`csat`) and recommendation (`nps`)? (two decimals)

# %% tags=["answer:2.1"]
answer = ...

course.check("2.1", answer)

# %% [markdown]
# ## 2. What a correlation is, and what it is not (8 minutes)
#
# **Guess.** Someone codes ease from 10 to 70 instead of 1 to 7: each answer times ten. Does the correlation with
# repurchase change? `"yes"` or `"no"`

# %%
guess = ...

# %%
before = contacts["ces"].corr(contacts["repurchase"])
after = (10 * contacts["ces"]).corr(contacts["repurchase"])
course.reveal(guess, "no" if math.isclose(before, after) else "yes")

# %% [markdown]
# A correlation has no unit. It compares orders and distances, each within its own scale. That makes it possible to set
# questions with different scales side by side; the price is that it cannot say *how much* of anything you get.
#
# It is no percentage either. A percentage appears when it is multiplied by itself: `r` times `r` is the share of the
# differences between customers in one question that goes along with the other.
#
# **Exercise 2.2.** What percentage of the differences in repurchase goes along with ease? (one decimal)

# %% tags=["answer:2.2"]
answer = ...

course.check("2.2", answer)

# %% [markdown]
# "Twice the correlation" is therefore four times the share, and whoever prints "40 % better" ought to say of what.
#
# ## 3. The same question twice (10 minutes)
#
# Now 2,000 other customers. They were asked one question, 1 to 7, and a week later the same question again. Nothing
# happened in that week and nobody's feeling changed.

# %%
twice = course.asked_twice()
twice[["first", "second"]].head()

# %% [markdown]
# **Guess.** What percentage gave the same answer both times?

# %%
guess = ...

# %%
course.reveal(guess, 100 * (twice["first"] == twice["second"]).mean(), unit="%", decimals=0)

# %% [markdown]
# An answer is a feeling plus the moment: the hour, the mood, the way the question is read. The moment is *noise*. The
# *reliability* of a question is the share of the differences between answers that is feeling: 1 without noise, 0 if
# there is nothing else. When a question was asked twice, and the feeling stayed, reliability is simply the correlation of
# the two answers.
#
# **Exercise 2.3.** What is the reliability of this question? (two decimals)

# %% tags=["answer:2.3"]
answer = ...

course.check("2.3", answer)

# %% [markdown]
# ## 4. Noise shrinks correlations (12 minutes)
#
# Behind the next figure are 500 customers. Their *feeling* correlates 0.6 with an outcome, always. What we have are
# answers. Turn the dial and make the question better or worse (click on the slider, then use the arrow keys; on a page
# without a running notebook you see it at 0.7, and other positions below).

# %%
course.dial(2)

# %% [markdown]
# The worse the question, the rounder the cloud, the flatter the line and the smaller the correlation. Nothing about the customers has changed. The
# curve gives the rule:
#
# > correlation of the answers = correlation of the feeling × root of the reliability
#
# The interval is chance: with 500 customers the dot need not lie on the curve.
#
# **Exercise 2.4.** The feeling correlates 0.6 with an outcome that is free of noise. The question has a reliability
# of 0.64. Which correlation do you expect of the answers? (two decimals; `math.sqrt` is the root)

# %% tags=["answer:2.4"]
answer = ...

course.check("2.4", answer)

# %% [markdown]
# The rule can be read backwards. For the customers who were asked twice the ledger says how many months they stayed
# (`months`); a ledger has no moods.
#
# **Exercise 2.5.** What is the correlation of the *feeling* with `months`? Take the answers in `first` and correct them
# with the reliability you found. (two decimals)

# %% tags=["answer:2.5"]
answer = ...

course.check("2.5", answer)

# %% [markdown]
# ## 5. Who won, the feeling or the question? (10 minutes)
#
# Now a world in which all three questions, ease, satisfaction and recommendation, ask for *one and the same feeling*.
# Only the wording differs: satisfaction is asked clearly, the other two are not.

# %%
world = course.uneven_world()
reliability = world.truth.reliability.set_index("item")["truth"]
reliability[["ces", "csat", "nps"]].round(2)

# %% [markdown]
# Each question is to predict repurchase, in a survey of 5,000 customers.
#
# **Guess.** Which question will look best: `"ces"`, `"csat"`, `"nps"`, or `"none"`?

# %%
guess = ...

# %%
answers = world.answers(5_000, seed=1)
observed = answers[["ces", "csat", "nps"]].corrwith(answers["repurchase"])
course.reveal(guess, observed.idxmax(), also=observed.round(2).to_frame("r with repurchase"))

# %% [markdown]
# `observed` holds the three correlations; its table stands beside the result.

# %% [markdown]
# **Exercise 2.6.** Correct each of the three for the noise of its question. (two decimals)

# %% tags=["answer:2.6"]
answer = {"ces": ..., "csat": ..., "nps": ...}

course.check("2.6", answer)

# %% [markdown]
# The package holds such contests. Here is another survey in the same world. First the verdict on the answers:

# %%
survey = world.sample(5_000, seed=2)
known = dict(reliability[["ces", "csat", "nps"]])
contest = cx.compare(survey, outcome="repurchase", metrics=list(known), reliability=known, seed=1)
Markdown(contest.verdict.sentence)

# %% [markdown]
# And now the correlations behind the answers, freed of noise with the reliabilities that it was given:

# %%
rows = contest.reliability.query("measure == 'disattenuated_r'")
rows[["metric", "estimate", "conf_low", "conf_high", "n"]].round(3)

# %% [markdown]
# (Repurchase is an answer too, and its noise is still in there: the feeling itself goes together with loyalty more
# closely than any of these numbers.)
#
# Both results are right, about different things. Whoever must pick one of these *questions* for next year's survey should take
# the best one, noise and all. Whoever concludes that *satisfaction* matters more than ease has mistaken a clear question
# for a strong feeling. In this world they are the same feeling.
#
# ## 6. More customers, or a better question? (5 minutes)
#
# Chance is the other kind of noise, and it behaves differently. Here is the correlation of ease and repurchase in this
# world, in surveys of three sizes:

# %%
sizes = {n: world.answers(n, seed=3) for n in (100, 1_000, 100_000)}
r = pd.Series({n: frame["ces"].corr(frame["repurchase"]) for n, frame in sizes.items()})
low, high = fisher_interval(r.to_numpy(), np.array(list(sizes)))
pd.DataFrame({"r": r, "conf_low": low, "conf_high": high}).rename_axis("customers").round(2)

# %% [markdown]
# **Exercise 2.7.** What would bring this correlation nearer to that of the feeling: more `"customers"`, a better
# `"wording"`, or more `"decimals"`?

# %% tags=["answer:2.7"]
answer = ...

course.check("2.7", answer)

# %% [markdown]
# ## What to remember
#
# - A correlation says how closely two questions go together, from -1 to 1. It is no percentage and has no unit.
# - Every answer is feeling plus noise. Reliability is the share that is feeling.
# - Noise shrinks a correlation by the root of the reliability. Dividing by that root undoes it.
# - A question can win because it is clearer, not because what it asks about matters more.
# - More customers narrow the interval. They do not bring back what noise took away.
#
# ## What these numbers do not say
#
# - They are simulated. Real questions have other reliabilities, and most surveys never measure them.
# - Going together is not causing. A third thing can drive both (lesson 5).
# - The correction needs the right reliability and noise that has nothing to do with anything else. In one
#   questionnaire the mood of the day colours all answers alike; then correlations are too *large*, and the
#   correction makes it worse.
# - Which metric predicts better, and how sure that is, takes more than a look at correlations: lesson 3.
