import { privileged } from '../../../../src/checks/hard/privileged.ts';
import { aConfiguration, aDeclaration, aProcess, someCredentials } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const bounding = (mask: string, lastCapability = 40) =>
  aProcess({ capabilities: { ...someCredentials().capabilities, bounding: mask } }, { lastCapability });
const FULL = '000001ffffffffff';
const started = aConfiguration({ privileged: true });
const declared = aDeclaration({ privileged: true });

runCases(privileged, {
  valid: [
    { name: 'no capability', input: {}, verdicts: ['pass privileges'], actual: 'not privileged' },
    {
      name: "the engine's default set",
      input: { facts: { process: bounding('00000000a80425fb') } },
      verdicts: ['pass privileges'],
    },
    { name: 'all but one', input: { facts: { process: bounding('000000ffffffffff') } }, verdicts: ['pass privileges'] },
    { name: 'declared and not used', input: { declaration: declared }, verdicts: ['pass privileges'] },
  ],
  invalid: [
    {
      name: 'started privileged',
      input: { facts: { configuration: started, process: bounding(FULL) } },
      verdicts: ['fail privileges'],
      says: /^It was started privileged\.$/,
      reproduce: "docker inspect --format '{{.HostConfig.Privileged}}' weather",
    },
    {
      name: 'started privileged, and nobody looked at the process',
      input: { facts: { configuration: started, process: undefined } },
      verdicts: ['fail privileges'],
      shows: [/process 1 was not looked at/],
    },
    {
      name: 'started privileged, although the mask is empty',
      input: { facts: { configuration: started } },
      verdicts: ['fail privileges'],
    },
    {
      name: 'every capability without the flag',
      input: { facts: { process: bounding(FULL) } },
      verdicts: ['fail privileges'],
      says: /not started privileged, and yet/,
    },
    {
      name: 'every capability of an older kernel',
      input: { facts: { process: bounding('0000003fffffffff', 37) } },
      verdicts: ['fail privileges'],
    },
    {
      name: 'bits beyond the last capability of the kernel',
      input: { facts: { process: bounding('ffffffffffffffff', 63) } },
      verdicts: ['fail privileges'],
    },
    {
      name: 'declared',
      input: { facts: { configuration: started }, declaration: declared },
      verdicts: ['fail privileges (info)'],
      says: /the profile declares so\.$/,
    },
  ],
  undecided: [
    {
      name: 'not started privileged, and nobody looked',
      input: { facts: { process: undefined } },
      verdicts: ['inconclusive privileges'],
    },
    {
      name: 'declared, and nobody looked',
      input: { facts: { process: undefined }, declaration: declared },
      verdicts: ['inconclusive privileges'],
    },
  ],
});
