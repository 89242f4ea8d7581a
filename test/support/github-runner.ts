import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { execa } from 'execa';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';

/**
 * As much of a GitHub runner as samples need: expressions (GitHub's own package), conditions, `run:` as it stands in a
 * file for bash, composite actions, and the files for outputs and summaries. What it does not know it refuses.
 */
type Values = Readonly<Record<string, string>>;

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Values;
  readonly with?: Readonly<Record<string, string | number | boolean>>;
}

interface Action {
  readonly inputs?: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

export interface Workflow {
  readonly permissions?: Values;
  readonly jobs: Readonly<Record<string, { readonly permissions?: Values; readonly steps: readonly Step[] }>>;
}

export interface StepResult {
  readonly step: Step;
  readonly outcome: 'success' | 'failure' | 'skipped';
  /** Of the last command that it ran. */
  readonly exitCode: number;
  readonly outputs: Values;
  /** What the log shows. */
  readonly log: string;
  readonly summary: string;
  /** For an action: its inputs, evaluated. */
  readonly with: Values;
}

export interface Runner {
  /** The workspace, in which steps run. */
  readonly workspace: string;
  /** Of the machine: all that is not said by GitHub. */
  readonly env: Values;
  /** Directories of the actions that are run for real, by what stands before `@`; others are noted, and succeed. */
  readonly actions: Readonly<Record<string, string>>;
}

interface Contexts {
  readonly inputs?: Values;
  readonly steps: ReadonlyMap<string, StepResult>;
  readonly failed: boolean;
}

const NOTHING = { exitCode: 0, outputs: {}, log: '', summary: '', with: {} } as const;

export function readWorkflow(file: string): Workflow {
  return parse(readFileSync(file, 'utf8')) as Workflow;
}

export function readAction(directory: string): Action {
  return parse(readFileSync(path.join(directory, 'action.yml'), 'utf8')) as Action;
}

/** Runs the steps of a job one after the other, whatever becomes of each, as their conditions say. */
export async function runSteps(
  runner: Runner,
  steps: readonly Step[],
  inputs?: Values,
  home?: string,
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    const contexts: Contexts = {
      ...(inputs === undefined ? {} : { inputs }),
      steps: new Map(results.flatMap((result) => (result.step.id === undefined ? [] : [[result.step.id, result]]))),
      failed: results.some(({ outcome }) => outcome === 'failure'),
    };
    results.push(
      isWanted(step, contexts) ? await runStep(runner, step, contexts, home) : { step, outcome: 'skipped', ...NOTHING },
    );
  }
  return results;
}

/** Runs a composite action. @param given inputs; the others have their defaults */
export async function runAction(runner: Runner, directory: string, given: Values): Promise<Omit<StepResult, 'step'>> {
  const { inputs = {}, outputs = {}, runs } = readAction(directory);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(inputs, name));
  if (unknown.length > 0) throw new Error(`The action has no input ${unknown.join(', ')}.`);
  const defaults = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default ?? '']));
  const results = await runSteps(runner, runs.steps, { ...defaults, ...given }, directory);
  const contexts: Contexts = { steps: new Map(results.map((result) => [result.step.id ?? '', result])), failed: false };
  const failed = results.find(({ outcome }) => outcome === 'failure');
  return {
    outcome: failed === undefined ? 'success' : 'failure',
    exitCode: failed?.exitCode ?? 0,
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, filled(value, contexts)])),
    log: results.map(({ log }) => log).join(''),
    summary: results.map(({ summary }) => summary).join(''),
    with: given,
  };
}

async function runStep(runner: Runner, step: Step, contexts: Contexts, home: string | undefined): Promise<StepResult> {
  if (step.uses !== undefined) {
    const given = Object.fromEntries(
      Object.entries(step.with ?? {}).map(([name, value]) => [name, filled(String(value), contexts)]),
    );
    const directory = runner.actions[step.uses.split('@')[0] ?? ''];
    return directory === undefined
      ? { step, outcome: 'success', ...NOTHING, with: given }
      : { step, ...(await runAction(runner, directory, given)) };
  }
  if (step.run === undefined) throw new Error(`A step has neither run nor uses: ${JSON.stringify(step)}`);
  const temp = await mkdtemp(path.join(tmpdir(), 'bulkhead-runner-'));
  const [script, output, summary] = ['script.sh', 'output', 'summary'].map((name) => path.join(temp, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(script, filled(step.run, contexts));
  await writeFile(output, '');
  await writeFile(summary, '');
  const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, value]) => [name, filled(String(value), contexts)]));
  // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax: what bash is called with.
  const flags = step.shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
  const { exitCode = -1, all } = await execa('bash', [...flags, script], {
    cwd: runner.workspace,
    extendEnv: false,
    env: {
      ...runner.env,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: runner.workspace,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      RUNNER_TEMP: temp,
      ...(home === undefined ? {} : { GITHUB_ACTION_PATH: home }),
      ...env,
    },
    all: true,
    reject: false,
    stripFinalNewline: false,
  });
  const written = { outputs: readOutputs(await readFile(output, 'utf8')), summary: await readFile(summary, 'utf8') };
  await rm(temp, { recursive: true });
  return { step, outcome: exitCode === 0 ? 'success' : 'failure', exitCode, log: all, with: {}, ...written };
}

/** `name=value`, or `name<<DELIMITER`, lines, `DELIMITER`. */
function readOutputs(text: string): Values {
  const lines = text.split('\n');
  const outputs: Record<string, string> = {};
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const [, name = '', operator, rest = ''] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? [];
    if (operator === '=') outputs[name] = rest;
    else if (operator === '<<')
      outputs[name] = lines
        .splice(0, lines.indexOf(rest) + 1)
        .slice(0, -1)
        .join('\n');
    else if (line !== '') throw new Error(`GITHUB_OUTPUT has a line that is no output: ${line}`);
  }
  return outputs;
}

/** Without a status function, a condition also asks that nothing has failed. */
function isWanted({ if: condition }: Step, contexts: Contexts): boolean {
  if (condition === undefined) return !contexts.failed;
  const bare = /^\$\{\{(.*)\}\}$/s.exec(condition.trim())?.[1] ?? condition;
  const asked = /\b(?:always|cancelled|failure|success)\s*\(/.test(bare);
  return truth(evaluate(bare, contexts)) && (asked || !contexts.failed);
}

function filled(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => evaluate(expression, contexts).coerceString());
}

function evaluate(expression: string, { inputs = {}, steps, failed }: Contexts): data.ExpressionData {
  const context = dictionary({
    github: dictionary(strings({ run_id: '1', run_attempt: '1' })),
    inputs: dictionary(strings(inputs)),
    steps: dictionary(
      Object.fromEntries([...steps].map(([id, { outputs }]) => [id, dictionary({ outputs: dictionary(strings(outputs)) })])),
    ),
  });
  const status = { always: true, cancelled: false, failure: failed, success: !failed };
  const functions = Object.entries(status).map(([name, value]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  }));
  const tree = new Parser(new Lexer(expression.trim()).lex().tokens, ['github', 'inputs', 'steps'], functions).parse();
  return new Evaluator(tree, context, new Map(functions.map((each) => [each.name, each]))).evaluate();
}

function strings(values: Values): Readonly<Record<string, data.ExpressionData>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new data.StringData(value)]));
}

function dictionary(entries: Readonly<Record<string, data.ExpressionData>>): data.Dictionary {
  return new data.Dictionary(...Object.entries(entries).map(([key, value]) => ({ key, value })));
}

function truth(value: data.ExpressionData): boolean {
  return value.kind === data.Kind.Boolean ? value.coerceString() === 'true' : value.coerceString() !== '';
}

/**
 * The workflow commands that a runner would obey, as it reads a log: indented or not, and none between
 * `::stop-commands::TOKEN` and `::TOKEN::`.
 */
export function commandsOf(log: string): readonly string[] {
  const found: string[] = [];
  let stopped: string | undefined;
  for (const line of log.split(/\r?\n/).map((each) => each.trim())) {
    if (stopped !== undefined) {
      if (line === `::${stopped}::`) stopped = undefined;
    } else if (line.startsWith('::stop-commands::')) stopped = line.slice('::stop-commands::'.length);
    else if (line.startsWith('::') || line.includes('##[')) found.push(line);
  }
  return found;
}
