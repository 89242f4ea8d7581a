import { createHash, randomBytes } from 'node:crypto';
import { DEFAULT_LIMITS } from '../launcher/default-limits.ts';
import { launch } from '../launcher/launch.ts';
import { mountsOn } from '../launcher/mounts-on.ts';
import { BUILT_IN_PROFILES } from '../profiles/built-in.ts';
import { imageFacts } from '../runtime/server-image.ts';
import { tailSink } from '../runtime/server-state.ts';
import { TOOL } from '../version.ts';
import { commandText, variableName } from './command-text.ts';
import type { Platform, PlatformRun, PlatformServer } from './platform.ts';
import { startServer } from './start.ts';
import { isNone } from './ways.ts';

/** `bulkhead run`, through the launcher itself: without a profile nothing is allowed. */
export const BULKHEAD: Platform = {
  name: 'bulkhead',
  find: () => Promise.resolve({ state: 'ready', version: TOOL.version }),
  start,
};

/**
 * The compartment belongs to this process whatever the transport: a detached one would belong to nobody, and stay
 * when this process is killed. Nobody calls a server over HTTP here, so nobody keeps its token.
 */
async function start(run: PlatformRun): Promise<PlatformServer> {
  const { engine, transport } = run;
  const profile = run.profile ?? BUILT_IN_PROFILES.none;
  let remove = (): Promise<readonly string[]> => Promise.resolve([]);
  return startServer(run, {
    make: async ({ checkpoint }) => {
      const image = await imageFacts(engine.docker, run.image, run.progress);
      const { mounts, notes } = await mountsOn(engine, profile, { image, allowSensitive: false });
      checkpoint();
      const tail = tailSink();
      const compartment = await launch({
        engine,
        name: run.name,
        image,
        profile,
        mounts,
        options: {
          ...DEFAULT_LIMITS,
          transport,
          ...(run.port === undefined ? {} : { targetPort: run.port }),
          hostPort: 0,
          detach: false,
          args: run.args,
          env: run.env,
          writableRoot: false,
          execTmp: false,
          capAdd: [],
          allowEch: false,
          allowOrigins: [],
          secretFiles: [],
        },
        secrets: new Map(),
        ...(transport === 'stdio' ? {} : { tokenSha256: createHash('sha256').update(randomBytes(32)).digest('hex') }),
        sinks: { stdout: tail.sink, stderr: tail.sink },
        onLine: () => undefined,
        signal: run.signal,
      });
      remove = compartment.remove;
      return {
        containerId: compartment.serverId,
        command: bulkheadCommand(run),
        notes: [...notes, ...compartment.plan.notes],
        printed: tail.text,
      };
    },
    undo: () => remove(),
  });
}

/** As a person would type it. */
export function bulkheadCommand({ image, args, env, transport, port, profile }: PlatformRun): string {
  return commandText([
    'bulkhead',
    'run',
    ...(profile === undefined ? [] : ['--profile', isNone(profile) ? 'none' : 'PROFILE.json']),
    ...(transport === 'stdio' ? [] : ['--transport', transport]),
    ...(port === undefined ? [] : ['--target-port', String(port)]),
    ...env.flatMap((entry) => ['--env', variableName(entry)]),
    image,
    ...args,
  ]);
}
