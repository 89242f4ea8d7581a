import { describe, expect, it } from 'vitest';
import { renderConsole } from '../../../src/reporters/console.ts';
import { aFinding, aReport } from '../../support/report.ts';

const view = { color: false, verbose: false, quiet: false, width: 100 };
const change = { fingerprint: '0'.repeat(32), check: 'NET-004', target: 'weather', severity: 'high', fails: true } as const;

describe('the sections of gates', () => {
  const report = aReport({
    findings: [aFinding({ waived: { reason: 'later', expires: '2027-01-31', owner: 'me' } })],
    waivers: [
      {
        id: 'NET-004',
        target: 'weather',
        subject: '*',
        reason: 'later',
        owner: 'me\u001b[2J',
        expires: '2027-01-31',
        state: 'applied',
        findings: 1,
        daysLeft: 9,
      },
    ],
    baseline: {
      source: 'b\u001b[2J.json',
      tool: '0.1.0',
      counts: { new: 12, resolved: 0, unchanged: 3, incomparable: 1 },
      changes: [
        ...Array.from({ length: 12 }, (_, index) => ({ ...change, state: 'new' as const, subject: `host-${index}\u001b[2J` })),
        { ...change, state: 'incomparable', subject: 'lost', fails: false, why: 'the server is not looked at now' },
        { ...change, state: 'unchanged', subject: 'same' },
      ],
    },
  });

  it('say what is new, and how much is left out', () => {
    const text = renderConsole(report, view);
    expect(text).toMatch(/Since the baseline[\s\S]*12 new · 1 incomparable · 0 resolved · 3 unchanged/);
    expect(text).toMatch(/new \(high\) +NET-004 +weather +host-0/);
    expect(text).toMatch(/and 6 more with --verbose/);
    expect(text).not.toMatch(/host-11|Waivers \(/);
    const all = renderConsole(report, { ...view, verbose: true, showWaived: true });
    expect(all).toMatch(/host-11[\s\S]*lost: the server is not looked at now/);
    expect(all).toMatch(/Waivers \(1\)[\s\S]*applied, 1 finding/);
  });

  it('steer no terminal', () => {
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(renderConsole(report, { ...view, verbose: true, showWaived: true })).not.toMatch(/\u001b/);
  });

  it('are absent where there is nothing to say', () => {
    expect(renderConsole(aReport(), { ...view, showWaived: true })).not.toMatch(/baseline|Waivers|Attested/);
  });
});
