import type { BaselineChange } from '../../model/baseline.ts';
import { AREAS, SEVERITIES } from '../../model/check.ts';
import type { Finding, Report } from '../../model/report.ts';
import { AREA_WORDS } from '../checks.ts';
import type { RenderOptions } from '../console/context.ts';
import { atLeast, sectionsOf } from '../console/view.ts';
import { changesByFingerprint } from '../gate-words.ts';
import { changeBadge } from './gates.ts';
import { markup, prose, short, type Markup } from './markup.ts';
import { badge, shownStatus, STATUS, type Shown } from './words.ts';
import { count } from '../../model/text.ts';

/** Beyond, a browser takes its time; the worst come first. */
const MAX_FINDINGS = 5000;
/** Lines of evidence of one finding. */
const MAX_EVIDENCE = 40;

interface Group {
  readonly id: string;
  readonly title: string;
  readonly findings: readonly Finding[];
  readonly isOpen: boolean;
}

interface Context {
  /** The number of each target on the page, by its id. */
  readonly targets: ReadonlyMap<string, number>;
  readonly changes: ReadonlyMap<string, BaselineChange>;
}

/** All findings, the worst first, in groups by how they ended; the filter appears where there is a script. */
export function renderFindings(report: Report, { minSeverity }: RenderOptions): Markup {
  const { failed, undecided, waived, passed, notApplicable } = sectionsOf(report);
  const keep = (findings: readonly Finding[]) => findings.filter(({ severity }) => atLeast(severity, minSeverity));
  const groups: readonly Group[] = [
    { id: 'fail', title: 'Failed', findings: keep(failed), isOpen: true },
    { id: 'inconclusive', title: 'Could not be tested', findings: keep(undecided), isOpen: true },
    { id: 'waived', title: 'Waived', findings: keep(waived), isOpen: true },
    { id: 'pass', title: 'Passed', findings: keep(passed), isOpen: false },
    { id: 'not-applicable', title: 'Not applicable', findings: keep(notApplicable), isOpen: false },
  ];
  const all = groups.flatMap(({ findings }) => findings);
  const hidden = report.findings.length - all.length;
  let room = MAX_FINDINGS;
  const drawn = groups.map((group) => {
    const findings = group.findings.slice(0, room);
    room -= findings.length;
    return { ...group, findings, left: group.findings.length - findings.length };
  });
  const cut =
    all.length > MAX_FINDINGS
      ? markup`<p class="notice">The page holds ${MAX_FINDINGS} of ${all.length} findings, the worst first, and the filter sees no others. --format json has all of them.</p>`
      : undefined;
  const context: Context = {
    targets: new Map(report.targets.map(({ id }, index) => [id, index + 1])),
    changes: changesByFingerprint(report),
  };
  return markup`${hidden > 0 ? markup`<p class="notice">${count(hidden, 'finding')} below ${minSeverity} left out (--min-severity); the counts and the exit code include them.</p>` : undefined} ${cut} ${all.length === 0 ? markup`<p class="empty">There are no findings.</p>` : filter(report, all.slice(0, MAX_FINDINGS))} ${drawn.map((group) => renderGroup(group, context))}`;
}

function filter({ targets }: Report, findings: readonly Finding[]): Markup {
  const statuses = Map.groupBy(findings, shownStatus);
  const severities = Map.groupBy(findings, ({ severity }) => severity);
  const areas = new Set(findings.map(({ area }) => area));
  const chip = (name: string, value: string, label: Markup | string, number: number): Markup =>
    markup`<label class="chip"><input type="checkbox" data-filter="${name}" value="${value}"/> <span>${label} <em>${number}</em></span></label>`;
  const select = (name: string, label: string, options: readonly Markup[]): Markup =>
    markup`<label class="select">${label} <select data-filter="${name}"><option value="">all</option> ${options}</select></label>`;
  return markup`<div id="filter" class="filter" role="search" aria-label="Findings" hidden><fieldset><legend>Status</legend> ${(
    Object.keys(STATUS) as readonly Shown[]
  ).map((status) => {
    const number = statuses.get(status)?.length ?? 0;
    const { symbol, word } = STATUS[status];
    return number === 0 ? undefined : chip('status', status, markup`<b aria-hidden="true">${symbol}</b> ${word}`, number);
  })}</fieldset><fieldset><legend>Severity</legend> ${SEVERITIES.toReversed().map((severity) => {
    const number = severities.get(severity)?.length ?? 0;
    return number === 0 ? undefined : chip('severity', severity, severity, number);
  })}</fieldset><div class="row">${select(
    'area',
    'Area',
    AREAS.filter((area) => areas.has(area)).map((area) => markup`<option value="${area}">${area}: ${AREA_WORDS[area]}</option>`),
  )}${select(
    'target',
    'Target',
    targets.map(({ name }, index) => markup`<option value="${index + 1}">${short(name, 60)}</option>`),
  )}<button type="button" id="filter-reset">Show all</button> <p id="filter-count" role="status" aria-live="polite"></p></div></div><p id="filter-none" class="empty" hidden>No finding matches the filter.</p>`;
}

function renderGroup(
  { id, title, findings, isOpen, left }: Group & { readonly left: number },
  context: Context,
): Markup | undefined {
  if (findings.length + left === 0) return undefined;
  return markup`<details class="group" data-group="${id}" data-number="${findings.length + left}"${isOpen ? markup` open` : undefined}><summary><h3>${title} <span class="number">${findings.length + left}</span></h3></summary> ${findings.map((finding) => renderFinding(finding, context))} ${left > 0 ? markup`<p class="notice">and ${count(left, 'more finding')}: too many for a page, --format json has all of them.</p>` : undefined}</details>`;
}

function renderFinding(finding: Finding, { targets, changes }: Context): Markup {
  const target = targets.get(finding.targetId) ?? 0;
  const { check, area, title, severity, subject, message, expected, actual, evidence, waived } = finding;
  const status = shownStatus(finding);
  const fact = (name: string, value: string | undefined): Markup | undefined =>
    value === undefined ? undefined : markup`<dt>${name}</dt><dd>${value}</dd>`;
  return markup`<article class="finding s-${status}" data-status="${status}" data-severity="${severity}" data-area="${area}" data-target="${target}"><h4>${badge(STATUS[status])}<span class="severity v-${severity}">${severity}</span><span class="check">${check}</span><span class="title">${title}</span>${changeBadge(changes.get(finding.fingerprint))}</h4><p class="where"><strong>${short(finding.target, 80)}</strong> <code>${short(subject, 300)}</code></p><p>${message}</p> ${waived === undefined ? undefined : markup`<p class="notice">Waived${waived.expires === undefined ? undefined : markup` until ${waived.expires}`}: ${waived.reason}</p>`} <details><summary>Evidence${status === 'pass' || status === 'not-applicable' ? undefined : ' and remedy'}</summary><dl>${fact('Expected', expected)}${fact('Actual', actual)} <dt>Evidence</dt><dd>${renderEvidence(evidence)}</dd> ${
    status === 'pass' || status === 'not-applicable' ? undefined : markup`<dt>Remedy</dt><dd>${prose(finding.remediation)}</dd>`
  } ${
    finding.reproduce === undefined
      ? undefined
      : markup`<dt>Reproduce</dt><dd><pre tabindex="0"><code>${finding.reproduce}</code></pre></dd>`
  }</dl></details></article>
`;
}

function renderEvidence(evidence: readonly string[]): Markup {
  if (evidence.length === 0) return markup`<span class="quiet">none recorded</span>`;
  const left = evidence.length - MAX_EVIDENCE;
  return markup`<ul>${evidence.slice(0, MAX_EVIDENCE).map((line) => markup`<li><code>${line}</code></li>`)}${left > 0 ? markup`<li>and ${count(left, 'more line')} in --format json</li>` : undefined}</ul>`;
}
