import { describe, expect, it } from 'vitest';
import { runConfigDirectory, runConfigFile } from '../../../src/discovery/toolhive.ts';
import { container, toolhiveLabels } from './fixtures.ts';

describe('runConfigDirectory', () => {
  it.each([
    ['linux', {}, '/home/u', '/home/u/.local/state/toolhive/runconfigs'],
    ['linux', { XDG_STATE_HOME: '/srv/state' }, '/home/u', '/srv/state/toolhive/runconfigs'],
    ['linux', { XDG_STATE_HOME: 'relative' }, '/home/u', '/home/u/.local/state/toolhive/runconfigs'],
    ['linux', { XDG_STATE_HOME: '' }, '/home/u', '/home/u/.local/state/toolhive/runconfigs'],
    ['darwin', {}, '/Users/u', '/Users/u/Library/Application Support/toolhive/runconfigs'],
    ['win32', { LOCALAPPDATA: 'D:\\Local' }, 'C:\\Users\\u', 'D:\\Local\\toolhive\\runconfigs'],
    ['win32', {}, 'C:\\Users\\u', 'C:\\Users\\u\\AppData\\Local\\toolhive\\runconfigs'],
  ] as const)('on %s with %j', (platform, env, homeDirectory, expected) => {
    expect(runConfigDirectory({ env, homeDirectory, platform })).toBe(expected);
  });
});

describe('runConfigFile', () => {
  const file = (name: string, platform: NodeJS.Platform = 'linux') =>
    runConfigFile(container({ labels: toolhiveLabels(name) }), '/state', platform);

  it.each(['fetch', 'my.server-2_x', '0'])('is named by the label: %s', (name) => {
    expect(file(name)).toBe(`/state/${name}.json`);
  });

  it.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    '/etc/passwd',
    'a\\b',
    '..\\x',
    'a\u0000',
    'a\n',
    '.hidden',
    '-x',
    'a:b',
    'ü',
    'a'.repeat(201),
    'x'.repeat(3_000_000),
  ])('does not follow %.20j', (name) => {
    expect(file(name)).toBeUndefined();
    expect(file(name, 'win32')).toBeUndefined();
  });

  it.each(['con', 'NUL', 'aux.backup', 'com1', 'LPT9'])('does not open the device %s on Windows', (name) => {
    expect(file(name, 'win32')).toBeUndefined();
    expect(file(name)).toBe(`/state/${name}.json`);
  });

  it('does not follow a label that came with the image', () => {
    const labels = toolhiveLabels('fetch');
    expect(runConfigFile(container({ labels, imageLabels: labels }), '/state', 'linux')).toBeUndefined();
  });
});
