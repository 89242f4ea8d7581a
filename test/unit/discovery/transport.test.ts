import { describe, expect, it } from 'vitest';
import { transportOf } from '../../../src/discovery/transport.ts';
import { container } from './fixtures.ts';

describe('transportOf', () => {
  it.each([
    ['a label', 'sse', {}, 'sse'],
    ['a label before everything', 'stdio', { environment: ['MCP_TRANSPORT=sse'], exposedPorts: [8080] }, 'stdio'],
    ['a label that means nothing', 'carrier pigeon', { environment: ['MCP_TRANSPORT=sse'] }, 'sse'],
    ['an argument', undefined, { command: ['serve', '--transport', 'http'] }, 'streamable-http'],
    ['an argument with =', undefined, { command: ['--transport=sse'] }, 'sse'],
    ['an argument before the environment', undefined, { command: ['stdio'], environment: ['MCP_TRANSPORT=sse'] }, 'stdio'],
    ['an argument without its value', undefined, { command: ['--transport'] }, 'unknown'],
    ['http as any word', undefined, { command: ['http'] }, 'unknown'],
    ['the environment', undefined, { environment: ['PATH=/bin', 'MCP_TRANSPORT=Streamable_HTTP'] }, 'streamable-http'],
    ['another variable', undefined, { environment: ['NOT_MCP_TRANSPORT=sse'] }, 'unknown'],
    ['a megabyte', undefined, { environment: [`MCP_TRANSPORT=${'sse'.repeat(1_000_000)}`] }, 'unknown'],
    ['a word of Object.prototype', 'constructor', {}, 'unknown'],
    ['a port', undefined, { exposedPorts: [8080] }, 'streamable-http'],
    ['nothing', undefined, {}, 'unknown'],
  ] as const)('reads %s', (_what, label, fields, expected) => {
    expect(transportOf(container(fields), label)).toBe(expected);
  });
});
