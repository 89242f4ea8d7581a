import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/checks/registry.ts';
import { parseCanary, parseHostPort, parseInteger, parsePercent, selectChecks } from '../../../src/commands/options.ts';
import { parseFormats } from '../../../src/commands/output.ts';

describe('HOST:PORT', () => {
  it.each([
    ['Canary.Example:443', 'canary.example', 443],
    ['203.0.113.10:80', '203.0.113.10', 80],
    ['[2001:db8::10]:443', '2001:db8::10', 443],
  ])('%s', (value, host, port) => {
    expect(parseHostPort(value, '--management')).toEqual({ host, port });
  });
  it.each([
    'host',
    'host:0',
    'host:70000',
    ':80',
    'http://host:80',
    'a b:80',
    '2001:db8::1:80',
    '[host]:80',
    'host:80/x',
    'ho\u001bst:80',
    '',
  ])('refuses "%s"', (value) => expect(() => parseHostPort(value, '--management')).toThrow(/does not take/));
  it('takes a protocol for canaries', () => {
    expect(parseCanary('canary.example:7/udp')).toEqual({ host: 'canary.example', port: 7, protocol: 'udp' });
    expect(parseCanary('canary.example:7')).toMatchObject({ protocol: 'tcp' });
    expect(() => parseCanary('canary.example:7/sctp')).toThrow(/--internet/);
  });
});

describe('numbers', () => {
  const parse = parseInteger('--timeout', 100, 60_000);
  it.each(['99', '60001', '1e3', '-1', '1.5', '', 'x'])('refuses "%s"', (value) =>
    expect(() => parse(value)).toThrow(/--timeout/),
  );
  it('takes what is in range', () => expect(parse('2000')).toBe(2000));

  const percent = parsePercent('--min-coverage');
  it.each(['101', '-1', '90%', '1e1', '', 'x', '100.1'])('refuses "%s" as a percentage', (value) =>
    expect(() => percent(value)).toThrow(/--min-coverage/),
  );
  it.each(['0', '99.9', '100'])('takes %s percent', (value) => expect(percent(value)).toBe(Number(value)));
});

describe('selection of checks', () => {
  const ids = (only: readonly string[], skip: readonly string[] = []): readonly string[] =>
    selectChecks(CHECKS, only, skip).map(({ meta }) => meta.id);
  it('knows ids, slugs and areas', () => {
    expect(ids(['NET-004,host-canary'])).toEqual(['NET-004', 'HOST-001']);
    expect(ids(['fs']).every((id) => id.startsWith('FS-'))).toBe(true);
    expect(ids([], ['NET', 'HOST', 'PIVOT', 'AUTH', 'HARD'])).toEqual(ids(['FS']));
  });
  it('refuses what is no check, and what leaves none', () => {
    expect(() => ids(['NET-4711'])).toThrow(/--only/);
    expect(() => ids(['FS'], ['FS'])).toThrow(/no check/);
  });
});

describe('formats', () => {
  it('default to the console', () => expect(parseFormats([])).toEqual([{ format: 'console' }]));
  it('may go to files', () => {
    expect(parseFormats(['console', 'json=a=b.json'])).toEqual([{ format: 'console' }, { format: 'json', path: 'a=b.json' }]);
  });
  it.each([[['xml']], [['json=']], [['json', 'console']], [['']]])('refuses %s', (values) => {
    expect(() => parseFormats(values)).toThrow();
  });
});
