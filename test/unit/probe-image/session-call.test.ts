import type http from 'node:http';
import { describe, expect, it } from 'vitest';
import { fault, httpServer, json, open, reply, resultOf, type Exchange, type HttpServer } from './mcp-fixtures.ts';

const READ = { readOnlyHint: true };

async function offering(
  tools: readonly object[],
  answer?: (message: Exchange['message'], response: http.ServerResponse) => void,
): Promise<HttpServer> {
  return httpServer(({ message }, response) =>
    message?.method === 'tools/call' && answer !== undefined
      ? answer(message, response)
      : json(response, resultOf(message, tools)),
  );
}

function calls({ exchanges }: HttpServer): readonly unknown[] {
  return exchanges.filter(({ message }) => message?.method === 'tools/call').map(({ message }) => message?.params);
}

describe('which tool is called', () => {
  it('none unless it is asked for', async () => {
    await using server = await offering([{ name: 'look', annotations: READ }]);
    expect((await open(server.port)).peer?.called).toBeUndefined();
    expect(calls(server)).toEqual([]);
  });
  it('the named one, with empty arguments', async () => {
    await using server = await offering([{ name: 'look', annotations: READ }, { name: 'change' }]);
    const seen = await open(server.port, { call: { tool: 'change' } });
    expect(seen.peer?.called).toEqual({ tool: 'change', result: 'answered' });
    expect(calls(server)).toEqual([{ name: 'change', arguments: {} }]);
  });
  it('the first that is read-only and takes no required argument', async () => {
    await using server = await offering([
      { name: 'change' },
      { name: 'drop', annotations: { readOnlyHint: false } },
      { name: 'say so', annotations: { readOnlyHint: 'true' } },
      { name: 'find', annotations: READ, inputSchema: { type: 'object', required: ['what'] } },
      { name: 'odd', annotations: READ, inputSchema: { required: 'what' } },
      { name: 7, annotations: READ },
      { name: 'x'.repeat(257), annotations: READ },
      { name: 'look', annotations: READ, inputSchema: { type: 'object', required: [] } },
      { name: 'other', annotations: READ },
    ]);
    expect((await open(server.port, { call: { readOnly: true } })).peer?.called).toEqual({ tool: 'look', result: 'answered' });
    expect(calls(server)).toEqual([{ name: 'look', arguments: {} }]);
  });
  it.each<[string, object, object]>([
    ['another name', { tool: 'none' }, { tool: 'none', result: 'not-offered' }],
    ['nothing read-only', { readOnly: true }, { result: 'not-offered' }],
  ])('none where there is %s', async (_, call, called) => {
    await using server = await offering([
      { name: 'change' },
      { name: 'find', annotations: READ, inputSchema: { required: ['x'] } },
    ]);
    expect((await open(server.port, { call: call as { tool: string } })).peer?.called).toEqual(called);
    expect(calls(server)).toEqual([]);
  });
  it('one of a later part of the list', async () => {
    await using server = await httpServer(({ message }, response) => {
      if (message?.method !== 'tools/list') return json(response, resultOf(message));
      const isFirst = message.params?.['cursor'] === undefined;
      json(response, reply(message, isFirst ? { tools: [{ name: 'a' }], nextCursor: '2' } : { tools: [{ name: 'z' }] }));
    });
    const seen = await open(server.port, { call: { tool: 'z' } });
    expect(seen.peer).toMatchObject({ tools: 2, called: { tool: 'z', result: 'answered' } });
  });
  it('is not known where no end of the list was seen', async () => {
    await using server = await httpServer(({ message }, response) =>
      message?.method === 'tools/list'
        ? json(response, reply(message, { tools: [{ name: 'a' }], nextCursor: 'more' }))
        : json(response, resultOf(message)),
    );
    expect((await open(server.port, { call: { tool: 'z' } })).peer?.called).toEqual({ tool: 'z', result: 'no-answer' });
  });
});

describe('how a call ended', () => {
  it.each<[string, (message: Exchange['message'], response: http.ServerResponse) => void, string]>([
    ['a result', (message, response) => json(response, reply(message, { content: [] })), 'answered'],
    ['an error of the tool', (message, response) => json(response, reply(message, { isError: true })), 'tool-error'],
    ['arguments that are missed', (message, response) => json(response, fault(message, -32602)), 'tool-error'],
    ['a method that is not there', (message, response) => json(response, fault(message, -32601)), 'refused'],
    ['an error of the server', (message, response) => json(response, fault(message, -32001)), 'refused'],
    ['credentials that are wanted', (_, response) => response.writeHead(401).end(), 'refused'],
    [
      'a status of refusal, whatever is said with it',
      (message, response) => response.writeHead(403).end(JSON.stringify(reply(message, {}))),
      'refused',
    ],
    ['a broken server', (_, response) => response.writeHead(502).end('<p>'), 'no-answer'],
    ['a connection that ends', (_, response) => void response.destroy(), 'no-answer'],
    ['an answer to another question', (_, response) => json(response, reply({ id: 1 }, {})), 'no-answer'],
  ])('%s', async (_, answer, result) => {
    await using server = await offering([{ name: 'look', annotations: READ }], answer);
    const seen = await open(server.port, { call: { readOnly: true } });
    expect(seen).toMatchObject({ outcome: 'connected', peer: { called: { tool: 'look', result } } });
  });
  it('a list that was refused', async () => {
    await using server = await httpServer(({ message }, response) =>
      message?.method === 'tools/list' ? response.writeHead(403).end() : json(response, resultOf(message)),
    );
    expect((await open(server.port, { call: { readOnly: true } })).peer).toMatchObject({ called: { result: 'refused' } });
    expect(calls(server)).toEqual([]);
  });
});
