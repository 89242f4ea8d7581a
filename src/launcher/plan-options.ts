import { BulkheadError } from '../errors.ts';
import type { LaunchOptions, PlanInput } from '../model/compartment.ts';
import { PROXY_PORT } from '../model/compartment.ts';
import { escapeText } from '../model/text.ts';
import { isVariableName } from './variable.ts';

/** Container names of Docker (`daemon/names`: two characters or more), short enough for `-gateway` and to be a host name. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}$/;
/** Docker's own minimum (`daemon/daemon_unix.go`). */
const MIN_MEMORY = 6 * 1024 * 1024;
/** Where the relay answers names; a server that listens there gets none. */
const DNS_PORT = 53;

/** @throws BulkheadError `usage` for whatever an engine would refuse later, or take for "no limit" */
export function checkInput({ session, name, options, tokenSha256 }: PlanInput): void {
  if (!NAME.test(name)) {
    throw usage(
      `${shown(name)} is no name for a compartment.`,
      'Use 2 to 63 letters, digits and _ . - of which the first is a letter or digit.',
    );
  }
  if (!/^[0-9a-f]{4,64}$/.test(session))
    throw usage('The id of the session is not lower-case hex.', 'This is a bug: please report it.');
  if (options.transport !== 'stdio' && !/^[0-9a-f]{64}$/.test(tokenSha256 ?? '')) {
    throw usage('An HTTP transport needs the SHA-256 of a bearer token.', 'This is a bug: please report it.');
  }
  checkLimits(options);
  checkPorts(options);
  checkNames(options);
}

function checkLimits({ memoryBytes, cpus, pids, tmpBytes }: LaunchOptions): void {
  if (!Number.isSafeInteger(memoryBytes) || memoryBytes < MIN_MEMORY) {
    throw usage(`${memoryBytes} bytes is no memory limit.`, 'Give 6 MiB or more, e.g. --memory 512m.');
  }
  if (!Number.isFinite(cpus) || cpus < 0.01 || cpus > 1024) {
    throw usage(`${cpus} is no limit of processors.`, 'Give a number from 0.01 to 1024, e.g. --cpus 1.');
  }
  if (!Number.isSafeInteger(pids) || pids < 1)
    throw usage(`${pids} is no limit of processes.`, 'Give 1 or more, e.g. --pids 128.');
  if (!Number.isSafeInteger(tmpBytes) || tmpBytes < 4096) {
    throw usage(`${tmpBytes} bytes is no size for /tmp.`, 'Give 4096 or more, e.g. --tmp-size 64m.');
  }
}

function checkPorts({ transport, targetPort, hostPort }: LaunchOptions): void {
  if (transport === 'stdio' && (targetPort !== undefined || hostPort !== 0)) {
    throw usage('A server over stdio has no port.', 'Leave the port out, or choose --transport streamable-http or sse.');
  }
  if (targetPort !== undefined && !isPort(targetPort))
    throw usage(`${targetPort} is no port of a server.`, 'Give a number from 1 to 65535.');
  if (hostPort !== 0 && !isPort(hostPort))
    throw usage(`${hostPort} is no port to publish on.`, 'Give a number from 1 to 65535, or 0 for any free one.');
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/** What is no name is not repeated: it may be a value that went astray. */
function checkNames({ env, secretFiles }: LaunchOptions): void {
  const names = env.map((entry) => entry.split('=')[0] ?? '');
  if (!env.every((entry) => entry.includes('=')) || !names.every(isVariableName)) {
    throw usage('An entry of the environment is not NAME=value.', 'Names have letters, digits and _.');
  }
  // It becomes a path below /run/secrets.
  if (!secretFiles.every(isVariableName)) throw usage('A secret has no valid name.', 'Names have letters, digits and _.');
  const hidden = secretFiles.find((name) => names.includes(`${name}_FILE`));
  if (hidden !== undefined) {
    throw usage(
      `${shown(`${hidden}_FILE`)} is set, and is the variable that names the file of the secret ${shown(hidden)}.`,
      'Leave the variable out: the secret brings it along.',
    );
  }
  for (const list of [names, secretFiles]) {
    const twice = list.find((name, index) => list.indexOf(name) !== index);
    if (twice !== undefined) throw usage(`${shown(twice)} is given twice.`, 'Keep one of the two.');
  }
}

/**
 * The port on which the server listens inside: as asked, or else the one that the image exposes. The relay
 * shares the server's loopback, so two ports are taken where it serves names and the proxy.
 * @throws BulkheadError `usage`
 */
export function targetPortOf({ image, options }: PlanInput, withEgress: boolean): number {
  const exposed = [...new Set(image.exposedPorts)];
  const port = options.targetPort ?? (exposed.length === 1 ? exposed[0] : undefined);
  if (port === undefined) {
    const said = exposed.length === 0 ? 'exposes no port' : `exposes ${exposed.length} ports (${exposed.slice(0, 8).join(', ')})`;
    throw usage(`The image ${said}: on which one the server listens is unknown.`, 'Say it with --target-port PORT.');
  }
  if (!isPort(port))
    throw usage(
      `The image exposes the port ${port}, which is none.`,
      'Say on which port the server listens with --target-port PORT.',
    );
  if (withEgress && (port === PROXY_PORT || port === DNS_PORT)) {
    throw usage(
      `The server listens on port ${port}, which the relay needs inside the compartment.`,
      'Let the server listen on another port and say so with --target-port PORT.',
    );
  }
  return port;
}

function usage(message: string, hint: string): BulkheadError {
  return new BulkheadError('usage', message, { hint });
}

function shown(text: string): string {
  return `"${escapeText(text, 80)}"`;
}
