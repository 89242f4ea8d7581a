import { defineCheck } from '../../model/check.ts';
import { reproduceInspect } from '../support/evidence.ts';

const MODES: Readonly<Record<number, string>> = { 0: 'off', 1: 'strict', 2: 'filter' };

/** Older engines write it with a colon. */
const UNCONFINED = /^seccomp[=:]unconfined$/;

export const seccomp = defineCheck({
  meta: {
    id: 'HARD-003',
    slug: 'seccomp',
    area: 'HARD',
    severity: 'high',
    title: 'A seccomp filter is active',
    failureTitle: 'No seccomp filter is active',
    description:
      "The engine's filter keeps containers from system calls that they do not need and in which most kernel holes were found. Without it a compromised server has the whole kernel before it.",
    remediation: 'Remove `--security-opt seccomp=unconfined`; if one call is missing, start from the default profile and add it.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.22'] }],
    framework: ['Capabilities'],
    since: '0.1.0',
  },
  requires: ['process'],
  uses: ['configuration'],
  evaluate({ facts: { process, configuration }, target }) {
    const mode = process.target.seccomp;
    const unconfined = configuration?.securityOptions.find((option) => UNCONFINED.test(option));
    const facts = {
      subject: 'seccomp',
      expected: 'filter',
      actual: MODES[mode] ?? String(mode),
      evidence: [
        `process 1: Seccomp ${mode}`,
        `a twin with the same options: Seccomp ${process.twin.seccomp}`,
        ...(unconfined === undefined ? [] : [`configuration: ${unconfined}`]),
      ],
      reproduce: reproduceInspect(target, '{{.HostConfig.SecurityOpt}}'),
    };
    if (mode === 0) return [{ ...facts, status: 'fail', message: 'Process 1 runs without a seccomp filter.' }];
    // Any process may filter itself, with a filter that lets everything through.
    if (unconfined !== undefined || process.twin.seccomp === 0) {
      return [
        {
          ...facts,
          status: 'fail',
          message: 'The engine gives it no seccomp filter; the one that is active is of its own making.',
        },
      ];
    }
    return [{ ...facts, status: 'pass', message: `Process 1 runs with seccomp in mode ${facts.actual}.` }];
  },
});
