import { describe, expect, it } from 'vitest';
import { envFile } from '../../../src/platforms/env-file.ts';
import { readAnswer } from '../../../src/platforms/program-answer.ts';
import { startArguments } from '../../../src/platforms/program.ts';
import { runOf } from './fixtures.ts';

describe('a program as a platform', () => {
  it('is called with words, and only with those that are needed', () => {
    const none = { profile: undefined, variables: undefined };
    expect(startArguments(runOf(), none)).toEqual(['start', 'cmp-1', 'mcp/files:1.0', 'stdio']);
    expect(
      startArguments(runOf({ transport: 'sse', port: 80, args: ['--profile', '$(id)'] }), {
        profile: '/p.json',
        variables: '/v',
      }),
    ).toEqual([
      'start',
      'cmp-1',
      'mcp/files:1.0',
      'sse',
      '--profile',
      '/p.json',
      '--variables',
      '/v',
      '--port',
      '80',
      '--',
      '--profile',
      '$(id)',
    ]);
  });

  it('answers one line, whose texts are made safe', () => {
    expect(readAnswer('\n{"container":"a1","command":"x\\u001b[2J","notes":["\\u202eevil"]}\n')).toEqual({
      container: 'a1',
      command: 'x\\u001b[2J',
      notes: ['\\u202eevil'],
    });
    expect(readAnswer('{"container":"name.of_it-1"}')).toEqual({ container: 'name.of_it-1' });
  });

  it.each([
    ['', /0 lines/],
    ['{"container":"a"}\n{"container":"b"}', /2 lines/],
    ['started\u001b[2J', /not JSON/],
    ['{}', /no answer .*container/],
    ['{"container":""}', /\/container/],
    ['{"container":"../../x"}', /\/container/],
    ['{"container":"a/json?x"}', /\/container/],
    ['{"container":["a"]}', /\/container/],
    ['{"container":"a","more":1}', /additional/],
    [`{"container":"a","notes":[${'"n",'.repeat(20)}"n"]}`, /\/notes/],
    ['[]', /object/],
    ['null', /object/],
  ])('refuses %j', (output, message) => expect(() => readAnswer(output)).toThrow(message));

  it('gets variables in a file, which holds lines', () => {
    expect(envFile(['A=1 2', 'B=x=y', 'C='])).toBe('A=1 2\nB=x=y\nC=\n');
    expect(() => envFile(['A=1', 'KEY=secret\nEVIL=1'])).toThrow(/^The value of KEY has more than one line/);
  });
});
