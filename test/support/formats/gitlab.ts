import { Ajv } from 'ajv';

/**
 * A report of GitLab's code quality, as its documentation has it, and nothing besides.
 * https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
 */
const SCHEMA = {
  type: 'array',
  items: {
    type: 'object',
    required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
    additionalProperties: false,
    properties: {
      description: { type: 'string', pattern: '\\S' },
      check_name: { type: 'string', pattern: '^([A-Z]+-\\d+|waiver)$' },
      fingerprint: { type: 'string', pattern: '\\S' },
      severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
      location: {
        type: 'object',
        required: ['path', 'lines'],
        additionalProperties: false,
        properties: {
          // From the root of the repository, without `./`.
          path: { type: 'string', pattern: '^(?!/|\\./|.*(^|/)\\.\\.(/|$)|\\w+:).+$' },
          lines: {
            type: 'object',
            required: ['begin'],
            additionalProperties: false,
            properties: { begin: { type: 'integer', minimum: 1 } },
          },
        },
      },
    },
  },
};
const validate = new Ajv({ strict: true, allErrors: true }).compile<readonly { readonly fingerprint: string }[]>(SCHEMA);

export function gitlabProblems(text: string): readonly string[] {
  const issues: unknown = JSON.parse(text);
  if (!validate(issues)) return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  const prints = new Set(issues.map(({ fingerprint }) => fingerprint));
  return [
    ...(prints.size === issues.length ? [] : ['a fingerprint twice']),
    ...(text.startsWith('\ufeff') ? ['a byte order mark'] : []),
  ];
}
