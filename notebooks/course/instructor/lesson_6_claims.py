# %% [markdown]
# **Instructor's version**, with one or more solutions of every exercise; all of them pass. What the checker
# says to the usual mistakes is in `cxresearch/_course_6.py`; `course.exercises(6)` lists them.
#
# **Goal.** Learners name what a printed claim leaves out, turn it into a range, and neither believe nor reject it on sight.
#
# **In class.** Bring a page of a vendor yourselves, or let learners bring one, and go through the checklist at the end. Part 2:
# start the dial at the halves and let the class say what a press release would print; then turn.
#
# **Misconceptions.** "96 % against 9 % means it predicts nearly perfectly" (the dial). "96 % of high effort is 96 % of
# the disloyal" (6.1). "Twice as good is twice as good" (6.3). "With ten thousand answers nothing can go wrong"
# (part 4). "Not proven is disproved" (part 5).

# %% tags=["answer:6.1"]
high, low = 50 * 0.96, 600 * 0.09  # of 1,000 customers
answer = 100 * low / (low + high)

course.check("6.1", answer)

# %% tags=["answer:6.2"]
answer = tails.implied_correlation(0.04, 0.94, 1 / 5).r

course.check("6.2", answer)

# %% [markdown]
# Other cuts, from halves to the outer 2 %. No two readers who guess the cut would agree:

# %%
shares = [1 / 2, 1 / 3, 1 / 5, 1 / 10, 1 / 20, 1 / 50]
behind = [tails.implied_correlation(0.04, 0.94, share).r for share in shares]
pd.DataFrame({"each group, %": shares, "r": behind}).assign(
    **{"each group, %": [100 * s for s in shares]}
).round(2)

# %% tags=["answer:6.3"]
r = people.corr()["repurchase"]
answer = {"r": r["ces"] / r["csat"], "R2": (r["ces"] / r["csat"]) ** 2}

course.check("6.3", answer)

# %% [markdown]
# With the package: `cx.compare` has r and R² of both.

# %% tags=["answer:6.4"]
share = 6_800 / 16_000
answer = (share * 20 - (1 - share) * 100, share * 20 + (1 - share) * 100)

course.check("6.4", answer)

# %%
from cxresearch.stats import printed

course.check("6.4", printed.nonresponse_bounds(20, 6_800, 16_000, -100, 100))

# %% tags=["answer:6.5"]
answer = 0.33 * 100 + 0.67 * honest

course.check("6.5", answer)

# %% [markdown]
# A survey in the world where a third begs comes near it, but for chance:

# %%
cx.score(cx.worlds.gamed().sample(10_000, seed=6), metrics="nps")

# %% tags=["answer:6.6"]
answer = "silence"

course.check("6.6", answer)

# %%
printed.nonresponse_bounds(40, 25, 900, -100, 100)
