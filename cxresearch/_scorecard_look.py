"""Look and script of the scorecard page. Without the script everything is shown, grouped by verdict."""

from __future__ import annotations

STYLE = """
body { max-width: 78rem; }
[hidden] { display: none !important; }
h1 { font-size: 1.75rem; margin-top: 1rem; }
h3 { margin: 1.8rem 0 .4rem; }
.lead { font-size: 1.12rem; max-width: 56rem; }
.small { font-size: .92rem; color: #474747; max-width: 56rem; }
.bar { display: flex; list-style: none; padding: 0; margin: 1rem 0 .4rem; gap: 2px; }
.bar li { flex-basis: 0; min-width: 2.5rem; padding: .45rem .3rem; text-align: center; font-weight: 600;
          white-space: nowrap; background: var(--tone); color: #fff; }
.means { list-style: none; padding: 0; margin: .6rem 0 1rem; max-width: 60rem; }
.means li { display: grid; grid-template-columns: 11.5rem minmax(0, 1fr) auto; gap: .2rem 1rem; padding: .4rem 0;
            border-bottom: 1px solid #d6d6d6; align-items: baseline; }
.means small { color: #474747; }
.badge { display: inline-block; padding: .05rem .55rem; border-radius: .25rem; font-weight: 600; font-size: .92rem;
         white-space: nowrap; background: var(--tone); color: #fff; }
.reproduced { --tone: #005a8f; }
.contradicted { --tone: #b24400; }
.depends { --tone: #7a3e82; }
.underdetermined { --tone: #705200; }
.not-testable { --tone: #4d4d4d; }
.not-yet-checked { --tone: #6b6b6b; }
:is(.badge, .bar li).not-yet-checked { background: #fff; color: #333; outline: 2px dashed var(--tone);
          outline-offset: -2px; }
form { border: 1px solid #c4c4c4; padding: .8rem 1rem; margin: 1rem 0; background: #f6f7f8; }
form .fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .6rem 1rem; }
form label { display: block; font-size: .9rem; font-weight: 600; }
form select, form input[type=search] { display: block; width: 100%; box-sizing: border-box; padding: .35rem .4rem;
          font: inherit; font-weight: 400; border: 1px solid #6b6b6b; border-radius: .2rem; background: #fff; }
form .switches { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; margin-top: .7rem; align-items: center; }
form .switches label { font-weight: 400; }
form button { font: inherit; padding: .3rem .8rem; border: 1px solid #474747; border-radius: .2rem; background: #fff;
          cursor: pointer; }
:is(a, select, input, button, summary):focus-visible { outline: 3px solid #0a4f9e; outline-offset: 2px; }
#status { margin: .7rem 0 0; font-weight: 600; }
#status small { font-weight: 400; }
.claims, .rows { list-style: none; padding: 0; margin: 0; }
.claim { display: grid; grid-template-columns: minmax(0, 1fr) 20rem; gap: .2rem 1.6rem; padding: .8rem 0 .9rem .9rem;
         border-bottom: 1px solid #d6d6d6; border-left: .35rem solid var(--tone); }
.claim.not-yet-checked { border-left-style: dashed; }
.claim:target { background: #fff8dc; }
.claim > * { grid-column: 1; margin: 0; }
.claim.plain > * { grid-column: 1 / -1; }
.claim > .against { grid-column: 2; grid-row: 1 / span 5; font-size: .9rem; }
.claim h4 { font-size: 1.06rem; line-height: 1.35; margin: .15rem 0 .2rem; }
.head { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: baseline; font-size: .9rem; }
.head a { font-weight: 600; }
.unseen { border-left: .25rem solid #a35200; background: #fdf3e7; padding: .15rem .6rem; font-size: .92rem; }
.source, .kinds, .worked { font-size: .9rem; color: #3a3a3a; }
.kinds { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; }
.kinds li { white-space: nowrap; }
.claim details { margin: .2rem 0 0; font-size: .92rem; }
.claim details ul { margin: .3rem 0; padding-left: 1.2rem; }
.against svg, .row svg { display: block; width: 100%; max-width: 20rem; height: auto; }
.key { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; font-size: .9rem; }
.key svg { vertical-align: middle; }
.row { display: grid; grid-template-columns: minmax(0, 1fr) 20rem minmax(0, 15rem); gap: .1rem 1.2rem;
       padding: .35rem 0; border-bottom: 1px solid #e4e4e4; align-items: center; font-size: .92rem; }
.short .claim > :is(.source, .kinds, .worked, .reason, details, .unseen) { display: none; }
.short .claim { padding: .35rem 0 .35rem .9rem; }
.short .claim h4 { font-size: 1rem; font-weight: 400; margin: 0; }
.short .claim > .against { grid-row: 1 / span 2; }
@media (max-width: 50rem) {
  .claim, .row { grid-template-columns: minmax(0, 1fr); }
  :is(.claim, .short .claim) > .against { grid-column: 1; grid-row: auto; }
  .means li { grid-template-columns: minmax(0, 1fr); }
  h1 { font-size: 1.45rem; }
}
@media print {
  form, nav { display: none; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  .claim, .row { break-inside: avoid; }
  .badge, .bar li { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""

SCRIPT = """
(() => {
  "use strict";
  const form = document.getElementById("find"), status = document.getElementById("status");
  const cards = [...document.querySelectorAll("li.claim")], rows = [...document.querySelectorAll("li.row")];
  const groups = [...document.querySelectorAll("section.group")];
  const panels = [...document.querySelectorAll("section.panel")];
  const others = document.getElementById("others"), fields = [...form.elements].filter((one) => one.name);
  let unknown = [];  // what an address asks for and the page does not have
  const listed = ["metric", "kind", "verdict", "document"];
  const said = (card) => [...card.children].filter((one) => one.tagName !== "DETAILS").map((one) => one.textContent);
  const text = new Map(cards.map((card) => [card, said(card).join(" ").toLowerCase()]));
  const read = () => Object.fromEntries(fields.map((one) =>
    [one.name, one.type === "checkbox" ? (one.checked ? "yes" : "") : one.value.trim()]));
  const fits = (card, asked, words) =>
    listed.every((name) => !asked[name] || card.dataset[name].split("|").includes(asked[name])) &&
    words.every((word) => text.get(card).includes(word));

  const show = () => {
    const asked = read(), words = asked.text.toLowerCase().split(/\\s+/).filter(Boolean);
    const fitting = cards.filter((card) => fits(card, asked, words));
    const seen = new Set(fitting.filter((card) => asked.others || card.dataset.origin === "documents"));
    cards.forEach((card) => { card.hidden = !seen.has(card); });
    const ids = new Set([...seen].map((card) => card.id));
    rows.forEach((row) => { row.hidden = !ids.has(row.dataset.claim); });
    groups.forEach((group) => {
      const all = group.querySelectorAll("li.claim").length;
      const left = group.querySelectorAll("li.claim:not([hidden])").length;
      group.hidden = !left;
      group.querySelector(".count").textContent = left === all ? all : left + " of " + all;
    });
    panels.forEach((panel) => { panel.hidden = !panel.querySelector("li.row:not([hidden])"); });
    others.hidden = !asked.others;
    document.body.classList.toggle("short", Boolean(asked.short));
    const total = cards.filter((card) => asked.others || card.dataset.origin === "documents").length;
    const signs = [...document.querySelectorAll(".bar li")].map((one) => {
      const count = [...seen].filter((card) => card.dataset.verdict === one.dataset.verdict).length;
      return count ? count + " " + one.dataset.sign + " " + one.dataset.verdict : "";
    }).filter(Boolean);
    const more = asked.others ? 0 : fitting.length - seen.size;
    status.textContent = seen.size + " of " + total + " claims shown" +
      (signs.length ? ": " + signs.join(", ") + (asked.kind ? ", by the kind of evidence that speaks for each" : "")
        : "") + "." + (unknown.length ? " Not known and not used: " + unknown.join(", ") + "." : "") +
      (more && seen.size < total ? " " + more + " more in the literature and our own calculations." : "");
    return asked;
  };

  const remember = () => {
    unknown = [];
    const asked = Object.entries(show()).filter(([, value]) => value);
    const hash = asked.length ? "#" + new URLSearchParams(asked) : " ";
    try { history.replaceState(null, "", hash.trim() || location.pathname); } catch { /* some viewers forbid it */ }
  };

  const follow = () => {
    const hash = decodeURIComponent(location.hash.slice(1));
    const card = cards.find((one) => one.id === hash);
    if (card) {
      if (card.hidden) {
        form.reset();
        form.elements.others.checked = card.dataset.origin !== "documents";
      }
      show();
      card.scrollIntoView();
      return;
    }
    if (hash && !hash.includes("=")) { show(); return; }
    const asked = new URLSearchParams(hash);
    unknown = [];
    fields.forEach((one) => {
      const value = asked.get(one.name) || "";
      if (one.type === "checkbox") one.checked = value === "yes"; else one.value = value;
      if (one.type !== "checkbox" && one.value !== value) { one.value = ""; unknown.push(one.name + "=" + value); }
    });
    const names = fields.map((one) => one.name);
    asked.forEach((value, name) => { if (!names.includes(name)) unknown.push(name + "=" + value); });
    show();
  };

  form.hidden = false;
  form.addEventListener("input", remember);
  form.addEventListener("reset", () => setTimeout(remember));
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", follow);
  show();
  follow();
})();
"""
