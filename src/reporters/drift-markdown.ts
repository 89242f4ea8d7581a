import type { Drift, DriftChange } from '../model/drift.ts';
import { SYMBOLS } from './console/theme.ts';
import { escapeDeep } from './console/view.ts';
import { checksOf, driftSections, driftVerdict } from './drift-sections.ts';
import { code, fairShare, plain, sizeOf } from './markdown-text.ts';

/** GitHub's limit of a comment, in characters; counted here in bytes, which are never fewer. */
const MAX_COMMENT = 65_536;
/** For the headings of the sections, and the lines that say what was left out. */
const RESERVED = 2000;
const MAX_CHECKS = 6;

/** What changed between two runs as Markdown: within the limit of a comment, cut fairly, and saying so. */
export function renderDriftMarkdown(drift: Drift): string {
  const safe = escapeDeep(drift);
  const head = headline(safe);
  let room = MAX_COMMENT - sizeOf(head) - RESERVED;
  const sections = driftSections(safe).map(({ title, symbol, changes }) => {
    const line = (change: DriftChange): string => lineOf(change, symbol);
    const { kept, size } = fairShare(
      changes,
      ({ target }) => target ?? '',
      (change) => sizeOf(line(change)) + 1,
      room,
    );
    room -= size;
    const left = changes.length - kept.length;
    return [
      `### ${title} (${changes.length})`,
      ...(kept.length === 0 ? [] : [kept.map(line).join('\n')]),
      ...(left > 0 ? [`**${left} more did not fit here.** The JSON format holds everything.`] : []),
    ].join('\n\n');
  });
  return `${[head, ...sections].join('\n\n')}\n`;
}

/** The comment in front lets a workflow find its own comment again. */
function headline(drift: Drift): string {
  const { before, after, exit } = drift;
  const symbol = exit?.code === 0 ? SYMBOLS.pass : exit?.code === 1 ? SYMBOLS.fail : SYMBOLS.open;
  const side = ({ source, session, finishedAt }: Drift['before']): string =>
    `${code(source, 200)} (run ${code(session, 60)}, ${plain(finishedAt, 40)})`;
  return [
    '<!-- bulkhead diff -->',
    `## ${symbol} Bulkhead: ${driftVerdict(drift)}`,
    '',
    ...(exit === undefined ? [] : [`**exit ${exit.code}**: ${plain(exit.reason)}`, '']),
    `before: ${side(before)}  `,
    `after: ${side(after)}`,
  ].join('\n');
}

function lineOf(change: DriftChange, symbol: string): string {
  const { severity, text, waived } = change;
  const names = checksOf(change);
  const more = names.length - MAX_CHECKS;
  return [
    `- ${symbol}`,
    ...(severity === undefined ? [] : [`**${severity}**`]),
    ...names.slice(0, MAX_CHECKS).map((name) => code(name, 40)),
    ...(more > 0 ? [`and ${more} more checks`] : []),
    plain(text, 1000),
    ...(waived === true ? ['(waived)'] : []),
  ].join(' ');
}
