# %% [markdown]
# **Instructor's version**, with one or more solutions of every exercise; all of them pass. What the checker
# says to the usual mistakes is in `cxresearch/_course_5.py`; `course.exercises(5)` lists them.
#
# **Goal.** Learners see that a raw difference is a mixture, can undo it by comparing like with like where the
# confounder is recorded, do not take importance for a list of what to do, and ask which way round a correlation is.
#
# **In class.** Part 2: collect the guesses before the table by complexity is shown. Part 3: ask what the raw difference
# will do *before* each turn, and why the gap between the solid lines grows so much less. Part 4: let the class vote
# what to remove before 5.4. Part 5: ask for a story in which loyalty comes first, then in which a third thing makes
# both.
#
# **Misconceptions.** "With many customers it evens out" (the dial has twenty thousand, and the raw interval is
# narrow and wrong). "Hold everything fixed" (5.3). "Important means worth doing" (5.4 and 5.5). "It predicts, so
# changing it will help" (5.6).

# %% tags=["answer:5.1"]
answer = (
    customers["ces"][customers["transfers"] == 0].mean() - customers["ces"][customers["transfers"] > 0].mean()
)

course.check("5.1", answer)

# %% [markdown]
# Another route, the difference of the two means of a `groupby`:

# %%
course.check("5.1", -customers.groupby(customers["transfers"] > 0)["ces"].mean().diff().iloc[-1])

# %% tags=["answer:5.2"]
table = customers.pivot_table("ces", "complexity", transferred)
answer = np.average(table[False] - table[True], weights=transferred.groupby(customers["complexity"]).sum())

course.check("5.2", answer)

# %% [markdown]
# The same number without a table: for each transferred customer, take the mean ease of those with equally complex issues
# who were not transferred, and compare.

# %%
alike = customers["complexity"].map(customers[~transferred].groupby("complexity")["ces"].mean())
course.check("5.2", (alike - customers["ces"])[transferred].mean())

# %% [markdown]
# A mistake to talk about: all five levels weighing the same.

# %%
course.check("5.2", (table[False] - table[True]).mean())

# %% tags=["answer:5.3"]
answer = "csat"

course.check("5.3", answer)

# %% [markdown]
# What happens when it is held all the same? A part of the effect goes missing:

# %%
columns = ["transfers", "complexity"]
lines = {
    "complexity held": np.linalg.lstsq(
        np.column_stack([np.ones(len(customers)), customers[columns]]), customers["ces"], rcond=None
    )[0][1],
    "satisfaction held as well": np.linalg.lstsq(
        np.column_stack([np.ones(len(customers)), customers[[*columns, "csat"]]]),
        customers["ces"],
        rcond=None,
    )[0][1],
}
pd.Series(lines, name="points of ease per transfer").to_frame().round(3)

# %% tags=["answer:5.4"]
answer = frictions["met by (%)"] / 100 * frictions["points of ease lost by each who meets it"]

course.check("5.4", answer)

# %% [markdown]
# It is the column `attributable_mean` of the truth, from which the table was made:

# %%
course.check("5.4", known["attributable_mean"])

# %% tags=["answer:5.5"]
answer = {"loses most": "outage", "most important": "transfers", "most to gain": "long_form"}

course.check("5.5", answer)

# %% tags=["answer:5.6"]
answer = slope * gain

course.check("5.6", answer)

# %% [markdown]
# By the fitted line, before and after:

# %%
before = people["ces"].mean()
course.check("5.6", np.polyval([slope, start], before + gain) - np.polyval([slope, start], before))
