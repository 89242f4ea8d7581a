import { spawn } from 'node:child_process';
import type http from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import type { HelloOrder, ProbeOrder } from '../../../src/model/probe-protocol.ts';
import { parseProbeMessage } from '../../../src/runtime/probe-messages.ts';
import { spec } from './fixtures.ts';
import { httpServer, INFO, json, reply, resultOf, type Exchange } from './mcp-fixtures.ts';

const MAIN = path.join(import.meta.dirname, '../../../probe-image/src/main.ts');
/** As in the probe image. */
const HEAP = ['--max-semi-space-size=1', '--max-old-space-size=48'];
const HELLO: HelloOrder = {
  type: 'hello',
  version: 1,
  nonce: 'n0nce',
  canaries: { wildcard: false, loopback: false },
  aliases: [],
};
const MANY = 200;

/** Makes all attempts at once in a probe of its own; ends with its exit code. */
async function probe(
  port: number,
): Promise<{ readonly outcomes: ReadonlySet<string>; readonly made: number; readonly code: number | null }> {
  const child = spawn(process.execPath, [...HEAP, MAIN], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.on('error', () => undefined);
  const say = (order: ProbeOrder): void => void child.stdin.write(`${JSON.stringify(order)}\n`);
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const specs = Array.from({ length: MANY }, (_, index) => spec({ id: `a${index}`, kind: 'mcp', purpose: 'peer-session', port }));
  say(HELLO);
  say({ type: 'attempt', timeoutMs: 20_000, specs });
  const outcomes: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const message = parseProbeMessage(line);
    if (message.type === 'attempt') outcomes.push(message.attempt.outcome);
    if (message.type === 'done') child.stdin.end();
  }
  return { outcomes: new Set(outcomes), made: outcomes.length, code: await exit };
}

describe('a probe with the heap that it has in its image, and many attempts at once', () => {
  it.each<[string, (message: Exchange['message'], response: http.ServerResponse) => unknown, string]>([
    ['lists of nothing', (_, response) => response.writeHead(200).end(`[${'{},'.repeat(340_000)}1]`), 'other-protocol'],
    [
      'long names',
      (message, response) =>
        json(
          response,
          message?.method === 'initialize'
            ? reply(message, { ...INFO, serverInfo: { name: '☂'.repeat(120_000) } })
            : resultOf(message),
        ),
      'connected',
    ],
    [
      'tools without number',
      (message, response) =>
        message?.method === 'tools/list'
          ? response.writeHead(200).end(`{"jsonrpc":"2.0","id":${message.id},"result":{"tools":[${'{},'.repeat(340_000)}{}]}}`)
          : json(response, resultOf(message)),
      'connected',
    ],
    [
      'much that is held back',
      (message, response) =>
        message?.method === 'tools/list' ? response.writeHead(200).write('☂'.repeat(900_000)) : json(response, resultOf(message)),
      'connected',
    ],
  ])('survives %s', async (_, answer, outcome) => {
    await using server = await httpServer(({ message }, response) => void answer(message, response));
    const { outcomes, made, code } = await probe(server.port);
    expect({ made, code }).toEqual({ made: MANY, code: 0 });
    // Where there was no room or no time, nothing is said about the server.
    expect(
      [...outcomes].every((one) => [outcome, 'timeout', 'probe-error'].includes(one)),
      [...outcomes].join(),
    ).toBe(true);
  });
});
