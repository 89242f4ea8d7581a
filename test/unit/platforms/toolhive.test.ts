import { describe, expect, it } from 'vitest';
import { failureOf, isOlder, thvCommand, thvNotes, thvRun, versionOf } from '../../../src/platforms/toolhive.ts';
import { BUILT_IN_PROFILES } from '../../../src/profiles/built-in.ts';
import { runOf } from './fixtures.ts';

describe('ToolHive', () => {
  it.each([
    ['{"version":"v0.44.0","commit":"x"}', 'v0.44.0'],
    ['{"version":"build-1a2b3c"}', 'build-1a2b3c'],
    ['{"version":"\\u001b[2J"}', undefined],
    ['{"version":44}', undefined],
    ['null', undefined],
    ['ToolHive v0.44.0', undefined],
  ])('%s says version %s', (output, version) => expect(versionOf(output)).toBe(version));

  it.each([
    ['v0.2.17', true],
    ['0.3.0', false],
    ['v0.3.1-rc1', false],
    ['v1.0.0', false],
    ['v0.44.0', false],
    ['build-1a2b3c', false],
  ])('%s is older than 0.3.0: %s', (version, older) => expect(isOlder(version, '0.3.0')).toBe(older));

  it('is left to itself without a profile', () => {
    const words = thvRun(runOf({ args: ['--root', '/data'] }), undefined, { profile: undefined, more: [] });
    expect(words).toEqual(['run', '--name', 'cmp-1', '--transport', 'stdio', 'mcp/files:1.0', '--', '--root', '/data']);
  });

  it('is given a profile and isolation, and shows no value of a variable', () => {
    const run = runOf({
      env: ['TOKEN=secret'],
      transport: 'streamable-http',
      profile: { network: { outbound: { allow_port: [443] } } },
    });
    expect(thvCommand(run, 3001)).toBe(
      'thv run --name cmp-1 --transport streamable-http --target-port 3001 --permission-profile PROFILE.json --isolate-network --env TOKEN mcp/files:1.0',
    );
    expect(thvCommand({ ...run, profile: BUILT_IN_PROFILES.none, env: [] }, undefined)).toContain(
      '--permission-profile none --isolate-network',
    );
    // Nothing on the network, but a path: no built-in profile says that.
    expect(thvCommand({ ...run, profile: { read: ['/data'] } }, undefined)).toContain('--permission-profile PROFILE.json');
  });

  it('says what its defaults are and what it leaves out', () => {
    expect(thvNotes({}, 'v0.30.0').join()).toMatch(/isolates no network/);
    expect(thvNotes({}, 'v0.30.1').join()).toMatch(/any host and any port/);
    expect(thvNotes({ profile: { write: ['volume://cache:/cache', '/tmp'] } }, 'v0.44.0')).toEqual([
      'ToolHive does not mount volumes: cache is left out.',
    ]);
  });

  it.each([
    ['{"status":"error","health":"no image\\u001b[0m"}', 'no image\\u001b[0m'],
    ['{"status":"error"}', 'its status is "error"'],
    ['{"status":"starting","health":"soon"}', undefined],
    ['no JSON', undefined],
  ])('of the status %s: %s', (output, why) => expect(failureOf(output)).toBe(why));
});
