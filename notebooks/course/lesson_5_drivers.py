# %% [markdown]
# # Lesson 5. What to remove first, and what "drives" means
#
# **You need** a mean and a percentage. **It takes** about 55 minutes; each part says how long.
#
# **You will be able to** say what a difference between two groups of customers mixes together, compare like with like,
# tell apart three rankings of drivers that are often taken for one, and hear the step from "predicts" to "causes".
#
# **All customers here are simulated**, in worlds whose truth is known. That is the point: for once an answer can be
# set beside the truth. Nothing here says anything about real customers.
#
# **How it works.** As in lesson 1: put your guess or your answer in the place of `...`, and guess *before* you read on.

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

import cxresearch as cx
from cxresearch import course, studies

studies.start()

# %% [markdown]
# ## 1. A raw difference (8 minutes)
#
# Twenty thousand customers had a problem and got in touch. The company's records say what happened to each: how often
# the customer was *transferred* to somebody else, had to come back (*repeats*), and so on. They also say how complex
# the issue was, 1 to 5. Afterwards each was asked whether the company "made it easy" (`ces`, 1 to 7, high is good).

# %%
world = cx.worlds.confounded()
customers = world.answers(20_000, seed=5)
customers[["transfers", "repeats", "waiting", "complexity", "ces"]].head().astype(int)

# %% [markdown]
# Does having to come back make it harder? Compare the customers who had to with those who had not:

# %%
came_back = customers["repeats"] > 0
customers["ces"].groupby(came_back).agg(["mean", "size"]).round(2)

# %% [markdown]
# More than a point on a scale of seven. This is the *raw difference*, and a report could stop here.
#
# **Exercise 5.1.** How many points lower is the mean ease of customers who were transferred at least once than
# that of all others? (two decimals)
#
# `customers["ces"][customers["transfers"] > 0]` are the answers of those who were transferred.

# %% tags=["answer:5.1"]
answer = ...

course.check("5.1", answer)

# %% [markdown]
# ## 2. Compare like with like (14 minutes)
#
# A report would now say: "transfers cost us that much ease". But are the two groups alike in everything else? Look at
# the complexity of their issues.

# %%
transferred = customers["transfers"] > 0
levels = customers.groupby("complexity")
pd.DataFrame(
    {
        "customers": levels.size(),
        "transferred (%)": 100 * transferred.groupby(customers["complexity"]).mean(),
        "mean ease if not transferred (1-7)": customers[~transferred].groupby("complexity")["ces"].mean(),
    }
).round(1)

# %% [markdown]
# Complex issues are passed on far more often. And a complex issue is hard in itself, transferred or not. So the
# transferred customers would have had a harder time *anyway*. What stands behind both the supposed cause and the
# result is called a *confounder*.
#
# **Guess.** In this world the truth is known. Had none of the transferred customers been transferred, and all else been
# as it was: by how many points would their mean ease be higher?

# %%
guess = ...

# %% [markdown]
# Compare only customers whose issues were equally complex. Here it is for those who had to come back:

# %%
ease = customers.pivot_table("ces", "complexity", came_back)
ease = ease.set_axis(["not back", "came back"], axis=1)
ease["difference"] = ease["not back"] - ease["came back"]
ease["came back, customers"] = came_back.groupby(customers["complexity"]).sum()
ease.round(2)

# %% [markdown]
# Five differences, each among equals. One number is made of them by averaging, each level weighing as much as there
# are customers *who had to come back*, for it is about them that we ask:

# %%
held = np.average(ease["difference"], weights=ease["came back, customers"])
print(f"with complexity held: {held:.2f} points")

# %% [markdown]
# This is what "with complexity held fixed" means, no more. Regression does it with formulas where there are too few
# customers for a table.
#
# **Exercise 5.2.** Do the same for `transfers`: the difference within each complexity, averaged with the number of
# transferred customers as weights. (two decimals)

# %% tags=["answer:5.2"]
answer = ...

course.check("5.2", answer)

# %% [markdown]
# Your guess beside what you found:

# %%
course.reveal(guess, answer, exercise="5.2", unit="points", decimals=2)

# %% [markdown]
# And the truth, of all customers of this world. `prevalence` is the share of customers who met the friction;
# `attributable_mean` is what the mean of *all* customers would rise by without it. Divided by one another they
# give what those who met it would gain, in points of ease:

# %%
truth = world.truth.attributable("ces").pivot_table("truth", "driver", "measure")
truth = truth.loc[["transfers", "repeats"], ["prevalence", "attributable_mean"]]
truth["gain of those who met it"] = truth["attributable_mean"] / truth["prevalence"]
truth.round(3)

# %% [markdown]
# The comparison among equals comes near; the rest is chance. The raw difference does not come near, with however many
# customers.
#
# The package does it for all frictions at once, and for a scale with ends, in one call. Its effects are *per one more*:
# first with complexity held, then as if nobody had recorded it. (`repeats` only, to keep it short.)

# %%
survey = world.sample(5_000, seed=5)
with_it, without_it = (
    cx.drivers(survey, "ces", controls=controls, n_boot=100).effects.query("measure == 'mean'")
    for controls in (["complexity"], [])
)
both = pd.concat({"complexity held": with_it, "not recorded": without_it}, names=["analysis"])
both.query("driver == 'repeats'")[["estimate", "conf_low", "conf_high"]].droplevel(1).round(2)

# %%
effects = world.truth.effects("ces").set_index(["driver", "measure"]).truth
print(f"the truth: {effects['repeats', 'mean']:.2f} points for each time more")

# %% [markdown]
# Look at the two intervals. The second one is just as narrow, and wrong. An interval knows of chance only; it does
# not know what was left out.
#
# So hold *everything* fixed that was recorded? No. What comes **after** the transfer is part of what the transfer
# did.
#
# **Exercise 5.3.** Suppose you ask what transfers do to ease. Which of these must **not** be held fixed: `"complexity"`,
# `"waiting"`, or `"csat"`, the satisfaction with this contact?

# %% tags=["answer:5.3"]
answer = ...

course.check("5.3", answer)

# %% [markdown]
# ## 3. Turn the confounding up and down (8 minutes)
#
# In the figure each marker is a group of customers with equally complex issues; the larger it is, the more
# customers of its side are there. The vertical gap between the two *lines* is the difference among equals. The gap
# between the two *dashed* lines is the raw difference.
#
# The dial sets how much more often complex issues are transferred. At 1.0 complexity has nothing to do with it; at 2.0
# each step of complexity doubles the transfers, nearly as in the world above. What *one* transfer does to a customer with
# an equally complex issue stays the same. (On a page without a running notebook you see it at 2.0, and all positions
# below.)

# %%
course.dial(5)

# %% [markdown]
# From 1.0 to 2.0 the raw difference grows about fivefold. The dashed lines are pulled apart by where the markers are:
# transferred customers pile up at the hard end. The gap between the solid lines, and the truth with it, grows a little as well,
# and rightly: the transferred then have more transfers each, and more complex issues, where each transfer costs more points.
# At 1.0 raw and held agree. That is what an *experiment* would buy: if chance decides who is transferred, the groups are
# alike in everything, recorded or not.
#
# ## 4. Three rankings (15 minutes)
#
# Now the manager's question: what should go first? Another world, with three frictions: an *outage*, a *long form*, and
# *transfers*. This is true of them:

# %%
three = course.three_frictions()
known = three.truth.attributable("ces").pivot_table("truth", "driver", "measure", sort=False)
frictions = pd.DataFrame(
    {
        "met by (%)": 100 * known["prevalence"],
        "points of ease lost by each who meets it": known["attributable_mean"] / known["prevalence"],
    }
)
frictions.round(2)

# %% [markdown]
# An outage is terrible and rare. The long form is a nuisance for nearly everybody.
#
# **Exercise 5.4.** By how many points would the mean ease of *all* customers rise if nobody met the outage? The
# long form? Transfers? (three decimals; calculate with the columns of `frictions`, not with the rounded numbers above)

# %% tags=["answer:5.4"]
answer = {"outage": ..., "long_form": ..., "transfers": ...}

course.check("5.4", answer)

# %% [markdown]
# One can also rank by *importance*: how much of the differences between customers each friction explains.
# (Shapley's kind: the gain in explained variance, averaged over all orders in which the frictions
# can be brought in.)
#
# **Guess.** Of all that the three frictions explain together, how many per cent does the long form explain?

# %%
guess = ...

# %%
importance = three.truth.importance("ces").pivot_table("truth", "driver", "measure", sort=False)
course.reveal(guess, 100 * importance.loc["long_form", "shapley_share"], unit="%")

# %% [markdown]
# What nearly everybody meets cannot tell customers apart: it has next to no importance, however much it costs. Here
# are all three, as a survey of ten thousand finds them (`estimate` is in % of the variance of `ces`; the ranks are
# those that chance leaves open):

# %%
found = cx.drivers(three.sample(10_000, seed=6), "ces", n_boot=100)
ranked = found.importance.query("measure == 'shapley_r2'").set_index("driver")
columns = ["estimate", "conf_low", "conf_high"]
ranked[columns] = 100 * ranked[columns]
ranked[[*columns, "rank_low", "rank_high"]].round(1)

# %% [markdown]
# **Exercise 5.5.** Which friction comes first if we ask (a) which one a customer who meets it loses most by, (b) which one is
# most important, (c) which one there is most to gain from removing? Hand in `"outage"`, `"long_form"` or `"transfers"`.

# %% tags=["answer:5.5"]
answer = {"loses most": ..., "most important": ..., "most to gain": ...}

course.check("5.5", answer)

# %% [markdown]
# Each ranking answers a question of its own:
#
# | ranking | answers | unit |
# | :--- | :--- | :--- |
# | effect | what does it do to one who meets it? | points |
# | importance | what makes customers differ? | share of variance |
# | attributable | what would be gained without it? | points, or share of bad answers |
#
# What it would *cost* to remove a friction is in none of them.
#
# ## 5. Which way round? (10 minutes)
#
# A last world. Ease and the intention to buy again go together here.

# %%
other = cx.worlds.reverse_cause()
people = other.answers(20_000, seed=5)
slope, start = np.polyfit(people["ces"], people["repurchase"], 1)
r = people["ces"].corr(people["repurchase"])
print(f"r = {r:.2f}; one point of ease goes with {slope:.2f} points of repurchase")

# %% [markdown]
# And removing all frictions would make it easier for customers:

# %%
none = {friction.name: 0 for friction in other.frictions}
change = other.truth.what_if("ces", **none).set_index(["scenario", "measure"]).truth
gain = change["change", "mean"]
print(f"without any friction the mean of ces (1 to 7) would rise by {gain:.2f} points")

# %% [markdown]
# **Exercise 5.6.** A report multiplies the two. By how many points does it promise the mean intention to rise? (three
# decimals; `slope` and `gain` hold the unrounded numbers)

# %% tags=["answer:5.6"]
answer = ...

course.check("5.6", answer)

# %% [markdown]
# **Guess.** And by how many points would it rise in truth?

# %%
guess = ...

# %%
truly = other.truth.what_if("repurchase", **none).set_index(["scenario", "measure"]).truth
course.reveal(guess, truly["change", "mean"], unit="points", decimals=2)

# %% [markdown]
# If that surprises you, read what this world is made of:

# %%
Markdown(other.lesson)

# %% [markdown]
# The arrow points the other way: loyalty was there first, and colours how hard a contact feels. The survey is honest,
# the correlation is real, and so is the prediction. Only the promise is false.
#
# How could one have known? Not from ease and repurchase alone: this r fits either direction. But the company's records
# of frictions are no feeling. If ease made loyalty, then customers with more frictions would mean to buy less.

# %%
times = people["repeats"].astype(int).clip(upper=3).rename("repeats (3: or more)")
people.groupby(times)[["ces", "repurchase"]].mean().round(2)

# %% [markdown]
# Repeats make ease worse and, but for chance, do nothing to repurchase. So look at what was *recorded*, ask about loyalty *before* the
# contact, or best change the frictions for some customers by lot.
#
# ## What to remember
#
# - A raw difference mixes what the friction did with what kind of customers met it.
# - Hold fixed what came before and works on both; leave alone what comes after.
# - Effect, importance and what there is to gain are three rankings. To decide what goes first, multiply how many meet it
#   by what each of them loses.
# - "Drives" in a report means "predicts" until somebody shows which way round it is.
#
# ## What these numbers do not say
#
# - They are simulated. How large confounding is among real customers, nobody can read off a made-up world.
# - Here the confounder was recorded, without error. What is not recorded cannot be held fixed; then one can
#   only ask how strong it would have to be (`found.robustness()`).
# - What would be gained is gained only if the friction can be removed without another in its place.
#
# **Read on:** `docs/drivers.md` (all of this for your own survey), `docs/importance.md` (which importance),
# `docs/driver_doubts.md` (what might be left out), and the studies `03_effort_drivers` and `05_key_drivers`.
