# %% [markdown]
# **Instructor's version**, with one or more solutions of every exercise. What the checker says to the usual mistakes is in
# `cxresearch/_course_3.py`; `course.exercises(3)` lists them.
#
# **Goal.** Learners ask for the interval of a *difference*, know three verdicts and not two, can say how many answers a
# contest takes, and do not take the lead of a clear question for the lead of a feeling.
#
# **In class.** Let everybody write the headline to the first table before the hundred surveys are run. In part 3 let two
# groups argue for and against the report. At the dial of part 4 ask at each position: "what would you print?". For part 6
# keep lesson 2's rule (root of the reliability) on the board.
#
# **Misconceptions to listen for.** "The intervals overlap, so there is no difference." "One is significant, the other is
# not, so the first is better." "Not significant means equal." "With enough data everything becomes clear."

# %% tags=["answer:3.1"]
answer = first.iloc[0] - first.iloc[-1]

course.check("3.1", answer)

# %% [markdown]
# Or, without looking which is which:

# %%
course.check("3.1", first.max() - first.min())

# %% tags=["answer:3.2"]
answer = contest.pairs.query("measure == 'pearson_r'")[["conf_low", "conf_high"]]

course.check("3.2", answer.iloc[0])

# %% [markdown]
# The whole table of pairs can be handed in; the checker takes the row that is meant.

# %%
course.check("3.2", contest.pairs)

# %% [markdown]
# The usual mistake: corner to corner. It makes the overlap look like an answer.

# %%
ends = alone.set_index("metric")
corners = (
    ends.conf_low["csat"] - ends.conf_high["ces"],
    ends.conf_high["csat"] - ends.conf_low["ces"],
)
course.check("3.2", corners)

# %% tags=["answer:3.3"]
answer = "open"

course.check("3.3", answer)

# %% [markdown]
# The difference, and what the package says of it:

# %%
stayed.pairs.query("measure == 'pearson_r'")[["a", "b", "estimate", "conf_low", "conf_high", "n"]].round(3)

# %%
stayed.verdict.sentence

# %% tags=["answer:3.4"]
dial = course.dial(3)
named = {n: dial.numbers(n).count(1, "csat") for n in dial.settings}
answer = min(n for n, surveys in named.items() if surveys >= 10)

course.check("3.4", answer)

# %% [markdown]
# To be read from the dial. With 20 surveys a position the counts are rough. The plan of part 5 expects 8 of 10 surveys
# at about this size, the dial finds fewer: the formula supposes answers spread like a bell.

# %%
named

# %% tags=["answer:3.5"]
answer = power.contest(0.57, 0.48, 0.45).table["n"].iloc[1]

course.check("3.5", answer)

# %% [markdown]
# The plan as a whole, with its curve:

# %%
power.contest(0.57, 0.48, 0.45)

# %% tags=["answer:3.6"]
pair = cx.compare(sample, "repurchase", ["csat", "ces"], seed=1)
ends = pair.ratios.set_index("unit").loc["r", ["conf_low", "conf_high"]]
answer = ends / (reliability["csat"] / reliability["ces"]) ** 0.5

course.check("3.6", answer)

# %% [markdown]
# The package corrects each correlation by itself where it is given the reliabilities. That shows the two values, but not
# the interval of their lead:

# %%
known = dict(reliability[metrics])
table = cx.compare(sample, "repurchase", metrics, seed=1, reliability=known).reliability
table[table.measure == "disattenuated_r"][
    ["metric", "reliability", "estimate", "conf_low", "conf_high"]
].round(3)
