import { SEVERITIES } from '../model/check.ts';
import type { Drift, DriftChange } from '../model/drift.ts';
import { SYMBOLS } from './console/theme.ts';
import { count } from '../model/text.ts';

export interface DriftSection {
  readonly title: string;
  readonly symbol: string;
  /** What a colour stands for. */
  readonly tone: 'bad' | 'open' | 'good' | 'quiet';
  readonly changes: readonly DriftChange[];
}

/** The changes as they are told, those that matter first; a section without any is left out. */
export function driftSections({ changes }: Drift): readonly DriftSection[] {
  const told = new Set<DriftChange['kind']>(['opened', 'incomparable', 'closed']);
  const of = (kind: DriftChange['kind']): readonly DriftChange[] => changes.filter((change) => change.kind === kind);
  const sections: readonly DriftSection[] = [
    { title: 'Opened', symbol: SYMBOLS.fail, tone: 'bad', changes: of('opened') },
    { title: 'Cannot be compared', symbol: SYMBOLS.open, tone: 'open', changes: of('incomparable') },
    { title: 'Closed', symbol: SYMBOLS.pass, tone: 'good', changes: of('closed') },
    { title: 'Circumstances', symbol: SYMBOLS.none, tone: 'quiet', changes: changes.filter(({ kind }) => !told.has(kind)) },
  ];
  return sections.filter((section) => section.changes.length > 0);
}

/** The whole of it in a sentence; that nothing changed is not said where nobody could look. */
export function driftVerdict(drift: Drift): string {
  const { changes, undecided = [] } = drift;
  const number = (kind: DriftChange['kind']): number => changes.filter((change) => change.kind === kind).length;
  const opened = changes.filter(({ kind }) => kind === 'opened');
  const severities = SEVERITIES.toReversed().flatMap((severity) => {
    const some = opened.filter((change) => change.severity === severity).length;
    return some === 0 ? [] : [`${some} ${severity}`];
  });
  const words = [
    ...(opened.length > 0 ? [`${opened.length} opened (${severities.join(', ')})`] : ['nothing opened']),
    ...(number('incomparable') > 0 ? [`${number('incomparable')} cannot be compared`] : []),
    ...(number('closed') > 0 ? [`${number('closed')} closed`] : []),
    ...(undecided.length > 0 ? [`${count(undecided.length, 'finding')} undecided in both runs`] : []),
  ];
  return words.join(' · ');
}

/** Ids of the checks that speak of a change, each once, but for those that its sentence names anyway. */
export function checksOf({ check, findings = [], text }: DriftChange): readonly string[] {
  const names = [...findings.map((finding) => finding.check), ...(check === undefined ? [] : [check])];
  return [...new Set(names)].filter((name) => !text.includes(name));
}
