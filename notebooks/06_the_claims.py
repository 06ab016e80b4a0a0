# %% [markdown]
# # The claims: what is said, and what the evidence says of it
#
# **Question.** Of what vendors, magazines and papers say about CES, NPS, CSAT, VES and SERVQUAL, how much holds?
#
# **Claims.** All that were found in the documents this project was begun to test, each in our words, with its figures as printed.
# The literature and our own calculations stand in the same registry; here they serve as witnesses.
#
# **Every single claim**, with its verdict, reason and source, and filters to find it by, is on a page of its own, written by the same
# command as this study: [the scorecard](../build/scorecard.html). Here is what the whole of it says.
#
# **How it is tested.** One verdict for each claim *and kind of evidence*, computed by a rule that is stated beside it. Kinds are never blended.
# A claim's kinds are listed with the most direct first; the first that reproduces or contradicts the claim speaks for it, else the
# first that was computed, and a simulation only where there is nothing else.
#
# **Kind of evidence.** Several, and the difference matters more than any count below:
#
# | kind | asks | cannot say |
# | :--- | :--- | :--- |
# | definition | does the stated formula give the stated number, can its parts hold together? | anything about customers |
# | arithmetic | do printed figures agree, and what do they imply? | whether they are true |
# | published | what does a printed correlation matrix say? | more than its sample; most are of intentions |
# | open data | what do answers of real customers say? | the same; none of the open sets asks CES, one asks ease |
# | simulation | what would be quoted in a world where the claim is so, and in one where it is not? | that it is true or false |
# | own survey | does it hold among your customers? Not asked here: `cx.claims.check` | that it holds among others |
#
# The verdicts:
#
# | | verdict | means |
# | :--- | :--- | :--- |
# | ✓ | reproduced | the formula, the figure or the order comes out as printed |
# | ✗ | contradicted | it does not come out, or its parts cannot hold together |
# | ± | depends | readings that the print admits differ in their answer |
# | ? | underdetermined | the print leaves out what would decide; the range it allows is given |
# | ∅ | not testable | what a test would need was never printed or published |
# | … | not yet checked | the check is to be written, or its data are not on this machine |

# %%
import html

import pandas as pd
from IPython.display import Markdown, display

import cxresearch as cx
from cxresearch import datasets, studies
from cxresearch.claims import EVIDENCE, VERDICTS
from cxresearch.plots_claims import SIGNS, draw_against_print, draw_verdicts
from cxresearch.results import marked

studies.start()
pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## The count
#
# Claims by verdict, and by the kind of evidence that speaks for them (where nothing was computed: that would).

# %%
registry = cx.claims.load()
card = cx.claims.scorecard(registry)
table = card.table[card.table.origin == "documents"]
findings = card.findings[card.findings.claim.isin(table.claim)]
verdicts = table.verdict.value_counts().reindex(VERDICTS, fill_value=0)
kinds = pd.crosstab(table.verdict, table.kind).reindex(index=VERDICTS, fill_value=0)
kinds = kinds[[kind for kind in EVIDENCE if kind in kinds]]
counts = kinds.assign(all=kinds.sum(axis=1))
counts.loc["all"] = counts.sum()
studies.save_table("counts", counts.rename_axis("verdict"))
counts.rename(index={verdict: f"{mark} {verdict}" for verdict, mark in SIGNS.items()}).rename_axis(
    index=None, columns=None
)

# %%
draw_verdicts(kinds, title=f"Verdicts on {len(table)} claims, and the kind of evidence they rest on")

# %%
formal = kinds["definition"]
held, formulas = int(verdicts["reproduced"]), int(formal["reproduced"])
others = table[(table.kind != "definition") & (table.verdict == "reproduced")]
substance = len(table) - int(formal.sum())
display(
    Markdown(
        f"**{held} of {len(table)} are reproduced, and {formulas} of these {held} are definitions**: a formula, a scale or a year that can be "
        f"used as printed, and says nothing about customers. Of the {substance} claims that another kind of evidence has to decide, "
        f"{len(others)} are reproduced ({', '.join(others.claim)}). {verdicts['underdetermined'] + verdicts['not testable']} cannot be decided from what "
        f"was printed or published, {verdicts['depends']} depend on what the print leaves open, and {verdicts['contradicted']} "
        "are contradicted. The usual fault is not a false figure. It is a figure without what would make it mean something."
    )
)

# %% [markdown]
# ## Published against found
#
# Claims whose evidence answers with a number on a common scale, every kind of evidence a line. A printed figure stands beside what was
# found only where it is of the same thing, in the same unit. Numbers that only illustrate a formula, and those of simulated worlds, are left out. What a line is the number of, its
# sentence in the scorecard says: a correlation, or a difference of two where a claim compares.

# %%
drawn = cx.claims.against_print(findings, registry)
studies.save_table("scorecard", table)
studies.save_table("findings", findings)
studies.save_table("forest", drawn.drop(columns=["sentence", "open", "rule", "code"]))
draw_against_print(drawn, title="Published against found")

# %%
wide = drawn[drawn.kind.eq("arithmetic") & drawn.unit.eq("r") & drawn.claim.isin(["S4-04", "S4-07"])]
open_ended = (drawn.low < drawn.high) & drawn.verdict.isin(["underdetermined", "depends"])
display(
    Markdown(
        f"In {int(drawn.same_unit.sum())} of {len(drawn)} lines a printed figure can be held against what was found, in one unit. The best-known figures are not "
        f"among them: {' and '.join(f'{row.printed} ({row.claim})' for row in wide.itertuples())} are shares of groups nobody delimited, and allow any correlation from "
        f"{wide.low.min():.2f} to {wide.high.max():.2f}. {int(open_ended.sum())} lines are ranges on which the verdict stays open. A range says what could be, "
        "not what is likely; it is no interval of chance."
    )
)

# %% [markdown]
# ## Open data
#
# What the answers of real customers add, where a claim has a check on them. It is not always what the more direct kind of evidence says.

# %% tags=["needs:csibank", "needs:spanish_bank", "needs:ecsi_mobile"]
real = findings[findings.kind.eq("open data") & findings.code.ne("")].merge(
    table[["claim", "statement", "kind", "verdict"]], on="claim", suffixes=("", "_speaking")
)
lines = [
    f"- **{row.claim}** {html.escape(row.statement)}. *{row.verdict.capitalize()}*: {html.escape(row.sentence)}"
    + (
        f" (The kind that speaks for the claim, {row.kind_speaking}, says {row.verdict_speaking}.)"
        if row.kind_speaking != row.kind
        else ""
    )
    for row in real.itertuples()
]
display(Markdown("\n".join(lines)))

# %% [markdown]
# ## Claims that cannot both hold, and definitions that differ
#
# Readers linked the claims that exclude one another, and definitions of one thing that differ: each of those can be used,
# not under one name. What the link rests on is computed from the figures of both. Numbers that begin with L are claims of the literature, with R our own calculations. A conflict does not say which of the two is wrong. A figure that nobody here has
# seen in print takes part without being shown. A pair counts once for every figure in which it differs.

# %%
conflicts = studies.save_table("conflicts", cx.claims.conflicts(registry).table)
ours = conflicts[conflicts.a.isin(table.claim) | conflicts.b.isin(table.claim)]
by_rule = ours.groupby("rule", sort=False).sentence.agg(list)
heads = {
    "figures": "Different figures for the same thing",
    "effect": "Odds ratios of the same two groups",
    "order": "An order implied, and denied",
    "winner": "Different winners",
}
page = [
    f"<p><b>{head}</b> ({len(by_rule[rule])})</p><ul>{''.join(f'<li>{marked(each)}</li>' for each in by_rule[rule])}</ul>"
    for rule, head in heads.items()
    if rule in by_rule
]
plain = [f"{heads[rule]}: {each}" for rule in heads if rule in by_rule for each in by_rule[rule]]
display({"text/html": "".join(page), "text/plain": "\n".join(plain)}, raw=True)

# %%
computed = int(ours.rule.isin([*heads]).sum())
unseen = int(ours.sentence.str.contains("not seen").sum())
within = ours[ours.a.isin(table.claim) & ours.b.isin(table.claim)]
display(
    Markdown(
        f"{computed} conflicts of these claims show in figures, multiples or winners ({unseen} of them only if a figure that nobody here has seen is as remembered); {int((ours.rule == 'definitions').sum())} are two definitions of one thing, and "
        f"{int((ours.rule == 'words').sum())} are in words only. In {len(within)} of all {len(ours)} both sides are from the documents themselves. The whole list is in the tables."
    )
)

# %% [markdown]
# ## What is not testable, and what is missing
#
# What each would need is on the scorecard: [claims not testable](../build/scorecard.html#verdict=not+testable).

# %%
gone = studies.save_table("missing", findings[findings.verdict == "not testable"][["claim", "kind", "open"]])
alone = gone[gone.claim.isin(table.claim[table.verdict == "not testable"])]
asked = gone.groupby("kind", sort=False).claim.nunique()
display(
    Markdown(
        f"{alone.claim.nunique()} claims cannot be tested by any kind of evidence; {gone.claim.nunique() - alone.claim.nunique()} more lack one kind that would say more than "
        f"the one that was computed. Claims by the kind they lack: {', '.join(f'{kind} {n}' for kind, n in asked.items())}."
    )
)

# %% [markdown]
# ## What is not yet checked

# %%
waiting = findings[findings.verdict == "not yet checked"]
written = {(claim.id, one.kind) for claim in registry for one in claim.evidence if one.check}
here = [(row.claim, row.kind) in written for row in waiting.itertuples()]
studies.save_table(
    "not_yet_checked",
    waiting.assign(waits_for=["data" if each else "a check" for each in here])[
        ["claim", "kind", "waits_for"]
    ],
)
nothing = table[table.verdict == "not yet checked"]
named = "; ".join(f"{row.claim} ({html.escape(row.statement)})" for row in nothing.itertuples())
per_kind = ", ".join(f"{kind} {n}" for kind, n in waiting.kind.value_counts().items())
whole = card.counts.set_index("origin")
display(
    Markdown(
        f"**Without a verdict: {named or 'no claim of the documents'}.**\n\nTests of them still to be made: {per_kind or 'none'}; {len(waiting) - sum(here)} wait for a check to be "
        f"written, {sum(here)} for data that are not on this machine. Claims of the literature without a verdict: {whole.loc['literature', 'not yet checked']} of "
        f"{whole.loc['literature', 'claims']}."
    )
)

# %% [markdown]
# ## Verdicts

# %%
effort = table[table.metrics.str.split(", ").map(lambda names: "CES" in names)]
of_effort = effort.verdict.value_counts().reindex(VERDICTS, fill_value=0)
effort_held = effort[effort.verdict == "reproduced"]
studies.verdict(
    ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()) + ".", about=f"{len(table)} claims"
)
studies.verdict(
    f"{formulas} of the {held} reproduced are definitions; of the {substance} claims that other evidence has to decide {len(others)} are reproduced.",
    about="Formulas and customers",
)
studies.verdict(
    f"of {len(effort)} claims {of_effort['reproduced']} are reproduced (by {' and '.join(sorted(set(effort_held.kind)))}), {of_effort['underdetermined']} underdetermined, "
    f"{of_effort['not testable']} not testable: the print leaves out the groups, the unit or the rivals that its figures need.",
    about="Effort (CES)",
)
studies.verdict(
    f"{computed} conflicts between these claims and others show in their figures, orders or winners; the documents contradict, or define otherwise, themselves or one another in {len(within)} ways.",
    about="Claims against claims",
)

# %% [markdown]
# ### In plain words
#
# The scales can be used as printed; say which one, since several go by the same name. What is said about *which metric is better* rests
# on figures without groups, units or numbers of customers. That does not make it false. It makes it unusable as a reason
# to choose a metric. Ask your own customers.
#
# ## What would change it

# %%
ask = [
    claim.id
    for claim in registry
    if claim.id in set(table.claim) and any(one.kind == "own survey" for one in claim.evidence)
]
used = sorted({name for claim in registry for one in claim.evidence if one.check for name in one.needs})
absent = [datasets.SOURCES[name].title for name in used if datasets.find(name) is None]
display(
    Markdown(
        f"- **Your own survey.** {len(ask)} of these claims can be asked of it with `cx.claims.check(survey)`: {', '.join(ask)}.\n"
        f"- **An open survey with effort.** {int(gone.kind.eq('open data').sum())} tests lack open data; where effort is claimed to lead, it takes effort, satisfaction and "
        "recommendation of the same customers, with what they did later.\n"
        "- **One more printed line**: the groups compared and their sizes, the unit of *more accurate*, the number asked.\n"
        "- **A source we have not seen**, or a registry row that is wrong: each is data, with its line, and a change of verdict fails a test.\n"
        "- **Another rule.** Each verdict falls by a rule that stands beside it; whoever thinks one too strict or too kind can see which claims hang on it."
        + (f"\n- **Open data that are not here**: {'; '.join(absent)}." if absent else "")
    )
)

# %% [markdown]
# ## Summary
#
# - Read the kind of evidence beside the verdict. A definition that holds says nothing about customers.
# - Few claims are contradicted, and few about customers are reproduced; most leave out what would decide.
# - Where the print allows a range, the range is the finding.
# - What is not checked is counted, and what is not testable says what it lacks.
# - The scorecard and the tables of this study hold every verdict with its rule and the code that applied it.
