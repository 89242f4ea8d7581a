import { Option, type Command } from 'commander';
import { BulkheadError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../launcher/default-limits.ts';
import type { Severity } from '../model/check.ts';
import { TRANSPORTS, type LaunchOptions, type ServerTransport } from '../model/compartment.ts';
import { HOST_OPTION } from './engine.ts';
import { addConfigOptions, collect, parseGate, parseInteger, parseNumber, parseSize, usage } from './options.ts';

export interface RunOptions {
  readonly profile: string;
  readonly name?: string;
  readonly transport: ServerTransport;
  readonly targetPort?: number;
  readonly port: number;
  readonly allowOrigin: readonly string[];
  readonly tokenFile?: string;
  readonly detach: boolean;
  readonly env: readonly string[];
  readonly secret: readonly string[];
  readonly secretAsEnv: readonly string[];
  readonly mountSensitive: boolean;
  readonly user?: string;
  readonly memory: number;
  readonly cpus: number;
  readonly pids: number;
  readonly tmpSize: number;
  readonly writableRoot: boolean;
  readonly execTmp: boolean;
  readonly capAdd: readonly string[];
  readonly allowEch: boolean;
  readonly allowScripts: boolean;
  readonly verify: boolean;
  /** False with `--no-config`. */
  readonly config?: string | false;
  readonly failOn?: Severity | 'never';
  readonly waivers?: string;
  readonly internet: readonly string[] | false;
  readonly timeout: number;
  readonly printConfig: boolean;
  readonly quiet: boolean;
  readonly host?: string;
}

/** Arguments and options of `bulkhead run`. */
export function addRunOptions(command: Command): Command {
  command
    .argument('<image>', 'image of the server, or an npm package: npx:NAME@VERSION')
    .argument('[args...]', 'arguments for the server')
    .option('--profile <profile>', 'what the server may do: a JSON file, none or network', 'none')
    .option('--name <name>', 'name of the compartment (default: from the image)')
    .option('--verify', 'audit the server right after its start, and stop it when it fails', false)
    .option('--print-config', 'print what a client needs to start it over stdio, and start nothing', false)
    .option('--quiet', 'say nothing but errors', false)
    .option(...HOST_OPTION)
    .optionsGroup('Transport:')
    .option('--transport <transport>', `how clients speak to it: ${TRANSPORTS.join(', ')}`, parseTransport, 'stdio')
    .option('--target-port <port>', 'port on which the server listens inside', parseInteger('--target-port', 1, 65_535))
    .addOption(
      new Option('--port <port>', 'port on 127.0.0.1 at which it is published')
        .argParser(parseInteger('--port', 0, 65_535))
        .default(0, 'any free one'),
    )
    .option('--token-file <file>', 'write the bearer token there (mode 0600) and do not print it')
    .option(
      '--allow-origin <origin>',
      'origin of a web page that may ask, e.g. https://app.example; repeatable',
      collectOrigin,
      [],
    )
    .option('--detach', 'leave it running; HTTP transports only', false)
    .optionsGroup('Server:')
    .option('--env <name[=value]>', 'variable for the server; repeatable', collect, [])
    .option('--secret <name=source>', 'secret as a file in memory: NAME=file:PATH or NAME=env:VARIABLE; repeatable', collect, [])
    .option('--secret-as-env <name=source>', 'the same as a variable, which others can see; repeatable', collect, [])
    .option('--user <user>', "user of the server (default: the image's, or 65532 where that is root)")
    .option('--allow-scripts', 'npm packages: run install scripts, on this machine', false)
    .optionsGroup('Limits:')
    .addOption(sizeOption('--memory', 'memory limit', DEFAULT_LIMITS.memoryBytes))
    .option('--cpus <n>', 'processor limit', parseNumber('--cpus', '1.5'), DEFAULT_LIMITS.cpus)
    .option('--pids <n>', 'process limit', parseInteger('--pids', 1, 100_000), DEFAULT_LIMITS.pids)
    .addOption(sizeOption('--tmp-size', 'size of /tmp, which is in memory', DEFAULT_LIMITS.tmpBytes))
    .optionsGroup('Opt-outs, each said at start and recorded:')
    .option('--mount-sensitive', 'mount what the profile says even where it is dangerous', false)
    .option('--writable-root', 'let the server write its root file system', false)
    .option('--exec-tmp', 'let the server execute files in /tmp', false)
    .option('--cap-add <capability>', 'give the server a capability; repeatable', collect, [])
    .option('--allow-ech', 'let TLS hide which site it asks for; browsers always do', false)
    .optionsGroup('With --verify:')
    .option('--fail-on <severity>', 'lowest severity that stops it, or never (default: medium)', parseGate)
    .option('--waivers <file>', 'failures that somebody accepts until a day')
    .option('--internet <host:port[/udp]>', 'destination that nobody declares; repeatable', collect, [])
    .option('--no-internet', 'dial nothing outside')
    .option('--timeout <ms>', 'time for one attempt', parseInteger('--timeout', 100, 60_000), 2000);
  return addConfigOptions(command);
}

function sizeOption(flag: string, description: string, bytes: number): Option {
  return new Option(`${flag} <size>`, description).argParser(parseSize(flag)).default(bytes, `${bytes / 1024 ** 2}m`);
}

/** RFC 6454 §6.1: scheme, host and port, nothing after them; as a browser writes it. */
function collectOrigin(value: string, previous: readonly string[]): readonly string[] {
  if (URL.parse(value)?.origin !== value) throw usage('--allow-origin', value, 'an origin, for example https://app.example:8443');
  return [...previous, value];
}

export function parseTransport(value: string): ServerTransport {
  const transport = TRANSPORTS.find((known) => known === value);
  if (transport === undefined) throw usage('--transport', value, `one of ${TRANSPORTS.join(', ')}`);
  return transport;
}

/** @throws BulkheadError `usage` for what the transport cannot do, and would not be missed before it is needed */
export function checkTransport({ transport, detach, tokenFile, allowOrigin, printConfig }: RunOptions): void {
  if (transport !== 'stdio') {
    if (!printConfig) return;
    throw new BulkheadError('usage', `A client does not start a server over ${transport} itself: there is nothing to print.`, {
      hint: 'Leave --print-config out: what a client needs is printed at the start. Or leave --transport out.',
    });
  }
  if (detach) {
    throw new BulkheadError('usage', 'A server over stdio has its client attached: --detach would leave it with nobody.', {
      hint: 'Leave --detach out, or choose --transport streamable-http.',
    });
  }
  const flag = tokenFile !== undefined ? '--token-file' : allowOrigin.length > 0 ? '--allow-origin' : undefined;
  if (flag === undefined) return;
  throw new BulkheadError('usage', `A server over stdio is published nowhere: ${flag} means nothing.`, {
    hint: `Leave ${flag} out, or choose --transport streamable-http or sse.`,
  });
}

/** @throws BulkheadError `usage` for options of the audit where none is asked for: `--no-internet` would be believed */
export function checkVerify(command: Command, { verify, config }: RunOptions): void {
  if (verify) return;
  const given = ['failOn', 'waivers', 'internet', 'timeout', ...(config === false ? [] : ['config'])].find(
    (name) => command.getOptionValueSource(name) === 'cli',
  );
  if (given === undefined) return;
  const negated = command.getOptionValue(given) === false;
  const flag = command.options.find((option) => option.attributeName() === given && option.negate === negated)?.long ?? given;
  throw new BulkheadError('usage', `${flag} is for the audit after the start, and none is asked for.`, {
    hint: `Add --verify, or leave ${flag} out; what the server may reach is in its profile.`,
  });
}

/** What goes into the plan; `env` and `secretNames` have been read from their sources. */
export function launchOptions(
  args: readonly string[],
  options: RunOptions,
  env: readonly string[],
  secretNames: readonly string[],
): LaunchOptions {
  return {
    transport: options.transport,
    ...(options.targetPort === undefined ? {} : { targetPort: options.targetPort }),
    hostPort: options.port,
    detach: options.detach,
    args,
    env,
    ...(options.user === undefined ? {} : { user: options.user }),
    memoryBytes: options.memory,
    cpus: options.cpus,
    pids: options.pids,
    tmpBytes: options.tmpSize,
    writableRoot: options.writableRoot,
    execTmp: options.execTmp,
    capAdd: options.capAdd,
    allowEch: options.allowEch,
    allowOrigins: options.allowOrigin,
    mountSensitive: options.mountSensitive,
    secretFiles: secretNames,
  };
}
