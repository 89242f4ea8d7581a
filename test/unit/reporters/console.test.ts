import { describe, expect, it } from 'vitest';
import type { Finding, Report } from '../../../src/model/report.ts';
import { renderConsole } from '../../../src/reporters/console.ts';
import type { RenderOptions } from '../../../src/reporters/registry.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { aFinding, aReport, aTarget } from '../../support/report.ts';

const PLAIN: RenderOptions = { color: false, verbose: false, quiet: false, width: 100 };

function render(overrides: Partial<Report>, options: Partial<RenderOptions> = {}): string {
  return renderConsole(aReport(overrides), { ...PLAIN, ...options });
}

function withFindings(findings: readonly Finding[], options: Partial<RenderOptions> = {}): string {
  return render({ findings: [...findings] }, options);
}

describe('order', () => {
  it('puts the worst failure first, then what could not be tested', () => {
    const text = withFindings([
      aFinding({ check: 'NET-001', severity: 'low' }),
      aFinding({ check: 'NET-012', severity: 'critical', status: 'inconclusive' }),
      aFinding({ check: 'HOST-002', area: 'HOST', severity: 'critical' }),
      aFinding({ check: 'NET-014', severity: 'critical' }),
    ]);
    const places = ['CRITICAL  NET-014', 'CRITICAL  HOST-002', 'LOW  NET-001', 'NOT TESTED (critical)  NET-012'].map((head) =>
      text.indexOf(head),
    );
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('does not depend on the order in which findings come', () => {
    const report = fixtureReport();
    const subjects = new Set(report.findings.map(({ subject }) => subject));
    const reversed = renderConsole({ ...report, findings: report.findings.toReversed() }, { ...PLAIN, verbose: true });
    for (const subject of subjects) expect(reversed).toContain(subject);
    const heads = (text: string): string[] => text.split('\n').filter((line) => /^[✗?!] /.test(line));
    expect(heads(reversed)).toEqual(heads(renderConsole(report, { ...PLAIN, verbose: true })));
  });
});

describe('groups', () => {
  const many = Array.from({ length: 20 }, (_, index) => aFinding({ subject: `203.0.113.${index + 10}:443` }));

  it('tells one finding of a check and target whole and lists the other subjects', () => {
    const text = withFindings(many.slice(0, 3));
    expect(text.match(/✗ HIGH {2}NET-004/g)).toHaveLength(1);
    expect(text).toContain('  also:     203.0.113.11:443\n            203.0.113.12:443\n');
  });

  it('says how many subjects it leaves out, and shows them with --verbose', () => {
    expect(withFindings(many)).toContain('and 12 more with --verbose');
    const verbose = withFindings(many, { verbose: true });
    for (const { subject } of many) expect(verbose).toContain(subject);
  });

  it('repeats a message only where it differs', () => {
    const text = withFindings([
      aFinding(),
      aFinding({ subject: 'files.example:443', message: 'An answer came by another way.' }),
    ]);
    expect(text).toContain('also:     files.example:443  An answer came by another way.');
  });

  it('keeps targets and severities apart', () => {
    const targets = [aTarget(), aTarget({ name: 'tickets' })];
    const findings = [aFinding(), aFinding({ target: 'tickets' }), aFinding({ severity: 'low', subject: 'b' })];
    expect(render({ targets, findings }).match(/^✗ (?:HIGH|LOW)/gm)).toHaveLength(3);
  });

  it('gives the advice of a check once and points back to it', () => {
    const targets = [aTarget(), aTarget({ name: 'tickets' })];
    const text = render({ targets, findings: [aFinding(), aFinding({ target: 'tickets' })] });
    expect(text.match(/filtering gateway/g)).toHaveLength(1);
    expect(text).toContain('fix:      as for NET-004 on weather above');
  });
});

describe('what could not be tested', () => {
  const undecided = [
    aFinding({
      status: 'inconclusive',
      message: 'timeout, and the control failed too',
      evidence: ['control on an ordinary bridge: timeout'],
    }),
    aFinding({ check: 'NET-010', status: 'error', message: 'the check threw' }),
  ];

  it('is a section of its own with reasons and controls', () => {
    const text = withFindings(undecided);
    expect(text).toContain('── Could not be tested (2) ─');
    expect(text).toContain('why:      timeout, and the control failed too');
    expect(text).toContain('evidence: control on an ordinary bridge: timeout');
    expect(text).toContain('error:    the check threw');
    expect(text).toContain('Nothing failed, but 2 findings could not be decided: not a clean result.');
  });

  it('gives no advice for something that did not fail', () => {
    expect(withFindings(undecided)).not.toContain('fix:');
  });

  it('is a count under --quiet', () => {
    const text = withFindings(undecided, { quiet: true });
    expect(text).toContain('? UNDECIDED  weather  2 could not be tested · 0 passed');
    expect(text).toContain('1 could not be tested · 1 error');
  });
});

describe('passes', () => {
  const pass = aFinding({
    status: 'pass',
    message: 'timeout, while the control succeeded',
    evidence: ['203.0.113.10:443/tcp direct, IPv4: timeout', 'control on an ordinary bridge: connected'],
  });
  const none = aFinding({ check: 'FS-003', area: 'FS', status: 'not-applicable', message: 'The profile declares no path.' });

  it('are shown only with --verbose, each with its control', () => {
    expect(withFindings([pass, none])).not.toMatch(/Passed|Not applicable/);
    const text = withFindings([pass, none], { verbose: true });
    expect(text).toContain(
      '✓ NET-004  weather  203.0.113.10:443  timeout, while the control succeeded\n    control on an ordinary bridge: connected',
    );
    expect(text).toContain('– FS-003  weather  203.0.113.10:443  The profile declares no path.');
  });

  it('show their evidence where no line names a control', () => {
    expect(withFindings([{ ...pass, evidence: ['NoNewPrivs: 1'] }], { verbose: true })).toContain('    NoNewPrivs: 1');
  });
});

describe('waivers', () => {
  const waived = aFinding({ waived: { reason: 'until the vendor mends it', expires: '2027-01-31' } });

  it('are listed with reason and end, and are no failure', () => {
    const text = withFindings([waived]);
    expect(text).toContain('(high), waived until 2027-01-31: until');
    expect(text).not.toContain('✗ HIGH');
    expect(text).toContain('Nothing failed beyond 1 waived finding.');
  });

  it('never read as a pass', () => {
    expect(withFindings([waived], { quiet: true })).toContain('– WAIVED     weather  1 waived · 0 passed');
  });

  it('on a pass change nothing', () => {
    expect(withFindings([{ ...waived, status: 'pass' }], { verbose: true })).toContain('── Passed (1)');
  });
});

describe('--min-severity', () => {
  const findings = [
    aFinding(),
    aFinding({ check: 'HARD-002', area: 'HARD', severity: 'low' }),
    aFinding({ severity: 'info', status: 'inconclusive' }),
  ];

  it('hides what is below, says how many, and leaves the counts alone', () => {
    const text = withFindings(findings, { minSeverity: 'medium' });
    expect(text).not.toContain('HARD-002  weather');
    expect(text).toContain('hidden:   1 failed, 1 not tested below medium (--min-severity)');
    expect(text).toContain('2 failed · 1 could not be tested');
  });

  it('counts what is hidden under --quiet too, and says nothing when nothing is', () => {
    expect(withFindings(findings, { minSeverity: 'medium', quiet: true })).toContain('1 failed, 1 not tested below medium');
    expect(withFindings(findings, { minSeverity: 'info' })).not.toContain('hidden');
  });
});

describe('verdict and exit', () => {
  it.each([
    ['clean', [aFinding({ status: 'pass' })], 'What is declared is what is enforced, as far as it was tested.'],
    ['failed', [aFinding({ severity: 'critical' }), aFinding()], '2 findings failed (1 critical, 1 high).'],
    [
      'nothing but not-applicable',
      [aFinding({ status: 'not-applicable' })],
      'Nothing was tested: an empty audit proves nothing.',
    ],
    ['nothing', [], 'Nothing was tested: an empty audit proves nothing.'],
  ])('%s', (_, findings, verdict) => {
    expect(withFindings(findings)).toContain(verdict);
  });

  it('says that an interrupted run is not the whole, also under --quiet', () => {
    const overrides = { interrupted: true, findings: [aFinding({ status: 'pass' })] };
    for (const quiet of [false, true]) {
      const text = render(overrides, { quiet });
      expect(text).toContain('! Interrupted');
      expect(text).toContain('not a clean result');
    }
  });

  it.each([
    [0, 'clean'],
    [1, 'violation'],
    [2, 'usage or configuration'],
    [3, 'inconclusive'],
    [4, 'engine or environment'],
    [130, 'interrupted'],
  ])('exit %i is %s', (code, words) => {
    const findings = code === 1 ? [aFinding()] : [];
    expect(render({ findings, exit: { code, reason: 'because' } })).toContain(`exit ${code} (${words}): because`);
  });

  it('says that a gate failed where nothing else did', () => {
    const text = render({ findings: [aFinding({ status: 'pass' })], exit: { code: 1, reason: '1 waiver has ended.' } });
    expect(text).toContain('✗ Nothing failed, but a gate did: 1 waiver has ended.');
    expect(text).toContain('exit 1 (a gate failed): 1 waiver has ended.');
  });

  it('does not call failures below the gate clean', () => {
    expect(withFindings([aFinding()])).toContain('exit 0 (nothing at or above the gate): ');
  });

  it('prints a code that it does not know without words', () => {
    expect(render({ exit: { code: 77, reason: 'because' } })).toContain('exit 77: because');
  });
});

describe('targets', () => {
  it('says so when none was found', () => {
    expect(render({ targets: [] })).toContain('0 targets\n');
  });

  it('shortens a digest, names a state other than running, and calls a missing declaration missing', () => {
    const declaration = { source: 'none', location: 'no profile was found', egress: 'nothing', profile: {}, remarks: [] };
    const text = render({
      targets: [aTarget({ image: `a@sha256:${'0123456789abcdef'.repeat(4)}`, state: 'paused', declaration })],
    });
    expect(text).toContain('weather  a@sha256:0123456789ab… · streamable-http · paused');
    expect(text).toContain('1 target · 1 not declared');
    expect(text).toContain('declared: nothing (no profile was found)');
  });

  it('shows area verdicts in words and in the order of the areas', () => {
    const findings = [
      aFinding({ area: 'FS', status: 'not-applicable' }),
      aFinding({ area: 'HARD', status: 'inconclusive' }),
      aFinding({ area: 'HOST', status: 'pass' }),
      aFinding(),
    ];
    expect(withFindings(findings)).toContain('areas:    ✗ NET cosmetic · ✓ HOST enforced · ? HARD unknown · – FS not applicable');
  });

  it('limits remarks and notes and says how many are left', () => {
    const remarks = Array.from({ length: 5 }, (_, index) => ({ code: 'odd', path: 'network', message: `remark ${index}` }));
    const targets = [aTarget({ declaration: { source: 'flag', location: 'p.json', egress: 'nothing', profile: {}, remarks } })];
    const notes = Array.from({ length: 9 }, (_, index) => `note ${index}`);
    const text = render({ targets, notes });
    expect(text).toContain('2 more remarks with --verbose');
    expect(text).toContain('and 4 more notes with --verbose');
    expect(render({ targets, notes }, { verbose: true })).toContain('note 8');
  });
});
