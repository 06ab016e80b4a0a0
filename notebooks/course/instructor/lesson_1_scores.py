# %% [markdown]
# **Instructor's version**, with one or more solutions of every exercise. Each is a route that learners take; all are
# passed by the checker. What it says to the usual mistakes is in `cxresearch/_course_1.py`;
# `course.exercises(1)` lists them.
#
# **Goal.** Learners see that a score is a choice of values, name what banding throws away, and do not compare scores
# of different bands.
#
# **In class.** Collect the guesses of parts 2, 4 and 5 on the board before anybody runs the cell below. Turn the dial
# of part 4 for all to see, and ask for the winner before each step.

# %% tags=["answer:1.1"]
answer = contacts["nps"].mean()

course.check("1.1", answer)

# %% [markdown]
# By hand, and with the package (`weights` are left to part 6, so the survey is read without them):

# %%
course.check("1.1", contacts["nps"].sum() / contacts["nps"].count())

# %%
plain = cx.read(contacts, {"title": "Unweighted", "metrics": {"nps": {"column": "nps", "instrument": "nps"}}})
course.check("1.1", cx.score(plain, scorers=cx.Mean()))

# %% tags=["answer:1.2"]
answer = 100 * (contacts["nps"] >= 9).sum() / contacts["nps"].count()

course.check("1.2", answer)

# %% [markdown]
# A trap: `(contacts["nps"] >= 9).mean()` divides by all customers, since a blank is "not 9 or more". The checker says
# so.

# %%
course.check("1.2", 100 * (contacts["nps"] >= 9).mean())

# %% tags=["answer:1.3"]
given = contacts["nps"].dropna()
answer = 100 * (given >= 9).mean() - 100 * (given <= 6).mean()

course.check("1.3", answer)

# %% [markdown]
# With the package:

# %%
course.check("1.3", cx.score(plain))

# %% tags=["answer:1.4"]
answer = {10: 100, 8: 0, 6: -100, 0: -100}

course.check("1.4", answer)

# %% [markdown]
# Or ask the scorer:

# %%
course.check("1.4", cx.Net(9, 6).apply([10, 8, 6, 0], cx.Scale(0, 10)))

# %% tags=["answer:1.5"]
shares = {cut: teams["ces"].ge(cut).groupby(teams["team"]).mean() for cut in range(2, 8)}
answer = min(cut for cut, share in shares.items() if share["Split"] > share["Steady"])

course.check("1.5", answer)

# %% [markdown]
# Most read it from the dial, which is what it is for.

# %% tags=["answer:1.6"]
raised = given.replace(8, 9)
answer = {
    "mean": raised.mean() - given.mean(),
    "nps": 100 * ((raised >= 9).mean() - (given >= 9).mean()),
}

course.check("1.6", answer)

# %% [markdown]
# Without computing the score again: the mean rises by the share of eights, the NPS by 100 times that share.

# %%
eights = (given == 8).mean()
course.check("1.6", {"mean": eights, "nps": 100 * eights})

# %% tags=["answer:1.7"]
answer = cx.score(survey, metrics="nps")

course.check("1.7", answer)

# %% [markdown]
# By hand: add up weights instead of customers.

# %%
asked = contacts.dropna(subset="nps")
value = cx.Net(9, 6).apply(asked["nps"], cx.Scale(0, 10))
course.check("1.7", (value * asked["weight"]).sum() / asked["weight"].sum())
