import { request } from 'node:http';
import { join } from 'node:path';
import { isEngineName, labSupport, type EngineName, type Lab } from '../../lab/lab.ts';

const wanted = process.env['BULKHEAD_LAB_ENGINE'] ?? 'debian';
if (!isEngineName(wanted)) throw new Error(`BULKHEAD_LAB_ENGINE: there is no engine "${wanted}"`);
export const engine: EngineName = wanted;

const support = labSupport();

/** For `describe.skipIf`. */
export const noLab = !support.available;

/** For the end of a title: which engine, or why it is skipped. */
export const onEngine = support.available ? `(${engine})` : `(skipped: ${support.reason})`;

/** A first start may have to install or build an engine. Milliseconds. */
export const firstStartMs = 10 * 60_000;

/** One call of the engine's API. @throws Error with the engine's words when it refuses. */
export function api<T = unknown>(lab: Pick<Lab, 'socketPath'>, method: string, path: string, body?: unknown): Promise<T> {
  const payload = body instanceof Buffer ? body : body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const type = body instanceof Buffer ? 'application/x-tar' : 'application/json';
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath: lab.socketPath,
        method,
        path,
        headers: { host: 'engine', ...(payload && { 'content-type': type, 'content-length': payload.length }) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if ((response.statusCode ?? 500) >= 400) return reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
          return resolve(
            (response.headers['content-type']?.startsWith('application/json') && path.startsWith('/images') === false && text
              ? JSON.parse(text)
              : text) as T,
          );
        });
      },
    );
    call.on('error', reject).end(payload);
  });
}

/**
 * Starts a container from an empty image that borrows the programs of the tree that the engine sits in,
 * so that no image has to come from anywhere. @returns its id.
 */
export async function startContainer(
  lab: Lab,
  command: readonly string[],
  hostConfig: Readonly<Record<string, unknown>> = {},
  config: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  // An archive's end mark and nothing before it.
  await api(lab, 'POST', '/images/create?fromSrc=-&repo=empty', Buffer.alloc(1024));
  const { Id } = await api<{ Id: string }>(lab, 'POST', '/containers/create', {
    Image: 'empty',
    Cmd: command,
    // A terminal, for its log is plain text where another's comes in frames.
    Tty: true,
    ...config,
    HostConfig: { Binds: ['/usr:/usr:ro', '/usr/bin:/bin:ro', '/usr/lib:/lib:ro', '/usr/lib64:/lib64:ro'], ...hostConfig },
  });
  await api(lab, 'POST', `/containers/${Id}/start`);
  return Id;
}

/** Runs a container to its end. @returns its exit code and what it printed (of both streams). */
export async function runContainer(
  lab: Lab,
  command: readonly string[],
  hostConfig: Readonly<Record<string, unknown>> = {},
): Promise<{ code: number; output: string }> {
  const id = await startContainer(lab, command, hostConfig);
  const { StatusCode } = await api<{ StatusCode: number }>(lab, 'POST', `/containers/${id}/wait`);
  const logs = await api<string>(lab, 'GET', `/containers/${id}/logs?stdout=1&stderr=1`);
  await api(lab, 'DELETE', `/containers/${id}?force=1`);
  return { code: StatusCode, output: logs.replaceAll('\r\n', '\n') };
}

/** A shell line that fetches / over plain HTTP with bash alone. */
export function fetchLine(address: string, port = 80): readonly string[] {
  return ['/usr/bin/bash', '-c', `exec 3<>/dev/tcp/${address}/${port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`];
}

const clientFile = join(import.meta.dirname, 'client.ts');

/** Runs one action of `client.ts` inside a namespace. @returns what it printed, parsed. */
export async function client<T>(lab: Lab, ...action: readonly string[]): Promise<T> {
  const { stdout, stderr, exitCode } = await lab.exec('host', [process.execPath, clientFile, ...action]);
  if (exitCode !== 0) throw new Error(`client ${action.join(' ')}: ${stderr}`);
  return JSON.parse(stdout) as T;
}
