# %% [markdown]
# **Instructor's version**, with one or more solutions of every exercise. What the checker says to the usual mistakes is
# in `cxresearch/_course_2.py`; `course.exercises(2)` lists them.
#
# **Goal.** Learners read a correlation without turning it into a percentage, know that noise shrinks it and customers do
# not bring it back, and tell a finding about feelings from a finding about questions.
#
# **In class.** Before part 3, ask everyone the same 1-7 question on paper, and again at the end of the hour: the class's own
# reliability. In part 4 let someone turn the dial while the others say what happens to the line before it is shown.

# %% tags=["answer:2.1"]
answer = contacts["csat"].corr(contacts["nps"])

course.check("2.1", answer)

# %% [markdown]
# From the table of all correlations, or by the definition, with those who answered both:

# %%
course.check("2.1", contacts[["csat", "nps"]].corr().loc["csat", "nps"])

# %%
both = contacts[["csat", "nps"]].dropna()
apart = both - both.mean()
course.check("2.1", apart.prod(axis=1).mean() / both.std(ddof=0).prod())

# %% tags=["answer:2.2"]
answer = 100 * contacts["ces"].corr(contacts["repurchase"]) ** 2

course.check("2.2", answer)

# %% tags=["answer:2.3"]
answer = twice["first"].corr(twice["second"])

course.check("2.3", answer)

# %% [markdown]
# Worth a minute: the share of equal answers is no measure of reliability. With two answers to choose from, throwing
# coins gives half of them equal.

# %%
course.check("2.3", (twice["first"] == twice["second"]).mean())

# %% tags=["answer:2.4"]
answer = 0.6 * math.sqrt(0.64)

course.check("2.4", answer)

# %% tags=["answer:2.5"]
answer = twice["first"].corr(twice["months"]) / math.sqrt(twice["first"].corr(twice["second"]))

course.check("2.5", answer)

# %% [markdown]
# With the package:

# %%
from cxresearch.stats.reliability import disattenuate

kept = twice["first"].corr(twice["second"])
course.check("2.5", disattenuate(twice["first"].corr(twice["months"]), kept))

# %% tags=["answer:2.6"]
answer = observed / np.sqrt(reliability[["ces", "csat", "nps"]])

course.check("2.6", answer)

# %% [markdown]
# As a contest of the package, whose table is read by the names of the metrics:

# %%
same = cx.read(answers, world.codebook)
three = dict(reliability[["ces", "csat", "nps"]])
again = cx.compare(same, outcome="repurchase", metrics=list(three), reliability=three, seed=1)
course.check("2.6", again.reliability.query("measure == 'disattenuated_r'"))

# %% tags=["answer:2.7"]
answer = "wording"

course.check("2.7", answer)
