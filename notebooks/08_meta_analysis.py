# %% [markdown]
# # What the literature pools to
#
# **Question.** Put together, what do published studies say of satisfaction, recommendation and ease as predictors of loyalty: how strong, how
# different from study to study, and is one ahead of another *among the same customers*?
#
# **Claims and sources.** In the first table below, from the project's registry, with what was printed and how far it was seen. The verdict
# on each is on [the scorecard](../build/scorecard.html).
#
# **How it is tested.** By random effects: tau² by restricted likelihood, intervals by Hartung and Knapp, and beside each average where the *next*
# study would lie. The average is no forecast where studies differ. Contests of two metrics are pooled as differences within studies,
# which uses that both were asked of the same people.
#
# **Words.** CSAT is satisfaction asked as one question, the NPS item "would you recommend?", ease and CES how much effort it took. *tau²* is the
# variance of the true correlations between studies, tau its root; *I²* the share of what is seen to differ that is more than chance. A
# *prediction* interval says where the true value of the next study would lie; it is wider than the interval of the average, and
# no larger number of studies makes it vanish.
#
# **Kind of evidence.** *Published*: correlations and correlation matrices. Nearly all are of one survey each, with the outcome an
# answer to another of its questions. What was never published is in none of it.

# %%
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

import cxresearch as cx
from cxresearch import datasets, studies
from cxresearch.plots_claims import draw_forest, draw_funnel
from cxresearch.stats import pooled_correlations, pooling, pooling_doubts, reliability
from cxresearch.stats.fisher import fisher_interval, normal_quantile

studies.start()
pd.set_option("display.precision", 3)
pd.set_option("display.max_colwidth", None)

# %%
registry = cx.claims.load()
read = ["S3-09", "S4-01", "L-044", "L-038", "L-048", "L-037", "L-042", "L-026"]
told = []
for claim in map(registry.__getitem__, read):
    document = registry.documents.get(claim.document)
    source = f"{document['title']} ({document['publisher_or_author']})" if document else claim.source
    figures = "; ".join(f"{figure.name} {figure.shown()}" for figure in claim.figures) or "no figure"
    told.append([claim.id, claim.statement, figures, source, claim.seen])
columns = ["claim", "in our words", "printed", "source", "seen"]
studies.save_table("claims", pd.DataFrame(told, columns=columns)).set_index("claim")

# %% [markdown]
# ## Satisfaction and retention
#
# A published collection of correlations, one a study, of satisfaction with retention: in some studies an *intention* to stay, in few
# the *behaviour*. It ships with an R package under the GPL, so only what was computed from it is shown here, no study by itself. It gives no
# sample sizes: every study counts alike, tau² holds chance and true differences together, and neither I² nor a test of a crooked funnel exists.

# %% tags=["needs:satisfaction_retention_meta"]
collection = datasets.load_satisfaction_retention_meta()
r = collection["Corr"].to_numpy()
behaviour = (collection["Retention_Measure"] == "Behavior").to_numpy()
parts = {"intention": ~behaviour, "behaviour": behaviour, "all": np.ones(len(r), bool)}
counted = pd.DataFrame({
    "studies": len(collection), "first year": collection["Year"].min(), "last year": collection["Year"].max(),
    "of behaviour": behaviour.sum(), "one satisfaction item": (collection["CS_Scale_Items"] == "Single Item").sum(),
    "North America": (collection["Location"] == "North America").sum(),
}, index=["collection"])  # fmt: skip
counted

# %% tags=["needs:satisfaction_retention_meta"]
pooled = {name: pooled_correlations.pool_correlations(r[rows], None) for name, rows in parts.items()}
averages = pd.DataFrame([
    {"name": f"{name} ({one.fisher.k} studies)", "estimate": one.estimate, "conf_low": one.conf_low,
     "conf_high": one.conf_high, "prediction_low": one.prediction_low, "prediction_high": one.prediction_high,
     "mean": one.mean, "tau2_z": one.fisher.heterogeneity.tau2}
    for name, one in pooled.items()
])  # fmt: skip
studies.save_table("satisfaction_retention", averages).set_index("name")

# %% tags=["needs:satisfaction_retention_meta"]
draw_forest(
    averages.iloc[:2],
    title="Satisfaction with staying: what people intend and what they do",
    unit="correlation",
)

# %% tags=["needs:satisfaction_retention_meta"]
gap = pooling.moderate(r, None, behaviour)
intent, does = pooled["intention"], pooled["behaviour"]
display(
    Markdown(
        f"The average true correlation is {intent.mean:.2f} with an intention and {does.mean:.2f} with behaviour; studies of behaviour find {-gap.estimate[1]:.2f} less "
        f"[{-gap.conf_high[1]:.2f}, {-gap.conf_low[1]:.2f}]. In explained variance that is {intent.mean**2:.0%} against {does.mean**2:.0%}. The next study of an "
        f"intention would lie between {intent.prediction_low:.2f} and {intent.prediction_high:.2f}: “satisfaction correlates {intent.mean:.2f} with loyalty” is no forecast. "
        f"The line of behaviour rests on {does.fisher.k} studies, which differ from the others in more than what was measured."
    )
)

# %% [markdown]
# ### Does another property account for it?
#
# Among the studies of intention only. The slope is the change of the correlation; p also after Holm, since several were tried.

# %% tags=["needs:satisfaction_retention_meta"]
kept = collection[~behaviour]
properties = {
    "one item rather than several": kept["CS_Scale_Items"] == "Single Item",
    "services rather than goods or both": kept["Exchange"] == "Services",
    "business customers rather than others": kept["Market"] == "B2B",
    "North America rather than elsewhere": kept["Location"] == "North America",
    "per ten years later": (kept["Year"] - kept["Year"].mean()) / 10,
}
found = {
    name: pooling.moderate(r[~behaviour], None, values.astype(float)) for name, values in properties.items()
}
slopes = pd.DataFrame({
    name: {"estimate": one.estimate[1], "conf_low": one.conf_low[1], "conf_high": one.conf_high[1],
           "p_value": one.p_value[1], "r2 of tau2": one.r2}
    for name, one in found.items()
}).T  # fmt: skip
slopes.insert(4, "p_holm", multipletests(slopes.p_value, method="holm")[1])
studies.save_table("moderators", slopes.rename_axis("property"))

# %% tags=["needs:satisfaction_retention_meta"]
sure = list(slopes.index[slopes.p_holm < 0.05])
wide = (slopes.conf_high - slopes.conf_low).iloc[:4]
display(
    Markdown(
        f"{'After Holm these remain: ' + '; '.join(sure) if sure else 'None remains after Holm'}. Absence of proof: the intervals of the four yes-or-no properties are "
        f"{wide.min():.2f} to {wide.max():.2f} wide, so differences that would matter are not excluded."
    )
)

# %% [markdown]
# ### Does one study decide?
#
# The average again without each study in turn: the lowest and the highest of these.

# %% tags=["needs:satisfaction_retention_meta"]
without = {}
for name in ("intention", "behaviour"):
    again = [np.tanh(one.estimate) for one in pooling_doubts.leave_one_out(np.arctanh(r[parts[name]]), None)]
    without[name] = [pooled[name].estimate, min(again), max(again)]
left_out = pd.DataFrame.from_dict(without, orient="index", columns=["all studies", "lowest", "highest"])
studies.save_table("leave_one_out", left_out.rename_axis("outcome"))

# %% [markdown]
# ### Measurement error, and being asked
#
# Two corrections, as sensitivity only. *Attenuation*: what better questionnaires would find, for reliabilities of satisfaction and of the outcome
# that might be true (nobody printed them here). *Being asked*: in a published field study the correlation of intention with
# behaviour was larger among people who had been asked for their intention.

# %% tags=["needs:satisfaction_retention_meta"]
guesses = [1.0, 0.9, 0.8, 0.7]
better = pd.DataFrame({
    f"intention, its reliability {outcome:g}": reliability.disattenuate(intent.mean, guesses, outcome)
    for outcome in (1.0, 0.8)
} | {"behaviour, recorded without error": reliability.disattenuate(does.mean, guesses)},
    index=pd.Index(guesses, name="reliability of satisfaction"))  # fmt: skip
studies.save_table("attenuation", better)

# %% tags=["needs:satisfaction_retention_meta"]
asking = registry["L-048"].figure("surveyed over unsurveyed").value
kindest, closest = better.iloc[-1, 2], intent.conf_low
display(
    Markdown(
        f"Even with a reliability of {guesses[-1]:g} the correlation with behaviour becomes {kindest:.2f}, far below {closest:.2f}, the lowest the average with intention may be: "
        f"poor measurement does not explain the gap. And those whose behaviour was followed had been surveyed. If asking tied their behaviour to their satisfaction as it ties it to intention (an assumption), customers "
        f"nobody asked would show {does.mean / asking:.2f}: {does.mean:.2f} divided by {asking:g}."
    )
)

# %% [markdown]
# ## Satisfaction against recommendation, in the same customers
#
# The published tables and open surveys that asked satisfaction, recommendation, and whether one would choose the company again. For each: both
# correlations with choosing again, and the correlation of the two metrics, which the difference needs. (One by one they are
# calculations of the registry.)

# %%
folder = Path("../data/published")
index = tomllib.loads((folder / "index.toml").read_text(encoding="utf-8"))["table"]
roles = ("satisfaction", "recommendation", "choose_again")
matrices = {}
for entry in index:
    if set(roles) <= set(entry.get("roles", {})):
        matrices[entry["title"]] = (
            entry,
            pd.read_csv(folder / entry["file"], comment="#", index_col="variable"),
        )
contest = []
for title, (entry, table) in matrices.items():
    csat, nps, again = (entry["roles"][role][0] for role in roles)
    contest.append([title, entry["n"], table.loc[csat, again], table.loc[nps, again], table.loc[csat, nps]])
contest = pd.DataFrame(contest, columns=["survey", "n", "r_csat", "r_recommend", "r_between"])
studies.save_table("contest", contest).set_index("survey")

# %%
each = {
    name: pooled_correlations.pool_correlations(contest[column], contest.n)
    for name, column in (("satisfaction", "r_csat"), ("recommendation", "r_recommend"))
}
alone = pd.DataFrame({
    name: {"estimate": one.estimate, "conf_low": one.conf_low, "conf_high": one.conf_high,
           "next study, low": one.prediction_low, "next study, high": one.prediction_high,
           "tau2_z": one.fisher.heterogeneity.tau2, "I2": one.fisher.heterogeneity.i2}
    for name, one in each.items()
}).T  # fmt: skip
studies.save_table("each_metric", alone.rename_axis("metric"))

# %% [markdown]
# The two averages overlap widely. That is no tie: it sets surveys against surveys. Within each:

# %%
effects, variances = pooled_correlations.difference_effects(
    contest.r_csat, contest.r_recommend, contest.r_between, contest.n
)
found = pooling.pool(effects, variances)
half = normal_quantile(0.95) * np.sqrt(variances)
names = [f"{row.survey.partition(' (')[0]}, n = {row.n:,}" for row in contest.itertuples()]
forest = pd.DataFrame(
    {"name": names, "estimate": effects, "conf_low": effects - half, "conf_high": effects + half}
)
forest["weight"] = found.weights
fields = ["estimate", "conf_low", "conf_high", "prediction_low", "prediction_high"]
average = {field: getattr(found, field) for field in fields}
forest = pd.concat([forest, pd.DataFrame([{"name": f"average of {found.k}", **average}])], ignore_index=True)
studies.save_table("difference", forest).set_index("name")

# %%
draw_forest(
    forest,
    title="Satisfaction less recommendation, as predictors of choosing again",
    unit="difference of the two correlations; left of 0, recommendation is ahead",
)

# %%
ahead = int((effects < 0).sum())
h = found.heterogeneity
display(
    Markdown(
        f"Recommendation is ahead in {ahead} of {found.k}. The average difference is {found.estimate:.2f} [{found.conf_low:.3f}, {found.conf_high:.3f}], p = {found.p_value:.3f}; the next survey "
        f"would lie between {found.prediction_low:.2f} and {found.prediction_high:.2f}. The surveys differ by more than chance (I² {h.i2:.0%} [{h.i2_low:.0%}, {h.i2_high:.0%}], tau {h.tau2**0.5:.2f})."
    )
)

# %% [markdown]
# ### The same, by other routes
#
# `statsmodels` has DerSimonian and Laird's tau², with the normal and with Hartung and Knapp's standard error; ours beside it.

# %%
field = combine_effects(effects, variances, method_re="chi2")
plain = pooling.pool(effects, variances, method="dl", test="z")
knapp = pooling.pool(effects, variances, method="dl", test="hk")
check = pd.DataFrame(
    [
        ["average", field.mean_effect_re, plain.estimate],
        ["tau²", field.tau2, plain.heterogeneity.tau2],
        ["standard error, normal", field.sd_eff_w_re, plain.std_error],
        ["standard error, Hartung-Knapp", field.sd_eff_w_re_hksj, knapp.std_error],
    ],
    columns=["DerSimonian-Laird", "statsmodels", "cxresearch"],
).set_index("DerSimonian-Laird")
apart = (check["statsmodels"] - check["cxresearch"]).abs().max()
check["agree to ten decimals"] = np.where(
    (check["statsmodels"] - check["cxresearch"]).abs() < 1e-10, "yes", "no"
)
studies.save_table("classical_route", check)

# %% [markdown]
# Now the choices one may doubt: another estimator or interval; without the smaller bank file (some rows occur in the larger one too); without the file that its
# authors edited for teaching; "will remain a customer" in place of "would choose again", which only that file asked; and one
# correlation between the metrics assumed for all.

# %%
routes = {}
choices = {"REML, Hartung-Knapp (above)": ("reml", "hk"), "REML, Hartung-Knapp truncated": ("reml", "hk_truncated"),
           "Paule-Mandel, Hartung-Knapp": ("pm", "hk"), "REML, normal": ("reml", "z"),
           "DerSimonian-Laird, normal": ("dl", "z")}  # fmt: skip
for label, (method, test) in choices.items():
    routes[label] = pooling.pool(effects, variances, method=method, test=test)
small = contest.survey.str.contains("250").to_numpy()
teaching = contest.survey.str.contains("teaching").to_numpy()
subsets = {
    "without the smaller bank file": ~small,
    "without the teaching file": ~teaching,
    "without both": ~small & ~teaching,
}
for label, rows in subsets.items():
    routes[f"{label} (k = {rows.sum()})"] = pooling.pool(effects[rows], variances[rows])

# %%
entry, table = matrices[contest.survey[teaching].item()]
csat, nps, remain = (entry["roles"][role][0] for role in ("satisfaction", "recommendation", "remain"))
other = contest.copy()
other.loc[teaching, ["r_csat", "r_recommend"]] = table.loc[[csat, nps], remain].to_numpy()
triples = {"“remain” in the teaching file": other}
triples |= {
    f"metrics correlate {between:g} in all": contest.assign(r_between=between) for between in (0.4, 0.6, 0.8)
}
for label, each_one in triples.items():
    given = (each_one[name] for name in ("r_csat", "r_recommend", "r_between", "n"))
    routes[label] = pooling.pool(*pooled_correlations.difference_effects(*given))
robust = pd.DataFrame(
    {name: [getattr(one, field) for field in fields[:3]] for name, one in routes.items()}, index=fields[:3]
).T
studies.save_table("routes", robust.rename_axis("route")).map("{:.3f}".format)

# %%
once = [one.estimate for one in pooling_doubts.leave_one_out(effects, variances)]
excludes = robust.index[robust.conf_high < 0]
swapped = (other.r_csat - other.r_recommend)[teaching].item()
display(
    Markdown(
        f"Leaving one survey out moves the average between {min(once):.2f} and {max(once):.2f}. {len(excludes)} of {len(robust)} intervals exclude 0: {', '.join(excludes) or 'none'}. "
        f"Asked whether they would *remain*, the customers of the teaching file turn the order round ({swapped:+.2f}). The sign is steady for “would choose again”, the size is not, and whether 0 is "
        f"excluded depends on the interval chosen: that is what {found.k} surveys allow."
    )
)

# %% [markdown]
# ### Do small surveys say something else?
#
# Surveys with little to show tend to stay in the drawer, small ones most. Then the small ones that were published would show more than the
# large ones, and the funnel below would be crooked; Egger's test asks whether it is.

# %%
tilted = pooling_doubts.egger(effects, variances)
errors = np.sqrt(variances)
depth = np.array([0, errors.max()])
reach = normal_quantile(0.95) * depth
edges = pd.DataFrame(
    {"std_error": depth, "conf_low": found.estimate - reach, "conf_high": found.estimate + reach}
)
points = pd.DataFrame({"name": names, "estimate": effects, "std_error": errors})
draw_funnel(
    points,
    edges,
    found.estimate,
    title="Satisfaction less recommendation: small surveys below",
    unit="difference",
)

# %%
display(
    Markdown(
        f"Egger's test has p = {tilted.p_value[1]:.2f}; a survey without any error would find {tilted.estimate[0]:.2f} [{tilted.conf_low[0]:.2f}, {tilted.conf_high[0]:.2f}], less of a lead than the "
        f"average of {found.estimate:.2f}. With {found.k} points this is a hint, and the largest survey is also another country's and another industry's than some of the small ones."
    )
)

# %% [markdown]
# ### One item against one item?
#
# Satisfaction may lose because one item is a poor record of it. Where a survey has companion items: the correlation of their mean, and the reliability of a
# single one that follows from how they correlate. The last column is the reliability of recommending below which it would still be ahead,
# were both corrected.

# %%
rows = {}
for title, (entry, table) in matrices.items():
    items = entry["roles"].get("satisfaction_items", [])
    if len(items) < 2:
        continue
    nps, again = entry["roles"]["recommendation"][0], entry["roles"]["choose_again"][0]
    among, spread = table.loc[items, items].to_numpy(), table.loc[items, "sd"].to_numpy()
    weight = spread / np.sqrt(spread @ among @ spread)  # correlations with the sum of the raw answers
    rows[title] = {
        "items": len(items), "alpha": reliability.cronbach_alpha(among * np.outer(spread, spread)),
        "reliability of one": reliability.spearman_brown(reliability.standardised_alpha(among), 1 / len(items)),
        "r of one item": table.loc[items[0], again], "r of the mean": weight @ table.loc[items, again],
        "r of recommending": table.loc[nps, again], "between": weight @ table.loc[items, nps], "n": entry["n"],
    }  # fmt: skip

# %%
several = pd.DataFrame(rows).T.astype(float).rename_axis("survey")
one_item = several["r of one item"], several["reliability of one"]
several["even at"] = reliability.break_even_reliability(several["r of recommending"], *one_item)
studies.save_table("several_items", several).assign(
    items=several["items"].astype(int), n=several.n.astype(int)
)

# %%
given = several[["r of the mean", "r of recommending", "between", "n"]].to_numpy().T
fair_effects = pooled_correlations.difference_effects(*given)
fair = pooling.pool(*fair_effects)
apart_from = ~several.index.str.contains("250")
fewer = pooling.pool(*(each_one[apart_from] for each_one in fair_effects))
same = contest.survey.isin(several.index).to_numpy()
before = pooling.pool(effects[same], variances[same])
display(
    Markdown(
        f"In these {fair.k} surveys the difference shrinks from {before.estimate:.3f} [{before.conf_low:.3f}, {before.conf_high:.3f}] with one item of satisfaction to {fair.estimate:.3f} "
        f"[{fair.conf_low:.3f}, {fair.conf_high:.3f}] with several (without the smaller bank file {fewer.estimate:.3f} [{fewer.conf_low:.3f}, {fewer.conf_high:.3f}]). Part of the lead of recommending is "
        f"that a single item of satisfaction is a noisy one (reliability {several['reliability of one'].min():.2f} to {several['reliability of one'].max():.2f}). But a break-even above 1 "
        f"means that recommending would be ahead however reliable it is: so in {(several['even at'] > 1).sum()} of {len(several)}; in the others it would have to be a noisier item "
        f"than {several['even at'].min():.2f} to {several['even at'][several['even at'] < 1].max():.2f}."
    )
)

# %% [markdown]
# ## Ease
#
# No published matrix with a CES item was found. The nearest are studies of health services online that asked *ease of use* and *usefulness* beside an intention to use.
# The pages seen print no sample sizes, so the studies count alike and only their scatter tells of chance.

# %%
ease = []
for entry in index:
    given = entry.get("roles", {})
    if {"ease", "usefulness", "intention"} <= set(given):
        table = pd.read_csv(folder / entry["file"], comment="#", index_col="variable")
        a, b, y = (given[role][0] for role in ("ease", "usefulness", "intention"))
        ease.append([entry["title"], table.loc[a, y], table.loc[b, y], table.loc[a, b]])
ease = pd.DataFrame(ease, columns=["study", "r_ease", "r_usefulness", "r_between"])
ease["difference"] = ease.r_ease - ease.r_usefulness
of_ease = pooling.pool(ease.difference, None)
studies.save_table("ease", ease).set_index("study")

# %%
ease_ahead = int((ease.difference > 0).sum())
display(
    Markdown(
        f"Ease is ahead in {ease_ahead} of {len(ease)}; the average difference is {of_ease.estimate:.2f} [{of_ease.conf_low:.2f}, {of_ease.conf_high:.2f}]. {of_ease.k} studies of something else "
        "than customer effort can neither support nor refute that effort is the strongest driver of loyalty."
    )
)

# %% [markdown]
# ## NPS and growth, firm by firm
#
# Correlations of a firm's NPS with some growth of its revenue or sales. For two Norwegian industries n is what the printed r and p imply (see the study
# on reading the print); industries without a p value are left out, since their n is unknown.

# %%
figures = {
    "Norway, banking": (registry["L-026"].figure("banking").value, registry["R-14"].figure("banking").value),
    "Norway, gasoline": (
        registry["L-026"].figure("gasoline").value,
        registry["R-14"].figure("gasoline").value,
    ),
}
for name, claim, of in (
    ("one sample, sales growth", "L-042", "sales growth"),
    ("US industries, later growth", "L-037", "all industries"),
):
    figures[name] = registry[claim].figure(of).value, registry[claim].figure(of).n
growth = pd.DataFrame.from_dict(figures, orient="index", columns=["r", "n"]).rename_axis("name").reset_index()
of_growth = pooled_correlations.pool_correlations(growth.r, growth.n)
z, v = pooled_correlations.fisher_effects(growth.r, growth.n)
crooked = pooling_doubts.egger(z, v)

# %%
low, high = fisher_interval(growth.r, growth.n)
firms = growth.assign(estimate=growth.r, conf_low=low, conf_high=high, weight=of_growth.fisher.weights)
firms["name"] = [f"{name}, n = {n:.0f}" for name, n in zip(growth.name, growth.n, strict=True)]
total = {field: getattr(of_growth, field) for field in fields}
firms = pd.concat([firms, pd.DataFrame([{"name": f"average of {len(growth)}", **total}])], ignore_index=True)
studies.save_table("growth", firms.drop(columns=["r", "n"])).set_index("name")

# %%
draw_forest(firms, title="NPS of firms with growth", unit="correlation over firms")

# %%
errors = np.sqrt(v)
depth = np.linspace(0, errors.max(), 2)
reach = normal_quantile(0.95) * depth
middle = of_growth.fisher.estimate
edges = pd.DataFrame({"std_error": depth, "conf_low": middle - reach, "conf_high": middle + reach})
points = pd.DataFrame({"name": growth.name, "estimate": z, "std_error": errors})
draw_funnel(
    points, edges, middle, title="NPS and growth: small studies below", unit="Fisher z of the correlation"
)

# %%
h = of_growth.fisher.heterogeneity
display(
    Markdown(
        f"The average is {of_growth.estimate:.2f} [{of_growth.conf_low:.2f}, {of_growth.conf_high:.2f}] over firms, the next study {of_growth.prediction_low:.2f} to {of_growth.prediction_high:.2f}; I² is {h.i2:.0%} with an interval from "
        f"{h.i2_low:.0%} to {h.i2_high:.0%}, which says nothing. Egger's test has p = {crooked.p_value[1]:.2f} on {len(growth)} studies, two of them tiny: it could not have seen anything. "
        "A correlation over firms is no correlation over customers, the outcomes are not one outcome, and none of it is compared here with satisfaction, which the largest source found to do as well."
    )
)

# %% [markdown]
# ## Verdicts

# %% tags=["needs:satisfaction_retention_meta"]
studies.verdict(
    f"{intent.mean:.2f} on average with intention ({intent.fisher.k} studies), {does.mean:.2f} with behaviour ({does.fisher.k}); {-gap.estimate[1]:.2f} less "
    f"[{-gap.conf_high[1]:.2f}, {-gap.conf_low[1]:.2f}]. Satisfaction goes with what people say of staying far more than with what they do; the second figure rests on {does.fisher.k} studies.",
    about="Satisfaction and retention",
)

# %%
studies.verdict(
    f"recommendation ahead by {-found.estimate:.3f} [{-found.conf_high:.3f}, {-found.conf_low:.3f}] for “would choose again” in {found.k} surveys, one item each, and by {-fair.estimate:.3f} "
    f"[{-fair.conf_high:.3f}, {-fair.conf_low:.3f}] against several items of satisfaction in {fair.k}; the next survey may find {-found.prediction_high:.2f} to {-found.prediction_low:.2f}. "
    "It leans to recommendation, for intentions; size and generality are underdetermined.",
    about="NPS item against CSAT",
)
studies.verdict(
    f"no published matrix asks it; ease of use against usefulness gives {of_ease.estimate:+.2f} [{of_ease.conf_low:+.2f}, {of_ease.conf_high:+.2f}] in {of_ease.k} studies. Not testable from what is published.",
    about="Effort as strongest driver",
)
studies.verdict(
    f"{of_growth.estimate:.2f} [{of_growth.conf_low:.2f}, {of_growth.conf_high:.2f}] over {len(growth)} sets of firms, next {of_growth.prediction_low:.2f} to {of_growth.prediction_high:.2f}. Underdetermined.",
    about="NPS and growth",
)

# %% [markdown]
# ### In plain words
#
# Satisfaction goes well with what customers say they will do, and little with what they were seen to do. Asked of the same customers, the recommend item is
# usually closer to "would choose again" than one satisfaction item, a lead that shrinks when satisfaction is asked properly and
# that a handful of surveys cannot settle. For effort the literature holds claims, not correlations.
#
# ## What would change it
#
# - **Studies of behaviour.** A few more, with their sample sizes, could move that line a lot.
# - **Sample sizes of the collection.** Weights, I² and a test for missing small studies would become possible.
# - **One matrix** with effort, satisfaction, recommendation and an outcome, from anybody. It would outweigh everything said of effort here.
# - **Another outcome wording.** Both metrics and outcome are answers of one sitting; shared mood raises all correlations, and the
#   recommend item is worded more like the outcome.
# - **Journal tables we could not read.** Several tests of metrics against behaviour exist whose coefficients we have not seen; they are not
#   counted for or against anything.
#
# ## Summary
#
# - Quote the range of the next study, not the average alone.
# - Intention and behaviour are different outcomes; do not pool them, and do not quote one for the other.
# - Compare metrics within the same customers, by the difference, with the correlation between them.
# - With five studies or fewer, Hartung-Knapp, leave-one-out and the choice of interval belong beside any verdict.
# - Funnels, Egger's test and I² say next to nothing at these k, and the text says so where they stand.
