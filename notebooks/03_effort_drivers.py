# %% [markdown]
# # What causes the effort?
#
# **Question.** Which friction (transfers, repeat contacts, channel switches) should go first, how much effort would each
# save, how sure is that, and why may it still not be causal?
#
# **Claims.**
#
# | no. | claim | source | what was printed |
# | :--- | :--- | :--- | :--- |
# | 1 | Signs of high effort: switching channels, repeating information, generic service, transfers, repeat contacts | *What is your customer effort score?* (Gartner) | a list; no size, no order |
# | 2 | Effort has five sources: repeat contacts, generic service, repeating information, channel switches, effort as it is perceived | Dixon, Toman and DeLisi (2013), on a page that reports it | 97,000 customers; no size of any source |
# | 3 | Of customers, 62 % need more than one contact to have an issue resolved | the same book, on another page that reports it | a share; no interval |
# | 4 | Low effort cuts repeat calls by up to 40 %, escalations by 50 %, channel switching by 54 % | the page of claim 1 | "up to"; no comparison group |
#
# No source gives the size of a driver's effect, so there is no figure to check. Claims 1 and 4 go round in a circle: what is
# listed as a cause of effort in one is its result in the other.
#
# **How it is tested.** Not by asking which driver correlates most. A driver matters by how many customers meet it *and* by what
# each of them loses, with what else differs held fixed: the share of bad answers that would be gone without it
# (*attributable*), with its interval. Output says *predicts*.
#
# **Kind of evidence.** *Simulation* only: a world whose truth we chose. It shows whether the method finds what is there, and
# supports no claim about customers. Real records follow in the studies after this one.

# %%
import runpy

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from IPython.display import Markdown, display
from statsmodels.miscmodels.ordinal_model import OrderedModel

import cxresearch as cx
from cxresearch import datasets, studies
from cxresearch.plots import BLUE, GREY, INK, ORANGE, describe, label_simulated, new_figure

studies.start()
pd.set_option("display.precision", 3)
pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## Data
#
# The simulated contact survey: nobody answered it. Effort is `ces`, "the company made it easy for me", 1 to 7, **high is good**;
# answers 1 to 3 are bad. The company's records say how often each customer was transferred, had to come back and
# had to change channel, and how complex the issue was. Business customers are oversampled; weights put that right.

# %%
survey = cx.read(datasets.load_contact_survey(), datasets.codebook("contact_survey"))
rows = datasets.load_contact_survey()
frictions = ["transfers", "repeats", "channel_switches"]
counted = {name: rows.groupby(rows[name].clip(upper=4)).weight.sum() for name in frictions}
counted = 100 * pd.DataFrame(counted) / rows.weight.sum()
counted.index = [*counted.index[:-1].astype(str), f"{counted.index[-1]} or more"]
counted.rename_axis("times (% of customers)").fillna(0).round(1)

# %% [markdown]
# ### The truth of this world
#
# Each friction lowers ease, repeats most. A complex issue lowers ease too **and** brings more of every friction: it is a
# confounder, and it is recorded. `data/make_contact_survey.py` sets each friction to 0 in its own equation and sums over
# every kind of customer, exactly; no model is fitted. That is what "would be gone" means here.

# %%
world = runpy.run_path("../data/make_contact_survey.py")
truth = world["driver_truth"]().set_index(["measure", "driver"]).truth
shown = world["driver_truth"]().pivot_table("truth", "measure", "driver", sort=False)[[*frictions, "all"]]
meaning = {
    "prevalence": "met by (share of customers)",
    "effect_mean": "points of ces per one more",
    "effect_adverse": "percentage points of bad answers per one more",
    "affected_points": "percentage points of bad answers, among those who met it, gone without it",
    "attributable_share": "share of all bad answers gone without it",
    "attributable_mean": "points of ces gained without it",
    "shapley_r2": "share of the variance of ces",
}
shown.loc[[*meaning]].rename(index=meaning).rename_axis(index="truth", columns=None).replace(np.nan, "")

# %% [markdown]
# ## The classical route, in the field's own words
#
# Least squares with weights and robust errors, and the ordered logit and probit, all from `statsmodels`; average effects and
# the attributable share by predicting twice. Beside them `cx.drivers` with the same settings.

# %%
complete = rows.dropna(subset=["ces"])
formula = "ces ~ transfers + repeats + channel_switches + complexity"
line = smf.wls(formula, complete, weights=complete.weight).fit(cov_type="HC1")
print(line.summary().tables[1])

# %%
ours = cx.drivers(survey, "ces", model="linear", n_boot=100)
ours = ours.effects.query("measure == 'mean'").set_index("driver")
check = []
for name in frictions:
    check.append([f"least squares, weighted: {name}", line.params[name], ours.estimate[name]])
    check.append([f"its robust error: {name}", line.bse[name], ours.std_error[name]])

# %%
columns = [*frictions, "complexity"]
X, answers, bad = complete[columns].astype(float), np.arange(1, 8), np.arange(1, 8) <= 3
likelihood = {}
for law, model in (("logit", "cumulative"), ("probit", "probit")):
    ordered = OrderedModel(complete.ces.astype(int), complete[columns], distr=law)
    ordered = ordered.fit(method="bfgs", disp=False, gtol=1e-8, maxiter=500)
    likelihood[law] = ordered.llf
    plain = cx.drivers(survey, "ces", model=model, weights=False, n_boot=100)
    effects = plain.effects.set_index(["driver", "measure"]).estimate
    gone = plain.attributable.set_index(["driver", "measure"]).estimate
    as_is = np.asarray(ordered.predict(X))
    for name in frictions:
        ahead, back = (np.asarray(ordered.predict(X.assign(**{name: X[name] + h}))) for h in (1e-4, -1e-4))
        slope = ((ahead - back) @ answers).mean() / 2e-4
        without = np.asarray(ordered.predict(X.assign(**{name: 0.0})))
        share = 1 - without[:, bad].sum() / as_is[:, bad].sum()
        check.append([f"ordered {law}, average effect: {name}", slope, effects[name, "mean"]])
        check.append([f"ordered {law}, attributable share: {name}", share, gone[name, "attributable_share"]])

# %%
chosen = cx.drivers(survey, "ces", weights=False, n_boot=100).setting.outcome
check.append(
    ["probit's lead in log-likelihood", likelihood["probit"] - likelihood["logit"], chosen.link_gain]
)

# %%
classical = pd.DataFrame(check, columns=["quantity", "field's tools", "cxresearch"]).set_index("quantity")
gap = (classical["cxresearch"] - classical["field's tools"]).abs()
classical["difference"] = np.where(gap < 1e-5, "below 0.00001", gap.map("{:.5f}".format))
studies.save_table("classical_route", classical)

# %%
display(
    Markdown(
        f"Where both do the same sum they {'agree to five decimals' if gap.max() < 1e-5 else 'DISAGREE'}. Of the two ordered "
        "models `cx.drivers` takes the likelier. What it adds: intervals for all of it, importance with its uncertainty, and the doubts below."
    )
)

# %% [markdown]
# ## All in one call

# %%
found = cx.drivers(survey, "ces", seed=1)
found

# %%
found.plot()

# %% [markdown]
# Read right to left. The right panel says what a manager would save; the left one how the variance of the answers is shared
# out. They need not agree: importance has no direction and no unit, and grows with a driver's spread.
#
# ### Effects, with the truth beside them

# %%
effects = found.effects.set_index(["driver", "measure"])[["estimate", "conf_low", "conf_high"]]
recovered = {}
for name in frictions:
    for measure in ("mean", "adverse"):
        recovered[f"effect_{measure}", name] = effects.loc[name, measure]
table = pd.DataFrame(recovered).T.rename_axis(["measure", "driver"])
table["truth"] = truth
table["interval holds the truth"] = table.truth.between(table.conf_low, table.conf_high)
table.rename(index={"effect_mean": "points of ces", "effect_adverse": "percentage points of bad answers"})

# %% [markdown]
# **With the confounder left out.** The same survey, had nobody recorded how complex the issue was:

# %%
careless = cx.drivers(survey, "ces", controls=[], n_boot=100)
careless = careless.effects.query("measure == 'mean'").set_index("driver")
careless = careless[["estimate", "conf_low", "conf_high"]].assign(truth=truth["effect_mean"])
careless["overstated by"] = (careless.estimate / careless.truth - 1).map("{:.0%}".format)
careless["interval holds the truth"] = careless.truth.between(careless.conf_low, careless.conf_high)
careless

# %%
missed = careless.index[~careless["interval holds the truth"]]
display(
    Markdown(
        f"{len(missed)} of {len(careless)} intervals miss the truth ({', '.join(missed)}). Nothing in the table warns of it: an interval knows about chance, "
        "not about what was left out."
    )
)

# %% [markdown]
# ### Importance

# %%
shares = found.importance.query("measure == 'shapley_r2'").set_index("driver")
shares = shares[["estimate", "conf_low", "conf_high", "rank", "rank_low", "rank_high", "p_first", "p_value"]]
shares.insert(3, "truth", truth["shapley_r2"])
studies.save_table("importance", shares).assign(p_value=shares.p_value.map("{:.4f}".format))

# %%
first, second = shares.index[:2]
display(
    Markdown(
        f"`{first}` comes first in {shares.p_first[first]:.0%} of bootstrap draws, so the order of `{first}` and `{second}` is open; the "
        f"truth of this world has `{truth['shapley_r2'].idxmax()}` first. `{shares.index[-1]}` is last for sure, and more than noise "
        f"(p = {shares.p_value.iloc[-1]:.4f})."
    )
)

# %% [markdown]
# The common indices agree here because the drivers hardly correlate once complexity is held fixed; where drivers go together
# they part company (see the study on key drivers).

# %%
indices = found.importance.pivot_table("estimate", "driver", "measure", sort=False)
indices.drop(columns="shapley_share").loc[shares.index]

# %% [markdown]
# ### What would be saved: attributable effort

# %%
gone = found.attributable.set_index(["measure", "driver"])[["estimate", "conf_low", "conf_high"]]
measures = ["prevalence", "affected_points", "attributable_share", "attributable_mean"]
saved = gone.loc[measures].assign(truth=truth)
saved["interval holds the truth"] = saved.truth.between(saved.conf_low, saved.conf_high)
studies.save_table("attributable", saved).rename(index=meaning)

# %%
found.plot_map()

# %%
shares_gone = saved.loc["attributable_share"]
top = shares_gone.estimate.idxmax()
display(
    Markdown(
        f"Without `{top}` {shares_gone.estimate[top]:.0%} of the bad answers would be gone ({shares_gone.conf_low[top]:.0%} to "
        f"{shares_gone.conf_high[top]:.0%}; truth {shares_gone.truth[top]:.0%}). The three shares sum to {shares_gone.estimate.sum():.0%}, and are not "
        "meant to be added: a customer who met two frictions may be saved by the removal of either."
    )
)

# %% [markdown]
# ### What if?
#
# All three gone, one after the other. The order matters for the steps, not for the end.

# %%
calm = found.what_if(transfers=0, repeats=0, channel_switches=0)
calm.plot()

# %%
change = (
    calm.table.set_index(["measure", "scenario"]).loc[(slice(None), "change (predicted)"), :].droplevel(1)
)
change = change[["estimate", "conf_low", "conf_high"]]
change["truth"] = pd.Series({
    "mean": truth["attributable_mean", "all"], "adverse": -truth["attributable_points", "all"],
})  # fmt: skip
change["interval holds the truth"] = change.truth.between(change.conf_low, change.conf_high)
change

# %% [markdown]
# A what-if sets **everybody**. One transfer for each customer, say, also gives one to those who had none:

# %%
one_each = found.what_if(transfers=1).table.set_index(["measure", "scenario"])
one_each[["estimate", "conf_low", "conf_high"]]

# %%
moved = one_each.loc[("mean", "change (predicted)")]
open_ended = moved.conf_low < 0 < moved.conf_high
known = (
    "neither better nor worse, as far as these data tell,"
    if open_ended
    else "worse"
    if moved.estimate < 0
    else "better"
)
display(
    Markdown(
        f"That moves the mean by {moved.estimate:+.2f} points ({moved.conf_low:+.2f} to {moved.conf_high:+.2f}): {known} than leaving things alone. Ask the "
        f"question you mean. For {calm.supported:.0%} of the customers the setting without any friction is no extrapolation: many were seen who had none."
    )
)

# %% [markdown]
# ## Dose and response

# %%
found.dose_response("repeats").plot()

# %%
doses = found.dose_response("repeats").table.query("measure == 'adverse' or measure == 'adverse_observed'")
doses = doses.pivot_table("estimate", "value", "measure")
doses["truth, at exactly this many"] = world["dose_truth"]("repeats").set_index("value").adverse
doses.rename(columns={"adverse": "predicted, % bad", "adverse_observed": "observed, % bad"}).round(1).replace(
    np.nan, ""
)

# %% [markdown]
# The observed shares rise more steeply than the predicted ones, because customers who came back more often also had harder
# issues. The prediction holds those fixed, and the truth sides with it. Is the model's straight line enough?

# %%
found.shape()

# %% [markdown]
# ## Does it reach loyalty? Mediation
#
# Driver → effort → repurchase intent: how much of what a friction predicts for loyalty goes through the effort answer? In this
# world **all** of it goes through ease, the latent experience. The survey holds only `ces`, a rough and noisy record of ease.

# %%
paths = found.mediation("repurchase")
paths

# %%
paths.plot()

# %%
parts = paths.table.set_index(["effect", "driver"])[["estimate", "conf_low", "conf_high"]]
parts = parts.loc[["total", "indirect", "proportion_mediated"]]
carried = (truth["loyalty_through_ces"] / truth["loyalty_total"])[frictions]
what = {
    "total": truth["loyalty_total"], "indirect": truth["loyalty_through_ces"], "proportion_mediated": carried,
}  # fmt: skip
parts["truth_recorded"] = [what[effect][driver] for effect, driver in parts.index]
causal = {
    "total": truth["loyalty_total"],
    "indirect": truth["loyalty_total"],
    "proportion_mediated": carried / carried,
}
parts["truth_ease"] = [causal[effect][driver] for effect, driver in parts.index]
told = {"truth_recorded": "truth, through the recorded answer", "truth_ease": "truth, through ease"}
studies.save_table("mediation", parts).rename(columns=told)

# %%
through = parts.loc["proportion_mediated"]
carries = through.truth_recorded.between(through.conf_low, through.conf_high).sum()
leave_out = (~through.truth_ease.between(through.conf_low, through.conf_high)).sum()
display(
    Markdown(
        f"The estimates of the part that goes through effort run from {through.estimate.min():.0%} to {through.estimate.max():.0%}: {carries} of {len(through)} "
        f"intervals hold what the recorded answer can carry ({through.truth_recorded.iloc[0]:.0%}), {leave_out} leave out the "
        f"{through.truth_ease.iloc[0]:.0%} that goes through ease. Noise in the mediator looks like a direct path. "
        '"Only part of it works through effort" would be a false story told by a correct estimate.'
    )
)

# %% [markdown]
# ## Why it may still not be causal: robustness
#
# How strong would something unmeasured have to be, tied to the driver and to effort alike, to explain an effect away? The
# yardstick is what an observed control does.

# %%
doubts = found.robustness()
strength = doubts.table.pivot_table("estimate", "driver", "measure", sort=False)
strength[["effect", "robustness_value", "robustness_value_limit", "e_value", "e_value_limit"]]

# %%
like_complexity = doubts.bounds.query("benchmark == 'complexity'").set_index(["driver", "times"])
like_complexity = like_complexity[
    ["estimate", "conf_low", "conf_high", "r2_driver", "r2_outcome", "explained_away"]
]
studies.save_table("robustness", like_complexity)

# %%
once, twice, thrice = (like_complexity.xs(times, level="times") for times in (1, 2, 3))
gone_at = {
    name: [times for times, part in ((1, once), (2, twice), (3, thrice)) if part.conf_high[name] >= 0]
    for name in frictions
}
told = [f"`{name}` {f'{min(times)} times' if times else 'not at 3 times'}" for name, times in gone_at.items()]
display(
    Markdown(
        f"A second confounder as strong as the complexity of the issue would leave {(once.conf_high < 0).sum()} of {len(once)} intervals below 0, "
        f"with {once.explained_away.min():.0%} to {once.explained_away.max():.0%} of it explained away; the strength at which an interval reaches 0: {', '.join(told)}. "
        "In this world there is no second one. In yours, ask what the records do not hold: how angry the customer came, who answered, what the "
        "product had done before."
    )
)

# %% [markdown]
# ## The same world, larger: what more customers cure, and what they do not

# %%
sizes = {}
for n in (2_000, 20_000, 200_000):
    drawn = cx.read(world["simulate"](np.random.default_rng(30), n), datasets.codebook("contact_survey"))
    large = cx.drivers(drawn, "ces", n_boot=100)
    share = large.attributable.query("measure == 'attributable_share'").set_index("driver")
    one = share.estimate.map("{:.3f}".format)
    one += " (" + share.conf_low.map("{:.3f}".format) + " to " + share.conf_high.map("{:.3f}".format) + ")"
    sizes[f"{n:,} customers"] = one.loc[frictions]
logit = cx.drivers(drawn, "ces", model="cumulative", n_boot=100).attributable
logit = logit.query("measure == 'attributable_share'").set_index("driver").loc[frictions]
sizes["the same, ordered logit"] = logit.estimate.map("{:.3f}".format)
sizes = pd.DataFrame(sizes).assign(truth=truth["attributable_share"].map("{:.3f}".format))
studies.save_table("simulated_sizes", sizes).replace("-", "−", regex=True)

# %%
true = truth["attributable_share"].loc[frictions]
bias, other = (made.estimate.loc[frictions] - true for made in (share, logit))
missed, missed_logit = (
    (~true.between(made.conf_low[frictions], made.conf_high[frictions])).sum() for made in (share, logit)
)
display(
    Markdown(
        f"With {n:,} customers the model that fits better ({large.setting.outcome.family}, by {large.setting.outcome.link_gain:,.0f} of "
        f"log-likelihood) is off by {bias.min():+.3f} to {bias.max():+.3f}, and {missed} of {len(frictions)} intervals miss the truth; the "
        f"ordered logit by {other.min():+.3f} to {other.max():+.3f}, and {missed_logit} do: the noise of this world is normal. An interval tells how "
        "far chance reaches, on the supposition that the model's shape is right. Here one of two shapes is; among real customers "
        "perhaps neither, and with very many of them the shape is the larger doubt."
    )
)

# %% [markdown]
# ## All that was recovered

# %%
effect_rows = table.reset_index()
saved_rows = saved.reset_index()
importance_rows = shares.reset_index()[["driver", "estimate", "conf_low", "conf_high", "truth"]].assign(
    measure="shapley_r2"
)
path_rows = parts.reset_index().rename(columns={"effect": "measure", "truth_recorded": "truth"})
path_rows["measure"] = "repurchase, " + path_rows.measure.str.replace("_", " ")
final = pd.concat([effect_rows, saved_rows, importance_rows, path_rows])
final = final[["measure", "driver", "estimate", "conf_low", "conf_high", "truth"]]
final["interval holds the truth"] = final.truth.between(final.conf_low, final.conf_high)
final = studies.save_table("recovered", final.set_index(["measure", "driver"]))
final.rename(index=meaning)

# %%
picture = final.loc[["attributable_share", "effect_mean", "shapley_r2"]]
titles = {
    "attributable_share": "share of bad answers gone without it",
    "effect_mean": "points of ces per one more",
    "shapley_r2": "share of the variance of ces",
}
figure, axes = new_figure(1, 3, (10.5, 2.9), sharey=True)
for (measure, title), ax in zip(titles.items(), axes, strict=True):
    part = picture.loc[measure].loc[frictions]
    ax.hlines(frictions, part.conf_low, part.conf_high, color=BLUE, lw=2.4)
    ax.plot(part.estimate, frictions, "o", color=BLUE, label=f"estimate, 95 % interval, n = {found.n:,}")
    ax.plot(part.truth, frictions, "|", color=ORANGE, ms=18, mew=3, label="truth of the simulated world")
    ax.axvline(0, color=GREY, lw=0.8)
    ax.set_xlabel(title, color=INK)
axes[0].set_ylim(len(frictions) - 0.5, -0.5)
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=2, frameon=False)
describe(
    figure,
    f"Attributable share, effect and importance of three drivers with intervals and the truth: "
    f"{int(picture['interval holds the truth'].sum())} of {len(picture)} intervals hold it.",
)
label_simulated(figure)

# %% [markdown]
# ## Verdict

# %%
held = final["interval holds the truth"]
order = shares_gone.index[np.argsort(-shares_gone.estimate)]
near = shares_gone.conf_high[order[1]] > shares_gone.conf_low[order[0]]
studies.verdict(
    f"{held.sum()} of {len(held)} intervals hold the truth. Remove {order[0]} or {order[1]} first ("
    f"{shares_gone.estimate[order[0]]:.0%} and {shares_gone.estimate[order[1]]:.0%} of bad answers, predicted; "
    f"{'which of the two is first is open' if near else f'{order[0]} before {order[1]}'}); {order[2]} last "
    f"({shares_gone.estimate[order[2]]:.0%}).",
    about="Contact survey (simulation)",
)

# %%
missing = [
    f"{driver} ({meaning.get(measure, measure.replace('_', ' '))})" for measure, driver in held.index[~held]
]
display(
    Markdown(
        f"Intervals that miss: {'; '.join(missing) or 'none'}. All rest on one sample: where one misses, its neighbours are likely to."
    )
)

# %% [markdown]
# ### In plain words
#
# The method finds what is there: which frictions matter, about how much, and that two of them cannot be ranked with this many
# customers. It does so because the confounder was recorded. Leave it out and every effect is overstated, with intervals
# as narrow and as sure of themselves as before.
#
# None of this says what causes effort at real companies. The vendors' lists of drivers are plausible, and without sizes: there is
# nothing in them to confirm or to refute, except that the same things stand on both sides of the arrow.
#
# ## What would change it
#
# - **An unrecorded confounder** as strong as two or three issues' complexity, in your data.
# - **An experiment**: fewer transfers by lot, for some customers or in some weeks. One would outweigh any model here.
# - **Another shape**: thresholds ("the second transfer is the one that hurts"). `found.shape()` and the dose-response look for it.
# - **Drivers that drive one another**: if a transfer makes the customer come back, holding repeats fixed hides part of what a
#   transfer does. Leave out what comes later, and say so.
# - **Another outcome.** `cx.drivers(survey, "repurchase", ...)` asks the same of loyalty.
#
# ## Summary
#
# - Rank frictions by what would be saved (prevalence and effect together), not by correlation or importance alone.
# - The field's own tools and `cx.drivers` give the same numbers.
# - Simulation: effects, importance, attributable shares and what-ifs are recovered with intervals that mean what they say.
# - An omitted confounder is invisible in every table; only `robustness()` makes one ask.
# - A noisy effort answer makes mediation look partial when it is complete.
