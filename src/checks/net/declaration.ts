import { defineCheck } from '../../model/check.ts';

export const declaration = defineCheck({
  meta: {
    id: 'NET-001',
    slug: 'declaration',
    area: 'NET',
    severity: 'medium',
    title: 'The server has a declared permission profile',
    failureTitle: 'The server has no declared permission profile',
    description:
      'Isolation can only be verified against a statement of what the server needs. Without one, nobody has decided what it may reach, and every other network check can only judge it as if nothing were allowed.',
    remediation:
      'Write a permission profile in the ToolHive JSON format and hand it over: `bulkhead audit --profile NAME=FILE`, a label on the container that holds or names the profile, or a ToolHive run configuration. A server that needs no network gets the built-in profile `none`, one that needs all of it `network`.',
    references: [],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['configuration'],
  evaluate({ declaration: declared, policy }) {
    const evidence = [
      `source: ${declared.source} (${declared.location})`,
      `outbound: ${policy.summary}`,
      ...declared.remarks.map(({ path, message }) => `remark${path === '' ? '' : ` on ${path}`}: ${message}`),
    ];
    const facts = { subject: 'declaration', expected: 'a declared profile', actual: declared.source, evidence } as const;
    if (declared.source === 'none') {
      const message =
        'No profile is declared for this server: it was judged as `none`, which allows nothing. Declare one with a flag, a label or a ToolHive run configuration.';
      return [{ ...facts, status: 'fail', message }];
    }
    return [{ ...facts, status: 'pass', message: `The profile was found at ${declared.location} (${declared.source}).` }];
  },
});
