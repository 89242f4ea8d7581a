import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { problemsOf } from '../../support/workflow-parser.ts';

const read = (f: string) => readFileSync(new URL(`../../../${f}`, import.meta.url), 'utf8');
it('x', () => {
  const w = read('samples/ci/.github/workflows/mcp-audit.yml'),
    a = read('action.yml');
  console.log(problemsOf('workflow', w), problemsOf('action', a));
  console.log(problemsOf('action', a.replace('inputs.targets', 'inputz.targets')));
  console.log(problemsOf('action', a.replace('shell: bash', 'shel: bash')));
  console.log(problemsOf('action', a.replace('using: composite', 'using: composit')));
  console.log(
    problemsOf('workflow', w.replace('!cancelled()', 'canceled()')),
    problemsOf('workflow', w.replace('runs-on', 'run-on')),
    problemsOf('workflow', w.replace('security-events: write', 'security-events: admin')),
    problemsOf('workflow', w.replace('steps.audit', 'stepz.audit')),
  );
});
