import { defineCheck, type Verdict } from '../../model/check.ts';
import { isFull } from '../support/capabilities.ts';
import { reproduceInspect } from '../support/evidence.ts';

const SUBJECT = 'privileges';

export const privileged = defineCheck({
  meta: {
    id: 'HARD-001',
    slug: 'privileged',
    area: 'HARD',
    severity: 'critical',
    title: 'It does not run privileged',
    failureTitle: 'It runs privileged',
    description:
      'A privileged container has every capability, every device and no filter: it is a process of the host with another file system, and leaves it at will.',
    remediation: 'Run it without `--privileged`; grant the one device or capability that is needed instead.',
    references: [
      { source: 'CIS Docker Benchmark 1.6.0', ids: ['5.5'] },
      { source: 'MITRE ATT&CK', ids: ['T1611'] },
    ],
    framework: ['Capabilities'],
    since: '0.1.0',
  },
  requires: ['configuration'],
  uses: ['process'],
  evaluate({ facts: { configuration, process }, declaration, target }): readonly Verdict[] {
    const full = process !== undefined && isFull(process.target.capabilities.bounding, process.lastCapability);
    const evidence = [
      `configuration: privileged ${configuration.privileged}`,
      ...(process === undefined
        ? ['process 1 was not looked at']
        : [`bounding set of process 1: ${process.target.capabilities.bounding}`]),
    ];
    const facts = {
      subject: SUBJECT,
      expected: 'not privileged',
      evidence,
      reproduce: reproduceInspect(target, '{{.HostConfig.Privileged}}'),
    };
    if (configuration.privileged || full) {
      const declared = declaration.profile.privileged === true;
      const how = configuration.privileged
        ? 'It was started privileged'
        : 'It was not started privileged, and yet process 1 may get every capability of this kernel';
      return [
        {
          ...facts,
          status: 'fail',
          actual: 'privileged',
          message: declared ? `${how}; the profile declares so.` : `${how}.`,
          ...(declared ? { severity: 'info' } : {}),
        },
      ];
    }
    if (process === undefined) {
      return [
        {
          ...facts,
          status: 'inconclusive',
          message: 'It was not started privileged; what the kernel grants it could not be seen.',
        },
      ];
    }
    return [
      { ...facts, status: 'pass', actual: 'not privileged', message: 'Process 1 cannot get every capability of this kernel.' },
    ];
  },
});
