import type * as Workflows from '@actions/workflow-parser';
import type * as Actions from '@actions/workflow-parser/actions/action-parser';
import { build } from 'esbuild';

type Parser = typeof Workflows & typeof Actions;

const { outputFiles } = await build({
  stdin: {
    contents: `
      export { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
      export { parseAction } from '@actions/workflow-parser/actions/action-parser';
    `,
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  format: 'esm',
  platform: 'browser',
  write: false,
});
// The package imports JSON in a way that bundlers take and Node.js does not.
const text = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
const parser = (await import(`data:text/javascript;base64,${text}`)) as Parser;

/** What GitHub's own parser finds wrong with a workflow, or with an action's metadata: keys, shapes, expressions. */
export function problemsOf(kind: 'workflow' | 'action', content: string): readonly string[] {
  const parse = kind === 'workflow' ? parser.parseWorkflow : parser.parseAction;
  const { context } = parse({ name: `${kind}.yml`, content }, new parser.NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}
