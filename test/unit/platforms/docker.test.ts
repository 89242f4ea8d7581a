import { describe, expect, it } from 'vitest';
import { dockerCommand, planDocker } from '../../../src/platforms/docker.ts';
import type { PlatformRun } from '../../../src/platforms/platform.ts';
import { BUILT_IN_PROFILES } from '../../../src/profiles/built-in.ts';
import { runOf } from './fixtures.ts';

const LABELS = { labels: { 'dev.bulkhead.session': 'ab12' } };

function plan(more: Partial<PlatformRun>, port?: number) {
  const { server, notes } = planDocker(runOf(more), port, LABELS);
  return { server, notes, command: dockerCommand(server) };
}

describe('docker, as people type it', () => {
  it('without a profile: the default bridge, and nothing to say', () => {
    const { server, notes, command } = plan({ args: ['--root', "it's"], env: ['TOKEN=secret'] });
    expect(server).toMatchObject({ network: 'bridge', stdin: true, labels: LABELS.labels, env: ['TOKEN=secret'] });
    expect(notes).toEqual([]);
    expect(command).toBe(`docker run -i -e TOKEN mcp/files:1.0 --root 'it'\\''s'`);
  });

  it('with a profile that allows nothing: no network, whatever paths it names', () => {
    const { server, notes, command } = plan({ profile: { read: ['/srv/data:/data'], write: ['volume://cache:/cache'] } });
    expect(server.network).toBe('none');
    expect(command).toBe('docker run -i --network none -v /srv/data:/data:ro -v cache:/cache mcp/files:1.0');
    expect(notes).toEqual(['The volume cache is made where it does not exist, and stays.']);
  });

  it('with any other profile: a bridge of its own, and the word that hosts and ports are not held', () => {
    const { server, notes, command } = plan({
      profile: { network: { outbound: { allow_host: ['api.example'], allow_port: [443] } } },
    });
    expect(server.network).toBe('cmp-1-net');
    expect(command).toBe('docker network create cmp-1-net && docker run -i --network cmp-1-net mcp/files:1.0');
    expect(notes).toEqual([
      'docker has no words for hosts and ports: api.example on 443 is not enforced, the server has a bridge of its own.',
    ]);
  });

  it('publishes an HTTP server on the loopback alone, and not at all where it has no network', () => {
    const open = plan({ transport: 'streamable-http' }, 3001);
    expect(open.server).toMatchObject({ publish: 3001, stdin: false });
    expect(open.command).toBe('docker run -d -p 127.0.0.1::3001 mcp/files:1.0');
    const closed = plan({ transport: 'streamable-http', profile: BUILT_IN_PROFILES.none }, 3001);
    expect(closed.server.publish).toBeUndefined();
    expect(closed.notes.join()).toMatch(/no client reaches/);
  });

  it('says what else of a profile it does not do', () => {
    const { notes, server } = plan({
      profile: { read: ['s3://bucket:/data'], network: { mode: 'host', inbound: { allow_host: ['files.example'] } } },
    });
    expect(server.mounts).toEqual([]);
    expect(notes).toEqual([
      '"s3://bucket:/data" is not mounted: the engine knows no such resource.',
      'The network mode "host" of the profile is not used.',
      'Under which names the server may be called ("inbound") is not enforced.',
    ]);
  });

  it('mounts for writing what is in both lists', () => {
    expect(plan({ profile: { read: ['/a:/data'], write: ['/a:/data'] } }).server.mounts).toEqual([
      { Type: 'bind', Source: '/a', Target: '/data', ReadOnly: false },
    ]);
  });
});
