import { existsSync } from 'node:fs';
import path from 'node:path';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import type { Engine } from '../runtime/connect.ts';
import { awaitServer } from '../runtime/find-server.ts';
import { imageFacts } from '../runtime/server-image.ts';
import { commandText } from './command-text.ts';
import { composeModel } from './compose-model.ts';
import { dockerVariables } from './engine-variables.ts';
import type { Availability, Platform, PlatformRun, PlatformServer } from './platform.ts';
import type { PlatformSettings } from './settings.ts';
import { startServer, type Attempt } from './start.ts';
import { runTool, toolOutput } from '../runtime/tool.ts';
import { wayOf, type Way } from './ways.ts';

/** The first that is not the Python program, whose `config` has no JSON. */
const OLDEST_MAJOR = 2;
const VERSION_TIMEOUT_MS = 10_000;
const CONFIG_TIMEOUT_MS = 30_000;
/** It may pull images. */
const UP_TIMEOUT_MS = 300_000;
const RUNNING_TIMEOUT_MS = 30_000;
const PROJECT = 'com.docker.compose.project';
const SERVICE = 'com.docker.compose.service';

/** How it is called: the plugin of the docker command first. */
const PROGRAMS = [['docker', 'compose'], ['docker-compose']] as const satisfies readonly (readonly [string, ...string[]])[];
type Program = (typeof PROGRAMS)[number];

/** A compose file of the person's, of which one service is the server. `reference` is `FILE` or `FILE#SERVICE`. */
export function compose(reference: string, settings: PlatformSettings): Platform {
  const at = reference.lastIndexOf('#');
  const file = at === -1 ? reference : reference.slice(0, at);
  const wanted = at === -1 ? undefined : reference.slice(at + 1);
  return {
    name: `compose:${reference}`,
    find: async (engine) => (await look(file, engine, settings)).availability,
    start: (run) => start(run, { file, wanted }, settings),
  };
}

async function look(
  file: string,
  engine: Engine,
  settings: PlatformSettings,
): Promise<{ readonly availability: Availability; readonly program: Program }> {
  const [first] = PROGRAMS;
  const missing = (why: string, hint: string) => ({ availability: { state: 'missing', why, hint } as const, program: first });
  if (!existsSync(file))
    return missing(`there is no file ${escapeText(file, 200)}`, 'Write compose:FILE with the path of a compose file.');
  const older: string[] = [];
  for (const program of PROGRAMS) {
    const [name, ...words] = program;
    const outcome = await runTool({
      program: name,
      args: [...words, 'version', '--short'],
      env: dockerVariables(engine, settings),
      timeoutMs: VERSION_TIMEOUT_MS,
    });
    if (outcome.state !== 'ended' || outcome.code !== 0) continue;
    const version = /^v?(\d+)\.[\w.+~-]{1,60}$/.exec(outcome.stdout.trim());
    if (version === null) continue;
    if (Number(version[1]) >= OLDEST_MAJOR) return { availability: { state: 'ready', version: version[0] }, program };
    older.push(version[0]);
  }
  return older.length > 0
    ? missing(`docker-compose is ${older[0]}, the program that was given up in 2023`, 'Install Docker Compose 2 or later.')
    : missing('there is neither "docker compose" nor docker-compose', 'Install Docker Compose 2 or later.');
}

async function start(
  run: PlatformRun,
  { file, wanted }: { readonly file: string; readonly wanted: string | undefined },
  settings: PlatformSettings,
): Promise<PlatformServer> {
  const { availability, program } = await look(file, run.engine, settings);
  if (availability.state === 'missing') {
    throw new BulkheadError('usage', `Docker Compose cannot run servers here: ${availability.why}.`, { hint: availability.hint });
  }
  return startServer(run, {
    make: (attempt) => make(run, { file, wanted, program, env: dockerVariables(run.engine, settings) }, attempt),
    // All that it makes carries our labels: `docker compose down` would have nothing left to do.
    undo: () => Promise.resolve([]),
  });
}

async function make(
  run: PlatformRun,
  {
    file,
    wanted,
    program,
    env,
  }: {
    readonly file: string;
    readonly wanted: string | undefined;
    readonly program: Program;
    readonly env: Readonly<Record<string, string>>;
  },
  { session, labels, checkpoint }: Attempt,
): Promise<Omit<PlatformServer, 'remove'>> {
  const [name, ...words] = program;
  const project = `bulkhead-${session}`;
  const way = wayOf(run.profile);
  const override = overrideOf(file, way);
  const used = override !== undefined && existsSync(override) ? [file, override] : [file];
  const compose = { program: name, env, signal: run.signal };
  const files = used.flatMap((one) => ['--file', one]);
  const config = await toolOutput('docker compose config', {
    ...compose,
    args: [...words, ...files, '--project-name', project, 'config', '--format', 'json'],
    timeoutMs: CONFIG_TIMEOUT_MS,
  });
  await imageFacts(run.engine.docker, run.image, run.progress);
  const { model, service, notes } = composeModel(parse(config), { run, project, labels, wanted });
  checkpoint();
  run.progress(`docker compose up: ${escapeText(file, 100)}`);
  await toolOutput('docker compose up', {
    ...compose,
    // From its input: the values of variables are in it, and they touch no disk.
    args: [
      ...words,
      '--file',
      '-',
      '--project-name',
      project,
      '--project-directory',
      path.dirname(path.resolve(file)),
      'up',
      '--detach',
      '--no-build',
      '--quiet-pull',
      service,
    ],
    input: JSON.stringify(model),
    timeoutMs: UP_TIMEOUT_MS,
  });
  const server = await awaitServer(run.engine.docker, {
    labels: { [PROJECT]: project, [SERVICE]: service },
    timeoutMs: RUNNING_TIMEOUT_MS,
    signal: run.signal,
  });
  if (server.id === undefined) {
    throw new BulkheadError('engine-failed', `The service ${escapeText(service, 60)} of the compose file does not run.`, {
      hint: 'docker compose up shows what it says.',
    });
  }
  const command = commandText([...program, ...used.flatMap((one) => ['-f', one]), 'up', '-d', service]);
  return { containerId: server.id, command, notes: [...wayNotes(way, override, used.length > 1), ...notes] };
}

/**
 * The file beside the compose file that says what it means to be held: `compose.none.yaml` where nothing is allowed,
 * `compose.profile.yaml` for any other profile. Pure.
 */
export function overrideOf(file: string, way: Way): string | undefined {
  if (way === 'defaults') return undefined;
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}.${way === 'nothing' ? 'none' : 'profile'}${ext}`);
}

function wayNotes(way: Way, override: string | undefined, used: boolean): readonly string[] {
  if (way === 'defaults' || override === undefined) return [];
  const shown = escapeText(override, 200);
  return used
    ? [`A compose file has no permission profile: what ${shown} says is taken for it.`]
    : [
        `A compose file has no permission profile, and there is no ${shown}: the file is run as it is, and nothing of the profile is enforced.`,
      ];
}

function parse(config: string): unknown {
  try {
    return JSON.parse(config);
  } catch (error) {
    throw new BulkheadError('engine-failed', 'docker compose config printed something that is not JSON.', {
      hint: 'Install Docker Compose 2 or later.',
      cause: error,
    });
  }
}
