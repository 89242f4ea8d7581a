import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { EXIT, exitCodeOf } from '../src/engine/exit-code.ts';
import { BulkheadError, messageOf } from '../src/errors.ts';
import type { Report } from '../src/model/report.ts';
import { escapeText } from '../src/model/text.ts';
import { planOf, type ActionPlan } from './plan.ts';

/** The step `audit` of action.yml: the command line with the inputs, then annotations, outputs, and its exit code. */
const CLI = path.join(import.meta.dirname, '../dist/cli.js');

process.exitCode = await main();

/** @returns the exit code; what breaks here is never taken for a violation, which is what 1 says */
async function main(): Promise<number> {
  try {
    return await perform(planOf(process.env));
  } catch (error) {
    const known = error instanceof BulkheadError;
    const code = known ? exitCodeOf(error.code) : EXIT.engine;
    complain(`${messageOf(error)} ${(known && error.hint) || ''}`);
    await tell({ 'exit-code': String(code), verdict: verdictOf(code) });
    return code;
  }
}

async function perform({ files, annotations, directory, args }: ActionPlan): Promise<number> {
  await mkdir(directory, { recursive: true });
  // On a machine of one's own the workspace may hold an earlier run's, which must not be uploaded as this one's.
  for (const file of [...Object.values(files), annotations]) await rm(file, { force: true });

  const code = await audit(args);
  if (existsSync(annotations)) process.stdout.write(await readFile(annotations, 'utf8'));
  else complain(`The audit ended with ${code} before there was a report: see the log.`);
  const written = Object.entries(files).filter(([, file]) => existsSync(file));
  await tell({
    'exit-code': String(code),
    verdict: verdictOf(code),
    ...(existsSync(files.json) && { counts: await countsOf(files.json) }),
    ...Object.fromEntries(written),
  });
  return code;
}

function complain(message: string): void {
  process.stdout.write(`::error title=bulkhead::${escapeText(message, 1000)}\n`);
}

/**
 * Runs it with its messages in the log. They quote containers: between these two lines the runner takes nothing that is
 * printed for a command of the workflow. One stream, as the runner reads two in any order.
 */
async function audit(args: readonly string[]): Promise<number> {
  const token = randomUUID();
  process.stdout.write(`::stop-commands::${token}\n`);
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 1, 1] });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'close')) as [number | null];
  process.stdout.write(`\n::${token}::\n`);
  // Killed: it could not say anything.
  return code ?? EXIT.engine;
}

function verdictOf(code: number): string {
  return Object.entries(EXIT).find(([, value]) => value === code)?.[0] ?? 'engine';
}

async function countsOf(file: string): Promise<string> {
  const { summary } = JSON.parse(await readFile(file, 'utf8')) as Report;
  return JSON.stringify(summary.counts);
}

/** Outputs of the step: one line each, as no value has a line break. */
async function tell(outputs: Readonly<Record<string, string>>): Promise<void> {
  const text = Object.entries(outputs).map(([name, value]) => `${name}=${value}\n`);
  const file = process.env['GITHUB_OUTPUT'];
  if (file !== undefined && file !== '') await appendFile(file, text.join(''));
}
