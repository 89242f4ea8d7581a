import { describe, expect, it } from 'vitest';
import { commandText } from '../../../src/platforms/command-text.ts';
import { dockerVariables, toolhiveVariables } from '../../../src/platforms/engine-variables.ts';
import { platformOf } from '../../../src/platforms/registry.ts';
import { isNone, wayOf } from '../../../src/platforms/ways.ts';
import { BUILT_IN_PROFILES } from '../../../src/profiles/built-in.ts';
import { engineAt } from './fixtures.ts';

describe('platforms by name', () => {
  it.each(['docker', 'bulkhead', 'toolhive', 'compose:compose.yaml', 'compose:./a.yaml#server', './mine', '/opt/mine'])(
    '%s',
    (word) => {
      expect(platformOf(word, { env: {} }).name).toBe(word);
    },
  );

  it.each(['', 'podman', 'Docker', 'mine', 'compose:', 'compose', 'constructor'])('%j is none', (word) => {
    expect(() => platformOf(word, { env: {} })).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('compose:FILE') as string }),
    );
  });

  it('a compose file that is not there is missing', async () => {
    const found = await platformOf('compose:/no/such.yaml#server', { env: {} }).find(engineAt('unix:///run/docker.sock'));
    expect(found).toMatchObject({ state: 'missing', why: 'there is no file /no/such.yaml' });
  });
});

describe('the three ways', () => {
  it.each([
    [undefined, 'defaults', undefined],
    [BUILT_IN_PROFILES.none, 'nothing', true],
    [{}, 'nothing', true],
    [{ read: ['/data'] }, 'nothing', false],
    [{ network: { mode: 'none', outbound: { insecure_allow_all: true } } }, 'nothing', true],
    [{ network: { outbound: { allow_port: [443] } } }, 'profile', false],
    [BUILT_IN_PROFILES.network, 'profile', false],
  ] as const)('%j is the way %s', (profile, way, none) => {
    expect(wayOf(profile)).toBe(way);
    if (profile !== undefined) expect(isNone(profile)).toBe(none);
  });
});

describe('variables that lead to the engine', () => {
  const env = {
    PATH: '/bin',
    UNSET: undefined,
    DOCKER_HOST: 'tcp://elsewhere.example:2376',
    DOCKER_CONTEXT: 'elsewhere',
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: '/certs',
    TOOLHIVE_PODMAN_SOCKET: '/elsewhere.sock',
  };

  it('the docker command gets its socket, and no certificate for it', () => {
    expect(dockerVariables(engineAt('unix:///run/docker.sock'), { env })).toEqual({
      PATH: '/bin',
      DOCKER_HOST: 'unix:///run/docker.sock',
      TOOLHIVE_PODMAN_SOCKET: '/elsewhere.sock',
    });
    expect(dockerVariables(engineAt('tcp://engine.example:2376'), { env })).toMatchObject({
      DOCKER_HOST: 'tcp://engine.example:2376',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: '/certs',
    });
  });

  it('ToolHive gets one socket, of the right kind, and tells nobody', () => {
    const docker = toolhiveVariables(engineAt('unix:///run/docker.sock'), { env });
    expect(docker).toMatchObject({ TOOLHIVE_DOCKER_SOCKET: '/run/docker.sock', TOOLHIVE_USAGE_METRICS_ENABLED: 'false' });
    expect(docker).not.toHaveProperty('TOOLHIVE_PODMAN_SOCKET');
    const podman = toolhiveVariables(engineAt('unix:///run/podman.sock', 'Podman'), { env });
    expect(podman).toMatchObject({ TOOLHIVE_PODMAN_SOCKET: '/run/podman.sock' });
    expect(toolhiveVariables(engineAt('tcp://engine.example:2375'), { env })).toBeUndefined();
  });
});

describe('a command as text', () => {
  it('quotes for a POSIX shell and is safe to print', () => {
    expect(commandText(['docker', 'run', 'a b', "it's", '', '$(id)', '\u001b[2J'])).toBe(
      `docker run 'a b' 'it'\\''s' '' '$(id)' '\\u001b[2J'`,
    );
  });
});
