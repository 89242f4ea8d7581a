import type { BaselineChange } from '../../model/baseline.ts';
import type { Report } from '../../model/report.ts';
import type { WaiverState } from '../../model/waiver.ts';
import { SYMBOLS } from '../console/theme.ts';
import { attestationOwner, byUrgency, changeWords, CHANGE_STATES, toldChanges, waiverOwner, waiverState } from '../gate-words.ts';
import { markup, short, type Markup } from './markup.ts';
import type { Section } from './page.ts';
import { badge, type Mark } from './words.ts';
import { count } from '../../model/text.ts';

/** Beyond, a page is read by nobody; those that somebody has to look at come first. */
const MAX_ROWS = 1000;

const CHANGES: Readonly<Record<BaselineChange['state'], Pick<Mark, 'tone' | 'symbol'>>> = {
  new: { tone: 'bad', symbol: SYMBOLS.fail },
  incomparable: { tone: 'open', symbol: SYMBOLS.open },
  resolved: { tone: 'good', symbol: SYMBOLS.pass },
  unchanged: { tone: 'none', symbol: SYMBOLS.none },
};

const WAIVERS: Readonly<Record<WaiverState, Pick<Mark, 'tone' | 'symbol'>>> = {
  applied: { tone: 'warn', symbol: '‖' },
  unused: { tone: 'bad', symbol: SYMBOLS.error },
  expired: { tone: 'bad', symbol: SYMBOLS.error },
  'not-asked': { tone: 'none', symbol: SYMBOLS.none },
  undecided: { tone: 'open', symbol: SYMBOLS.open },
};

/** What a baseline, waivers and attestations say of a report; a section that would be empty is left out. */
export function renderGates(report: Report): readonly Section[] {
  const { baseline, waivers = [], attestations = [] } = report;
  return [
    ...(baseline === undefined ? [] : [{ id: 'baseline', title: 'Since the baseline', body: renderBaseline(baseline) }]),
    ...(waivers.length === 0 ? [] : [{ id: 'waivers', title: 'Waivers', body: renderWaivers(waivers) }]),
    ...(attestations.length === 0
      ? []
      : [{ id: 'attestations', title: 'Attested, not tested', body: renderAttestations(attestations) }]),
  ];
}

/** Of one finding: whether it is new. */
export function changeBadge(change: BaselineChange | undefined): Markup | undefined {
  return change === undefined ? undefined : badge({ ...CHANGES[change.state], word: change.state });
}

function renderBaseline(baseline: NonNullable<Report['baseline']>): Markup {
  const { source, tool, counts } = baseline;
  const numbers = CHANGE_STATES.map(
    (state) => markup`<li>${badge({ ...CHANGES[state], word: `${counts[state]} ${state}` })}</li>`,
  );
  return markup`<p class="quiet">${short(source, 300)}, made by version ${tool}</p><ul class="areas" aria-label="Changes">${numbers}</ul> ${list(
    toldChanges(baseline),
    (change) =>
      markup`${changeBadge(change)} <strong>${change.check}</strong> ${short(change.target, 80)} <code>${short(change.subject, 300)}</code> (${change.severity})${change.why === undefined ? undefined : markup`<small>${changeWords(change)}</small>`}`,
  )}`;
}

function renderWaivers(waivers: NonNullable<Report['waivers']>): Markup {
  return list(
    byUrgency(waivers),
    (waiver) =>
      markup`${badge({ ...WAIVERS[waiver.state], word: waiverState(waiver) })} <strong>${waiver.id}</strong> ${short(waiver.target, 80)} <code>${short(waiver.subject, 300)}</code><small>${waiver.reason} (${waiverOwner(waiver)})</small>`,
  );
}

function renderAttestations(attestations: NonNullable<Report['attestations']>): Markup {
  return markup`<p class="quiet">What somebody vouches for because no probe can see it; no check takes it for evidence.</p>${list(
    attestations,
    (attestation) => markup`${attestation.statement}<small>${attestationOwner(attestation)}</small>`,
  )}`;
}

function list<T>(items: readonly T[], draw: (item: T) => Markup): Markup {
  if (items.length === 0) return markup``;
  const left = items.length - MAX_ROWS;
  return markup`<ul class="notes">${items.slice(0, MAX_ROWS).map((item) => markup`<li>${draw(item)}</li>`)}</ul>${left > 0 ? markup`<p class="notice">and ${count(left, 'more entry', 'more entries')} in --format json</p>` : undefined}`;
}
