import { noNewPrivileges } from '../../../../src/checks/hard/no-new-privileges.ts';
import { aConfiguration, aProcess } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

runCases(noNewPrivileges, {
  valid: [
    {
      name: 'set',
      input: { facts: { process: aProcess({ noNewPrivileges: true }) } },
      verdicts: ['pass no_new_privs'],
      actual: 'set',
    },
    {
      name: 'set by the process itself, which cannot be undone',
      input: { facts: { process: aProcess({ noNewPrivileges: true }), configuration: aConfiguration({ securityOptions: [] }) } },
      verdicts: ['pass no_new_privs'],
    },
  ],
  invalid: [
    {
      name: 'not set',
      input: { facts: { process: aProcess({ noNewPrivileges: false }) } },
      verdicts: ['fail no_new_privs'],
      shows: [/NoNewPrivs 0/],
    },
    {
      name: 'not set, although it is configured',
      input: {
        facts: {
          process: aProcess({ noNewPrivileges: false }),
          configuration: aConfiguration({ securityOptions: ['no-new-privileges'] }),
        },
      },
      verdicts: ['fail no_new_privs'],
    },
  ],
  undecided: [],
});
