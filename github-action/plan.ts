import path from 'node:path';
import { BulkheadError } from '../src/errors.ts';
import { escapeText } from '../src/model/text.ts';

/** Files of one run, by the name of the output that tells their path. */
export interface ActionFiles {
  readonly html: string;
  readonly json: string;
  readonly junit: string;
  readonly sarif: string;
  readonly bundle: string;
}

export interface ActionPlan {
  /** What stands behind `bulkhead`. */
  readonly args: readonly string[];
  readonly directory: string;
  readonly files: ActionFiles;
  /** Workflow commands, which are printed when the audit is over. */
  readonly annotations: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * What the inputs of action.yml ask for. Each becomes one whole argument, `--option=value`, so that no value is taken
 * for an option; names of containers stand behind `--`.
 * @param env the inputs as action.yml hands them on, and what a runner sets
 * @throws BulkheadError `usage` for an input that cannot be what it is for
 */
export function planOf(env: Variables): ActionPlan {
  const directory = line(env, 'report-directory');
  if (directory === undefined) throw invalid('report-directory', '', 'a directory below the workspace: bulkhead-report');
  const inside = (name: string): string => path.join(directory, name);
  const files: ActionFiles = {
    html: inside('report.html'),
    json: inside('report.json'),
    junit: inside('junit.xml'),
    sarif: inside('bulkhead.sarif'),
    bundle: inside('bundle.json'),
  };
  const annotations = inside('annotations.txt');
  const { bundle, ...reports } = files;
  const summary = env['GITHUB_STEP_SUMMARY'] ?? '';
  const formats = [
    'console',
    ...Object.entries(reports).map(([format, file]) => `${format}=${file}`),
    `github=${annotations}`,
    ...(summary === '' ? [] : [`github-summary=${summary}`]),
    ...lines(env, 'formats'),
  ];
  const internet = lines(env, 'internet');
  const noInternet = flag(env, 'no-internet');
  if (noInternet && internet.length > 0) throw invalid('no-internet', 'true', 'either this or internet');
  return {
    args: [
      'audit',
      ...one('--config', line(env, 'config')),
      ...one('--fail-on', line(env, 'fail-on')),
      ...one('--baseline', line(env, 'baseline')),
      ...lines(env, 'profiles').map((value) => `--profile=${value}`),
      ...internet.map((value) => `--internet=${value}`),
      ...(noInternet ? ['--no-internet'] : []),
      ...formats.map((value) => `--format=${value}`),
      `--save=${bundle}`,
      ...lines(env, 'args'),
      '--',
      ...lines(env, 'targets'),
    ],
    directory,
    files,
    annotations,
  };
}

function text(env: Variables, input: string): string {
  return env[`INPUT_${input.toUpperCase().replaceAll('-', '_')}`] ?? '';
}

/** One entry a line; blanks around it and empty lines are nothing. Runners take a carriage return alone for an end too. */
function lines(env: Variables, input: string): readonly string[] {
  return text(env, input)
    .split(/\r\n?|\n/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** @throws BulkheadError for more than one line, which could pass for another output of the step */
function line(env: Variables, input: string): string | undefined {
  const found = lines(env, input);
  if (found.length > 1) throw invalid(input, text(env, input), 'one line');
  return found[0];
}

function flag(env: Variables, input: string): boolean {
  const value = line(env, input) ?? 'false';
  if (value !== 'true' && value !== 'false') throw invalid(input, value, 'true or false');
  return value === 'true';
}

function one(option: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`${option}=${value}`];
}

function invalid(input: string, value: string, good: string): BulkheadError {
  return new BulkheadError('usage', `The input ${input} does not take "${escapeText(value, 100)}".`, { hint: `Give ${good}.` });
}
