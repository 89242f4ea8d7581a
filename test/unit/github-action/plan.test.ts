import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from '../../../github-action/plan.ts';

const DEFAULTS = { INPUT_REPORT_DIRECTORY: 'bulkhead-report', GITHUB_STEP_SUMMARY: '/tmp/summary' };
const USUAL = [
  '--format=console',
  '--format=html=bulkhead-report/report.html',
  '--format=json=bulkhead-report/report.json',
  '--format=junit=bulkhead-report/junit.xml',
  '--format=sarif=bulkhead-report/bulkhead.sarif',
  '--format=github=bulkhead-report/annotations.txt',
  '--format=github-summary=/tmp/summary',
];

describe('planOf', () => {
  it('writes the usual reports and nothing else, where nothing is asked for', () => {
    expect(planOf(DEFAULTS).args).toEqual(['audit', ...USUAL, '--save=bulkhead-report/bundle.json', '--']);
  });

  it('hands on every input, one argument a line', () => {
    const { args } = planOf({
      ...DEFAULTS,
      INPUT_TARGETS: 'github\n  memory  \n\n',
      INPUT_PROFILES: 'github=p.json\r\nmemory=none',
      INPUT_CONFIG: 'c.yaml',
      INPUT_FAIL_ON: 'high',
      INPUT_BASELINE: 'b.json',
      INPUT_INTERNET: 'canary.test:443\n203.0.113.53:53/udp',
      INPUT_NO_INTERNET: 'false',
      INPUT_FORMATS: 'ocsf=events.jsonl',
      INPUT_ARGS: '--skip\nFS',
    });
    expect(args).toEqual([
      'audit',
      '--config=c.yaml',
      '--fail-on=high',
      '--baseline=b.json',
      '--profile=github=p.json',
      '--profile=memory=none',
      '--internet=canary.test:443',
      '--internet=203.0.113.53:53/udp',
      ...USUAL,
      '--format=ocsf=events.jsonl',
      '--save=bulkhead-report/bundle.json',
      '--skip',
      'FS',
      '--',
      'github',
      'memory',
    ]);
    expect(planOf({ ...DEFAULTS, INPUT_NO_INTERNET: 'true' }).args).toContain('--no-internet');
  });

  it.each([
    ['no directory', { INPUT_REPORT_DIRECTORY: ' ' }, /report-directory/],
    ['a directory of two lines', { INPUT_REPORT_DIRECTORY: 'a\nverdict=clean' }, /report-directory.*\\u000a/],
    ['a configuration of two lines', { INPUT_CONFIG: 'a\nb' }, /input config/],
    ['a gate of two lines', { INPUT_FAIL_ON: 'high\nlow' }, /fail-on/],
    ['a baseline of two lines', { INPUT_BASELINE: 'a\nb' }, /baseline/],
    ['a directory of two lines', { INPUT_REPORT_DIRECTORY: 'a\rhtml=b' }, /report-directory/],
    ['neither true nor false', { INPUT_NO_INTERNET: 'yes' }, /no-internet.*"yes"/],
    ['no internet and some', { INPUT_NO_INTERNET: 'true', INPUT_INTERNET: 'canary.test:443' }, /no-internet/],
  ])('refuses %s', (_, env, words) => {
    expect(() => planOf({ ...DEFAULTS, ...env })).toThrow(words);
  });

  it('takes no value for an option, and no text for two outputs', () => {
    const inputs = ['TARGETS', 'PROFILES', 'CONFIG', 'FAIL_ON', 'BASELINE', 'INTERNET', 'FORMATS', 'REPORT_DIRECTORY'];
    fc.assert(
      fc.property(fc.constantFrom(...inputs), fc.string({ unit: 'binary' }), (input, value) => {
        let plan: ReturnType<typeof planOf>;
        try {
          plan = planOf({ ...DEFAULTS, [`INPUT_${input}`]: `--all${value}` });
        } catch {
          return;
        }
        const options = plan.args.slice(1, plan.args.indexOf('--'));
        for (const option of options) expect(option).toMatch(/^--(config|fail-on|baseline|profile|internet|format|save)=/);
        for (const file of Object.values(plan.files)) expect(file).not.toMatch(/[\r\n]/);
      }),
    );
  });
});
