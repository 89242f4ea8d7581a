/** SHA-256 of `TREND_STYLE` for the page's security policy; a test says the right one after a change. */
export const TREND_STYLE_HASH = 'sha256-/qh0Xa3qVWQH226GHkll8A6bo98KjnWAipBIjYFYgeM=';

/** Charts and lines of the trend, in the tones of every page. */
export const TREND_STYLE = `
.tiles.trend b { font-size: 1.35rem; }
.chart { display: grid; grid-template-columns: 2.6rem minmax(0, 1fr); gap: .2rem .5rem; margin-bottom: .4rem; }
.chart svg { display: block; width: 100%; height: 200px; overflow: visible; }
.chart.by-day svg { height: 150px; }
.chart.small svg { height: 64px; }
.chart.small { grid-template-columns: 1.7rem minmax(0, 1fr); margin: 0; }
.chart path { vector-effect: non-scaling-stroke; }
.scale { display: flex; flex-direction: column; justify-content: space-between; margin: -.55rem 0; text-align: right; font-size: .75rem; line-height: 1.1rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.axis { grid-column: 2; display: flex; justify-content: space-between; font-size: .75rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15.5rem, 100%), 1fr)); gap: 1rem 1.4rem; }
.chart-title { display: flex; gap: .45rem; align-items: baseline; margin: 0 0 .6rem; font-size: .88rem; }
.chart-title span { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--quiet); }
.chart-title em { margin-left: auto; font-style: normal; white-space: nowrap; color: var(--quiet); font-variant-numeric: tabular-nums; }
.rule { fill: none; stroke: var(--line); stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.bad { stroke: var(--bad); }
.line.open { stroke: var(--open); stroke-width: 1.5; stroke-dasharray: 4 3; }
.line.allow { stroke: var(--allow); stroke-width: 1.5; }
.fill.bad { fill: var(--bad-tint); }
.fill.open { fill: var(--open-tint); }
.bar.bad { fill: var(--bad); }
.bar.good { fill: var(--good); }
.base, .looks { fill: none; stroke: var(--quiet); stroke-width: 1.5; }
.looks { stroke-width: 1; }
.dots { fill: none; stroke: var(--allow); stroke-width: 6; stroke-linecap: round; }
.chart .cursor { fill: none; stroke: var(--text); stroke-width: 1; visibility: hidden; }
.choosing .chart:not(.by-day) .cursor, .choosing .strip .cursor { visibility: visible; }
.choosing .chart:not(.by-day) svg, .choosing .strip { cursor: crosshair; }
.swatch { width: 20px; height: 12px; vertical-align: middle; overflow: hidden; }
.place { width: 14px; height: 24px; vertical-align: middle; }

.tall { max-height: 34rem; overflow-y: auto; }
.tall thead th { position: sticky; top: 0; z-index: 1; }
.figures th, .figures td { padding: .35rem .65rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
.figures tbody th { min-width: 0; }
.failures th .badge { display: table; margin-top: .15rem; }
.failures td:nth-child(5) { min-width: 12rem; white-space: normal; overflow-wrap: anywhere; }
.failures td:nth-child(4), .runs td:nth-child(3) { min-width: 8rem; white-space: normal; overflow-wrap: anywhere; }
.failures .v-critical, .failures .v-high { color: var(--bad); }
.failures .v-medium { color: var(--warn); }
.timelines { width: auto; min-width: 100%; }
.timelines th, .timelines td { padding: .3rem .65rem; vertical-align: middle; font-variant-numeric: tabular-nums; }
.timelines thead th { white-space: nowrap; }
.timelines td { white-space: nowrap; }
.timelines td:nth-child(3) { min-width: 5.5rem; white-space: normal; }
.timelines tbody th { min-width: 9rem; max-width: 16rem; }
.timelines .chosen { position: sticky; right: 0; min-width: 7.5rem; background: var(--card); border-left: 1px solid var(--line); }
.timelines thead .chosen { z-index: 2; background: var(--soft); }
.strip { display: block; }
.ground { stroke: var(--line); stroke-width: 1; }
.m-failing { fill: var(--bad); }
.m-undecided { fill: var(--open); }
.m-waived { fill: var(--warn); }
.m-clean { fill: var(--good); }
.strip .cursor { fill: none; stroke: var(--text); stroke-width: 1; visibility: hidden; }
.chooser { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .9rem; margin-bottom: .8rem; padding: .6rem 1rem; background: var(--soft); border-radius: 10px; font-size: .9rem; }
.chooser label { font-weight: 600; color: var(--quiet); }
.chooser input { flex: 1 1 14rem; min-width: 0; max-width: 26rem; accent-color: var(--link); }
.chooser p { flex: 1 1 20rem; margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }

@media screen and (max-width: 44rem) {
  .tiles.trend b { font-size: 1.1rem; }
  .chart svg { height: 160px; }
  .timelines .chosen { position: static; }
  .timelines tbody th { min-width: 6.5rem; }
}
@media (forced-colors: active) {
  .m-failing, .m-undecided, .m-waived, .m-clean, .bar { fill: CanvasText; }
  .line, .looks, .base, .ground, .dots { stroke: CanvasText; }
}
@media print {
  .chooser, .chosen { display: none !important; }
  .tall { max-height: none; }
  .tall thead th { position: static; }
  .choosing .chart .cursor, .choosing .strip .cursor { visibility: hidden !important; }
  .figures th, .figures td, .timelines th, .timelines td { padding: .2rem .35rem; white-space: normal; }
  .timelines tbody th, .failures td:nth-child(4), .failures td:nth-child(5), .runs td:nth-child(3) { min-width: 4rem; }
  .strip { width: 100%; }
}
`;
