import { AREAS, SEVERITIES } from '../../model/check.ts';
import type { Trend, TrendFailure } from '../../model/trend.ts';
import { AREA_WORDS } from '../checks.ts';
import { SYMBOLS } from '../console/theme.ts';
import { markup, short, type Markup } from '../html/markup.ts';
import { badge } from '../html/words.ts';
import { lengthOf, minute } from './words.ts';
import { count } from '../../model/text.ts';

/** Rows, open the longest first; beyond, nobody reads. */
const MAX_FAILURES = 1000;

/** How long it took to fix what was fixed, and what is open the longest. */
export function renderLongest({ failures, summary }: Trend): Markup {
  const { fixed, medianSecondsToFix: median } = summary;
  const time =
    median === undefined
      ? 'Nothing was fixed: there is no time to fix.'
      : `Time to fix: median ${lengthOf(median)}, from first seen to the first run that saw it gone, of ${count(fixed, 'failure')}.`;
  const shown = failures.slice(0, MAX_FAILURES);
  const left = failures.length - shown.length;
  if (shown.length === 0) return markup`<p>${time}</p><p class="empty">No failure is known to be open.</p>`;
  const names = [...new Set(shown.map(({ target }) => target))].toSorted((a, b) => (a < b ? -1 : 1));
  const numbers = new Map(names.map((name, index) => [name, index + 1]));
  return markup`<p>${time}</p> ${filter(shown, names)} <div class="scroll tall" role="region" tabindex="0" aria-labelledby="longest-title"><table class="figures failures"><thead><tr><th scope="col">Open for</th><th scope="col">Severity</th><th scope="col">Check</th><th scope="col">Server</th><th scope="col">Subject</th><th scope="col">First seen (UTC)</th><th scope="col">Last seen (UTC)</th></tr></thead><tbody>${shown.map((failure) => row(failure, numbers.get(failure.target) ?? 0))}</tbody></table></div><p id="failures-none" class="empty" hidden>No failure matches the filter.</p> ${left > 0 ? markup`<p class="notice">and ${count(left, 'more failure')}, open for a shorter time, which the filter does not see: --format json has all of them.</p>` : undefined}`;
}

function filter(failures: readonly TrendFailure[], names: readonly string[]): Markup {
  const areas = new Set(failures.map(({ area }) => area));
  const severities = new Set(failures.map(({ severity }) => severity));
  const select = (name: string, label: string, options: readonly Markup[]): Markup =>
    markup`<label class="select">${label} <select data-by="${name}"><option value="">all</option> ${options}</select></label>`;
  return markup`<div id="failures-filter" class="filter" role="search" aria-label="Open failures" hidden><div class="row">${select(
    'severity',
    'Severity',
    SEVERITIES.toReversed()
      .filter((severity) => severities.has(severity))
      .map((severity) => markup`<option value="${severity}">${severity}</option>`),
  )}${select(
    'area',
    'Area',
    AREAS.filter((area) => areas.has(area)).map((area) => markup`<option value="${area}">${area}: ${AREA_WORDS[area]}</option>`),
  )}${select(
    'target',
    'Server',
    names.map((name, index) => markup`<option value="${index + 1}">${short(name, 60)}</option>`),
  )}<button type="button">Show all</button> <p id="failures-count" role="status" aria-live="polite"></p></div></div>`;
}

function row(failure: TrendFailure, target: number): Markup {
  const { check, area, severity, subject, firstSeen, lastSeen, seconds, state, waived, returned } = failure;
  return markup`<tr data-area="${area}" data-severity="${severity}" data-target="${target}"><th scope="row">${lengthOf(seconds)}${state === 'undecided' ? badge({ tone: 'open', symbol: SYMBOLS.open, word: 'not decided since' }) : undefined}${waived ? badge({ tone: 'warn', symbol: '‖', word: 'waived' }) : undefined}${returned === true ? markup`<small>fixed before, and back</small>` : undefined}</th><td><span class="severity v-${severity}">${severity}</span></td><td><span class="check">${check}</span></td><td>${short(failure.target, 80)}</td><td><code>${short(subject, 200)}</code></td><td>${minute(firstSeen.at)}<small>run ${firstSeen.run}</small></td><td>${minute(lastSeen.at)}<small>run ${lastSeen.run}</small></td></tr>
`;
}
