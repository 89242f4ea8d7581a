import { seccomp } from '../../../../src/checks/hard/seccomp.ts';
import { aConfiguration, aProcess, someCredentials } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const mode = (target: number, twin = target) => aProcess({ seccomp: target }, { twin: someCredentials({ seccomp: twin }) });
const option = (...securityOptions: readonly string[]) => aConfiguration({ securityOptions: [...securityOptions] });

runCases(seccomp, {
  valid: [
    { name: 'filter', input: { facts: { process: mode(2) } }, verdicts: ['pass seccomp'], actual: 'filter' },
    { name: 'strict', input: { facts: { process: mode(1, 2) } }, verdicts: ['pass seccomp'], actual: 'strict' },
    {
      name: 'the configuration could not be read',
      input: { facts: { process: mode(2), configuration: undefined } },
      verdicts: ['pass seccomp'],
    },
    {
      name: 'a profile of its own',
      input: {
        facts: { process: mode(2), configuration: option('seccomp={"defaultAction":"SCMP_ACT_ERRNO"}', 'label=disable') },
      },
      verdicts: ['pass seccomp'],
    },
  ],
  invalid: [
    {
      name: 'off',
      input: { facts: { process: mode(0) } },
      verdicts: ['fail seccomp'],
      says: /without a seccomp filter/,
      actual: 'off',
    },
    {
      name: 'off, whatever the configuration says',
      input: { facts: { process: mode(0), configuration: option('seccomp=builtin') } },
      verdicts: ['fail seccomp'],
    },
    ...['seccomp=unconfined', 'seccomp:unconfined'].map((text) => ({
      name: `it filters itself under ${text}`,
      input: { facts: { process: mode(2), configuration: option('no-new-privileges', text) } },
      verdicts: ['fail seccomp'],
      says: /of its own making/,
      shows: [/unconfined/],
    })),
    { name: 'it filters itself, its twin is free', input: { facts: { process: mode(2, 0) } }, verdicts: ['fail seccomp'] },
  ],
  undecided: [],
});
