/** SHA-256 of `STYLE` for the page's security policy; a test says the right one after a change. */
export const STYLE_HASH = 'sha256-LVlDe9Ug+HVXoiSPCc9okGScHQE0vfoLGupxBUB8EOo=';

/** Light, dark, paper and a telephone; system fonts; every tone is a text colour that can be read on its own tint. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f6f9; --card: #fff; --text: #19212d; --quiet: #556070; --line: #dce1e8; --soft: #eef1f5;
  --link: #1b57b0; --focus: #1b57b0; --top: #131b28; --top-text: #f2f5f9; --top-quiet: #b6c2d2;
  --good: #17633a; --good-tint: #e3f4ea; --bad: #ad1f17; --bad-tint: #fde9e7; --warn: #7d5000; --warn-tint: #fff1d1;
  --open: #6a3aa3; --open-tint: #f2eafb; --allow: #1b57b0; --allow-tint: #e6effb; --none: #556070; --none-tint: #eef1f5;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f141b; --card: #181f29; --text: #e5eaf1; --quiet: #a4b0c0; --line: #2c3644; --soft: #212a36;
    --link: #8cb6fa; --focus: #8cb6fa; --top: #0a0e14; --top-text: #f2f5f9; --top-quiet: #a4b0c0;
    --good: #7fd8a3; --good-tint: #143020; --bad: #ff9a90; --bad-tint: #3b1b1a; --warn: #f3c567; --warn-tint: #36290f;
    --open: #cdacf8; --open-tint: #2a2040; --allow: #8cb6fa; --allow-tint: #172944; --none: #a4b0c0; --none-tint: #212a36;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 4.5rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.55 var(--sans); }
[hidden] { display: none !important; }
a { color: var(--link); text-underline-offset: 2px; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
p { margin: 0 0 .5rem; }
code, pre { font: .875em/1.5 var(--mono); overflow-wrap: anywhere; }
pre { margin: 0; padding: .6rem .75rem; background: var(--soft); border-radius: 6px; white-space: pre-wrap; }
pre code { font-size: 1em; }
.flag { white-space: nowrap; }
small { display: block; font-size: .8rem; color: var(--quiet); font-weight: 400; }
ul { margin: 0; padding-left: 1.2rem; }
dl { margin: 0; }
.quiet { color: var(--quiet); }
.hide { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; z-index: 3; padding: .5rem 1rem; background: var(--card); border-radius: 6px; }
.skip:focus { top: .5rem; }

.top { position: sticky; top: 0; z-index: 2; background: var(--top); color: var(--top-text); }
.bar { max-width: 74rem; margin: 0 auto; padding: .7rem 1.5rem; display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 2rem; }
.brand { margin: 0; display: flex; align-items: center; gap: .55rem; font-weight: 650; letter-spacing: .01em; }
.kind { color: var(--top-quiet); font-weight: 400; }
.logo { fill: none; stroke: currentColor; stroke-width: 2; }
nav { min-width: 0; margin-left: auto; }
nav ul { list-style: none; padding: 0; display: flex; gap: .25rem; overflow-x: auto; }
nav a { display: block; padding: .25rem .6rem; border-radius: 6px; color: var(--top-quiet); text-decoration: none; font-size: .9rem; white-space: nowrap; }
nav a:hover { color: var(--top-text); background: rgb(255 255 255 / .1); }
.top :focus-visible { outline-color: #fff; outline-offset: -2px; }

main, footer { max-width: 74rem; margin: 0 auto; padding: 1.75rem 1.5rem; }
footer { padding-top: 0; color: var(--quiet); font-size: .85rem; }
h1 { margin: 0 0 1rem; font-size: 1.7rem; line-height: 1.25; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { margin: 0 0 1rem; font-size: 1.2rem; line-height: 1.3; letter-spacing: -.005em; overflow-wrap: anywhere; }
h3 { margin: 1.25rem 0 .6rem; font-size: 1rem; line-height: 1.35; overflow-wrap: anywhere; }
h4 { margin: 0 0 .35rem; font-size: .95rem; line-height: 1.4; overflow-wrap: anywhere; min-width: 0; }
h4 > * { min-width: 0; }
section { margin-top: 1.5rem; padding: 1.4rem 1.5rem 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }

.t-good { --tone: var(--good); --tint: var(--good-tint); }
.t-bad { --tone: var(--bad); --tint: var(--bad-tint); }
.t-warn { --tone: var(--warn); --tint: var(--warn-tint); }
.t-open { --tone: var(--open); --tint: var(--open-tint); }
.t-allow { --tone: var(--allow); --tint: var(--allow-tint); }
.t-none { --tone: var(--none); --tint: var(--none-tint); }
.badge { display: inline-block; padding: .05rem .55rem; border-radius: 99px; background: var(--tint); color: var(--tone); font-size: .82rem; font-weight: 600; line-height: 1.5; white-space: nowrap; }
.banner { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .9rem; margin: 0 0 1rem; padding: .9rem 1.1rem; border-radius: 12px; border: 1px solid var(--tone); background: var(--tint); font-size: 1.05rem; font-weight: 600; }
.banner > b { flex: none; width: 1.9rem; height: 1.9rem; border-radius: 50%; display: grid; place-items: center; background: var(--tone); color: var(--card); font-size: 1rem; line-height: 1; }
.banner > span { flex: 1 1 12rem; min-width: 0; text-wrap: balance; }
.banner small { color: var(--tone); font-size: .85rem; }
.notice { margin: .6rem 0; padding: .45rem .75rem; border-left: 3px solid var(--warn); background: var(--warn-tint); border-radius: 0 6px 6px 0; font-size: .9rem; }
.notice.t-bad { border-color: var(--bad); background: var(--bad-tint); }
.empty { color: var(--quiet); margin: 0; }
.tiles { list-style: none; margin: 0 0 1rem; padding: 0; display: grid; grid-template-columns: repeat(6, 1fr); gap: .75rem; }
.tiles.wide { grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); }
.tile { padding: .75rem .9rem; background: var(--card); border: 1px solid var(--line); border-top: 3px solid var(--tone); border-radius: 10px; }
.tile b { display: block; font-size: 1.6rem; line-height: 1.2; color: var(--tone); font-variant-numeric: tabular-nums; }
.tiles.wide b { font-size: 1.25rem; }
.tile span { font-size: .85rem; color: var(--quiet); overflow-wrap: anywhere; }
.tile i { font-style: normal; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: .75rem 1.5rem; padding: 1rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
dt { font-size: .78rem; font-weight: 600; color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }

.scroll { position: relative; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
caption { padding: .5rem .75rem; text-align: left; color: var(--quiet); font-size: .85rem; }
th, td { padding: .55rem .75rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; background: var(--soft); font-size: .82rem; vertical-align: bottom; }
tbody th { font-weight: 600; background: var(--card); overflow-wrap: anywhere; min-width: 8rem; }
.score thead th, .score td { white-space: nowrap; }
td small { margin-top: .15rem; }

.switch { display: inline-flex; margin: 0 0 .9rem; padding: 3px; border: 1px solid var(--line); border-radius: 9px; background: var(--soft); }
.switch legend { float: left; padding: .22rem .6rem; font-size: .85rem; color: var(--quiet); }
.switch label { position: relative; cursor: pointer; }
.switch input { position: absolute; opacity: 0; inset: 0; margin: 0; cursor: pointer; }
.switch span { display: block; padding: .22rem .8rem; border-radius: 6px; font-size: .88rem; }
.switch input:checked + span { background: var(--card); box-shadow: 0 0 0 1px var(--quiet); font-weight: 600; }
.switch input:focus-visible + span { outline: 3px solid var(--focus); outline-offset: 1px; }
.in-expected, .in-observed { display: none; }
.matrix:has(input[value=expected]:checked) :is(.in-difference, .in-observed) { display: none; }
.matrix:has(input[value=observed]:checked) :is(.in-difference, .in-expected) { display: none; }
.matrix:has(input[value=expected]:checked) td .in-expected, .matrix:has(input[value=observed]:checked) td .in-observed { display: block; }
.matrix:has(input[value=expected]:checked) ul.in-expected, .matrix:has(input[value=observed]:checked) ul.in-observed { display: flex; }
.legend { list-style: none; display: flex; flex-wrap: wrap; align-items: center; gap: .35rem 1.1rem; margin: 0 0 .9rem; padding: 0; font-size: .85rem; color: var(--quiet); }
ul.in-expected, ul.in-observed { display: none; }
.grid { border-collapse: separate; border-spacing: 3px; padding: 0 3px 3px; }
.grid th, .grid td { border: 0; }
.grid thead th { background: none; text-align: center; padding: .4rem .25rem; line-height: 1.25; min-width: 5.2rem; }
.grid thead th:first-child { text-align: left; padding-left: .6rem; }
.grid tbody th { position: sticky; left: 0; vertical-align: middle; padding: .3rem .6rem; }
.grid td { padding: 0; height: 1px; text-align: center; }
.grid td > span:not(.hide) { height: 100%; min-height: 3.1rem; padding: .3rem .25rem; border-radius: 6px; background: var(--tint); color: var(--tone); line-height: 1.25; }
.in-difference, .counted { display: block; }
ul.in-difference { display: flex; }
.grid td b { display: block; font-size: 1.1rem; }
.grid td i { display: block; font-style: normal; font-size: .76rem; }
.grid .self { border-radius: 6px; background: repeating-linear-gradient(135deg, transparent 0 6px, var(--line) 6px 7px); }
.compact { width: auto; border-spacing: 1px; }
.compact thead th { min-width: 1.7rem; padding: .3rem .1rem; vertical-align: bottom; }
.compact thead th:not(:first-child) span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 12rem; overflow: hidden; white-space: nowrap; }
.compact tbody th { white-space: nowrap; padding: .1rem .5rem; font-size: .8rem; }
.compact td > span:not(.hide) { min-height: 1.6rem; padding: .1rem; border-radius: 3px; }
.compact td b { font-size: .95rem; }
.compact td i { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.compact td > span { position: relative; }

.list { margin-top: .75rem; }
.list > summary { padding: .3rem 0; font-size: .92rem; }
.list ul { padding-top: .25rem; font-size: .9rem; }
.list li { margin-bottom: .3rem; overflow-wrap: anywhere; }
summary { cursor: pointer; }
.graph { display: block; width: 100%; min-width: 620px; max-width: 920px; height: auto; margin: 0 auto; padding: 1rem; }
.graph text { fill: var(--text); font: 13px var(--sans); }
.graph .name { font-weight: 600; }
.graph .state { font-size: 11.5px; fill: var(--tone); }
.graph .side { font-size: 12px; font-weight: 600; fill: var(--quiet); }
.node { --tone: var(--none); --tint: var(--none-tint); }
.node.bad { --tone: var(--bad); --tint: var(--bad-tint); }
.node.allow { --tone: var(--allow); --tint: var(--allow-tint); }
.node.open { --tone: var(--open); --tint: var(--open-tint); }
.node rect { fill: var(--tint); stroke: var(--tone); stroke-width: 1.25; }
.edge { fill: none; stroke-width: 2.25; }
.edge.bad { stroke: var(--bad); }
.edge.allow { stroke: var(--allow); stroke-width: 1.75; stroke-dasharray: 6 4; }
.tip.bad { fill: var(--bad); }
.tip.allow { fill: var(--allow); }
.key { width: 40px; height: 12px; vertical-align: middle; }

.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
.card { display: flex; flex-direction: column; min-width: 0; padding: 1rem 1.1rem; border: 1px solid var(--line); border-radius: 10px; }
.card h3, .card h4 { margin: 0 0 .15rem; font-size: 1.05rem; }
.card p { margin-bottom: .25rem; }
.card dl { margin: .5rem 0 .75rem; }
.card dt { margin-top: .5rem; }
.card .image { color: var(--quiet); }
.areas { list-style: none; margin-top: auto; padding: 0; display: flex; flex-wrap: wrap; gap: .35rem; }

.filter { margin-bottom: 1rem; padding: .9rem 1rem; background: var(--soft); border-radius: 10px; }
fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
.filter fieldset { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem; margin-bottom: .6rem; }
.filter legend { float: left; width: 4.5rem; padding: 0; font-size: .85rem; font-weight: 600; color: var(--quiet); }
.chip { position: relative; cursor: pointer; }
.chip input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
.chip span { display: block; padding: .18rem .7rem; border: 1px solid var(--line); border-radius: 99px; background: var(--card); font-size: .87rem; }
.chip em { font-style: normal; color: var(--quiet); font-variant-numeric: tabular-nums; }
.chip input:checked + span { border-color: var(--link); background: var(--link); color: var(--card); font-weight: 600; }
.chip input:checked + span em { color: inherit; }
.chip input:focus-visible + span { outline: 3px solid var(--focus); outline-offset: 2px; }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1rem; }
.row p { margin: 0 0 0 auto; font-size: .88rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.select { font-size: .85rem; font-weight: 600; color: var(--quiet); }
select, button { max-width: 15rem; padding: .25rem .6rem; border: 1px solid var(--quiet); border-radius: 6px; background: var(--card); color: var(--text); font: .88rem var(--sans); }
button { cursor: pointer; }
button:hover { border-color: var(--text); }
.group > summary { display: flex; align-items: center; gap: .5rem; padding: .6rem 0; list-style: none; }
.group > summary::-webkit-details-marker { display: none; }
.group > summary::before { content: ""; flex: none; width: .5rem; height: .5rem; margin: 0 .2rem; border: solid var(--quiet); border-width: 0 2px 2px 0; transform: rotate(-45deg); }
.group[open] > summary::before { transform: rotate(45deg); }
.group h3 { margin: 0; }
.number { color: var(--quiet); font-weight: 400; font-variant-numeric: tabular-nums; }
.finding { padding: .85rem 1rem .75rem; margin-bottom: .6rem; border: 1px solid var(--line); border-left: 4px solid var(--none); border-radius: 8px; }
.finding.s-fail { border-left-color: var(--bad); }
.finding.s-inconclusive, .finding.s-error { border-left-color: var(--open); }
.finding.s-waived { border-left-color: var(--warn); }
.finding.s-pass { border-left-color: var(--good); }
.finding h4 { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .6rem; }
.finding .title { flex: 1 1 16rem; min-width: 0; }
.finding p { margin-bottom: .3rem; overflow-wrap: anywhere; }
.check { font: 600 .85rem var(--mono); color: var(--quiet); }
.severity { font-size: .78rem; font-weight: 700; text-transform: uppercase; letter-spacing: .03em; color: var(--quiet); }
.s-fail .v-critical, .s-fail .v-high { color: var(--bad); }
.s-fail .v-medium { color: var(--warn); }
.where code { color: var(--quiet); }
.finding details > summary { display: inline-block; padding: .1rem 0; color: var(--link); font-size: .88rem; }
.finding details > summary::before { content: "▸ " / ""; color: var(--quiet); }
.finding details[open] > summary::before { content: "▾ " / ""; }
.finding dl { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .45rem 1rem; padding: .5rem 0 .25rem; font-size: .92rem; }
.finding dt { padding-top: .1rem; }
.finding dd ul { list-style: none; padding: 0; }
.finding dd li { padding-left: 1.5em; text-indent: -1.5em; }
.notes li { margin-bottom: .3rem; overflow-wrap: anywhere; }
.compare td, .compare tbody th { min-width: 11rem; }
.compare td { overflow-wrap: anywhere; }
.seen { font-weight: 600; }
.verdict .badge { font-size: 1rem; padding: .15rem .8rem; }

@media screen and (max-width: 44rem) {
  body { font-size: 16px; }
  .bar { padding: .6rem 1rem .4rem; }
  nav { margin: 0 -1rem; padding: 0 .5rem; width: calc(100% + 2rem); }
  html { scroll-padding-top: 6rem; }
  main, footer { padding: 1.1rem 1rem; }
  section { margin-left: -1rem; margin-right: -1rem; padding: 1.2rem 1rem; border-width: 1px 0; border-radius: 0; }
  h1 { font-size: 1.4rem; }
  .tiles { grid-template-columns: repeat(3, 1fr); gap: .5rem; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: .35rem; }
  .facts > div { display: grid; grid-template-columns: 5rem minmax(0, 1fr); align-items: baseline; }
  .switch legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .switch { position: relative; }
  .tile { padding: .55rem .65rem; }
  .tile b { font-size: 1.35rem; }
  .filter legend { width: 100%; float: none; margin-bottom: .3rem; }
  .chip span, select, button { padding-top: .35rem; padding-bottom: .35rem; }
  .row p { margin: 0; width: 100%; }
  .finding dl { grid-template-columns: minmax(0, 1fr); gap: .1rem; }
  .finding dt { margin-top: .4rem; }
  .grid tbody th { max-width: 8rem; min-width: 6.5rem; font-size: .82rem; }
  .grid caption { position: sticky; left: 0; max-width: calc(100vw - 3rem); }
}
@media (prefers-reduced-motion: no-preference) {
  html { scroll-behavior: smooth; }
}
@media (forced-colors: active) {
  .badge, .grid td > span { border: 1px solid; }
  .chip input:checked + span, .switch input:checked + span { outline: 2px solid; }
}
@page { margin: 14mm; }
@media print {
  :root {
    font-size: 12px;
    color-scheme: light;
    --page: #fff; --card: #fff; --text: #000; --quiet: #444; --line: #bbb; --soft: #f2f2f2; --link: #000;
    --good: #17633a; --good-tint: #e3f4ea; --bad: #ad1f17; --bad-tint: #fde9e7; --warn: #7d5000; --warn-tint: #fff1d1;
    --open: #6a3aa3; --open-tint: #f2eafb; --allow: #1b57b0; --allow-tint: #e6effb; --none: #556070; --none-tint: #eef1f5;
    --top: #fff; --top-text: #000; --top-quiet: #444;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 9.5pt; }
  .top { position: static; }
  nav, .skip, .filter, .switch { display: none !important; }
  .bar, main, footer { max-width: none; padding: .5rem 0; }
  section { padding: .5rem 0; border: 0; border-top: 1px solid var(--line); border-radius: 0; }
  details::details-content { content-visibility: visible; display: block; }
  .finding, .card, tr, .tile { break-inside: avoid; }
  h2, h3, summary { break-after: avoid; }
  .scroll { overflow: visible; border-radius: 0; }
  table { font-size: 8pt; }
  th, td { padding: .3rem .4rem; }
  .score thead th, .score td { white-space: normal; }
  .score small, .grid td i { font-size: 7pt; }
  tbody th, .compare td, .compare tbody th { min-width: 4.5rem; }
  .grid { border-spacing: 1px; padding: 0; }
  .grid thead th { min-width: 0; padding: .2rem .1rem; font-size: 6.5pt; }
  .grid tbody th { position: static; padding: .2rem; }
  .grid td > span:not(.hide) { padding: .2rem .1rem; }
  .compact { font-size: 6pt; }
  .compact thead th { min-width: .7rem; font-size: 6pt; }
  .compact tbody th { font-size: 6pt; padding: 0 .2rem; }
  .compact td b { font-size: 7pt; }
  .compact td > span:not(.hide) { min-height: 1rem; padding: 0; }
  .compact thead th { padding: .2rem 0; }
  .graph { min-width: 0; }
  a { text-decoration: none; }
}
`;
