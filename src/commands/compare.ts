import type { Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { CHECKS } from '../checks/registry.ts';
import type { FoundConfig } from '../config/discover.ts';
import { comparedCanaries, plannedRuns, type NamedProfile } from '../comparison/plan.ts';
import { COMPARED } from '../comparison/rows.ts';
import { runComparison } from '../comparison/run.ts';
import { profileForImage } from '../engine/subjects.ts';
import { BulkheadError } from '../errors.ts';
import { readEnvironment } from '../launcher/environment.ts';
import type { ServerTransport } from '../model/compartment.ts';
import { platformOf } from '../platforms/registry.ts';
import { loadProfile } from '../profiles/load.ts';
import { COMPARISON_FORMATS, COMPARISON_REPORTERS } from '../reporters/comparison-registry.ts';
import { sweep } from '../runtime/cleanup.ts';
import { ensureProbeImage } from '../runtime/probe-image.ts';
import { imageFacts } from '../runtime/server-image.ts';
import { saveBundle } from '../store/bundle-file.ts';
import type { CommandContext } from './context.ts';
import { asEngineError, engineOf, HOST_OPTION } from './engine.ts';
import { addConfigOptions, collect, parseInteger } from './options.ts';
import { parseFormats, writeOutputs } from './output.ts';
import { parseTransport } from './run-options.ts';
import { imageOf } from './run-prepare.ts';
import { destinationsOf, profileRulesOf, readConfig } from './settings.ts';

interface CompareOptions {
  /** False with `--no-config`. */
  readonly config?: string | false;
  readonly launchers: string;
  readonly profile: readonly string[];
  readonly transport: ServerTransport;
  readonly targetPort?: number;
  readonly env: readonly string[];
  readonly internet: readonly string[];
  readonly management: readonly string[];
  readonly timeout: number;
  readonly concurrency: number;
  readonly format: readonly string[];
  readonly save?: string;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly host?: string;
}

export function addCompare(program: Command, context: CommandContext): void {
  addConfigOptions(program.command('compare'))
    .description('run one image three ways at the same time, and show whether its profile makes a difference')
    .argument('<image>', 'image of the server, or an npm package: npx:NAME@VERSION')
    .argument('[args...]', 'arguments for the server')
    .passThroughOptions()
    .option(
      '--launchers <names>',
      'what starts it, separated by commas: docker, bulkhead, toolhive, compose:FILE or a program (docs/platforms.md)',
      'docker,bulkhead',
    )
    .option(
      '--profile <profile>',
      'the explicit profile (default: of the configuration, else the first canary alone); given twice: these two are compared with each other',
      collect,
      [],
    )
    .option('--transport <transport>', 'how clients speak to it: stdio, streamable-http or sse', parseTransport, 'stdio')
    .option('--target-port <port>', 'port on which the server listens inside', parseInteger('--target-port', 1, 65_535))
    .option('--env <name[=value]>', 'variable for the server; repeatable', collect, [])
    .option(
      '--internet <host:port[/udp]>',
      'destination outside that nobody declares; repeatable, replaces the defaults',
      collect,
      [],
    )
    .option('--management <host:port>', 'management API that servers must not reach; repeatable', collect, [])
    .option('--timeout <ms>', 'time for one attempt, retries included', parseInteger('--timeout', 100, 60_000), 2000)
    .option('--concurrency <n>', 'containers started at once', parseInteger('--concurrency', 1, 64), 4)
    .option('--format <format[=file]>', 'console, json or html; repeatable', collect, [])
    .option('--save <file>', 'keep the observations, for `bulkhead evaluate`')
    .option('--quiet', 'verdicts only, no progress', false)
    .option('--verbose', 'everything', false)
    .option(...HOST_OPTION)
    .action(async (image: string, args: readonly string[], options: CompareOptions) =>
      context.finish(await compare(image, args, options, context)),
    );
}

async function compare(
  reference: string,
  args: readonly string[],
  options: CompareOptions,
  { signal }: CommandContext,
): Promise<number> {
  const formats = parseFormats(options.format, { known: COMPARISON_FORMATS });
  const platforms = distinct(options.launchers).map((word) => platformOf(word, { env: process.env }));
  const found = await readConfig(options.config, process.env);
  const { internet, management } = options;
  const destinations = destinationsOf({ internet, management, private: [], neighbor: [] }, found);
  const runs = plannedRuns(await readProfiles(await profilesOf(reference, options, found)), destinations.internet);
  const { env, notes } = readEnvironment(options.env, process.env);
  const progress = options.quiet ? () => undefined : (message: string) => void process.stderr.write(`bulkhead: ${message}\n`);

  const engine = await engineOf(options.host);
  const prepared = await asEngineError(engine, async () => {
    const swept = await sweep(engine.docker, Date.now());
    const named = await imageOf(reference, engine, { allowScripts: false }, signal, progress);
    const image = await imageFacts(engine.docker, named, progress);
    return { swept, image, probeImage: await ensureProbeImage(engine.docker, engine.facts.architecture) };
  });
  const { comparison, bundle } = await asEngineError(engine, () =>
    runComparison({
      engine,
      server: prepared.image.reference,
      probeImage: prepared.probeImage,
      name: `compare-${randomBytes(3).toString('hex')}`,
      args,
      env,
      transport: options.transport,
      ...(options.targetPort === undefined ? {} : { port: options.targetPort }),
      platforms,
      runs,
      checks: CHECKS.filter(({ meta }) => COMPARED.includes(meta.id)),
      ...destinations,
      internet: comparedCanaries(runs, destinations.internet),
      timeoutMs: options.timeout,
      concurrency: options.concurrency,
      notes: [...prepared.swept, ...notes],
      signal,
      progress,
    }),
  );
  if (options.save !== undefined) await saveBundle(options.save, bundle);
  await writeOutputs(formats, options, async (format, view) => [COMPARISON_REPORTERS[format](comparison, view)]);
  return comparison.exit.code;
}

/** A rule for a server by its name fits none: there is no container yet. */
async function profilesOf(
  reference: string,
  { profile }: CompareOptions,
  found: FoundConfig | undefined,
): Promise<readonly string[]> {
  const configured = profileForImage(await profileRulesOf(found), reference);
  return profile.length > 0 || configured === undefined ? profile : [configured];
}

async function readProfiles(references: readonly string[]): Promise<readonly NamedProfile[]> {
  if (references.length > 2) {
    throw new BulkheadError('usage', 'At most two profiles can be compared.', {
      hint: 'One is compared with the defaults and with full isolation, two with each other.',
    });
  }
  return Promise.all(references.map(async (reference) => loadProfile(reference)));
}

function distinct(list: string): readonly string[] {
  return [...new Set(list.split(',').map((word) => word.trim()))].filter((word) => word !== '');
}
