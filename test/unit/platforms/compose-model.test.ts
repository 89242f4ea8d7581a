import { describe, expect, it } from 'vitest';
import { composeModel } from '../../../src/platforms/compose-model.ts';
import { overrideOf } from '../../../src/platforms/compose.ts';
import { runOf } from './fixtures.ts';

const LABELS = { session: 'a$b' };

/** As `docker compose config --format json` prints it. */
const CONFIG = {
  name: 'bulkhead-1',
  services: {
    server: {
      image: 'old:1',
      build: { context: '.' },
      container_name: 'fixed',
      command: ['serve', '$$HOME'],
      environment: { KEPT: 'a$$b', TOKEN: 'of the file' },
      ports: [{ target: 3001, published: '3001', host_ip: '127.0.0.1', protocol: 'tcp' }],
      networks: { inner: null },
      labels: { mine: 'x' },
      privileged: true,
    },
    helper: { image: 'helper:1', networks: { inner: null, shared: null } },
  },
  networks: { inner: { name: 'bulkhead-1_inner', internal: true }, shared: { name: 'shared', external: true } },
  volumes: { data: { name: 'precious' } },
};

function model(more: Parameters<typeof runOf>[0] = {}, wanted = 'server', config: unknown = CONFIG) {
  return composeModel(config, { run: runOf(more), project: 'bulkhead-1', labels: LABELS, wanted });
}

describe('the model of a compose file', () => {
  it('has the compared image, its arguments and variables in the service, and keeps what the file says', () => {
    const { model: made, service } = model({ args: ['--cost', '5$'], env: ['TOKEN=s$cret=='] });
    expect(service).toBe('server');
    expect((made['services'] as typeof CONFIG.services).server).toEqual({
      image: 'mcp/files:1.0',
      container_name: 'cmp-1',
      command: ['--cost', '5$$'],
      environment: { KEPT: 'a$$b', TOKEN: 's$$cret==' },
      ports: [{ target: 3001, host_ip: '127.0.0.1', protocol: 'tcp' }],
      networks: { inner: null },
      labels: { mine: 'x', session: 'a$$b' },
      privileged: true,
      stdin_open: true,
    });
  });

  it('keeps the command of the file where no arguments are given', () => {
    expect(JSON.stringify(model().model)).toContain('"command":["serve","$$HOME"]');
  });

  it('labels all that is made, and leaves what is external alone', () => {
    const { model: made } = model();
    expect(made['networks']).toEqual({ inner: { internal: true, labels: { session: 'a$$b' } }, shared: CONFIG.networks.shared });
    // Under its own name the data of the person would be used, and removed.
    expect(made['volumes']).toEqual({ data: { labels: { session: 'a$$b' } } });
    expect((made['services'] as typeof CONFIG.services).helper).toMatchObject({ image: 'helper:1', labels: { session: 'a$$b' } });
  });

  it('says aloud all that is not as in the file', () => {
    expect(model().notes).toEqual([
      'The service server runs the compared image here, not its own.',
      'The service server has no stdin_open: without it a server over stdio ends at once, so it is set here.',
      'The container_name of server is left out: several of it run at once.',
      'The ports of server are published at free ones, not at those of the file.',
      'The network shared is external: it is used, and stays.',
      'The volume data is a fresh one here, not precious.',
    ]);
    const own = { services: { server: { image: 'mcp/files:1.0' } } };
    expect(model({ transport: 'sse' }, 'server', own).notes).toEqual([]);
  });

  it.each([
    [undefined, CONFIG, /2 services.*unknown/],
    ['nobody', CONFIG, /no service "nobody"/],
    ['__proto__', CONFIG, /no service/],
    [undefined, {}, /0 services/],
    [undefined, 'text', /0 services/],
  ])('refuses the service %s of %j', (wanted, config, message) => {
    expect(() => composeModel(config, { run: runOf(), project: 'p', labels: LABELS, wanted })).toThrow(message);
  });

  it.each([
    ['defaults', undefined],
    ['nothing', '/srv/my.compose.none.yaml'],
    ['profile', '/srv/my.compose.profile.yaml'],
  ] as const)('looks for the file of the way %s beside it: %s', (way, file) => {
    expect(overrideOf('/srv/my.compose.yaml', way)).toBe(file);
  });
});
