# %% [markdown]
# # Real friction: hand-offs, waits, complaints, failed calls
#
# **Question.** In real records, which friction goes with a bad ending, by how much, and how much of that is there by
# construction?
#
# **Claims.**
#
# | no. | claim | source | what was printed |
# | :--- | :--- | :--- | :--- |
# | 1 | Being passed on, having to contact again and repeating information are what makes service an effort | Dixon, Freeman and Toman (2010) | no coefficient; a survey that is not public |
# | 2 | Incidents that are reassigned more often miss their service target more often: 21.6, 42.9, 60.1, 67.1 and 81.0 % for 0, 1, 2, 3 and 4 or more reassignments | note beside our copy of the incident log | five percentages |
# | 3 | Of customers who complained 83.0 % left, of the others 10.1 % | note beside our copy of the churn data | two percentages |
#
# **How it is tested.** The incidents are rebuilt from their event log by `cx.read_contacts`, checked against the table
# staged with the data, and explained by `cx.drivers`; then the same with only what had happened after one day. The churn
# data are explained with and without their duplicate rows, and with and without the column that gives the outcome away.
#
# **Kinds of evidence.** All of it is *open data*. Nobody was asked anything: there is no effort score here, only friction that
# was recorded and an ending that was recorded. "Predicts" is not "causes".

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from scipy.stats import binomtest

import cxresearch as cx
from cxresearch import datasets, studies
from cxresearch.plots import BLUE, GREEN, GREY, INK, ORANGE, describe, new_figure

studies.start()
pd.set_option("display.precision", 2)
pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## Data
#
# | set | who, when | friction | ending |
# | :--- | :--- | :--- | :--- |
# | ServiceNow incidents | employees of one IT company, 2016-17; an audit log of every incident, Amaral, Fantinato and Peres (2018), CC BY 4.0 | hand-offs between groups, reopenings, waits for the user | service target met; hours to resolution |
# | Iranian telecom | customers of one provider, nine months of use and complaints; UCI 563 (2020), CC BY 4.0 | complaint, failed calls | left by the end of month 12 |
#
# ## From the event log to incidents (open data)
#
# The log has a row for every change of an incident. It does not list the opening itself, but says on every row when that was; we
# put it in as an event of its own, the one by which the user gets in touch. The rest is said in a codebook: what a hand-off changes
# (the group), which states mean closed, how times are written. The zone of the clock is not documented; only differences matter.

# %% tags=["needs:servicenow_events"]
events = datasets.load_servicenow("events")
opening = events.drop_duplicates("number").assign(
    incident_state="Opened", assignment_group="?", assigned_to="?"
)
log = pd.concat([opening.assign(sys_updated_at=opening["opened_at"]), events], ignore_index=True)
codebook = datasets.codebook("servicenow_incidents")
entry = codebook["contacts"] | {"contact": ["Opened"]}
contacts = cx.read_contacts(log, {"contacts": entry}, within_days=30)
studies.save_table("log_counts", contacts.counts).set_index("what")

# %% [markdown]
# Rows that repeat another in every column named are dropped; events without a group stay but cannot show a hand-off. Both matter
# below. A second reading of the same log counts the events in which the user was asked for something.

# %% tags=["needs:servicenow_events"]
asked = cx.read_contacts(
    log, {"contacts": entry | {"contact": ["Awaiting User Info"], "agent": "assigned_to"}}
)
waits = asked.table[["case", "contacts"]].rename(columns={"case": "number", "contacts": "waits"})

# %% [markdown]
# ### Against the staged table
#
# The staged table was derived from the same log in another way: it takes the company's own counters (`reassignment_count`,
# `reopen_count`) and its final time stamps. We join the two by incident number.

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
staged = datasets.load_servicenow("incidents").merge(waits, on="number")
joined = contacts.join(staged.drop(columns=["opened_at", "closed_at"]), "number")
joined.counts.set_index("what")

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
both = joined.table
both["called_again"] = (both["customer_repeats"] > 0).astype(float)
both["called_again_staged"] = (
    both["caller_incidents_prev_30d"].gt(0).where(both["caller_incidents_prev_30d"].notna())
)
pairs = {
    "hand-offs between groups": ("transfers", "reassignment_count", 0),
    "reopenings": ("reopenings", "reopen_count", 0),
    "waits for the user": ("waits", "n_awaiting_user_info", 0),
    "caller opened another incident in the 30 days before": ("called_again", "called_again_staged", 0),
    "hours to resolution (within a minute)": ("resolution_hours", "hours_to_resolve", 1 / 60),
}
compared = {}
for what, (rebuilt, theirs, slack) in pairs.items():
    gap = both[rebuilt].astype(float) - both[theirs].astype(float)
    compared[what] = {
        "incidents with both": gap.notna().sum(),
        "agree %": 100 * (gap.dropna().abs() <= slack + 1e-3).mean(),
        "rebuilt lower %": 100 * (gap.dropna() < -slack - 1e-3).mean(),
        "rebuilt higher %": 100 * (gap.dropna() > slack + 1e-3).mean(),
        "rebuilt only": (both[rebuilt].notna() & both[theirs].isna()).sum(),
    }
compared = pd.DataFrame(compared).T
studies.save_table("rebuilt_against_staged", compared).round(2)

# %% [markdown]
# Reopenings and repeat callers agree all but completely. Hand-offs are never more than the counter says, and in a part of the
# incidents fewer. The log says why: where an incident went through a group whose name is unknown (`?`), the way there and back
# leaves no trace.

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
unknown = set(events.loc[events["assignment_group"] == "?", "number"])
both["groups"] = np.where(both["number"].isin(unknown), "some group unknown", "every group known")
handed = (both["transfers"] == both["reassignment_count"]).groupby(both["groups"]).agg(["size", "mean"])
handed = handed.rename(columns={"size": "incidents", "mean": "agree %"}) * [1, 100]
studies.save_table("why_hand_offs_differ", handed)

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
late = both["resolution_hours"] - both["hours_to_resolve"]
display(
    Markdown(
        f"With every group known, {handed.loc['every group known', 'agree %']:.1f} % agree; so a group that nobody wrote down is the "
        f"reason, and the counter is the better figure. Waits differ in {100 - compared.loc['waits for the user', 'agree %']:.1f} % of "
        f"the incidents, because rows of the same minute that are alike in every column named count once. Hours differ by more than "
        f"an hour in {100 * (late.abs() > 1).sum() / late.notna().sum():.1f} %: the company's stamp is the last time somebody "
        f"pressed *resolved*, ours the first after the last reopening; and the log gives an end to "
        f"{compared.loc['hours to resolution (within a minute)', 'rebuilt only']:,.0f} incidents whose stamp is blank."
    )
)

# %% [markdown]
# ### Missed targets by hand-offs
#
# Claim 2, by the company's counter; and by the hand-offs rebuilt from the log.

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
missed = 100 * (1 - both["made_sla_final"].astype(float))
claimed = pd.Series([21.6, 42.9, 60.1, 67.1, 81.0], name="noted")
by_count = pd.DataFrame(
    {
        "target missed %, counter": missed.groupby(both["reassignment_count"].clip(upper=4)).mean(),
        "incidents": both.groupby(both["reassignment_count"].clip(upper=4)).size(),
        "noted": claimed,
        "target missed %, rebuilt": missed.groupby(both["transfers"].clip(upper=4)).mean(),
        "median hours, counter": both.groupby(both["reassignment_count"].clip(upper=4))[
            "resolution_hours"
        ].median(),
    }
).rename(index={4: "4 or more"})
by_count.index.name = "hand-offs"
studies.save_table("missed_by_hand_offs", by_count).round(1)

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
holds = (by_count["target missed %, counter"].round(1) == by_count["noted"]).all()
display(
    Markdown(
        f"The five percentages {'are reproduced to the digit' if holds else 'are NOT reproduced'}. Rebuilt from the log the staircase "
        "is the same, its first step a little higher: some incidents without a visible hand-off had one."
    )
)

# %% [markdown]
# ### What drives a missed target
#
# Hand-offs by the counter, reopenings and waits for the user, with the priority held fixed.

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
incidents = cx.read(staged, {name: part for name, part in codebook.items() if name != "contacts"})
target = cx.drivers(incidents, "target_met", seed=1)
target

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
target.plot()

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
without = target.what_if(transfers=0)
studies.save_table("without_hand_offs", without.table)
share = target.attributable.set_index(["driver", "measure"])
alone = share.loc[("transfers", "attributable_share")]
rare = share.loc[("reopenings", "attributable_share")]
change = without.table.set_index(["scenario", "measure"]).loc[("change (predicted)", "adverse")]
display(
    Markdown(
        f"Read as if it were causal, {100 * alone.estimate:.0f} % ({100 * alone.conf_low:.0f} to {100 * alone.conf_high:.0f} %) of the missed "
        f"targets would go with the hand-offs, {-change.estimate:.1f} points of all incidents; reopenings, the worse thing to happen to one "
        f"incident, would take {100 * rare.estimate:.1f} % with them, because they are rare. That is prevalence times effect. It is not yet an answer."
    )
)

# %% [markdown]
# ### Hand-offs and duration grow together by construction
#
# A target is missed when time runs out; an incident that is open longer has more time to be handed on. Part of the staircase above
# would be there if groups passed incidents on at random. The duration itself shows it: each hand-off goes with a multiple of the
# hours. Hours are taken as logarithms to the base 2, so that 1 is a doubling; half a minute is added, since some are 0.

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
doubled = staged.assign(doublings=np.log2(both["resolution_hours"].to_numpy() + 1 / 120))
doubled["transfers"] = staged["reassignment_count"]
outcome = {"doublings": {"column": "doublings", "kind": "number", "good": "low", "label": "Hours, base 2"}}
parts = {"drivers": codebook["drivers"], "controls": codebook["controls"], "outcomes": outcome}
hours = cx.drivers(cx.read(doubled, {"title": codebook["title"], **parts}), "doublings", seed=1)
growth = hours.effects.query("measure == 'mean'").set_index("driver")[
    ["estimate", "conf_low", "conf_high", "n"]
]
growth["hours times"] = 2 ** growth["estimate"]
studies.save_table("hours", growth)

# %% [markdown]
# And the target is a matter of time, for the usual priority 3 almost of nothing else:

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
usual = (both["priority"] == 3).to_numpy()
spans = pd.cut(both["resolution_hours"], [-1, 8, 24, 48, 72, 96, 120, 168, np.inf])
by_hours = pd.DataFrame({"target missed %": missed[usual].groupby(spans, observed=True).mean()})
by_hours["incidents"] = spans[usual].value_counts()
by_hours["mean hand-offs"] = both.loc[usual, "reassignment_count"].groupby(spans, observed=True).mean()
by_hours.index = [*(f"up to {span.right:.0f} hours" for span in by_hours.index[:-1]), "longer"]
studies.save_table("missed_by_hours", by_hours).round(2)

# %% [markdown]
# The way out is to stop the clock. Take only incidents of priority 3 still unresolved a day after they were opened, when their target is
# still to be won, count only the hand-offs there had been *by then*, and ask which of them miss the target later. `join` with
# `answered_at` does that: events after the moment named are left out, incident by incident, and counted.

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
day = staged.drop(columns=["opened_at", "closed_at"])
day["one_day_on"] = pd.to_datetime(staged["opened_at"]) + pd.Timedelta(days=1)
first_day = contacts.join(day, "number", answered_at="one_day_on")
first_day.counts.set_index("what")

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
lasting = first_day.table[usual & (both["resolution_hours"] > 24).to_numpy()]
groups = lasting["transfers"].clip(upper=4)
whole = both[usual]
later = pd.DataFrame(
    {
        "target missed %, open after a day": 100
        * (1 - lasting["made_sla_final"].astype(float)).groupby(groups).mean(),
        "incidents open after a day": groups.value_counts().sort_index(),
        "target missed %, all hand-offs": missed[usual].groupby(whole["transfers"].clip(upper=4)).mean(),
        "incidents": whole["transfers"].clip(upper=4).value_counts().sort_index(),
    }
).rename(index={0: "0", 1: "1", 2: "2", 3: "3", 4: "4 or more"})
later.index.name = "hand-offs"
studies.save_table("missed_by_hand_offs_of_the_first_day", later).round(1)

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
lines = {
    "all hand-offs": ("incidents", ORANGE, "o-"),
    "open after a day": ("incidents open after a day", BLUE, "s-"),
}
ends = {
    name: [
        binomtest(round(share * n / 100), int(n)).proportion_ci(method="wilson")
        for share, n in zip(later[f"target missed %, {name}"], later[counted], strict=True)
    ]
    for name, (counted, *_) in lines.items()
}
ticks = [
    f"{place}\n{a:,}\n{b:,}"
    for place, a, b in zip(later.index, later.iloc[:, 3], later.iloc[:, 1], strict=True)
]

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
figure, ax = new_figure(1, 1, (8, 4.2))
places = np.arange(len(later))
for name, (_, colour, style) in lines.items():
    share = later[f"target missed %, {name}"]
    reach = np.abs(100 * np.array(ends[name]).T - share.to_numpy())
    ax.errorbar(places, share, reach, fmt=style, color=colour, lw=2, capsize=3, label=name)
ax.set_xticks(places, ticks)
ax.set_xlabel("hand-offs between groups, rebuilt from the log; below: incidents, all and open after a day")
ax.set_ylabel("service target missed, %, 95 % interval")
ax.set_ylim(0, 100)
ax.legend(frameon=False, loc="lower right")
describe(
    figure,
    "Share of incidents of priority 3 that missed their service target by number of hand-offs. Over all incidents and all hand-offs it "
    "climbs steeply; among incidents open after one day, by the hand-offs of that day, it starts high and does not climb.",
)

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
named = {"transfers": {"column": "transfers", "kind": "count", "good": "low"}}
outcomes = {"target_met": codebook["outcomes"]["target_met"]}
book = {"title": "ServiceNow, priority 3", "drivers": named, "outcomes": outcomes}
every = cx.drivers(cx.read(whole, book), "target_met", seed=1)
landmark = cx.drivers(cx.read(lasting, book), "target_met", seed=1)
steps = pd.concat(
    [result.effects.query("measure == 'adverse'") for result in (every, landmark)],
    keys=["all incidents, all hand-offs", "open after a day, hand-offs of that day"],
    names=["missed targets, points per hand-off", None],
).droplevel(1)[["estimate", "conf_low", "conf_high", "n"]]
studies.save_table("per_hand_off", steps)

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
before, after = steps["estimate"]
low, high = steps.loc[steps.index[1], ["conf_low", "conf_high"]]
display(
    Markdown(
        f"Per hand-off the target is missed {before:.1f} points more often over all incidents. Once the clock is stopped after a day, a "
        f"hand-off goes with {after:+.1f} points ({low:+.1f} to {high:+.1f}): the staircase "
        f"{'is gone' if after < before / 4 else 'is lower' if after < before else 'stays'}. Its height was time, and the incidents that are "
        "still waiting after a day without a single hand-off do no better: some of them lie with nobody."
    )
)

# %% [markdown]
# Stopping the clock has its price: hand-offs on later days are not judged by it, and whoever was handed on *and* resolved within
# the day is not in it. It says that the staircase is no measure of what a hand-off costs, not that hand-offs cost nothing.
#
# ### How strong would something unmeasured have to be?

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
robust = pd.concat(
    [result.robustness().table for result in (every, landmark)],
    keys=["all incidents", "open after a day"],
    names=["incidents", None],
).droplevel(1)
robust = robust[
    robust["measure"].isin(["robustness_value", "robustness_value_limit", "e_value", "e_value_limit"])
]
studies.save_table("robustness", robust.set_index("measure", append=True)[["estimate", "n"]])

# %% [markdown]
# A robustness value is the share of what is left of both, hand-offs and missed targets, that something unmeasured would have to explain to
# make the effect vanish. Over all incidents it looks comfortable, and the stopped clock has just undone the effect: duration is a
# confounder of that strength, and no such number warns of the one that matters. Difficulty, which nobody recorded, may be another.
#
# ## Iranian telecom: complaints, failed calls and churn (open data)
#
# Two things first, in the open. **Duplicates:** rows that are equal in every column, usage down to the second included, cannot be told
# from copies, since there is no customer number. We leave them out, and show what they would do. **The leak:** `Status` says whether the
# customer was still active at the time the outcome was nearly settled.

# %% tags=["needs:iran_churn"]
churn = datasets.load_iran_churn()
sets = {"as published": churn, "without duplicate rows": churn.drop_duplicates()}
raw = pd.DataFrame(
    {
        name: {
            "customers": len(part),
            "left %": 100 * part["Churn"].mean(),
            "left %, complained": 100 * part.loc[part["Complains"] == 1, "Churn"].mean(),
            "left %, did not complain": 100 * part.loc[part["Complains"] == 0, "Churn"].mean(),
            "left %, not active (Status 2)": 100 * part.loc[part["Status"] == 2, "Churn"].mean(),
            "Spearman, failed calls and leaving": part["Call Failure"].corr(part["Churn"], method="spearman"),
        }
        for name, part in sets.items()
    }
)
studies.save_table("churn", raw).round(3)

# %% [markdown]
# Claim 3 is there to the digit in the rows as published. Failed calls seem to have nothing to do with leaving. But customers who call
# more meet more failures, and customers who call more stay: use hides what failures do. So use is held fixed, with tenure,
# charge, tariff and age group.

# %% tags=["needs:iran_churn"]
customers = cx.read(sets["without duplicate rows"], datasets.codebook("iran_churn"))
left = cx.drivers(customers, "churn", seed=1)
left

# %% tags=["needs:iran_churn"]
left.plot_map()

# %% [markdown]
# The same question four ways: with the duplicates left in, with the leak as one more control, and with nothing held fixed.

# %% tags=["needs:iran_churn"]
plain = datasets.codebook("iran_churn")
leak = {"column": "Status", "kind": "category", "levels": [1, 2], "label": "1 active, 2 not"}
leaky = plain | {"controls": plain["controls"] | {"status": leak}}
ways = {
    "without duplicates (ours)": left,
    "duplicates left in": cx.drivers(cx.read(churn, plain), "churn", seed=1),
    "the leak held fixed": cx.drivers(cx.read(sets["without duplicate rows"], leaky), "churn", seed=1),
    "nothing held fixed": cx.drivers(
        cx.read(sets["without duplicate rows"], plain | {"controls": {}}), "churn", seed=1
    ),
}
points = pd.concat(
    {name: way.effects.query("measure == 'adverse'").set_index("driver") for name, way in ways.items()},
    names=["way"],
)[["term", "estimate", "conf_low", "conf_high", "n"]]
studies.save_table("churn_four_ways", points)

# %% tags=["needs:iran_churn"]
figure, axes = new_figure(1, 2, (10, 3.4))
colours = dict(zip(ways, (BLUE, GREEN, ORANGE, GREY), strict=True))
titles = {
    "complained": "complained, points of leaving",
    "call_failures": "per failed call, points of leaving",
}
for ax, (driver, title) in zip(np.ravel(axes), titles.items(), strict=True):
    part = points.xs(driver, level="driver").loc[list(ways)]
    place = np.arange(len(part))
    ax.hlines(place, part["conf_low"], part["conf_high"], color=list(colours.values()), lw=2.4)
    ax.scatter(part["estimate"], place, color=list(colours.values()), zorder=3)
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(place, part.index if driver == "complained" else [""] * len(part))
    ax.set_ylim(len(part) - 0.5, -0.5)
    ax.set_xlabel(title)
describe(
    figure,
    "Effects of a complaint and of a failed call on leaving, in percentage points with intervals, under four ways of treating "
    "the data. A complaint counts for much in all; a failed call changes its sign when nothing is held fixed.",
)

# %% tags=["needs:iran_churn"]
shares = left.attributable.query("measure == 'attributable_share'").set_index("driver")
rate = left.attributable.query("measure == 'prevalence'").set_index("driver")
calls = points.xs("call_failures", level="driver")
display(
    Markdown(
        f"A complaint goes with the larger effect on those {100 * rate.estimate['complained']:.0f} % who complained; failed calls do little each, "
        f"but {100 * rate.estimate['call_failures']:.0f} % met one. As shares of all who left, predicted and with everything else as it was, the "
        f"two are near one another: {100 * shares.estimate['complained']:.0f} % ({100 * shares.conf_low['complained']:.0f} to "
        f"{100 * shares.conf_high['complained']:.0f}) and {100 * shares.estimate['call_failures']:.0f} % ({100 * shares.conf_low['call_failures']:.0f} to "
        f"{100 * shares.conf_high['call_failures']:.0f}). Holding the leak fixed moves a failed call from {calls.estimate.iloc[0]:.2f} to "
        f"{calls.estimate['the leak held fixed']:.2f} points; holding nothing fixed, to {calls.estimate['nothing held fixed']:.2f}."
    )
)

# %% [markdown]
# A complaint is also a *message*: of customers equally annoyed, those who mean to leave may be those who say so. Sparing them the complaint
# form would save nobody. What the complaint was about would have to go, and that was not recorded.
#
# ## Verdicts

# %% tags=["needs:servicenow_events", "needs:servicenow_incidents"]
studies.verdict(
    f"Missed targets climb from {by_count.iloc[0, 0]:.1f} % without a hand-off to {by_count.iloc[-1, 0]:.1f} % with four or more, as noted; for "
    f"incidents of priority 3 still open after a day, a hand-off of that day predicts {after:+.1f} points (95 % interval {low:+.1f} to {high:+.1f}) "
    f"where all hand-offs of all incidents predict {before:+.1f}. The staircase is time that hand-offs and missed targets share.",
    about="ServiceNow incidents (open data)",
)

# %% tags=["needs:iran_churn"]
studies.verdict(
    f"Complaining predicts leaving ({points.loc[('without duplicates (ours)', 'complained'), 'estimate']:.0f} points) whichever way the data are "
    f"treated; a failed call predicts {calls.estimate.iloc[0]:.1f} points with use, tenure and charge held fixed and "
    f"{calls.estimate['nothing held fixed']:.1f} with nothing held fixed.",
    about="Iranian telecom (open data)",
)

# %% [markdown]
# ### In plain words
#
# Incidents that change hands end badly much more often. Ranking frictions by that staircase would overstate what a manager can win by
# forbidding hand-offs: it is there because both take time, and because hard incidents are handed on. Neither set says
# anything about *effort* as customers feel it: claim 1 is not tested here, only that what it names can be recorded, and goes with the
# endings nobody wants.
#
# ## What would change this
#
# - **Incidents handed on by lot**, or by a rule that changed on a day: then the staircase, or its absence, would be causal.
# - **Difficulty** measured at the opening; priority is all there is.
# - **The answers of the same people** to an effort question, joined by incident number: `contacts.join` is made for that.
# - **Dates** in the churn data, to see whether the complaint came before the decision to leave.
#
# ## Summary
#
# - The log gives back the staged table: reopenings and repeat callers all but completely, hand-offs wherever every group is known.
# - Missed targets by reassignments are as noted. The staircase is duration, by construction; with the clock stopped it does not climb.
# - Attributable share = prevalence × effect: reopenings are bad and rare, hand-offs are frequent.
# - Failed calls and leaving: with nothing held fixed they seem to keep customers. Duplicates hardly matter; the leak hides part.
