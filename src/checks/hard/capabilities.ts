import { defineCheck, type Verdict } from '../../model/check.ts';
import { capabilitiesIn, isDangerous } from '../support/capabilities.ts';
import { reproduceInspect } from '../support/evidence.ts';

const SETS = ['effective', 'permitted', 'inheritable', 'bounding', 'ambient'] as const;

export const capabilities = defineCheck({
  meta: {
    id: 'HARD-002',
    slug: 'capabilities',
    area: 'HARD',
    severity: 'high',
    title: 'It holds no capabilities',
    failureTitle: 'It holds capabilities',
    description:
      'Capabilities are pieces of root. An MCP server needs none; each one is a tool for whoever takes it over, and the bounding set is what a setuid program could still give back.',
    remediation: 'Run it with `--cap-drop ALL`, and add back by name what it cannot do without.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.4'] }],
    framework: ['Capabilities'],
    since: '0.1.0',
  },
  requires: ['process'],
  evaluate({ facts: { process }, target }) {
    return SETS.map((set): Verdict => {
      const names = capabilitiesIn(process.target.capabilities[set]);
      const dangerous = names.filter(isDangerous);
      const facts = {
        subject: `${set} set`,
        expected: 'empty',
        actual: names.length === 0 ? 'empty' : names.join(' '),
        evidence: [`process 1: ${set} ${process.target.capabilities[set]}`],
        reproduce: reproduceInspect(target, '{{.HostConfig.CapAdd}} {{.HostConfig.CapDrop}}'),
      };
      if (names.length === 0) return { ...facts, status: 'pass', message: `The ${set} set is empty.` };
      if (dangerous.length > 0) {
        return {
          ...facts,
          status: 'fail',
          message: `The ${set} set holds ${names.length} capabilities, among them ${dangerous.join(', ')}.`,
        };
      }
      return { ...facts, status: 'fail', severity: 'low', message: `The ${set} set holds ${names.join(', ')}.` };
    });
  },
});
