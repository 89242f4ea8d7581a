import Docker from 'dockerode';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { attachStreams } from '../../../src/runtime/attach.ts';

let server: http.Server;
afterEach(() => void server.close());

async function engine(answer: (response: http.ServerResponse) => void): Promise<Docker> {
  server = http.createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new Docker({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, protocol: 'http' });
}

it('says so where an engine, or a proxy before it, opens no connection for both directions', async () => {
  const docker = await engine((response) => response.end('no upgrade'));
  await expect(attachStreams(docker, 'x', { stdin: true })).rejects.toMatchObject({
    code: 'engine-failed',
    message: expect.stringMatching(/no connection to a container for both directions/) as string,
  });
});
