# %% [markdown]
# # Lesson 1. What a score is, and what banding loses
#
# **You need** a mean and a percentage. **It takes** about 50 minutes; each part says how long.
#
# **You will be able to** turn answers into the scores that companies report, say what each score throws away, and
# show how the choice of a score can decide who is best.
#
# **All customers here are simulated.** Nobody was asked. The numbers show how scores behave; they say nothing about
# any company.
#
# **How it works.** Where a cell says `...`, put your guess or your answer in its place and run the cell
# (Shift and Enter). A guess costs nothing and needs no calculation: make it *before* you read on. The checker says
# whether an answer is right, and often what went wrong. To begin with a clean sheet, choose *Restart Kernel and
# Clear Outputs of All Cells* in the menu *Kernel*.

# %%
import pandas as pd

import cxresearch as cx
from cxresearch import course, datasets, studies

studies.start()

# %% [markdown]
# ## 1. From answers to a mean (7 minutes)
#
# Two thousand customers had a contact with a company's service. Afterwards three questions were put to each:
#
# - `ces`: "the company made it easy for me", 1 disagree to 7 agree;
# - `csat`: satisfaction with the contact, 1 to 5;
# - `nps`: "would you recommend us", 0 to 10.

# %%
contacts = datasets.load_contact_survey()
contacts[["ces", "csat", "nps", "segment", "weight"]].head()

# %% [markdown]
# Each row is a customer. An empty place (`NaN`) is a question left blank. How often was each answer given to "would
# you recommend us"?

# %%
contacts["nps"].value_counts(dropna=False).sort_index().to_frame("customers")

# %% [markdown]
# **Exercise 1.1.** What is the mean of these answers, blanks left out? (two decimals)
#
# `contacts["nps"]` is the column of answers; `.mean()`, `.sum()` and `.count()` can be put behind it.

# %% tags=["answer:1.1"]
answer = ...

course.check("1.1", answer)

# %% [markdown]
# ## 2. Three bands, one number (10 minutes)
#
# The *Net Promoter Score* sorts the answers into three bands:
#
# | answers | band |
# | :--- | :--- |
# | 9 and 10 | promoters |
# | 7 and 8 | passives |
# | 0 to 6 | detractors |
#
# The score is the percentage of promoters less the percentage of detractors, of all who answered. It can lie
# anywhere between -100 and 100 and is given in points.
#
# **Guess.** The mean answer is between 7 and 8, three quarters of the way from 0 to 10. What will the NPS be?

# %%
guess = ...

# %% [markdown]
# Now calculate it, in two steps.
#
# **Exercise 1.2.** What percentage of those who answered are promoters?
#
# `(contacts["nps"] >= 9).sum()` counts the customers with an answer of 9 or more.

# %% tags=["answer:1.2"]
answer = ...

course.check("1.2", answer)

# %% [markdown]
# **Exercise 1.3.** What is the Net Promoter Score of those who answered, every customer counted once?

# %% tags=["answer:1.3"]
answer = ...

course.check("1.3", answer)

# %% [markdown]
# Here is your guess beside what you found.

# %%
course.reveal(guess, answer, exercise="1.3", unit="points")

# %% [markdown]
# A mean far up on its scale beside an NPS not so far above nothing: neither number is wrong. They answer different
# questions about the same customers, and they have different units. A mean is no percentage, and neither is an NPS.
#
# ## 3. A score is shares times values (8 minutes)
#
# Both scores are made in the same way. Take the share of customers who gave each answer. Give each answer a *value*.
# Multiply share by value and add up. Only the values differ.
#
# - The mean gives an answer of 3 the value 3.
# - A percentage "4 or 5" gives 100 to a 4 and to a 5, and 0 to the others.
#
# Here are both for the satisfaction question. The package calls the rule that gives the values a *scorer*.

# %%
scale = cx.Scale(1, 5)
values = pd.DataFrame(
    {"mean": cx.Mean().values(scale), "4 or 5": cx.Share(at_least=4).values(scale)}, scale.points
)
values.insert(0, "share", contacts["csat"].value_counts(normalize=True))
values.round(3)

# %% [markdown]
# Share times value, added up, for each of the two:

# %%
values[["mean", "4 or 5"]].mul(values["share"], axis="index").sum().round(2)

# %% [markdown]
# Look down the column "4 or 5". Answers of 1, 2 and 3 have one value. To this score a furious customer and a lukewarm
# one are the same customer. That is *banding*.
#
# **Exercise 1.4.** The NPS is made in the same way. Which values does it give to answers of 10, 8, 6 and 0?

# %% tags=["answer:1.4"]
answer = {10: ..., 8: ..., 6: ..., 0: ...}

course.check("1.4", answer)

# %% [markdown]
# ## 4. Move the cut, move the winner (10 minutes)
#
# Two teams have 200 customers each, made up for this lesson. All were asked "the company made it easy for me", 1 to 7.

# %%
teams = course.two_teams()
pd.crosstab(teams["team"], teams["ces"])

# %%
teams.groupby("team")["ces"].mean()

# %% [markdown]
# The means are equal. A report, however, shows the percentage of customers who answered 5 or more.
#
# **Guess.** Which team has the higher percentage, `"Steady"` or `"Split"`?

# %%
guess = ...

# %%
counted = teams["ces"].ge(5).groupby(teams["team"]).mean()
course.reveal(guess, counted.idxmax())

# %% [markdown]
# Whoever writes the report also chooses from which answer on a customer counts. Turn the dial: click on the
# slider, then use the arrow keys. (On a page without a running notebook you see it at 5, and all positions below.)

# %%
course.dial(1)

# %% [markdown]
# The dashed line is the cut. Filled bars count. At the right are the two scores with their 95 % intervals: what
# chance alone could do with so few customers. The winner changes all the same.
#
# **Exercise 1.5.** From which cut on is Split ahead? Hand in the lowest answer that counts.

# %% tags=["answer:1.5"]
answer = ...

course.check("1.5", answer)

# %% [markdown]
# No customer changed an answer. "Which team is better?" has no answer until somebody says what counts as good, and
# that is a decision, not a fact. It should be made before the answers are seen.
#
# ## 5. What banding loses (10 minutes)
#
# A company helps its least happy customers. Everybody who would have answered 0 to 5 now answers one point more.
#
# **Guess.** By how many points does the NPS rise?

# %%
guess = ...

# %%
given = contacts["nps"].dropna()
helped = given.where(given > 5, given + 1)
before, after = (cx.Net(9, 6).apply(answers, cx.Scale(0, 10)).mean() for answers in (given, helped))
course.reveal(guess, after - before, unit="points")

# %%
print(f"{(given <= 5).sum()} customers were helped; the mean rises by {helped.mean() - given.mean():.2f}.")

# %% [markdown]
# Whoever stays inside a band does not exist for the score. The other way round, a small step over the edge of a
# band counts in full. Suppose that everybody who answered 8 now answers 9 (somebody may have asked them to).
#
# **Exercise 1.6.** By how much do the mean and the NPS rise? (two decimals) `given.replace(8, 9)` gives the new answers.

# %% tags=["answer:1.6"]
answer = {"mean": ..., "nps": ...}

course.check("1.6", answer)

# %% [markdown]
# This is why a banded score invites a certain kind of management: it pays to find the eights, and it does not pay to
# help the zeros.
#
# ## 6. Whose score is it? (7 minutes)
#
# Half of these customers are businesses, on purpose: otherwise there would be too few to look at. Among all
# customers of the company only one in five is a business. The column `weight` puts this right: each customer in the
# survey stands for that many.

# %%
contacts.groupby("segment").weight.agg(["size", "mean"])

# %% [markdown]
# To weight, add up weights instead of customers. The package does it when the codebook names the column:

# %%
survey = cx.read(contacts, datasets.codebook("contact_survey"))
survey

# %% [markdown]
# **Exercise 1.7.** What is the weighted NPS, that of all the company's customers? (two decimals, or hand in a result
# of `cx.score`)

# %% tags=["answer:1.7"]
answer = ...

course.check("1.7", answer)

# %% [markdown]
# Here are the two other questions with their usual scores, weighted. `conf_low` and `conf_high` are the ends of a 95 %
# interval: how far chance alone may have moved the score, since only some of the customers were asked.

# %%
cx.score(survey, metrics=["ces", "csat"])

# %% [markdown]
# Set your NPS beside these. A high percentage and a low NPS do not make a service easy and unloved: the bands are
# different, not the customers.
#
# ## What to remember
#
# - A score is shares times values. The values are somebody's choice.
# - Banding throws away what happens inside a band and magnifies what happens at its edge.
# - With other bands another team can win. Choose the bands before you see the answers, and keep them.
# - Say what was left out (blanks), who stands for whom (weights), and how sure the number is (interval).
#
# ## What these numbers do not say
#
# - They are simulated. No real company, team or country has these scores.
# - The interval covers chance only. That many did not answer, or were nudged, is not in it.
# - Nothing here says which score is *better*. That depends on what it is for: whether a score foretells
#   what customers do is the question of lesson 3.
