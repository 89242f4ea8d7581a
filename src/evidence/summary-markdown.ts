import { AREAS } from '../model/check.ts';
import type { ControlState, EvidenceSummary, FailureEntry, StandardTable } from '../model/evidence.ts';
import { SYMBOLS, VERDICTS } from '../reporters/console/theme.ts';
import { escapeDeep } from '../reporters/console/view.ts';
import { code, plain } from '../reporters/markdown-text.ts';
import { LEFT_OUT } from './state.ts';

const CONTROL: Readonly<Record<ControlState, string>> = {
  fail: `${SYMBOLS.fail} fails`,
  undecided: `${SYMBOLS.open} not decided`,
  accepted: '~ fails, accepted by a waiver',
  pass: `${SYMBOLS.pass} passes`,
  'not-applicable': '– not applicable',
  'not-asked': '– not asked',
};

const FAILURES: readonly { readonly state: FailureEntry['state']; readonly title: string }[] = [
  { state: 'open', title: 'Open' },
  { state: 'undecided', title: 'Not decided: a later run looked and could not tell' },
  { state: 'accepted', title: 'Accepted by a waiver' },
  { state: 'fixed', title: 'Fixed in the period' },
];

/** The summary for people. Whatever containers and files said stands in code spans, or is made plain. Ends with a line break. */
export function renderSummary(summary: EvidenceSummary): string {
  const safe = escapeDeep(summary);
  return `${[
    '# Evidence',
    safe.notes.map((each) => `- ${each}`).join('\n'),
    overview(safe),
    section('Runs', runs(safe)),
    section('Runs that are not in this pack', leftOut(safe)),
    section('Servers at the end of the period', targets(safe)),
    '## Failures seen in the period',
    ...FAILURES.map(({ state, title }) => section(title, failures(safe, state), '###')),
    section('Waivers', waivers(safe)),
    section('Attested, not tested', attestations(safe)),
    '## Controls and the checks that speak of them',
    ...safe.standards.map((table) => section(table.standard, controls(table), '###')),
  ].join('\n\n')}\n`;
}

function section(title: string, body: string, level = '##'): string {
  return `${level} ${title}\n\n${body === '' ? 'None.' : body}`;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function overview({ period, createdAt, tool, runs: all, leftOut: left, coverage, targets: seen }: EvidenceSummary): string {
  const versions = [...new Set(all.map((run) => run.tool))].map((each) => code(each)).join(', ');
  const engines = [...new Set(all.map((run) => run.engine))].map((each) => code(each)).join(', ');
  const broken = all.filter(({ complete }) => !complete).length;
  const unreadable = left.filter(({ why }) => why === 'unreadable').length;
  return table(
    ['', ''],
    [
      ['period', `${period.since === undefined ? 'from the first run' : `from ${period.since}`} to before ${period.until}`],
      ['written', `${createdAt} by ${tool.name} ${tool.version}`],
      ['runs', `${all.length}, of which ${broken} broke off; ${unreadable} more could not be read`],
      ['looked with', versions === '' ? '–' : versions],
      ['engines', engines === '' ? '–' : engines],
      ['servers', String(seen.length)],
      ['checks', `${coverage.asked} of the ${coverage.catalogue} in the catalogue were asked`],
      ['findings at the end', `${coverage.decided} decided, ${coverage.undecided} not decided`],
      ...(coverage.notAsked.length === 0 ? [] : [['checks not asked', coverage.notAsked.join(', ')]]),
    ],
  );
}

function runs({ runs: all }: EvidenceSummary): string {
  return table(
    [
      'started',
      'trigger',
      'servers',
      'checks',
      'fail',
      'not decided',
      'waived',
      'pass',
      'exit',
      'complete',
      'files',
      'SHA-256 of the bundle',
    ],
    all.map((run) => [
      run.startedAt,
      run.trigger === undefined ? 'not recorded' : code(run.trigger, 80),
      ...[
        run.targets,
        run.checks,
        run.counts.fail,
        run.counts.inconclusive + run.counts.error,
        run.counts.waived,
        run.counts.pass,
      ].map(String),
      `${run.exit.code}: ${plain(run.exit.reason)}`,
      run.complete ? 'yes' : '**no, it broke off**',
      code(run.path),
      code(run.bundle.sha256),
    ]),
  );
}

function leftOut({ leftOut: left }: EvidenceSummary): string {
  return table(
    ['run', 'why', '', 'SHA-256'],
    left.map(({ source, why, detail, sha256 }) => [
      code(source),
      LEFT_OUT[why],
      plain(detail),
      sha256 === undefined ? '–' : code(sha256),
    ]),
  );
}

function targets({ targets: all }: EvidenceSummary): string {
  const columns = AREAS.filter((area) => all.some(({ areas }) => areas.some((each) => each.area === area)));
  return table(
    ['server', 'image', 'declared', ...columns, 'last looked at'],
    all.map(({ name, image, declaration, areas, seen }) => [
      code(name, 80),
      code(image, 120),
      `${code(declaration.egress, 120)} (${plain(declaration.source)})`,
      ...columns.map((area) => {
        const verdict = areas.find((each) => each.area === area)?.verdict;
        return verdict === undefined ? '–' : `${VERDICTS[verdict].symbol} ${VERDICTS[verdict].word}`;
      }),
      seen,
    ]),
  );
}

function failures({ failures: all }: EvidenceSummary, state: FailureEntry['state']): string {
  return table(
    ['severity', 'check', 'server', 'what', 'subject', 'first', 'last', 'runs', state === 'fixed' ? 'seen fixed' : 'waiver'],
    all
      .filter((failure) => failure.state === state)
      .map(({ severity, check, target, title, subject, first, last, runs: count, fixed, waived }) => [
        severity,
        check,
        code(target, 80),
        title,
        code(subject, 160),
        first,
        last,
        String(count),
        state === 'fixed' ? (fixed ?? '–') : waived === undefined ? '–' : waiverText(waived),
      ]),
  );
}

function waiverText({ reason, owner, expires, ticket }: NonNullable<FailureEntry['waived']>): string {
  return [reason, owner, expires === undefined ? undefined : `until ${expires}`, ticket]
    .flatMap((part) => (part === undefined ? [] : [plain(part)]))
    .join('; ');
}

function waivers({ waivers: all }: EvidenceSummary): string {
  return table(
    ['check', 'server', 'subject', 'reason', 'owner', 'last day', 'ticket', 'runs that it covered'],
    all.map(({ id, target, subject, reason, owner, expires, expired, ticket, runs: count }) => [
      id,
      code(target, 80),
      code(subject, 160),
      plain(reason, 1000),
      plain(owner),
      `${expires}${expired ? ' **(over)**' : ''}`,
      ticket === undefined ? '–' : plain(ticket),
      String(count),
    ]),
  );
}

function attestations({ attestations: all }: EvidenceSummary): string {
  return table(
    ['statement', 'owner', 'last day', 'speaks of'],
    all.map(({ statement, owner, expires, expired, checks }) => [
      plain(statement, 1000),
      plain(owner),
      `${expires}${expired ? ' **(over)**' : ''}`,
      checks.join(', '),
    ]),
  );
}

function controls({ controls: all }: StandardTable): string {
  return table(
    ['control', 'check', 'what it says when it passes', 'result', 'fail', 'not decided', 'waived', 'pass', 'runs with a failure'],
    all.flatMap(({ id, checks }) =>
      checks.map(({ check, title, state, counts, failedRuns }) => [
        id,
        check,
        title,
        CONTROL[state],
        ...[counts.fail, counts.inconclusive + counts.error, counts.waived, counts.pass, failedRuns].map(String),
      ]),
    ),
  );
}
