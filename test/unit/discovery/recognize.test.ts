import { describe, expect, it } from 'vitest';
import type { ContainerSummary } from '../../../src/model/container.ts';
import { recognize } from '../../../src/discovery/recognize.ts';
import { container, gatewayLabels, mcpproxyLabels, toolhiveLabels, toolhiveSidecarLabels } from './fixtures.ts';

const servers: readonly [string, Partial<ContainerSummary>, object][] = [
  [
    'a ToolHive server',
    { labels: toolhiveLabels('fetch', 'sse') },
    { platform: 'toolhive', why: 'label toolhive=true', transport: 'sse', alias: 'fetch' },
  ],
  ['a ToolHive server of before the isolation label', { labels: { toolhive: 'TRUE' } }, { platform: 'toolhive' }],
  [
    'a server of Docker MCP Gateway',
    { labels: gatewayLabels('github') },
    { platform: 'docker-mcp-gateway', transport: 'stdio', alias: 'github' },
  ],
  ['a server of mcpproxy', { labels: mcpproxyLabels('files') }, { platform: 'mcpproxy', transport: 'stdio', alias: 'files' }],
  [
    'a server that Bulkhead launched',
    { labels: { 'dev.bulkhead.role': 'server' } },
    { platform: 'bulkhead', why: 'label dev.bulkhead.role=server' },
  ],
  [
    'a container with a profile',
    { labels: { 'dev.bulkhead.profile': 'none' } },
    { platform: 'none', why: 'label dev.bulkhead.profile' },
  ],
  [
    'an image of the MCP registry',
    { imageLabels: { 'io.modelcontextprotocol.server.name': 'io.github.x/y' } },
    { why: 'image label io.modelcontextprotocol.server.name' },
  ],
  [
    "an image with Docker's description",
    { imageLabels: { 'io.docker.server.metadata': 'name: x' } },
    { why: 'image label io.docker.server.metadata' },
  ],
  ['an image by its name', { image: { reference: 'mcp/git', id: '' } }, { platform: 'none', why: 'image name mcp/git' }],
  [
    'the platform before the image',
    { labels: toolhiveLabels('git'), image: { reference: 'mcp/git', id: '' } },
    { platform: 'toolhive' },
  ],
  [
    'ToolHive before a profile',
    { labels: { ...toolhiveLabels('git'), 'dev.bulkhead.profile': 'none' } },
    { platform: 'toolhive' },
  ],
];

const parts: readonly [string, Record<string, string>, string][] = [
  ['an egress proxy of ToolHive', toolhiveSidecarLabels('fetch-egress'), 'a sidecar of ToolHive'],
  [
    'the inspector',
    { ...toolhiveLabels('inspector', 'inspector'), 'toolhive-auxiliary': 'true' },
    'an auxiliary container of ToolHive',
  ],
  ['the inspector by its transport', toolhiveLabels('inspector', 'inspector'), 'an auxiliary container of ToolHive'],
  [
    'a proxy of the gateway',
    { 'docker-mcp': 'true', 'docker-mcp-proxy': 'true', 'docker-mcp-proxy-type': 'l7' },
    'a proxy of Docker MCP Gateway',
  ],
  ['a proxy that says it is a server', { ...gatewayLabels('x'), 'docker-mcp-proxy': 'true' }, 'a proxy of Docker MCP Gateway'],
  ...['probe', 'control', 'canary', 'relay', 'gateway', 'secrets', 'volume'].map(
    (role): [string, Record<string, string>, string] => [`our ${role}`, { 'dev.bulkhead.role': role }, `Bulkhead's own ${role}`],
  ),
  [
    'our probe with a profile',
    { 'dev.bulkhead.role': 'probe', 'dev.bulkhead.profile': 'network', ...toolhiveLabels('x') },
    "Bulkhead's own probe",
  ],
];

const nothing: readonly [string, Partial<ContainerSummary>][] = [
  ['a database', {}],
  ['a label of almost the right value', { labels: { toolhive: 'yes' } }],
  ['a label key of another case', { labels: { ToolHive: 'true' } }],
  ['a sidecar label without the platform', { labels: { 'toolhive-auxiliary-workload': 'true' } }],
  ['a network of ToolHive is no container, and another key', { labels: { 'toolhive-name': 'toolhive-external' } }],
  ['a role that nobody knows', { labels: { 'dev.bulkhead.role': 'admiral' } }],
  ['keys of Object.prototype', { labels: JSON.parse('{"__proto__": "true", "constructor": "true"}') as Record<string, string> }],
  ['a megabyte as value', { labels: { toolhive: 'true'.repeat(300_000), 'dev.bulkhead.role': 'probe'.repeat(300_000) } }],
];

describe('recognize', () => {
  it.each(servers)('knows %s', (_what, fields, expected) => {
    expect(recognize(container(fields))).toMatchObject({ kind: 'server', ...expected });
  });

  it.each(parts)('knows %s for a part', (_what, labels, what) => {
    expect(recognize(container({ labels }))).toEqual({ kind: 'part', what });
  });

  it.each(nothing)('says nothing about %s', (_what, fields) => {
    expect(recognize(container(fields))).toBeUndefined();
  });
});

describe('labels that an image brought along', () => {
  const inherits = (labels: Record<string, string>, more: Record<string, string> = {}): ContainerSummary =>
    container({ imageLabels: labels, labels: { ...labels, ...more } });

  it.each([
    ['a role', { 'dev.bulkhead.role': 'probe' }],
    ['a sidecar', toolhiveSidecarLabels('x-egress')],
    ['a proxy', { 'docker-mcp': 'true', 'docker-mcp-proxy': 'true' }],
    ['another platform', mcpproxyLabels('x')],
  ])('do not make the container %s', (_what, labels) => {
    expect(recognize(inherits(labels))).toBeUndefined();
  });

  it('do not hide a server of ToolHive behind the sidecar label', () => {
    const hidden = inherits({ 'toolhive-auxiliary-workload': 'true' }, toolhiveLabels('evil'));
    expect(recognize(hidden)).toMatchObject({ kind: 'server', platform: 'toolhive' });
  });

  it('are ours when the session is new: a probe image may carry the role', () => {
    expect(recognize(inherits({ 'dev.bulkhead.role': 'probe' }, { 'dev.bulkhead.session': '0badc0ffee11' }))).toMatchObject({
      kind: 'part',
    });
  });

  it('are not ours when the image brought a session too', () => {
    expect(recognize(inherits({ 'dev.bulkhead.role': 'probe', 'dev.bulkhead.session': '0badc0ffee11' }))).toBeUndefined();
  });

  it('show a server when they are a profile, though they declare nothing', () => {
    expect(recognize(inherits({ 'dev.bulkhead.profile': 'network' }))).toMatchObject({ why: 'image label dev.bulkhead.profile' });
  });
});
