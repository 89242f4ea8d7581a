import { defineCheck } from '../../model/check.ts';
import { reproduceInspect } from '../support/evidence.ts';

export const noNewPrivileges = defineCheck({
  meta: {
    id: 'HARD-004',
    slug: 'no-new-privileges',
    area: 'HARD',
    severity: 'medium',
    title: 'It cannot gain privileges',
    failureTitle: 'It can gain privileges',
    description: 'Without `no_new_privs` a setuid program in the image can make a plain user root again inside the container.',
    remediation: 'Run it with `--security-opt no-new-privileges`.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.26'] }],
    framework: ['Capabilities'],
    since: '0.1.0',
  },
  requires: ['process'],
  evaluate({ facts: { process }, target }) {
    const set = process.target.noNewPrivileges;
    const facts = {
      subject: 'no_new_privs',
      expected: 'set',
      actual: set ? 'set' : 'not set',
      evidence: [`process 1: NoNewPrivs ${set ? 1 : 0}`],
      reproduce: reproduceInspect(target, '{{.HostConfig.SecurityOpt}}'),
    };
    return [
      set
        ? { ...facts, status: 'pass', message: 'Process 1 runs with no_new_privs.' }
        : { ...facts, status: 'fail', message: 'Process 1 runs without no_new_privs.' },
    ];
  },
});
