import type { BaselineChange } from '../../model/baseline.ts';
import type { Finding, Report } from '../../model/report.ts';
import { attestationOwner, byUrgency, CHANGE_STATES, isDead, toldChanges, waiverOwner, waiverState } from '../gate-words.ts';
import { heading, type Context } from './context.ts';
import { renderFindings, renderWaived } from './findings.ts';
import { clip, flow, hanging } from './layout.ts';
import { SYMBOLS, type Theme } from './theme.ts';

type Block = readonly string[];

/** Changes beyond these wait for --verbose; the number left out is said. */
const MAX_CHANGES = 8;

/** With --show-waived: who accepts it until when, and then everything that is told of a failure. */
export function renderWaivedInFull(findings: readonly Finding[], context: Context): Block {
  return [...renderWaived(findings, context), '', ...renderFindings(findings, context)];
}

/** What became of each waiver; the exceptional ones are notes of every report. */
export function renderWaivers({ waivers = [] }: Report, context: Context): readonly Block[] {
  if (context.showWaived !== true || waivers.length === 0) return [];
  const { theme, width } = context;
  return [
    [heading(`Waivers (${waivers.length})`, context)],
    byUrgency(waivers).flatMap((waiver) => {
      const { id, target, subject } = waiver;
      const who = clip(waiverOwner(waiver), 240);
      const text = `${id}  ${clip(target, 60)}  ${clip(subject, 160)} (${who}): ${waiverState(waiver)}`;
      const style = isDead(waiver) ? theme.warning : theme.quiet;
      return hanging({ text: `${SYMBOLS.none} `, style }, text, width, style);
    }),
  ];
}

/** What has changed since the baseline: all that is new or cannot be compared, and the rest as numbers. */
export function renderBaseline({ baseline }: Report, context: Context): readonly Block[] {
  if (baseline === undefined) return [];
  const { theme, width, verbose } = context;
  const { counts, source } = baseline;
  const numbers = CHANGE_STATES.map((state) => ({
    text: `${counts[state]} ${state}`,
    style: counts[state] > 0 ? styleOf(state, theme) : theme.quiet,
  }));
  const told = toldChanges(baseline);
  const shown = verbose || told.length <= MAX_CHANGES ? told : told.slice(0, MAX_CHANGES - 1);
  const left = told.length - shown.length;
  return [
    [heading('Since the baseline', context)],
    [
      ...flow([{ text: clip(source, 200), style: theme.quiet }, ...numbers], ' · ', 0, width),
      ...shown.flatMap((change) => line(change, context)),
      ...(left > 0 ? [theme.quiet(`  and ${left} more with --verbose`)] : []),
    ],
  ];
}

function line({ state, severity, check, target, subject, why }: BaselineChange, { theme, width }: Context): Block {
  const text = `${state} (${severity})  ${clip(check, 40)}  ${clip(target, 60)}  ${clip(subject, 160)}${why === undefined ? '' : `: ${why}`}`;
  const symbol = { new: SYMBOLS.fail, incomparable: SYMBOLS.open, resolved: SYMBOLS.pass, unchanged: SYMBOLS.none }[state];
  return hanging({ text: `${symbol} `, style: styleOf(state, theme) }, text, width);
}

function styleOf(state: BaselineChange['state'], theme: Theme): Theme['good'] {
  return { new: theme.bad, incomparable: theme.open, resolved: theme.good, unchanged: theme.quiet }[state];
}

/** What somebody vouches for stands apart from what was seen. */
export function renderAttestations({ attestations = [] }: Report, context: Context): readonly Block[] {
  if (attestations.length === 0) return [];
  const { theme, width } = context;
  return [
    [heading(`Attested, not tested (${attestations.length})`, context)],
    attestations.flatMap((attestation) => {
      const text = `${clip(attestation.statement, 300)} (${clip(attestationOwner(attestation), 400)})`;
      const style = attestation.expired ? theme.warning : theme.quiet;
      return hanging({ text: `${SYMBOLS.none} `, style: theme.quiet }, text, width, style);
    }),
  ];
}
