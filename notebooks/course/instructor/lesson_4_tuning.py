# %% [markdown]
# **Instructor's version**, with one or more solutions of every exercise. What the checker says to the usual mistakes is in
# `cxresearch/_course_4.py`; `course.exercises(4)` lists them.
#
# **Goal.** Learners judge a prediction by customers it has not seen, expect the best of many tries to fall back, and ask of
# every finding how often somebody looked.
#
# **In class.** For part 4 let each learner be a team: everybody draws a survey (`worlds.tie().answers(100, seed)` with a seed
# of their own), and hands stand up whose interval does not hold 0. Then all draw again, and only those who stood may stay
# standing.
#
# **Misconceptions to listen for.** "A higher R² is a better model." "Cross-validation needs new data." "5 % is the risk of the
# report" (it is that of one look). "I only kept what the data showed."

# %% tags=["answer:4.1"]
means = known.groupby("csat")["repurchase"].mean()
said = new["csat"].map(means)
answer = 1 - ((new["repurchase"] - said) ** 2).sum() / ((new["repurchase"] - plain) ** 2).sum()

course.check("4.1", answer)

# %% [markdown]
# With means instead of sums, and a usual mistake: r times r, of a line that is fitted to the new customers.

# %%
course.check("4.1", 1 - ((new["repurchase"] - said) ** 2).mean() / ((new["repurchase"] - plain) ** 2).mean())

# %%
course.check("4.1", new["csat"].corr(new["repurchase"]) ** 2)

# %% tags=["answer:4.2"]
missed, base = 0.0, 0.0
for k in range(10):
    learnt, asked = known[fold != k], known[fold == k]
    means = learnt.groupby("csat")["repurchase"].mean()
    said = asked["csat"].map(means).fillna(learnt["repurchase"].mean())
    missed += ((asked["repurchase"] - said) ** 2).sum()
    base += ((asked["repurchase"] - learnt["repurchase"].mean()) ** 2).sum()
answer = 1 - missed / base

course.check("4.2", answer)

# %% tags=["answer:4.3"]
tried = pd.Series({cut: (few["nps"] >= cut).corr(few["repurchase"]) for cut in range(4, 11)})
best = tried.idxmax()
answer = {"cut": best, "r": (new["nps"] >= best).corr(new["repurchase"])}

course.check("4.3", answer)

# %% [markdown]
# The usual mistake is to report the correlation that the cut was chosen by:

# %%
course.check("4.3", {"cut": best, "r": tried.max()})

# %% tags=["answer:4.4"]
answer = 100 * (1 - 0.95**20)

course.check("4.4", answer)

# %% [markdown]
# Chances added up:

# %%
course.check("4.4", 20 * 5)

# %% tags=["answer:4.5"]
part = second[second["team"] == leads.idxmax()]
answer = part["csat"].corr(part["repurchase"]) - part["ces"].corr(part["repurchase"])

course.check("4.5", answer)
