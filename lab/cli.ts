import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { namespaceCommand, namespaceEnvironment } from './exec.ts';
import {
  attachLab,
  engineNames,
  isEngineName,
  LabError,
  LabInterrupted,
  labSupport,
  listLabs,
  startLab,
  stopLab,
} from './lab.ts';

const usage = `Usage:
  node lab/cli.ts up [--engine ${engineNames.join('|')}] [--id ID] [--no-metadata] [--json]
  node lab/cli.ts down [--id ID | --all]
  node lab/cli.ts status [--json]
  node lab/cli.ts exec [--id ID] --ns host|inet -- COMMAND [ARGUMENT...]`;

interface Flags {
  readonly engine: string;
  readonly id?: string;
  readonly ns?: string;
  readonly all: boolean;
  readonly json: boolean;
  readonly metadata: boolean;
}

async function main(): Promise<number> {
  const dashes = process.argv.indexOf('--');
  const own = process.argv.slice(2, dashes === -1 ? undefined : dashes);
  const { values, positionals } = parseArgs({
    args: own,
    allowPositionals: true,
    allowNegative: true,
    options: {
      engine: { type: 'string', default: 'debian' },
      id: { type: 'string' },
      ns: { type: 'string' },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      metadata: { type: 'boolean', default: true },
    },
  });
  const flags = values as Flags;
  switch (positionals[0]) {
    case 'up':
      return up(flags);
    case 'down':
      return down(flags);
    case 'status':
      return status(flags);
    case 'exec':
      return exec(flags, dashes === -1 ? [] : process.argv.slice(dashes + 1));
    case undefined:
    default:
      throw new LabError('No such command.', usage);
  }
}

async function up({ engine, id, metadata, json }: Flags): Promise<number> {
  if (!isEngineName(engine)) throw new LabError(`There is no engine "${engine}".`, `Choose one of ${engineNames.join(', ')}.`);
  const abort = new AbortController();
  // Not "once": execa's own handler ends the process when it finds no other that stays.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => abort.abort());
  const lab = await startLab({
    engine,
    metadata,
    signal: abort.signal,
    onProgress: (line) => console.error(line),
    ...(id === undefined ? {} : { id }),
  }).catch((error: unknown) => {
    if (!(error instanceof LabInterrupted)) throw error;
    console.error('interrupted; everything is removed');
    return undefined;
  });
  if (lab === undefined) return 130;
  console.log(
    json
      ? JSON.stringify(lab)
      : `${lab.id}: engine ${lab.engineVersion} (${lab.storageDriver}), sealed\nexport DOCKER_HOST=${lab.dockerHost}`,
  );
  return 0;
}

async function down({ id, all }: Flags): Promise<number> {
  const ids = all ? (await listLabs()).map((lab) => lab.id) : [id ?? (await onlyLab())];
  for (const each of ids) {
    await stopLab(each);
    console.error(`${each}: stopped, nothing left`);
  }
  return 0;
}

async function status({ json }: Flags): Promise<number> {
  const support = labSupport();
  const labs = await listLabs();
  if (json) console.log(JSON.stringify({ support, labs }));
  else {
    if (!support.available) console.log(`No lab can run here: ${support.reason}.`);
    for (const { id, condition, state } of labs)
      console.log([id, condition, state?.engine, state?.engineVersion, state?.dockerHost].filter(Boolean).join('  '));
  }
  return 0;
}

async function exec({ id, ns }: Flags, argv: readonly string[]): Promise<number> {
  if ((ns !== 'host' && ns !== 'inet') || argv.length === 0) throw new LabError('Nothing to run, or nowhere to run it.', usage);
  const lab = await attachLab(id ?? (await onlyLab()));
  const [file, ...args] = namespaceCommand(lab, ns, argv);
  const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...namespaceEnvironment(lab) } });
  // The terminal sends Ctrl-C to the child as well; it decides, and its exit code is ours.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 130)));
}

async function onlyLab(): Promise<string> {
  const labs = await listLabs();
  const [first, second] = labs;
  if (first === undefined) throw new LabError('No lab is there.', '`node lab/cli.ts up` starts one.');
  if (second !== undefined)
    throw new LabError(`There are ${labs.length} labs: ${labs.map(({ id }) => id).join(', ')}.`, 'Name one with --id.');
  return first.id;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof LabError ? `${error.message}\n${error.hint}` : error);
    process.exitCode = 1;
  },
);
