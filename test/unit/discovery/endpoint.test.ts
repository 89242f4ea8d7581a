import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discoverTargets } from '../../../src/discovery/discover.ts';
import { findEndpoint, type PublishedContainer } from '../../../src/discovery/endpoint.ts';
import type { ContainerSummary } from '../../../src/model/container.ts';
import { LABEL } from '../../../src/model/labels.ts';
import type { Target } from '../../../src/model/target.ts';
import { container, toolhiveLabels } from './fixtures.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-endpoint-'));
});
afterAll(() => rm(directory, { recursive: true }));

const published = (fields: Partial<ContainerSummary>, ...publishedPorts: readonly [string, number][]): PublishedContainer => ({
  ...container(fields),
  configuration: { publishedPorts: publishedPorts.map(([address, port]) => ({ address, port, containerPort: 8080 })) },
});

async function endpointOf(one: PublishedContainer, ...others: readonly PublishedContainer[]): Promise<Target['endpoint']> {
  const [target] = discoverTargets([one], { names: [one.id], all: false }).targets;
  if (target === undefined) throw new Error('the fixture is no target');
  return findEndpoint(target, one, [one, ...others], { runConfigDirectory: directory, platform: process.platform });
}

const labels = (role: string, session: string, transport = 'streamable-http') => ({
  [LABEL.role]: role,
  [LABEL.session]: session,
  [LABEL.transport]: transport,
});

describe('the endpoint of a compartment', () => {
  const gateway = published({ labels: labels('gateway', 's1'), imageLabels: { [LABEL.role]: 'gateway' } }, ['127.0.0.1', 40001]);
  it('is what its own gateway publishes', async () => {
    const other = published({ labels: labels('gateway', 's2') }, ['127.0.0.1', 40002]);
    const server = published({ labels: labels('server', 's1') });
    expect(await endpointOf(server, other, gateway)).toEqual({ address: '127.0.0.1', port: 40001, path: '/mcp' });
  });
  it('is at the path of its transport', async () => {
    expect((await endpointOf(published({ labels: labels('server', 's1', 'sse') }), gateway))?.path).toBe('/sse');
  });
  it.each([
    ['over stdio nobody publishes it', published({ labels: labels('gateway', 's1') })],
    ['the gateway is of another session', published({ labels: labels('gateway', 's3') }, ['127.0.0.1', 1])],
    [
      'the session came with an image',
      published({ labels: labels('gateway', 's1'), imageLabels: { [LABEL.session]: 's1' } }, ['127.0.0.1', 1]),
    ],
  ])('does not exist where %s', async (_why, other) => {
    expect(await endpointOf(published({ labels: labels('server', 's1') }), other)).toBeUndefined();
  });
});

describe("the endpoint of ToolHive's proxy", () => {
  const write = (name: string, config: object) => writeFile(path.join(directory, `${name}.json`), JSON.stringify(config));
  const of = async (name: string, transport: string, more: Readonly<Record<string, string>> = {}) =>
    endpointOf(published({ name, labels: { ...toolhiveLabels(name, transport), ...more } }));

  it('is in its run configuration', async () => {
    await write('full', { container_name: 'full', host: '0.0.0.0', port: 20001, proxy_mode: 'sse' });
    expect(await of('full', 'stdio')).toEqual({ address: '0.0.0.0', port: 20001, path: '/sse' });
    expect(await of('full', 'streamable-http')).toEqual({ address: '0.0.0.0', port: 20001, path: '/mcp' });
  });
  it('is on the loopback at the port of the label without one', async () => {
    expect(await of('bare', 'sse')).toEqual({ address: '127.0.0.1', port: 54_321, path: '/sse' });
    expect(await of('bare', 'stdio')).toEqual({ address: '127.0.0.1', port: 54_321 });
  });
  it.each([
    ['of another container', { container_name: 'somebody', host: '0.0.0.0', port: 20002 }],
    ['with a host that is a name', { container_name: 'odd', host: 'proxy.example', port: 'x' }],
    ['that says nothing', {}],
  ])('is not taken from a run configuration %s', async (_what, config) => {
    await write('odd', config);
    expect(await of('odd', 'streamable-http')).toMatchObject({ address: '127.0.0.1', port: 54_321 });
  });
  it.each(['0', '65536', '-1', '80.5', 'many', ''])('is not at port %j', async (port) => {
    expect(await of('none', 'sse', { 'toolhive-port': port })).toBeUndefined();
  });
});

it('nobody else has one', async () => {
  expect(await endpointOf(published({ name: 'plain' }, ['0.0.0.0', 3001]))).toBeUndefined();
});
