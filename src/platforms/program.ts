import path from 'node:path';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import type { Engine } from '../runtime/connect.ts';
import { fullId } from '../runtime/find-server.ts';
import { imageFacts } from '../runtime/server-image.ts';
import { commandText } from './command-text.ts';
import { dockerVariables } from './engine-variables.ts';
import { envFile } from './env-file.ts';
import type { Availability, Platform, PlatformRun, PlatformServer } from './platform.ts';
import { withPrivateFiles } from './private-files.ts';
import { readAnswer } from './program-answer.ts';
import type { PlatformSettings } from './settings.ts';
import { startServer, type Attempt } from './start.ts';
import { reasonOf, runTool, toolOutput } from '../runtime/tool.ts';

const VERSION_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 60_000;

/**
 * Any program that keeps to the contract of docs/platforms.md: `version`, `start NAME IMAGE TRANSPORT …`, `stop NAME`.
 * Its arguments are words, never a shell's; what it prints is taken for hostile.
 */
export function program(reference: string, settings: PlatformSettings): Platform {
  const file = path.resolve(reference);
  return {
    name: reference,
    find: (engine) => find(engine, file, settings),
    start: (run) => start(run, file, settings),
  };
}

async function find(engine: Engine, file: string, settings: PlatformSettings): Promise<Availability> {
  const env = dockerVariables(engine, settings);
  const outcome = await runTool({ program: file, args: ['version'], env, timeoutMs: VERSION_TIMEOUT_MS });
  const shown = escapeText(path.basename(file), 80);
  if (outcome.state === 'absent') {
    return {
      state: 'missing',
      why: `${shown} is not there, or what its first line names is not`,
      hint: 'Write the path of a program that may be executed.',
    };
  }
  const version = outcome.state === 'ended' && outcome.code === 0 ? (outcome.stdout.trim().split('\n')[0] ?? '') : '';
  if (version !== '') return { state: 'ready', version: escapeText(version, 80) };
  const why = outcome.state === 'ended' && outcome.code === 0 ? 'printed nothing' : reasonOf(outcome);
  return { state: 'missing', why: `"${shown} version" ${why}`, hint: 'docs/platforms.md says what such a program has to do.' };
}

async function start(run: PlatformRun, file: string, settings: PlatformSettings): Promise<PlatformServer> {
  const variables = dockerVariables(run.engine, settings);
  return startServer(run, {
    make: (attempt) => make(run, file, { ...variables, ...labelVariable(attempt) }),
    undo: async () => {
      const outcome = await runTool({ program: file, args: ['stop', run.name], env: variables, timeoutMs: STOP_TIMEOUT_MS });
      const done = outcome.state === 'ended' && outcome.code === 0;
      return done ? [] : [`${escapeText(path.basename(file), 80)} stop ${reasonOf(outcome)}`];
    },
  });
}

/** Whatever carries these labels is removed after a crash too. */
function labelVariable({ labels }: Attempt): Readonly<Record<string, string>> {
  return { BULKHEAD_LABELS: JSON.stringify(labels) };
}

async function make(
  run: PlatformRun,
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<Omit<PlatformServer, 'remove'>> {
  // Programs need not know how to pull.
  await imageFacts(run.engine.docker, run.image, run.progress);
  const output = await withPrivateFiles(async (files) =>
    toolOutput(`${escapeText(path.basename(file), 80)} start`, {
      program: file,
      args: startArguments(run, {
        profile: run.profile === undefined ? undefined : await files.write('profile.json', JSON.stringify(run.profile)),
        variables: run.env.length === 0 ? undefined : await files.write('variables', envFile(run.env)),
      }),
      env,
      timeoutMs: START_TIMEOUT_MS,
      signal: run.signal,
    }),
  );
  const answer = readAnswer(output);
  const containerId = await fullId(run.engine.docker, answer.container);
  if (containerId === undefined) {
    throw new BulkheadError(
      'engine-failed',
      `The engine has no container ${answer.container}, which the platform's program named.`,
      {
        hint: 'It has to start servers on the engine that DOCKER_HOST names.',
      },
    );
  }
  return { containerId, command: answer.command ?? typed(run, file), notes: answer.notes ?? [] };
}

/** Pure. */
export function startArguments(
  { name, image, transport, port, args }: PlatformRun,
  { profile, variables }: { readonly profile: string | undefined; readonly variables: string | undefined },
): readonly string[] {
  return [
    'start',
    name,
    image,
    transport,
    ...(profile === undefined ? [] : ['--profile', profile]),
    // Not `--env-file`: Node.js takes that for its own wherever it stands, and programs may be written for it.
    ...(variables === undefined ? [] : ['--variables', variables]),
    ...(port === undefined ? [] : ['--port', String(port)]),
    ...(args.length === 0 ? [] : ['--', ...args]),
  ];
}

function typed(run: PlatformRun, file: string): string {
  const files = { profile: run.profile && 'PROFILE.json', variables: run.env.length === 0 ? undefined : 'VARIABLES.env' };
  return commandText([file, ...startArguments(run, files)]);
}
