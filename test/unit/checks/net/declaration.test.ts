import { declaration } from '../../../../src/checks/net/declaration.ts';
import { aDeclaration, aPolicy } from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const remark = { code: 'hosts-without-ports', path: 'network.outbound.allow_host', message: 'means 80 and 443' };

runCases(declaration, {
  valid: [
    {
      name: 'a profile from a flag',
      input: { declaration: aDeclaration(), policy: aPolicy({ summary: 'api.example.com on 443' }) },
      verdicts: ['pass declaration'],
      says: /\/etc\/profiles\/weather\.json \(flag\)/,
      shows: [/outbound: api\.example\.com on 443/],
    },
    {
      name: 'a built-in profile',
      input: { declaration: aDeclaration({}, { source: 'built-in' }) },
      verdicts: ['pass declaration'],
    },
    { name: 'a label', input: { declaration: aDeclaration({}, { source: 'label' }) }, verdicts: ['pass declaration'] },
    {
      name: 'a ToolHive run configuration with a remark',
      input: { declaration: aDeclaration({}, { source: 'toolhive-run-config', remarks: [remark] }) },
      verdicts: ['pass declaration'],
      shows: [/remark on network\.outbound\.allow_host: means 80 and 443/],
    },
  ],
  invalid: [
    {
      name: 'none found',
      input: { declaration: aDeclaration({}, { source: 'none', location: 'nothing was found' }) },
      verdicts: ['fail declaration'],
      says: /judged as `none`.*Declare one with a flag/,
      shows: [/source: none \(nothing was found\)/],
    },
    {
      name: 'none found, however much the profile holds and whatever it says',
      input: {
        declaration: aDeclaration(
          { network: { outbound: { insecure_allow_all: true } } },
          { source: 'none', location: '', remarks: [{ ...remark, path: '' }] },
        ),
      },
      verdicts: ['fail declaration'],
      shows: [/remark: means/],
    },
  ],
  undecided: [],
});
