import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../src/model/report.ts';
import type { Format, RenderOptions } from '../../../src/reporters/registry.ts';
import type { DeclarationFile } from '../../../src/reporters/anchor.ts';
import { aFile } from '../../support/fixture-files.ts';
import { gitlabProblems } from '../../support/formats/gitlab.ts';
import { ocsfProblems } from '../../support/formats/ocsf.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { BREAKOUTS, hostileTexts, poisonedReport } from '../../support/breakouts.ts';
import { rendered } from '../../support/rendered.ts';
import { aFinding, aReport, aTarget, idOf } from '../../support/report.ts';

const PLAIN: RenderOptions = { color: false, verbose: false, quiet: false, width: 100 };
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u;

const render = (format: Format, report: Report, options: Partial<RenderOptions> = {}): string =>
  rendered(format, report, { ...PLAIN, ...options });

/** Many targets, one of which has nearly all findings. */
function noisy(findings: number): Report {
  const targets = Array.from({ length: 50 }, (_, index) => aTarget({ name: `server-${index}` }));
  const evidence = Array.from({ length: 8 }, () => '漢字'.repeat(60));
  return aReport({
    targets,
    findings: [
      ...Array.from({ length: findings }, (_, index) => aFinding({ target: 'server-0', subject: `s${index}`, evidence })),
      ...targets.slice(1).map(({ name }) => aFinding({ target: name, subject: 'only', severity: 'low', evidence })),
    ],
  });
}

describe.each([
  ['markdown', 65_536],
  ['github-summary', 1024 * 1024],
] as const)('%s', (format, limit) => {
  it.each([100, 25_000])('keeps its limit with %i findings, says what is left out, and forgets no target', (number) => {
    const text = render(format, noisy(number));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
    expect(text).toContain(`### Failed (${number + 49})`);
    if (number > 100) expect(text).toMatch(/\*\*\d+ more did not fit here\*\*/);
    for (let index = 0; index < 50; index += 1) expect(text.match(new RegExp(`\`server-${index}\``, 'g'))).not.toHaveLength(1);
  });

  it('keeps its limit with 5,000 targets of long names', () => {
    const targets = Array.from({ length: 5000 }, (_, index) =>
      aTarget({ id: idOf(`${index}`), name: `${index}${'漢'.repeat(300)}` }),
    );
    const text = render(format, aReport({ targets }));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
    expect(text).toMatch(/more targets did not fit here/);
  });

  it('says that undecided is not held back, and never states it as a fact', () => {
    const text = render(format, aReport({ findings: [aFinding({ status: 'inconclusive', title: 'No host is reached' })] }));
    expect(text).toContain('it is never counted as held back');
    expect(text).toContain('Not decided&#58; No host is reached');
  });

  it('hides below --min-severity and says so', () => {
    const text = render(format, fixtureReport(), { minSeverity: 'high' });
    expect(text).not.toContain('HARD-002');
    expect(text).toContain('2 findings below high not shown.');
  });

  it('makes nothing of hostile text: no HTML, link, mention, heading or row of a table', () => {
    /** What is left when code blocks, code spans and our own HTML are taken out: prose. */
    const prose = (text: string): string =>
      text
        .replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '')
        .replace(/(?<!`)(`+)(?!`)(?:(?!\1(?!`))[^\n]|(?<=`)\1)*?(?<!`)\1(?!`)/g, '')
        .replace(/<!-- -->|<!-- bulkhead -->|<\/?details>|<\/?summary>/g, '\u0001');
    const structure = (text: string): readonly (string | undefined)[] => [
      ...(prose(text).match(/^(#+|\||<)/gm) ?? []),
      ...(text.match(/<details>/g) ?? []),
    ];
    const items = (text: string): number => prose(text).match(/^- /gm)?.length ?? 0;
    const expected = structure(render(format, fixtureReport()));
    const check = (texts: readonly string[]): void => {
      const text = render(format, poisonedReport(texts));
      expect(CONTROL.exec(text.replaceAll('\n', ''))).toBeNull();
      const left = prose(text);
      expect(left).not.toMatch(/[<>`[\]\\]|~(?! partial)|@|:\/\/|www\./);
      expect(left).not.toMatch(/^[^|\n]+\|/m);
      expect(left).not.toMatch(/^::/m);
      expect(structure(text)).toEqual(expected);
      // Fewer where they are long: they have a share of the room.
      expect(items(text)).toBeLessThanOrEqual(items(render(format, fixtureReport())));
    };
    for (const text of BREAKOUTS) check([text]);
    fc.assert(fc.property(hostileTexts, check), { numRuns: 150 });
  });
});

describe('github', () => {
  it('gives at most ten of a kind, the worst first, and says how many more there are', () => {
    const severities = ['critical', 'high', 'medium', 'low'] as const;
    const findings = severities.flatMap((severity) =>
      Array.from({ length: 30 }, (_, index) => aFinding({ severity, subject: `s${index}` })),
    );
    const lines = render('github', aReport({ findings })).trimEnd().split('\n');
    for (const kind of ['error', 'warning', 'notice']) {
      expect(lines.filter((line) => line.startsWith(`::${kind} `))).toHaveLength(10);
    }
    expect(lines.slice(0, 9).every((line) => line.includes('::critical%3A') || line.includes('::critical:'))).toBe(true);
    expect(lines[9]).toBe('::error title=bulkhead::51 more of this kind: see the summary or the report');
    expect(lines.at(-1)).toMatch(/^::notice title=bulkhead::exit 0/);
  });

  it('points at the line that declares', () => {
    const annotation = (file: DeclarationFile) =>
      render('github', aReport({ findings: [aFinding()] }), { files: new Map([[idOf('weather'), file]]) });
    expect(annotation(aFile('a,b:c%.json', { 'key network.outbound': 2 }))).toMatch(
      /^::error file=a%2Cb%3Ac%25\.json,line=2,title=NET-004 weather%3A/,
    );
    expect(annotation({ path: 'p.json' })).toMatch(/^::error file=p\.json,title=NET-004/);
  });

  it('keeps hostile text in its place: one command a line, of known properties', () => {
    const check = (texts: readonly string[]): void => {
      const text = render('github', poisonedReport(texts));
      const lines = text.trimEnd().split('\n');
      expect(lines).toHaveLength(15);
      for (const line of lines) {
        expect(line).toMatch(/^::(error|warning|notice) (file=[^:,]+,(line=\d+,)?)?title=[^:,]*::/);
        expect(line).not.toMatch(/%(?!25|3A|2C)/);
        expect(CONTROL.exec(line)).toBeNull();
      }
    };
    for (const text of BREAKOUTS) check([text]);
    fc.assert(fc.property(hostileTexts, check), { numRuns: 150 });
  });
});

interface Issue {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: string;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

describe('gitlab', () => {
  const issues = (report: Report): readonly Issue[] => JSON.parse(render('gitlab', report)) as readonly Issue[];

  it('holds what failed, what was not decided, and waivers that have ended or cover nothing; nothing that is waived', () => {
    const found = issues(fixtureReport());
    expect(found).toHaveLength(12 + 2);
    expect(found.filter(({ description }) => description.includes('Not decided: '))).toHaveLength(4);
    expect(found.map(({ check_name }) => check_name)).not.toContain('HARD-004');
    expect(found.filter(({ check_name }) => check_name === 'waiver').map(({ location }) => location.path)).toEqual([
      'waivers/NET-004',
      'waivers/HARD-006',
    ]);
    expect(found.filter(({ description }) => description.includes(', as in the baseline)'))).toHaveLength(1);
  });

  it('has what GitLab requires of every issue, whatever was seen', () => {
    const check = (texts: readonly string[]): void => {
      const text = render('gitlab', poisonedReport(texts));
      expect(CONTROL.exec(text.replaceAll('\n', ''))).toBeNull();
      const found = JSON.parse(text) as readonly Issue[];
      expect(found).toHaveLength(12 + 2);
      expect(new Set(found.map(({ fingerprint }) => fingerprint)).size).toBe(12 + 2);
      expect(gitlabProblems(text)).toEqual([]);
    };
    for (const text of BREAKOUTS) check([text]);
    fc.assert(fc.property(hostileTexts, check), { numRuns: 100 });
  });

  it('tells twins apart', () => {
    const found = issues(aReport({ findings: [aFinding(), aFinding()] }));
    expect(new Set(found.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });
});

describe('ocsf', () => {
  const events = (report: Report) =>
    render('ocsf', report)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('is one event a finding, with what the class requires', () => {
    const { findings } = fixtureReport();
    expect(ocsfProblems(render('ocsf', fixtureReport()))).toEqual([]);
    const found = events(fixtureReport());
    // One is gone without a trace, two waivers have to be looked at, two things are attested.
    expect(found).toHaveLength(findings.length + 1 + 2 + 2);
    for (const [index, event] of found.entries()) {
      expect(event).toMatchObject({
        time: Date.parse('2026-11-20T09:30:06.412Z'),
        finding_info: {
          uid: expect.stringMatching(index <= findings.length ? /^[0-9a-f]{32}$/ : /^(waiver|attestation) /) as string,
        },
      });
    }
  });

  it.each([
    ['pass', 1, 1, 1],
    ['fail', 3, 4, 1],
    ['inconclusive', 2, 4, 1],
    ['error', 2, 4, 1],
    ['not-applicable', 99, 1, 1],
  ] as const)('says of %s: compliance %i, severity %i', (status, compliance, severity, state) => {
    const [event] = events(aReport({ findings: [aFinding({ status })] }));
    expect(event).toMatchObject({ compliance: { status_id: compliance }, severity_id: severity, status_id: state });
  });

  it('closes what is resolved, and calls no attestation a pass', () => {
    const found = events(fixtureReport());
    const closed = found.filter(({ activity_id }) => activity_id === 3);
    expect(closed.map(({ status_id, unmapped }) => [status_id, (unmapped as { subject: string }).subject])).toEqual([
      [4, '/data/tickets'],
      [4, '198.51.100.7:22'],
    ]);
    const attested = found.filter(({ message }) => String(message).startsWith('Attested, not tested: '));
    expect(attested.map(({ compliance }) => (compliance as { status_id: number }).status_id)).toEqual([99, 99]);
  });

  it('calls what is waived suppressed', () => {
    const waived = { reason: 'known', expires: '2027-01-31' };
    expect(events(aReport({ findings: [aFinding({ waived })] }))[0]).toMatchObject({ status_id: 3, comment: 'known' });
  });

  it.each([
    ['another class', 'class_uid', 2004],
    ['a caption of another severity', 'severity', 'Fatal'],
    ['an attribute that the class does not have', 'severity_name', 'High'],
    ['an attribute that is deprecated', 'resource', { name: 'x' }],
  ])('has a schema here that refuses %s', (_, name, value) => {
    const [event = {}] = events(fixtureReport());
    expect(ocsfProblems(JSON.stringify({ ...event, [name]: value }))).not.toEqual([]);
    const { metadata: __, ...without } = event;
    expect(ocsfProblems(JSON.stringify(without))).not.toEqual([]);
  });

  it('stays one JSON value a line, whatever was seen', () => {
    const check = (texts: readonly string[]): void => {
      const text = render('ocsf', poisonedReport(texts));
      expect(CONTROL.exec(text.replaceAll('\n', ''))).toBeNull();
      const lines = text.trimEnd().split('\n');
      expect(lines).toHaveLength(21 + 5);
      for (const line of lines) expect(Object.keys(JSON.parse(line) as object)).not.toContain('forged');
    };
    for (const text of BREAKOUTS) check([text]);
    fc.assert(fc.property(hostileTexts, check), { numRuns: 100 });
  });
});
