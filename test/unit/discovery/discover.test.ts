import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discoverTargets } from '../../../src/discovery/discover.ts';
import { Target } from '../../../src/model/target.ts';
import { container, gatewayLabels, mcpproxyLabels, newId, toolhiveLabels, toolhiveSidecarLabels } from './fixtures.ts';

const NOBODY = { names: [], all: false };
const isTarget = new Ajv2020({ strict: false }).compile(Target);

const fetch = container({ name: 'fetch', labels: toolhiveLabels('fetch') });
const egress = container({ name: 'fetch-egress', labels: toolhiveSidecarLabels('fetch-egress') });
const github = container({ name: 'eager_babbage', labels: gatewayLabels('github') });
const database = container({ name: 'database' });
const asleep = container({ name: 'asleep', labels: mcpproxyLabels('asleep'), state: 'exited' });
const probe = container({ name: 'bulkhead-probe-1', labels: { 'dev.bulkhead.role': 'probe' } });
const world = [probe, github, fetch, egress, database, asleep];

const names = (found: { targets: readonly { name: string }[] }): readonly string[] => found.targets.map((target) => target.name);

describe('discoverTargets', () => {
  it('takes the running servers it recognises, sorted by name, and says what it left out', () => {
    const found = discoverTargets(world, NOBODY);
    expect(names(found)).toEqual(['eager_babbage', 'fetch']);
    expect(found.notes).toEqual([
      "Left out as helpers: bulkhead-probe-1 (Bulkhead's own probe), fetch-egress (a sidecar of ToolHive).",
      'MCP servers that are not running and were left out (1): asleep.',
    ]);
  });

  it('describes a target', () => {
    expect(discoverTargets([fetch], NOBODY).targets).toEqual([
      {
        id: fetch.id,
        name: 'fetch',
        image: fetch.image,
        platform: 'toolhive',
        discoveredBy: 'label toolhive=true',
        transport: 'stdio',
        state: 'running',
        startedAt: fetch.startedAt,
      },
    ]);
  });

  it('takes every running container with all, helpers never', () => {
    const found = discoverTargets(world, { names: [], all: true });
    expect(names(found)).toEqual(['database', 'eager_babbage', 'fetch']);
    expect(found.targets[0]?.discoveredBy).toBe('every container was asked for');
    expect(found.targets[2]?.discoveredBy).toBe('label toolhive=true');
  });

  it('takes stopped servers when asked', () => {
    expect(names(discoverTargets(world, { ...NOBODY, includeStopped: true }))).toEqual(['asleep', 'eager_babbage', 'fetch']);
  });

  it.each(['paused', 'restarting'])('takes a %s server: a crash loop must not hide it', (state) => {
    expect(discoverTargets([container({ labels: toolhiveLabels('x'), state })], NOBODY).targets[0]?.state).toBe(state);
  });

  it('takes only what is named, even stopped, and keeps its platform', () => {
    const found = discoverTargets(world, { names: ['asleep', 'database', 'database'], all: false });
    expect(found.targets).toMatchObject([
      { name: 'asleep', state: 'exited', platform: 'mcpproxy', discoveredBy: 'named on the command line' },
      { name: 'database', platform: 'none', discoveredBy: 'named on the command line' },
    ]);
    expect(found.notes).toEqual([]);
  });

  it('adds what is named to all', () => {
    expect(names(discoverTargets(world, { names: ['asleep'], all: true }))).toEqual([
      'asleep',
      'database',
      'eager_babbage',
      'fetch',
    ]);
  });

  it('leaves out ids that could not go into a path', () => {
    const found = discoverTargets([container({ id: '../../x', labels: toolhiveLabels('x') })], { names: [], all: true });
    expect(found.targets).toEqual([]);
    expect(found.notes[0]).toContain('ids');
  });

  it('says so when an image sets the label that would hide it', () => {
    const labels = { 'dev.bulkhead.role': 'probe' };
    const found = discoverTargets([container({ name: 'sly', labels, imageLabels: labels })], { names: [], all: true });
    expect(names(found)).toEqual(['sly']);
    expect(found.notes).toEqual(['"sly": dev.bulkhead.role came with its image and is ignored; set it on the container.']);
  });
});

describe('names', () => {
  const find = (name: string, containers = world): readonly string[] =>
    names(discoverTargets(containers, { names: [name], all: false }));

  it.each([
    ['a container name', 'fetch'],
    ['a full id', fetch.id],
    ['a short id', fetch.id.slice(0, 12)],
    ['a short id in capitals', fetch.id.slice(0, 20).toUpperCase()],
  ])('finds by %s', (_what, name) => {
    expect(find(name)).toEqual(['fetch']);
  });

  it("finds by the platform's name, all containers of it", () => {
    const second = container({ name: 'wise_noether', labels: gatewayLabels('github') });
    expect(find('github', [...world, second])).toEqual(['eager_babbage', 'wise_noether']);
  });

  it('prefers the container that has the name to one whose platform says it', () => {
    const spoof = container({ name: 'other', labels: gatewayLabels('fetch') });
    expect(find('fetch', [spoof, ...world])).toEqual(['fetch']);
  });

  it('refuses the beginning of two ids', () => {
    const twin = container({ name: 'twin', id: `${fetch.id.slice(0, 32)}${'f'.repeat(32)}` });
    expect(() => find(fetch.id.slice(0, 14), [...world, twin])).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('more than one') }),
    );
    expect(find(fetch.id, [...world, twin])).toEqual(['fetch']);
  });

  it('refuses a name that is the beginning of another id', () => {
    const spoof = container({ name: fetch.id.slice(0, 12) });
    expect(() => find(spoof.name, [...world, spoof])).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it.each([
    ['fecth', 'Did you mean "fetch"?'],
    ['gihtub', 'Did you mean "github"?'],
    ['zzz', 'MCP servers here: asleep, eager_babbage, fetch.'],
    [fetch.id.slice(0, 11), 'MCP servers here: asleep, eager_babbage, fetch.'],
    ['', 'MCP servers here: asleep, eager_babbage, fetch.'],
  ])('does not find %j and helps', (name, hint) => {
    expect(() => find(name)).toThrow(expect.objectContaining({ code: 'target-not-found', hint }));
  });

  it('does not find anything in an empty engine', () => {
    expect(() => find('x', [])).toThrow(expect.objectContaining({ hint: expect.stringContaining('docker ps -a') }));
  });

  it('refuses a helper by name', () => {
    expect(() => find('fetch-egress')).toThrow(
      expect.objectContaining({
        code: 'target-not-found',
        message: '"fetch-egress" is a sidecar of ToolHive, not an MCP server.',
      }),
    );
    expect(() => find(probe.id)).toThrow(expect.objectContaining({ code: 'target-not-found' }));
  });

  it('escapes what it says', () => {
    const evil = container({ name: '\u001b[2Jevil', labels: toolhiveLabels('\u001b]0;x\u0007') });
    const messages: string[] = discoverTargets(
      [evil, container({ name: '\u009b31m', labels: toolhiveSidecarLabels('x') })],
      NOBODY,
    ).notes.slice();
    try {
      find('\u001b[31m', [evil]);
    } catch (error) {
      const { message, hint } = error as { message: string; hint: string };
      messages.push(message, hint);
    }
    expect(messages).toHaveLength(3);
    // oxlint-disable-next-line no-control-regex -- matching control characters is the purpose
    for (const message of messages) expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });

  it('does not compare megabytes for likeness', () => {
    const crowd = Array.from({ length: 50 }, () => container({ labels: gatewayLabels('x'.repeat(1_000_000)) }));
    const start = performance.now();
    expect(() => find('fetch', crowd)).toThrow('No container');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('whatever containers say', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('true', 'server', 'probe', 'stdio', '\u001b[2J', '../../x', '\ud83d'.repeat(2000)),
  );
  const key = fc.constantFrom(
    'dev.bulkhead.role',
    'dev.bulkhead.profile',
    'dev.bulkhead.session',
    'toolhive',
    'toolhive-basename',
    'toolhive-transport',
    'toolhive-auxiliary',
    'toolhive-auxiliary-workload',
    'docker-mcp',
    'docker-mcp-proxy',
    'docker-mcp-name',
    'com.mcpproxy.managed',
    'com.mcpproxy.server',
    'io.modelcontextprotocol.server.name',
  );
  const labels = fc.dictionary(key, text, { noNullPrototype: true });
  const summary = fc
    .record({
      name: text,
      imageLabels: labels,
      labels,
      state: fc.constantFrom('running', 'paused', 'exited'),
      startedAt: text,
      createdAt: text,
      image: fc.record({ reference: text, id: text }),
      environment: fc.array(text),
      exposedPorts: fc.array(fc.nat(65_535)),
      command: fc.array(text),
    })
    .map((fields) => ({ ...fields, id: newId() }));
  const options = fc.record({ names: fc.constant([]), all: fc.boolean(), includeStopped: fc.boolean() });
  const ownLabels = fc.oneof(
    fc
      .constantFrom('probe', 'control', 'canary', 'relay', 'gateway', 'secrets', 'volume')
      .map((role) => ({ 'dev.bulkhead.role': role, 'dev.bulkhead.session': newId() })),
    fc.constant(toolhiveSidecarLabels('x-egress')),
    fc.constant({ 'docker-mcp': 'true', 'docker-mcp-proxy': 'true' }),
  );

  it('probes and sidecars never become targets', () => {
    fc.assert(
      fc.property(summary, ownLabels, options, (hostile, own, how) => {
        // Other platforms' helpers are told by what their launcher set, so their image must not have set the same.
        const imageLabels = 'dev.bulkhead.role' in own ? hostile.imageLabels : {};
        const helper = { ...hostile, imageLabels, labels: { ...hostile.labels, ...own } };
        expect(discoverTargets([helper], how).targets).toEqual([]);
        expect(() => discoverTargets([helper], { ...how, names: [helper.id] })).toThrow('not an MCP server');
      }),
      { numRuns: 500 },
    );
  });

  it('an image cannot hide its containers from all', () => {
    fc.assert(
      fc.property(summary, (hostile) => {
        const inherited = { ...hostile, labels: hostile.imageLabels, state: 'running' };
        expect(discoverTargets([inherited], { names: [], all: true }).targets).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });

  it('targets fit the model', () => {
    fc.assert(
      fc.property(fc.array(summary, { maxLength: 5 }), options, (containers, how) => {
        for (const target of discoverTargets(containers, how).targets)
          expect({ target, fits: isTarget(target) }).toEqual({ target, fits: true });
      }),
      { numRuns: 300 },
    );
  });
});
