import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import type { Engine } from '../runtime/connect.ts';
import { awaitServer } from '../runtime/find-server.ts';
import { imageFacts } from '../runtime/server-image.ts';
import { expiringLabels } from '../runtime/labels.ts';
import { commandText, variableName } from './command-text.ts';
import { toolhiveVariables } from './engine-variables.ts';
import { envFile } from './env-file.ts';
import type { Availability, Platform, PlatformRun, PlatformServer } from './platform.ts';
import { withPrivateFiles } from './private-files.ts';
import { serverPort } from './server-port.ts';
import type { PlatformSettings } from './settings.ts';
import { startServer, type Attempt } from './start.ts';
import { reasonOf, runTool, toolOutput } from '../runtime/tool.ts';
import { isNone, mountsOf } from './ways.ts';

/** The first with all flags that are used here; the last of them to come was `--env-file` (its tags, `cmd/thv/app/run_flags.go`). */
const OLDEST = '0.3.0';
/** From here on a server is isolated unless somebody says otherwise (its change d8f40cb15). */
const ISOLATED_SINCE = '0.30.1';
const VERSION_TIMEOUT_MS = 10_000;
/** It may pull the server's image and those of its sidecars. */
const RUN_TIMEOUT_MS = 180_000;
const REMOVE_TIMEOUT_MS = 60_000;

/** ToolHive's command `thv`, found on PATH. */
export function toolhive(settings: PlatformSettings): Platform {
  return {
    name: 'toolhive',
    find: (engine) => find(engine, settings),
    start: (run) => start(run, settings),
  };
}

async function find(engine: Engine, settings: PlatformSettings): Promise<Availability> {
  const env = toolhiveVariables(engine, settings);
  if (env === undefined) {
    return {
      state: 'missing',
      why: `thv speaks to an engine through its socket, and this one is at ${escapeText(engine.facts.endpoint, 100)}`,
      hint: 'Run the comparison on the machine of the engine.',
    };
  }
  const outcome = await runTool({ program: 'thv', args: ['version', '--format', 'json'], env, timeoutMs: VERSION_TIMEOUT_MS });
  if (outcome.state === 'absent') {
    return { state: 'missing', why: 'there is no thv on PATH', hint: 'Install ToolHive: https://docs.stacklok.com/toolhive.' };
  }
  const version = outcome.state === 'ended' && outcome.code === 0 ? versionOf(outcome.stdout) : undefined;
  if (version === undefined) {
    return {
      state: 'missing',
      why: `"thv version --format json" does not say a version: it ${outcome.state === 'ended' && outcome.code === 0 ? 'printed something else' : reasonOf(outcome)}`,
      hint: `Install ToolHive ${OLDEST} or later.`,
    };
  }
  return isOlder(version, OLDEST)
    ? {
        state: 'missing',
        why: `thv is ${version}, which lacks flags that are needed`,
        hint: `Install ToolHive ${OLDEST} or later.`,
      }
    : { state: 'ready', version };
}

/** As `thv version --format json` says it; a build of somebody's own may have any word. */
export function versionOf(output: string): string | undefined {
  try {
    const { version } = JSON.parse(output) as { readonly version?: unknown };
    return typeof version === 'string' && /^[\w.+-]{1,60}$/.test(version) ? version : undefined;
  } catch {
    return undefined;
  }
}

/** `v0.2.9` before `0.3.0`; what is no version number is taken for a build of the newest source. */
export function isOlder(version: string, than: string): boolean {
  const numbers = (text: string): readonly number[] => (/^v?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
  const [have, want] = [numbers(version), numbers(than)];
  if (have.length === 0) return false;
  const at = want.findIndex((number, index) => number !== have[index]);
  return at !== -1 && (have[at] ?? 0) < (want[at] ?? 0);
}

async function start(run: PlatformRun, settings: PlatformSettings): Promise<PlatformServer> {
  const found = await find(run.engine, settings);
  const env = toolhiveVariables(run.engine, settings);
  if (found.state === 'missing' || env === undefined) {
    throw new BulkheadError('usage', `ToolHive cannot run servers here${found.state === 'missing' ? `: ${found.why}` : ''}.`, {
      hint: found.state === 'missing' ? found.hint : 'Run the comparison on the machine of the engine.',
    });
  }
  return startServer(run, {
    make: (attempt) => make(run, attempt, env, found.version),
    undo: async () => {
      // What it could not remove shows on the engine, whatever it says.
      await runTool({ program: 'thv', args: ['rm', run.name], env, timeoutMs: REMOVE_TIMEOUT_MS });
      return [];
    },
  });
}

async function make(
  run: PlatformRun,
  { session }: Attempt,
  env: Readonly<Record<string, string>>,
  version: string,
): Promise<Omit<PlatformServer, 'remove'>> {
  const { docker } = run.engine;
  const { exposedPorts } = await imageFacts(docker, run.image, run.progress);
  const labels = Object.entries(expiringLabels(session)).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
  const port = serverPort(run, exposedPorts);
  await withPrivateFiles(async (files) => {
    const profile =
      run.profile === undefined || isNone(run.profile)
        ? undefined
        : await files.write('profile.json', JSON.stringify(run.profile));
    const variables = run.env.length === 0 ? undefined : await files.write('variables', envFile(run.env));
    await toolOutput('thv run', {
      program: 'thv',
      args: thvRun(run, port, {
        profile: run.profile === undefined ? undefined : (profile ?? 'none'),
        more: [...labels, ...(variables === undefined ? [] : ['--env-file', variables])],
      }),
      env,
      timeoutMs: RUN_TIMEOUT_MS,
      signal: run.signal,
    });
  });
  // It has returned; the process that it left behind deploys the server only now.
  const server = await awaitServer(docker, {
    labels: { toolhive: 'true', 'toolhive-basename': run.name },
    without: 'toolhive-auxiliary-workload',
    timeoutMs: RUN_TIMEOUT_MS,
    signal: run.signal,
    failed: () => failure(run.name, env),
  });
  if (server.id === undefined) {
    const why = server.why === undefined ? '' : `: ${server.why}`;
    throw new BulkheadError('engine-failed', `thv run returned, and no server of it came to run${why}.`, {
      hint: 'Its log says more: run the same by hand, then thv logs NAME --proxy.',
    });
  }
  return { containerId: server.id, command: thvCommand(run, port), notes: thvNotes(run, version) };
}

/** What ToolHive knows of a deployment that failed; versions before 0.10 are not asked, and say nothing. */
async function failure(name: string, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const args = ['status', name, '--format', 'json'];
  const outcome = await runTool({ program: 'thv', args, env, timeoutMs: VERSION_TIMEOUT_MS });
  return outcome.state === 'ended' && outcome.code === 0 ? failureOf(outcome.stdout) : undefined;
}

/** Of `thv status --format json` (its `cmd/thv/app/status.go`); safe to print. */
export function failureOf(output: string): string | undefined {
  try {
    const { status, health } = JSON.parse(output) as { readonly status?: unknown; readonly health?: unknown };
    if (status !== 'error') return undefined;
    return typeof health === 'string' && health !== '' ? escapeText(health, 300) : 'its status is "error"';
  } catch {
    return undefined;
  }
}

/**
 * Arguments of `thv run`. Pure.
 * @param profile a file or `none`; undefined leaves everything to ToolHive
 */
export function thvRun(
  { name, image, args, transport }: Pick<PlatformRun, 'name' | 'image' | 'args' | 'transport'>,
  port: number | undefined,
  { profile, more }: { readonly profile: string | undefined; readonly more: readonly string[] },
): readonly string[] {
  return [
    'run',
    '--name',
    name,
    '--transport',
    transport,
    ...(port === undefined ? [] : ['--target-port', String(port)]),
    ...(profile === undefined ? [] : ['--permission-profile', profile, '--isolate-network']),
    ...more,
    image,
    ...(args.length === 0 ? [] : ['--', ...args]),
  ];
}

/** As a person would type it. */
export function thvCommand(run: PlatformRun, port: number | undefined): string {
  return commandText([
    'thv',
    ...thvRun(run, port, {
      profile: run.profile === undefined ? undefined : isNone(run.profile) ? 'none' : 'PROFILE.json',
      more: run.env.flatMap((entry) => ['--env', variableName(entry)]),
    }),
  ]);
}

/** Pure. */
export function thvNotes({ profile }: Pick<PlatformRun, 'profile'>, version: string): readonly string[] {
  if (profile === undefined) {
    return [
      isOlder(version, ISOLATED_SINCE)
        ? `ToolHive ${version} isolates no network unless it is asked to.`
        : 'ToolHive takes the profile "network", any host and any port, where nobody names one.',
    ];
  }
  return mountsOf(profile)
    .mounts.filter(({ kind }) => kind === 'volume')
    .map(({ source }) => `ToolHive does not mount volumes: ${escapeText(source, 80)} is left out.`);
}
