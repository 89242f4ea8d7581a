import type Docker from 'dockerode';
import { expect, it } from 'vitest';
import { awaitServer } from '../../../src/runtime/find-server.ts';

interface Listed {
  readonly Id: string;
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** An engine that lists these, as it is asked: all, or those that run. */
function engineWith(containers: readonly Listed[]): Docker {
  const listContainers = ({ all }: { readonly all: boolean }): Promise<readonly Listed[]> =>
    Promise.resolve(containers.filter(({ State }) => all || State === 'running'));
  return { listContainers } as unknown as Docker;
}

const SIDECAR: Listed = { Id: 'sidecar', State: 'running', Labels: { auxiliary: 'true' } };
const awaited = { labels: { name: 'x' }, without: 'auxiliary', timeoutMs: 10_000, signal: new AbortController().signal };
const failed = async (): Promise<string> => 'the deployment failed';

it('a server that runs is found, and no sidecar', async () => {
  const server: Listed = { Id: 'server', State: 'running', Labels: {} };
  expect(await awaitServer(engineWith([SIDECAR, server]), { ...awaited, failed })).toEqual({ id: 'server' });
});

it('when none will run, one that has ended is looked at; without one there is only the reason', async () => {
  const server: Listed = { Id: 'server', State: 'restarting', Labels: {} };
  const [ended, none] = await Promise.all(
    [[SIDECAR, server], [SIDECAR]].map((containers) => awaitServer(engineWith(containers), { ...awaited, failed })),
  );
  expect(ended).toEqual({ id: 'server' });
  expect(none).toEqual({ id: undefined, why: 'the deployment failed' });
});
