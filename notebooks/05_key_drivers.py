# %% [markdown]
# # Which service drives satisfaction, and does the method decide?
#
# **Question.** Key-driver analysis ranks services by how well their ratings predict the overall rating. There are at least
# seven ways to do it. Do they name the same drivers, do passengers a year later, and what may a manager conclude?
#
# **Claims**, in our words.
#
# | no. | claim | source |
# | :--- | :--- | :--- |
# | 1 | Improve what correlates most with the score: there the effect is biggest | SurveyMonkey, help page *Overview of key drivers*; much the same on Qualtrics, *Key drivers widget* |
# | 2 | Multiple regression is for the classroom; relative weights are best in daily use, and the rankings differ much | Displayr, *The problem with using multiple linear regression for key driver analysis* |
# | 3 | Shapley regression and relative weights are as good as equal: correlated above 0.99, as a rule | Displayr (J. Yap, 2017), *4 reasons to compute importance using relative weights* (read on a page that reprints it) |
# | 4 | Relative weights need no bootstrap: a formula gives their significance | the same |
# | 5 | Collinearity ruins correlation and regression as measures of importance; the newer methods do it well | Sawtooth Software, *Driver analysis: how to do it badly and well* |
# | 6 | About 30 answers are enough | e-satisfaction, help page *Key driver maps*; GetFeedback, *NPS key driver analysis* |
# | 7 | At least about 150 are needed, or coefficients are unstable | SurveyGauge, *Key driver analysis: find out what actually moves your NPS* |
#
# **How it is tested.** The same ratings go through every method; bootstrap draws of whole flights (or customers) show which
# places in a ranking are settled. **Two methods disagree about two drivers only if each puts another one first in at least
# 97.5 % of the draws**; anything less cannot be told from noise. "Predicts" is not "causes".
#
# **Kind of evidence.** Open data throughout, two surveys; nothing is simulated.

# %%
import itertools

import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from scipy import stats

import cxresearch as cx
from cxresearch import datasets, studies
from cxresearch.plots import BLUE, GREY, ORANGE, describe, new_figure
from cxresearch.results import rounded
from cxresearch.stats import importance, relative_weights, resampling
from cxresearch.stats.collinearity import variance_inflation
from cxresearch.stats.designs import Design
from cxresearch.stats.dominance import complete_dominance
from cxresearch.stats.importance_error import importance_intervals
from cxresearch.stats.importance_models import pseudo_importance
from cxresearch.stats.importance_noise import more_than_noise
from cxresearch.stats.imputation import pooled_importance
from cxresearch.stats.multiplicity import adjusted_p_values

studies.start()
pd.set_option("display.precision", 3)
pd.set_option("display.max_colwidth", None)
surveys, frames = {}, {}

# %% [markdown]
# ## Data
#
# | survey | who | drivers | outcome |
# | :--- | :--- | :--- | :--- |
# | San Francisco airport 2017 | departing passengers interviewed at the gate, by flight | 14 services, 1 unacceptable to 5 outstanding, or *never used* | the airport as a whole, 1 to 5, in the same block |
# | San Francisco airport 2018 | the same a year later, other passengers | the same | the same |
# | Yellow Pages | business customers of a directory (published 2001) | nine attributes, 1 to 10, complete | overall satisfaction, 1 to 10 |

# %% tags=["needs:sfo_2017"]
frames["sfo_2017"] = datasets.load_sfo(2017)
surveys["sfo_2017"] = cx.read(frames["sfo_2017"], datasets.codebook("sfo_2017"))

# %% tags=["needs:sfo_2018"]
frames["sfo_2018"] = datasets.load_sfo(2018)
surveys["sfo_2018"] = cx.read(frames["sfo_2018"], datasets.codebook("sfo_2018"))

# %% tags=["needs:yellow_pages"]
surveys["yellow_pages"] = cx.read(datasets.load_yellow_pages(), datasets.codebook("yellow_pages"))

# %% [markdown]
# ### Few passengers have used everything
#
# A passenger who never parked cannot rate the car park. *Never used* is an answer; a blank is not. What each service has:

# %% tags=["needs:sfo_2017"]
services = surveys["sfo_2017"].codebook.drivers
columns = {name: service.columns[0] for name, service in services.items()}
codes = frames["sfo_2017"][list(columns.values())].set_axis(list(columns), axis=1)
overall = pd.to_numeric(frames["sfo_2017"]["Q7ALL"], errors="coerce").between(1, 5)
answers = pd.DataFrame({
    "rated": codes.isin(range(1, 6)).sum(), "never used": (codes == 6).sum(), "blank": (codes == 0).sum(),
    "mean rating": codes.where(codes.isin(range(1, 6))).mean(),
})  # fmt: skip
studies.save_table("services", answers).round(2)

# %% [markdown]
# Most software drops every row with a gap (*listwise*). Who is left?

# %% tags=["needs:sfo_2017"]
rated = codes.where(codes.isin(range(1, 6)))
everything, no_blank = overall & rated.notna().all(axis=1), overall & (codes != 0).all(axis=1)
spread = rated.max(axis=1) - rated.min(axis=1)
upper = np.triu_indices(len(columns), 1)
who = {
    "all who rated the airport": overall, "no blank, never used allowed": no_blank, "rated all 14": everything,
}  # fmt: skip
left = pd.DataFrame({
    name: {
        "passengers": rows.sum(), "mean rating": np.nanmean(rated[rows]),
        "one answer for everything rated (%)": 100 * (spread[rows] == 0).mean(),
        "mean correlation of two services": rated[rows].corr().to_numpy()[upper].mean(),
    } for name, rows in who.items()
}).T  # fmt: skip
studies.save_table("who_is_left", left.astype({"passengers": int})).round(2)

# %% tags=["needs:sfo_2017"]
same = left["one answer for everything rated (%)"]
display(
    Markdown(
        f"Only {everything.sum():,} of {overall.sum():,} ({everything.sum() / overall.sum():.0%}) rated all services, and they are not a small copy "
        f"of the others: {same['rated all 14']:.0f} % of them gave one and the same answer to all, against {same.iloc[0]:.0f} % of everybody (who had "
        "fewer services to rate alike or not). Listwise analysis asks the few who have used two parking services, the rental cars and the train at "
        "one airport, and those who tick down a column."
    )
)

# %% [markdown]
# ### Never used as a group of its own
#
# `cx.drivers` keeps these passengers: the rating of a service counts among those who used it, and *never used* gets an effect
# of its own. Only blanks are left out, and counted.

# %% tags=["needs:sfo_2017"]
result = cx.drivers(surveys["sfo_2017"], "csat", n_boot=100)
shapley = result.importance.query("measure == 'shapley_r2'").set_index("driver")
shapley = shapley[["estimate", "conf_low", "conf_high", "rank", "rank_low", "rank_high", "p_value"]]
rounded(studies.save_table("drivers_2017", shapley))

# %% [markdown]
# Each figure is a share of the variance of the overall rating; `rank_low` to `rank_high` are the places that the differences between
# services leave open, all of them taken together (so they are wider than the bars of the picture below, each of which stands alone); `p_value` asks whether the share is more than a noise copy of the service would have (below). What one point of
# rating goes with, and what not having used the service goes with, in points of the overall rating:

# %% tags=["needs:sfo_2017"]
effects = result.effects.query("measure == 'mean'").pivot_table(
    index="driver", columns="term", values=["estimate", "conf_low", "conf_high"]
)
order = [
    (column, term)
    for term in ("per 1", "not applicable vs answered")
    for column in ("estimate", "conf_low", "conf_high")
]
effects = effects[order].swaplevel(axis=1).sort_values(("per 1", "estimate"), ascending=False)
studies.save_table("effects_2017", effects).round(3)

# %% [markdown]
# A better rating of most services goes with a better overall rating; whether a service was used at all predicts next to nothing. So
# below **who used what is held fixed** (a column for each service, forced in first) and every importance is about ratings: the share of
# the variance of the overall rating, among all passengers, that each service's ratings account for. The cells that follow prepare this
# for every survey and for the variants that come later.

# %%
asked = {name: (name, "csat", []) for name in surveys}
if "sfo_2017" in surveys:
    book, scale = datasets.codebook("sfo_2017"), {"scale": [1, 5], "missing": [0, 6]}
    book["controls"] = {"clean": {"column": "Q9ALL"} | scale, "safe": {"column": "Q10SAFE"} | scale}
    surveys["with controls"] = cx.read(frames["sfo_2017"], book)
    book["drivers"] = {
        name: entry | {"missing": [], "not_applicable": [0, 6]} for name, entry in book["drivers"].items()
    }
    surveys["blank as never used"] = cx.read(frames["sfo_2017"], book)
    asked["blanks counted as never used"] = ("blank as never used", "csat", [])
    asked["only those who rated all"] = ("sfo_2017", "csat", [])
    asked["without one answer to all"] = ("sfo_2017", "csat", [])
    asked["outcome: would recommend"] = ("sfo_2017", "recommend", [])
    asked["cleanliness and safety held fixed"] = ("with controls", "csat", ["clean", "safe"])

# %%
arrays = {}
for name, (survey, outcome, held) in asked.items():
    drivers = list(surveys[survey].codebook.drivers)
    cells = surveys[survey].cells([*drivers, *held, outcome], clusters=True, not_applicable=np.inf)
    ratings = cells.values[:, : len(drivers)]
    low, high = (
        np.where(np.isinf(ratings), np.inf, ratings).min(axis=1),
        np.where(np.isinf(ratings), 0, ratings).max(axis=1),
    )
    keep = ~np.isnan(cells.values).any(axis=1)
    keep &= np.isfinite(ratings).all(axis=1) | (name != "only those who rated all")
    keep &= (high > low) | (name != "without one answer to all")
    cells, ratings = cells.where(keep), ratings[keep]
    used = np.isfinite(ratings)
    means = np.average(np.where(used, ratings, 0), axis=0, weights=cells.w) / np.average(
        used, axis=0, weights=cells.w
    )
    unused = (~used)[:, ~used.all(axis=0)]
    arrays[name] = {
        "X": np.where(used, ratings - means, 0), "y": cells.column(outcome),
        "controls": np.column_stack([unused, cells.values[:, len(drivers) : -1]]).astype(float),
        "design": Design(cells.n, cells.w, cells.w2, cells.stratum, cells.cluster, exact=cells.weight_exact),
    }  # fmt: skip

# %%
size = {
    name: [part["design"].rows, *part["X"].shape[1:], part["controls"].shape[1]]
    for name, part in arrays.items()
}
pd.DataFrame(size, index=["answered everything asked", "drivers", "columns held fixed"]).T

# %% [markdown]
# ## Seven methods on the same answers
#
# | method | what it is |
# | :--- | :--- |
# | correlation | squared correlation of one driver with the outcome, as if it were alone |
# | coefficient | standardised coefficient with all drivers in, by size |
# | last | what a driver adds to R² after all others |
# | Pratt | coefficient times correlation; can be negative |
# | CAR | squared correlation with the drivers after making them uncorrelated |
# | Johnson | relative weights: the CAR parts handed back along the correlations |
# | Shapley | gain in R² averaged over all orders of entry; also called LMG and general dominance |
#
# A bootstrap draw is one set of weights (whole flights are drawn at the airport); all methods see the same draws.

# %%
methods = {
    "last": importance.incremental_r2, "Pratt": relative_weights.pratt_r2, "CAR": relative_weights.car_r2,
    "Johnson": relative_weights.johnson_r2, "Shapley": importance.shapley_r2,
}  # fmt: skip
rng, found, draws = np.random.default_rng(1), {}, {}
for name in [name for name in ("sfo_2017", "sfo_2018", "yellow_pages") if name in arrays]:
    part = arrays[name]
    W = np.concatenate(
        [part["design"].w[None], *resampling.bootstrap(part["design"], 1_000, rng)]
    )  # the sample first
    M = importance.moments(np.column_stack([part["controls"], part["X"], part["y"]]), W)
    rest, taken = importance.partial_out(M, range(part["controls"].shape[1]))
    spread = np.sqrt(np.diagonal(rest, axis1=1, axis2=2))
    r = rest[:, :-1, -1] / spread[:, :-1] / spread[:, -1:]
    own = {"correlation": r**2, "coefficient": np.abs(relative_weights.standardised_coefficients(rest))}
    found[name] = {
        method: values * (1 - taken)[:, None]
        for method, values in (own | {label: formula(rest) for label, formula in methods.items()}).items()
    }
    draws[name] = W

# %% tags=["needs:sfo_2017"]
drivers = list(services)
first = pd.DataFrame({method: values[0] for method, values in found["sfo_2017"].items()}, index=drivers)
first = first.sort_values("Shapley", ascending=False)
studies.save_table("importance_2017", first).round(3)

# %% [markdown]
# The scales differ (a coefficient is no share of anything), so compare places. Each panel is a method, its bars the places a
# driver takes in 95 % of the draws.

# %%
places = {
    name: {
        method: pd.DataFrame(stats.rankdata(-values, axis=1), columns=list(surveys[name].codebook.drivers))
        for method, values in by_method.items()
    }
    for name, by_method in found.items()
}

# %% tags=["needs:sfo_2017"]
order = first.index[::-1]
figure, axes = new_figure(1, 7, (12, 4.6), sharey=True)
for ax, (method, ranks) in zip(axes, places["sfo_2017"].items(), strict=True):
    ends = ranks[1:].quantile([0.025, 0.975])[order]
    ax.hlines(range(len(order)), *ends.to_numpy(), color=GREY, lw=2.2)
    ax.plot(ranks.iloc[0][order], range(len(order)), "o", color=BLUE, ms=6)
    ax.set_title(method)
    ax.set_xlim(0.3, len(order) + 0.7)
    ax.set_xticks([1, 5, 10, 14])
axes[0].set_yticks(range(len(order)), order)
axes[3].set_xlabel("place, 1 = most important; bars hold 95 % of 1,000 draws of flights")
describe(
    figure,
    "Places of 14 services at San Francisco airport 2017 by seven methods, with intervals. Restaurants come first or nearly so by every "
    "method but correlation; most intervals span several places, in the middle half of all places.",
)

# %% [markdown]
# **How alike are the rankings?** Kendall's tau over all pairs of drivers: 1 the same order, 0 unrelated.

# %%
pairs, signs, alike = {}, {}, {}
for name, by_method in found.items():
    i, j = pairs[name] = np.triu_indices(len(surveys[name].codebook.drivers), 1)
    signs[name] = {method: np.sign(values[:, i] - values[:, j]) for method, values in by_method.items()}
    alike[name] = pd.DataFrame(
        {
            a: {b: (one[0] * other[0]).mean() for b, other in signs[name].items()}
            for a, one in signs[name].items()
        }
    )
    display(Markdown(f"`{name}`"), studies.save_table(f"tau_{name}", alike[name]).round(2))

# %% [markdown]
# **Where does the method decide?** For each two methods: how many pairs of drivers they order differently; how many both are sure
# of (each in at least 97.5 % of the draws); and how many they then order differently *for sure*.

# %%
sure, clashes = {}, {}
for name, by_method in signs.items():
    sure[name] = {
        m: np.where(np.abs((s[1:] > 0).mean(axis=0) - 0.5) >= 0.475, s[0], 0) for m, s in by_method.items()
    }
    rows = []
    for a, b in itertools.combinations(by_method, 2):
        settled, against = (
            (sure[name][a] * sure[name][b] != 0).sum(),
            (sure[name][a] * sure[name][b] < 0).sum(),
        )
        rows.append([f"{a}, {b}", (by_method[a][0] != by_method[b][0]).sum(), settled, against])
    clashes[name] = pd.DataFrame(
        rows, columns=["methods", "ordered differently", "both sure", "for sure differently"]
    )
    clashes[name] = studies.save_table(f"clashes_{name}", clashes[name].set_index("methods"))

# %% tags=["needs:sfo_2017"]
both = {name: table.astype(str).agg(", ".join, axis=1) for name, table in clashes.items()}
pd.DataFrame(both).rename_axis("ordered differently, both sure, for sure differently")

# %% tags=["needs:sfo_2017"]
least = alike["sfo_2017"].to_numpy().argmin()
worst = [alike["sfo_2017"].index[place] for place in divmod(least, len(alike["sfo_2017"]))]
row = clashes["sfo_2017"].loc[", ".join(worst)]
number = len(pairs["sfo_2017"][0])
display(
    Markdown(
        f"The two least alike, *{worst[0]}* and *{worst[1]}*, order {row['ordered differently']} of {number} pairs of services differently (tau "
        f"{alike['sfo_2017'].loc[*worst]:.2f}), which looks as if the method decided everything. But only {row['both sure']} pairs are settled by both, and of "
        f"these {row['for sure differently']} are settled differently. Over all pairs of methods and surveys at most "
        f"{max(table['for sure differently'].max() for table in clashes.values())} pairs are. Most of what looks like a quarrel of methods is the noise of the least "
        "certain method, as the next table shows."
    )
)

# %% [markdown]
# How many pairs of drivers each method settles by itself. Few is not wrong: a coefficient asks a harder question.

# %%
settles = {
    name: {m: f"{(s != 0).sum()} of {len(s)}" for m, s in by_method.items()}
    for name, by_method in sure.items()
}
studies.save_table("pairs_settled", pd.DataFrame(settles).rename_axis("method"))

# %% [markdown]
# A sharper look, on the same draws: whose *place* differs between a method and Shapley, with a 95 % interval of the difference off
# zero? Here the method does decide.

# %%
shifted = pd.DataFrame(index=list(next(iter(places.values()), {})))
for name, by_method in places.items():
    for method, ranks in by_method.items():
        low, high = (ranks - by_method["Shapley"])[1:].quantile([0.025, 0.975]).to_numpy()
        names = [f"{d} up" for d in ranks.columns[high < 0]] + [f"{d} down" for d in ranks.columns[low > 0]]
        shifted.loc[method, name] = ", ".join(names) or "none"
shifted = studies.save_table(
    "shifted_places", shifted.drop("Shapley", errors="ignore").rename_axis("method, against Shapley")
)
shifted

# %% [markdown]
# **Who is first, and how surely?** The leader of each method, with the share of draws in which it leads.

# %%
leaders = {
    name: {
        method: f"{ranks.iloc[0].idxmin()} ({(ranks[1:][ranks.iloc[0].idxmin()] == 1).mean():.0%})"
        for method, ranks in by_method.items()
    }
    for name, by_method in places.items()
}
studies.save_table("leaders", pd.DataFrame(leaders).rename_axis("method"))

# %% [markdown]
# **Complete dominance** asks more than an average: A adds more than B to *every* subset of the others. How many pairs of drivers
# are ordered that strictly?

# %%
strict = {}
for name in found:
    part = arrays[name]
    M = importance.moments(np.column_stack([part["controls"], part["X"], part["y"]]), part["design"].w)
    rest, _ = importance.partial_out(M, range(part["controls"].shape[1]))
    share = complete_dominance(importance.subsets_r2(rest))
    i, j = pairs[name]
    agrees = np.where(signs[name]["Shapley"][0] > 0, share[i, j], share[j, i])
    strict[name] = {
        "pairs": len(i),
        "completely ordered": (agrees == 1).sum(),
        "subsets that agree with Shapley (%)": 100 * agrees.mean(),
    }
studies.save_table("complete_dominance", pd.DataFrame.from_dict(strict, orient="index")).round(1)

# %% [markdown]
# **Does the linear model decide?** Overall ratings are steps, not metres. The same shares of the deviance of a cumulative logit, all
# subsets refitted. That takes 12 drivers at most, so at the airport the two information booths count as one here, and so do the
# car park and its bus.

# %%
joined = [["info_lower", "info_upper"], ["parking", "shuttle"]]
ordinal = {}
for name in [name for name in ("sfo_2017", "yellow_pages") if name in arrays]:
    part, drivers = arrays[name], list(surveys[name].codebook.drivers)
    together = [group for group in joined if set(group) <= set(drivers)]
    players = [[d] for d in drivers if d not in itertools.chain(*together)] + together
    groups = [[drivers.index(d) for d in player] for player in players]
    common = {
        "X": part["X"],
        "y": part["y"],
        "design": part["design"],
        "controls": part["controls"],
        "groups": groups,
    }
    tables = [pseudo_importance("cumulative", n_draws=0, **common), importance_intervals(n_boot=0, **common)]
    ordinal[name] = pd.DataFrame(
        {
            model: table.estimate[1]
            for model, table in zip(("cumulative logit", "linear"), tables, strict=True)
        },
        index=[" + ".join(player) for player in players],
    ).sort_values("linear", ascending=False)
    ordinal[name].index.name = "share of what all explain"
    display(Markdown(f"`{name}`"), studies.save_table(f"ordinal_{name}", ordinal[name]).round(3))

# %%
for name, table in ordinal.items():
    tau, gap = table.corr("kendall").iloc[0, 1], (table["cumulative logit"] - table["linear"]).abs()
    display(
        Markdown(
            f"`{name}`: tau {tau:.2f} between the models; no share moves by more than {100 * gap.max():.1f} percentage points (`{gap.idxmax()}`). The choice between "
            "a linear and an ordered model is not what decides here."
        )
    )

# %% [markdown]
# ## More than noise?
#
# Every driver gets a share, useful or not. Two answers to "is it more than nothing?":
#
# - **ours**: is the share larger than that of a *noise copy*, which goes along with the other drivers just as the driver does but
#   has nothing of its own to say? (95 % of copies stay below `noise copy`; p adjusted by Holm.)
# - **the industry's**: relative weight over its error, as a t. Shown for comparison only.

# %%
noise = {}
for name in found:
    part, drivers = arrays[name], list(surveys[name].codebook.drivers)
    test = more_than_noise(
        part["X"], part["y"], part["design"], np.random.default_rng(1), controls=part["controls"]
    )
    noise[name] = pd.DataFrame(
        {"Shapley R²": test.shapley_r2, "by going along": test.going_along, "noise copy": test.yardstick_high, "p": test.p_value,
         "p, Holm": adjusted_p_values(test.p_value), "p, t of relative weight": test.p_relative_weights},
        index=drivers,
    ).sort_values("p")  # fmt: skip
for name, table in noise.items():
    display(Markdown(f"`{name}`"), rounded(studies.save_table(f"noise_{name}", table)))

# %%
for name, table in noise.items():
    ours, theirs = table["p, Holm"] < 0.05, table["p, t of relative weight"] < 0.05
    none = ", ".join(f"`{driver}`" for driver in table.index[table["p"] > 0.5]) or "none"
    display(
        Markdown(
            f"`{name}`: the t finds {theirs.sum()} of {len(table)} drivers significant, the noise copy {ours.sum()}. No better than noise (p above one half): {none}. "
            f"Most of a share comes from going along: {(table['by going along'] / table['Shapley R²']).median():.0%} of it, in the middle driver."
        )
    )

# %% [markdown]
# The t asks whether a weight is zero. For a driver that goes with others no weight ever is, so the answer is yes, always, and says nothing
# about the driver.
#
# ## Collinearity: one question asked twice

# %%
inflation = {
    name: pd.Series(variance_inflation(part["X"], part["design"].w), list(surveys[name].codebook.drivers))
    for name, part in arrays.items() if name in found
}  # fmt: skip
worst = {
    name: {"largest": one.max(), "of": one.idxmax(), "median": one.median()}
    for name, one in inflation.items()
}
studies.save_table("variance_inflation", pd.DataFrame(worst).T)

# %% tags=["needs:sfo_2017"]
part, names = arrays["sfo_2017"], list(services)
singles = [[d] for d in names if d not in joined[0]]
groups = [[names.index(d) for d in player] for player in [*singles, joined[0]]]
one = importance_intervals(
    part["X"], part["y"], part["design"], ["shapley_r2"], n_boot=0, controls=part["controls"], groups=groups
)
apart = places["sfo_2017"]["Shapley"].iloc[0][joined[0]].astype(int)
r = rated[joined[0]].corr().iloc[0, 1]
display(
    Markdown(
        f"The two information booths are rated almost alike (r = {r:.2f} among those who used both), and they share what one of them would have alone: apart they take "
        f"places {apart.min()} and {apart.max()}, as one driver place {one.rank[0, -1]} of {len(groups)}. Shapley and Johnson do not *solve* collinearity: they share "
        "out fairly what cannot be told apart, so a ranking can be changed by asking about a service twice."
    )
)

# %% [markdown]
# Fewer and broader players make firmer places. The services by area (each an entry of its own, as the booths above):

# %% tags=["needs:sfo_2017", "needs:sfo_2018"]
areas = {
    "finding the way": ["signs", "screens", "walkways", "info_lower", "info_upper"],
    "food, shops, art": ["restaurants", "shops", "art"],
    "cars and trains": ["road_signs", "parking", "shuttle", "rental_centre", "airtrain"],
    "wifi": ["wifi"],
}
groups, by_area = [[names.index(d) for d in area] for area in areas.values()], {}
for year in ("sfo_2017", "sfo_2018"):
    part = arrays[year]
    table = importance_intervals(
        part["X"],
        part["y"],
        part["design"],
        ["shapley_share"],
        n_boot=0,
        controls=part["controls"],
        groups=groups,
    )
    rows = {
        column: getattr(table, column)[0]
        for column in ("estimate", "conf_low", "conf_high", "rank_low", "rank_high")
    }
    by_area[year] = pd.DataFrame(rows, index=list(areas))
studies.save_table("areas", pd.concat(by_area, names=["survey", "area"])).round(3)

# %% [markdown]
# An area of five ratings has more to say than one of one, so these are shares of areas as they were asked about, not of what is in
# them.
#
# ## Never used: does its handling decide?
#
# The same Shapley shares four ways: never used as a group of its own (as above); only those who rated all; *pairwise*, every
# correlation from whoever rated both; and *filled in*, multiple imputation as if a passenger who never parked had an opinion of
# the car park and kept it back. Blanks are another matter: behind some there is an answer, so filling them in is a fair check.

# %% tags=["needs:sfo_2017"]
cells = surveys["sfo_2017"].cells([*names, "csat"], clusters=True, not_applicable=np.inf)
cells = cells.where(~np.isnan(cells.column("csat")))
ratings, never = cells.values[:, :-1], np.isinf(cells.values[:, :-1])
design = Design(cells.n, cells.w, cells.w2, cells.stratum, cells.cluster, exact=cells.weight_exact)
known = np.isfinite(ratings)
means = np.average(np.where(known, ratings, 0), axis=0, weights=cells.w) / np.average(
    known, axis=0, weights=cells.w
)
inputs = {
    "blanks filled in": (np.where(never, 0, ratings - means), never.astype(float)),
    "all filled in": (np.where(never, np.nan, ratings), None),
}
settings = {"indices": ["shapley_share"], "imputations": 5}
filled = {
    way: pooled_importance(
        X, cells.column("csat"), design, rng=np.random.default_rng(1), controls=held, **settings
    )
    for way, (X, held) in inputs.items()
}

# %% [markdown]
# All ways together:

# %% tags=["needs:sfo_2017"]
part = arrays["sfo_2017"]
used_all = ~part["controls"].any(axis=1)
few = importance.shapley_r2(
    importance.moments(np.column_stack([part["X"], part["y"]])[used_all], draws["sfo_2017"][:, used_all])
)
all_ratings = rated.assign(csat=pd.to_numeric(frames["sfo_2017"]["Q7ALL"], errors="coerce").where(overall))
matrix = all_ratings.corr().to_numpy()
ways = {
    "own group": found["sfo_2017"]["Shapley"][0],
    "rated all": few[0],
    "pairwise": importance.shapley_r2(matrix),
} | {way: pool.estimate[0] for way, pool in filled.items()}
ways = pd.DataFrame({way: 100 * value / value.sum() for way, value in ways.items()}, index=names)
shown = pd.concat({"share (%)": ways.round(1), "place": ways.rank(ascending=False).astype(int)}, axis=1)
studies.save_table("never_used", shown.sort_values(("share (%)", "own group"), ascending=False))

# %% tags=["needs:sfo_2017"]
part_all, part_few = (one / one.sum(axis=1, keepdims=True) for one in (found["sfo_2017"]["Shapley"], few))
gap = pd.DataFrame(part_few - part_all, columns=names)
low, high = gap[1:].quantile([0.025, 0.975]).to_numpy()
tau = ways.corr("kendall")
wider = np.median(part_few[1:].std(axis=0) / part_all[1:].std(axis=0))
display(
    Markdown(
        f"Tau with our ranking: {tau.loc['own group', 'rated all']:.2f} for those who rated all, {tau.loc['own group', 'pairwise']:.2f} pairwise, {tau.loc['own group', 'all filled in']:.2f} with "
        f"everything filled in (where, in the middle service, {np.median(filled['all filled in'].missing_information[0]):.0%} of the variance of a share comes from not knowing), but "
        f"{tau.loc['own group', 'blanks filled in']:.2f} with the blanks filled in. Between Shapley and Johnson it is {alike['sfo_2017'].loc['Shapley', 'Johnson']:.2f}. For "
        f"{((low > 0) | (high < 0)).sum()} services the share differs for sure between all passengers and those who rated all (paired draws): larger among the few for "
        f"{', '.join(f'`{d}`' for d in gap.columns[low > 0]) or 'none'}, smaller for {', '.join(f'`{d}`' for d in gap.columns[high < 0]) or 'none'}. "
        f"It is not for want of answers: standard errors of the few are {wider:.1f} times as large."
    )
)

# %% [markdown]
# Part of it is a different *question*, not an error: among those who have used everything, every service can matter; among all
# passengers, one that few use can move few overall ratings. A manager of the airport wants the second, a manager of the
# rental cars the first. Pairwise mixes both, from other people in every cell of the matrix; filling everything in is about passengers
# that there are not.
#
# ## San Francisco airport 2018: does the ranking replicate?

# %% tags=["needs:sfo_2017", "needs:sfo_2018"]
years = {
    name: found[name]["Shapley"] / found[name]["Shapley"].sum(axis=1, keepdims=True)
    for name in ("sfo_2017", "sfo_2018")
}
waves = pd.DataFrame({f"{name[-4:]}": 100 * share[0] for name, share in years.items()}, index=names)
errors = pd.DataFrame({name[-4:]: 100 * share[1:].std(axis=0) for name, share in years.items()}, index=names)
waves["change"] = waves["2018"] - waves["2017"]
waves["std_error"] = np.hypot(errors["2017"], errors["2018"])
waves["conf_low"], waves["conf_high"] = (
    waves.change - 1.96 * waves.std_error,
    waves.change + 1.96 * waves.std_error,
)
waves["p, Holm"] = adjusted_p_values(2 * stats.norm.sf(np.abs(waves.change / waves.std_error)))
waves = waves.sort_values("2017", ascending=False)
studies.save_table("replication", waves).round(3)

# %% [markdown]
# Shares are in percent of what all services explain. The rank correlation of two noisy rankings is too low even if nothing has changed,
# so it is laid beside what *no change at all* would give: both years drawn around their common mean, with each year's noise.

# %% tags=["needs:sfo_2017", "needs:sfo_2018"]
i, j = pairs["sfo_2017"]
settled = [np.where(sure[name]["Shapley"] != 0, signs[name]["Shapley"][0], 0) for name in years]
common = (years["sfo_2017"][0] + years["sfo_2018"][0]) / 2
unchanged = [common + share[1:] - share[1:].mean(axis=0) for share in years.values()]
taus = {
    "drawn": [share[1:, i] - share[1:, j] for share in years.values()],
    "no change": [share[:, i] - share[:, j] for share in unchanged],
}
taus = {label: (np.sign(a) * np.sign(b)).mean(axis=1) for label, (a, b) in taus.items()}
observed = (signs["sfo_2017"]["Shapley"][0] * signs["sfo_2018"]["Shapley"][0]).mean()
replication = pd.DataFrame({
    "tau of the two years": [observed, *np.quantile(taus["drawn"], [0.025, 0.975])],
    "if nothing had changed": [np.median(taus["no change"]), *np.quantile(taus["no change"], [0.025, 0.975])],
}, index=["estimate", "conf_low", "conf_high"]).T  # fmt: skip
rho = stats.spearmanr(waves["2017"], waves["2018"]).statistic
studies.save_table("replication_tau", replication).round(2)

# %% tags=["needs:sfo_2017", "needs:sfo_2018"]
agree, against = (settled[0] * settled[1] > 0).sum(), (settled[0] * settled[1] < 0).sum()
moved = waves.index[waves["p, Holm"] < 0.05]
alone = waves.index[(waves.conf_low > 0) | (waves.conf_high < 0)]
display(
    Markdown(
        f"Tau is {observed:.2f} (Spearman {rho:.2f}); with nothing changed it would lie between {replication.loc['if nothing had changed', 'conf_low']:.2f} and "
        f"{replication.loc['if nothing had changed', 'conf_high']:.2f}. Of {len(i)} pairs of services both years settle {agree} the same way and {against} the opposite way; the other "
        f"{len(i) - agree - against} are open in one year or both. Moved by more than noise, all services taken together: {', '.join(f'`{d}`' for d in moved) or 'none'}; looked at one "
        f"by one: {', '.join(f'`{d}`' for d in alone) or 'none'}."
    )
)

# %% [markdown]
# Which method's ranking replicates best?

# %% tags=["needs:sfo_2017", "needs:sfo_2018"]
repeats = {}
for method in signs["sfo_2017"]:
    tau = (signs["sfo_2017"][method] * signs["sfo_2018"][method]).mean(axis=1)
    repeats[method] = [tau[0], *np.quantile(tau[1:], [0.025, 0.975])]
repeats = pd.DataFrame(repeats, index=["tau of the two years", "draws, low", "draws, high"]).T
studies.save_table("replication_by_method", repeats).round(2)

# %% tags=["needs:sfo_2017", "needs:sfo_2018"]
shown, height = waves[::-1], np.arange(len(waves))
figure, ax = new_figure(1, 1, (8.6, 6))
for year, colour, marker, shift in (("2017", BLUE, "o", 0.16), ("2018", ORANGE, "D", -0.16)):
    half = 1.96 * errors[year][shown.index]
    ax.hlines(height + shift, shown[year] - half, shown[year] + half, color=colour, lw=2)
    ax.plot(shown[year], height + shift, marker, color=colour, ms=6, label=year)
ax.set_yticks(height, [f"{name} *" if name in alone else name for name in shown.index])
ax.set_xlim(0, None)
ax.set_xlabel(
    "Shapley share of what all services explain (%), 95 % interval\n* the interval of the change, looked at alone, lies off zero"
)
ax.legend(frameon=False, loc="lower right")
describe(
    figure,
    "Shapley shares of 14 services in 2017 and 2018 with 95 % intervals. Most overlap: restaurants and signs are high and the shuttle is low in both "
    "years; signs and screens rose and parking fell, by amounts that chance can make among so many services.",
)

# %% [markdown]
# ## How many answers does a ranking need?
#
# Small surveys drawn from the large ones, person by person, 500 of each size. How often do they name the driver that leads in the large survey, and how
# like is their ranking to its?

# %%
chosen = {"sfo_2017": (150, 500, 2_000), "yellow_pages": (30, 150, 500, 2_000)}
rng, rows = np.random.default_rng(1), []
for name, n in [(name, n) for name, sizes in chosen.items() if name in arrays for n in sizes]:
    part, w = arrays[name], arrays[name]["design"].w
    W = rng.multinomial(n, w / w.sum(), size=500).astype(float)
    M = importance.moments(np.column_stack([part["controls"], part["X"], part["y"]]), W)
    rest, _ = importance.partial_out(M, range(part["controls"].shape[1]))
    spread = np.maximum(np.diagonal(rest, axis1=1, axis2=2), 1e-12)[:, :-1]
    drawn = {"correlation": rest[:, :-1, -1] ** 2 / spread, "coefficient": np.abs(relative_weights.standardised_coefficients(rest)),
             "Johnson": relative_weights.johnson_r2(rest)}  # fmt: skip
    i, j = pairs[name]
    for method, values in drawn.items():
        best = np.argsort(-found[name][method][0])
        tau = (np.sign(values[:, i] - values[:, j]) * signs[name][method][0]).mean(axis=1).mean()
        hit = values.argmax(axis=1)[:, None] == best[:3]
        rows.append([name, method, n, 100 * hit[:, 0].mean(), 100 * hit.any(axis=1).mean(), tau])
keys = ["survey", "method", "answers"]
needed = pd.DataFrame(
    rows, columns=[*keys, "same leader (%)", "leader one of the first three (%)", "mean tau"]
)
studies.save_table("answers_needed", needed.set_index(keys).sort_index()).round(2)

# %% [markdown]
# With 30 answers the airport's 14 services and who used them would leave nothing to judge by. Where two drivers are level, as in the
# directory by most methods, no number of answers names one leader; the other columns allow for that.
#
# ## One screen, one mood
#
# All these ratings stand in one block and were ticked in a minute. What else would make them go together?

# %% tags=["needs:sfo_2017"]
far = rated[["art", "shuttle"]].corr().iloc[0, 1]
values = np.linalg.eigvalsh(rated.corr().to_numpy())
display(
    Markdown(
        f"The art in the halls and the bus to the long-term car park share nothing but the passenger, yet their ratings correlate {far:.2f}. One component carries {values[-1] / values.sum():.0%} "
        f"of the spread of all {len(values)} ratings."
    )
)

# %% [markdown]
# What that does to importance: passengers who give one answer to everything left out; an outcome from another page; and two ratings from
# other pages (cleanliness, safety) held fixed as stand-ins for the mood. They may be drivers themselves, so this last row takes too
# much away; the first leaves too much in.

# %% tags=["needs:sfo_2017"]
rows, base = [], found["sfo_2017"]["Shapley"][0]
for name in ["sfo_2017", *[name for name, (survey, *_) in asked.items() if name not in surveys]]:
    part = arrays[name]
    table = importance_intervals(
        part["X"], part["y"], part["design"], ["shapley_r2"], n_boot=0, controls=part["controls"]
    )
    value = table.estimate[0]
    tau = stats.kendalltau(value, base).statistic
    open_to = (table.rank_low[0] == 1).sum()
    rows.append([name, part["design"].rows, value.sum(), names[value.argmax()], open_to, tau])
heads = [
    "variant",
    "n",
    "R² of the services",
    "first",
    "services that may be first",
    "tau with all passengers",
]
variants = pd.DataFrame(rows, columns=heads)
studies.save_table("variants", variants.set_index("variant")).round(2)

# %% [markdown]
# ## The claims, one by one
#
# *Contradicted* where these data show the opposite, *supported* where the surveys agree with it, *partly* where one half holds, *not
# testable* where no survey like these could tell.

# %% tags=["needs:sfo_2017"]
by_r, by_s = (places["sfo_2017"][method].iloc[0] for method in ("correlation", "Shapley"))
studies.verdict(
    f"not testable as an effect, for nobody changed a service. As a ranking it puts {by_r.idxmin()} first where Shapley puts {by_s.idxmin()}, "
    f"and info_lower {by_r['info_lower']:.0f}th, which says no more than noise; of the pairs that both settle, "
    f"{clashes['sfo_2017'].loc['correlation, Shapley', 'for sure differently']} are ordered differently.",
    about="Claim 1, improve what correlates most",
)

# %% tags=["needs:sfo_2017"]
taus = [table.loc["coefficient", "Johnson"] for table in alike.values()]
apart = [table.loc["coefficient, Johnson", "for sure differently"] for table in clashes.values()]
studies.verdict(
    f"partly. The rankings differ (tau {min(taus):.2f} to {max(taus):.2f}), mostly because coefficients settle few places; for sure they "
    f"order {max(apart)} pairs differently.",
    about="Claim 2, regression is for the classroom",
)

# %% tags=["needs:sfo_2017"]
alikeness = [
    np.corrcoef(by_method["Shapley"][0], by_method["Johnson"][0])[0, 1] for by_method in found.values()
]
twins = [table.loc["Shapley", "Johnson"] for table in alike.values()]
studies.verdict(
    f"{'supported' if min(alikeness) > 0.99 else 'nearly supported' if min(alikeness) > 0.97 else 'contradicted'}: correlated {min(alikeness):.3f} to {max(alikeness):.3f} (tau "
    f"{min(twins):.2f} to {max(twins):.2f}); no pair of drivers is ordered differently for sure.",
    about="Claim 3, Shapley and relative weights are as good as equal",
)

# %% tags=["needs:sfo_2017"]
idle = {name: table[table["p"] > 0.5] for name, table in noise.items()}
called = sum((table["p, t of relative weight"] < 0.05).sum() for table in idle.values())
studies.verdict(
    f"contradicted as it is used: {called} of {sum(map(len, idle.values()))} drivers that predict no better than their noise copies are significant by the formula, as is "
    "every other.",
    about="Claim 4, a formula gives the significance of relative weights",
)

# %% tags=["needs:sfo_2017", "needs:sfo_2018"]
studies.verdict(
    f"partly. Shapley's ranking repeats better a year later than the coefficients' (tau {repeats.iloc[:, 0]['Shapley']:.2f} against {repeats.iloc[:, 0]['coefficient']:.2f}), but correlation's "
    f"repeats with {repeats.iloc[:, 0]['correlation']:.2f}; and a driver asked about twice still loses its place, so collinearity is shared out, not solved.",
    about="Claim 5, the newer methods cope with collinearity",
)

# %% tags=["needs:yellow_pages"]
small = needed[(needed.survey == "yellow_pages") & (needed.answers == 30)].set_index("method")
studies.verdict(
    f"contradicted: 30 answers name the driver that leads in the whole survey in {small['same leader (%)'].min():.0f} to {small['same leader (%)'].max():.0f} % of samples, by method, one of its first three in "
    f"{small['leader one of the first three (%)'].min():.0f} to {small['leader one of the first three (%)'].max():.0f} %, and the "
    f"ranking agrees with the whole one by a tau of {small['mean tau'].min():.2f} to {small['mean tau'].max():.2f}.",
    about="Claim 6, 30 answers are enough",
)

# %% tags=["needs:sfo_2017"]
medium = needed[needed.answers == 150].set_index(["survey", "method"])
coefficient = medium.xs("coefficient", level="method")
studies.verdict(
    f"partly: fewer are too few, but so are 150. With them the ranking by coefficients agrees with that of the whole survey by a tau of {coefficient['mean tau'].min():.2f} to "
    f"{coefficient['mean tau'].max():.2f}; by any method the same driver leads in {medium['same leader (%)'].min():.0f} to {medium['same leader (%)'].max():.0f} % of samples.",
    about="Claim 7, about 150 are needed",
)

# %% [markdown]
# ### In plain words
#
# **The methods quarrel less than their rankings look, the surveys are noisier than their rankings look, and the decision that matters is
# made before any method runs: what to do with passengers who never used a service.** Shapley, Johnson and CAR tell one story;
# correlation and coefficients tell others, but hardly any pair of drivers is ordered differently for sure. Dropping everybody who has
# not used everything turns the ranking over: the car park and the bus come up, the restaurants go down.
#
# What a manager of the airport may conclude:
#
# - Ratings of restaurants and of signs go with the overall rating most, in both years, under almost every method; restaurants have the
#   lowest mean rating of all 14 besides. They are the first place to *look*, or to try something and measure.
# - Below the first few the order is open. A list from 1 to 14 says more than is known; three groups would be honest.
# - The lower information booths and the bus to the car park predict nothing of their own, whatever their "significant" weights.
#
# What not:
#
# - *That better restaurants would raise the overall rating.* Nobody changed a restaurant. All ratings were ticked together, by one
#   mood; most of a typical share is the company that a service keeps, and much of the explained variance goes when two ratings from
#   other pages are held fixed. Nothing here tells what is effect and what is mood.
# - *That unimportant services can be neglected.* A service that works for nearly everybody has no spread and so no importance.
# - *That the shares are of loyalty.* With willingness to recommend as the outcome the same ratings explain far less, and
#   which of them leads is open.
#
# ## What would change this
#
# - **A change.** A renovated terminal, half of the gates first: ratings before and after, there and elsewhere.
# - **Visits, not ratings**: what passengers met (queues, closed shops, wrong signs), recorded by somebody else.
# - **Questions apart**: the overall rating asked first, or on another day, to break the common mood.
# - **Another rule for "for sure".** 97.5 % of draws for single pairs; adjusted for their number, still fewer would be settled.
# - **Answers for blanks.** Passengers with a blank are left out; counting blanks as never used, or filling them in, changes
#   little.
#
# ## Summary
#
# - Say who has not used a service; never drop them, never fill them in.
# - Report intervals of places, not places. Compare methods on the same draws.
# - Shapley and relative weights agree; use either. Correlation credits company, coefficients need far more answers.
# - A t on relative weights finds everything significant. A noise copy does not.
# - The airport's ranking replicates a year later as well as its noise allows.
# - Importance is about prediction. What to improve is a question for an experiment.
