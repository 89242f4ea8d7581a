import { execa } from 'execa';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/checks/registry.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

/** Runs the built program. Nothing here reaches an engine: every call names a socket that is not one, or needs none. */
async function bulkhead(
  ...args: readonly string[]
): Promise<{ readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [CLI, ...args], {
    reject: false,
    extendEnv: false,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
  });
  return { exitCode, stdout, stderr };
}

describe('bad input', () => {
  let directory: string;
  const file = (name: string): string => path.join(directory, name);

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-cli-'));
    await writeFile(file('empty.json'), '');
    await writeFile(
      file('invalid.json'),
      '{"network": {"outbound": {"allow_host": ["*"], "allow_port": [99999], "allow_hosts": []}}}',
    );
    await writeFile(file('huge.json'), Buffer.alloc(10 * 1024 * 1024, ' '));
    await writeFile(file('escape.json'), '{"na\u001b[2Jme": 1}');
    await writeFile(file('bundle.json'), '{"schemaVersion": 99}');
  });
  afterAll(async () => rm(directory, { recursive: true, force: true }));

  it.each<readonly [string, () => readonly string[], number, RegExp]>([
    ['no such command', () => ['adit'], 2, /unknown command/],
    ['no such option', () => ['audit', '--internt', 'x'], 2, /unknown option/],
    ['a canary that is none', () => ['audit', '--internet', 'http://canary.test'], 2, /HOST:PORT/],
    ['a severity that is none', () => ['audit', '--fail-on', 'severe'], 2, /one of info, low/],
    ['a check that is none', () => ['audit', '--only', 'NET-4711'], 2, /bulkhead checks/],
    ['two formats for one stream', () => ['audit', '--format', 'json', '--format', 'console'], 2, /json=report.json/],
    ['compare: a format of audits alone', () => ['compare', '--format', 'junit', 'image'], 2, /one of [^\n]*html/],
    ['an engine that is not there', () => ['audit', '--host', `unix://${file('none.sock')}`], 4, /No container engine answers/],
    ['an address that is no engine', () => ['audit', '--host', 'tcp:/x'], 2, /./],
    ['a profile that is not there', () => ['profile', 'validate', file('none.json')], 2, /none.json/],
    ['an empty profile', () => ['profile', 'validate', file('empty.json')], 2, /empty/],
    ['an invalid profile', () => ['profile', 'validate', file('invalid.json')], 2, /allow_host\[0\][\s\S]*allow_port\[0\]/],
    ['a profile of 10 MB', () => ['profile', 'validate', file('huge.json')], 2, /larger|more than|too (large|big|long)|longer/i],
    ['a profile that steers a terminal', () => ['profile', 'validate', file('escape.json')], 2, /U\+001B/],
    ['a bundle of another version', () => ['evaluate', file('bundle.json')], 2, /schemaVersion/],
    ['a bundle that is not there', () => ['evaluate', file('none')], 2, /could not be read/],
    ['run: a transport that is none', () => ['run', '--transport', 'grpc', 'image'], 2, /stdio, streamable-http, sse/],
    ['run: a size that is none', () => ['run', '--memory', 'much', 'image'], 2, /512m/],
    ['run: an origin that is none', () => ['run', '--allow-origin', 'app.example', 'image'], 2, /https:\/\/app.example/],
    ['run: stdio and nobody', () => ['run', '--detach', 'image'], 2, /--transport streamable-http/],
    [
      'run: no internet, without an audit',
      () => ['run', '--no-internet', 'image'],
      2,
      /^bulkhead: --no-internet is for the audit/,
    ],
    ['run: a gate without an audit', () => ['run', '--fail-on', 'high', 'image'], 2, /--fail-on is for the audit/],
    ['run: a time for no attempt', () => ['run', '--timeout', '500', 'image'], 2, /--timeout is for the audit/],
    ['run: a configuration that nobody reads', () => ['run', '--config', 'x.yaml', 'image'], 2, /--config is for the audit/],
    ['run: a token file for stdio', () => ['run', '--token-file', file('token'), 'image'], 2, /--token-file means nothing/],
    ['run: an origin for stdio', () => ['run', '--allow-origin', 'https://app.example', 'image'], 2, /--allow-origin means/],
    ['run: what no client starts', () => ['run', '--print-config', '--transport', 'sse', 'image'], 2, /nothing to print/],
    ['run: an invalid profile', () => ['run', '--profile', file('invalid.json'), 'image'], 2, /allow_host\[0\]/],
    ['run: a secret from nowhere', () => ['run', '--secret', 'KEY=file:' + file('none'), 'image'], 2, /there is no file/],
    ['run: what may be a secret', () => ['run', '--secret', 'hunter2', 'image'], 2, /^(?![\s\S]*hunter2)[\s\S]*NAME=file:PATH/],
    ['run: a variable that is not set', () => ['run', '--env', 'NOT_SET_HERE', 'image'], 2, /not set/],
    ['run: no engine', () => ['run', '--host', `unix://${file('none.sock')}`, 'image'], 4, /No container engine answers/],
    ['rm: nothing named', () => ['rm'], 2, /missing required argument/],
    ['ps: no engine', () => ['ps', '--host', `unix://${file('none.sock')}`], 4, /No container engine answers/],
    ['a check to explain that is none', () => ['checks', 'XYZ-1'], 2, /bulkhead checks/],
  ])('%s', async (_, args, code, words) => {
    const result = await bulkhead(...args());
    expect(result.stderr).toMatch(words);
    expect(result.exitCode).toBe(code);
    expect(result.stdout).toBe('');
    expect(result.stderr).not.toMatch(/ {4}at /);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(result.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it('no permission on the socket', async ({ skip }) => {
    skip(process.getuid?.() !== 0, 'needs root to become somebody without permission');
    const socket = path.join(directory, 'closed.sock');
    const server = net.createServer().listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    await chmod(socket, 0o600);
    await chmod(directory, 0o755);
    const result = await execa(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, CLI, 'audit', '--host', `unix://${socket}`],
      { reject: false },
    );
    server.close();
    expect(result.stderr).toMatch(/No permission/);
    expect(result.exitCode).toBe(4);
  });

  it('an engine that answers nonsense', async () => {
    const socket = path.join(directory, 'nonsense.sock');
    const server = net
      .createServer((connection) => connection.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\u001b[2'))
      .listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    const result = await bulkhead('audit', '--host', `unix://${socket}`);
    server.close();
    expect(result.exitCode).toBe(4);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(result.stderr).not.toMatch(/\u001b/);
  });
});

describe('without an engine', () => {
  it('lists and explains checks in every format', async () => {
    const list = await bulkhead('checks', '--format', 'json');
    expect((JSON.parse(list.stdout) as readonly unknown[]).length).toBe(CHECKS.length);
    expect((await bulkhead('checks', 'NET-004')).stdout).toMatch(/undeclared/i);
    expect((await bulkhead('checks', 'host-canary', '--format', 'markdown')).stdout).toMatch(/^# /);
  });
  it('shows the built-in profiles', async () => {
    expect((await bulkhead('profile', 'validate', 'none', 'network')).exitCode).toBe(0);
    expect(JSON.parse((await bulkhead('profile', 'show', 'network')).stdout)).toMatchObject({
      network: { outbound: { insecure_allow_all: true } },
    });
  });
  it('prints what a client needs to start a server', async () => {
    const { stdout, exitCode } = await bulkhead(
      'run',
      '--print-config',
      '--profile',
      'p.json',
      'registry.example/mcp/weather:1',
      '--fast',
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      mcpServers: {
        weather: {
          command: 'bulkhead',
          args: ['run', '--profile', path.resolve('p.json'), 'registry.example/mcp/weather:1', '--fast'],
        },
      },
    });
  });
  it('prints the paths of its own files in full, and changes nothing of the arguments of the server', async () => {
    const mine = [
      '--verify',
      '--config=c.yaml',
      '--secret',
      'KEY=file:key',
      '--secret-as-env=OLD=file:/old',
      '--secret',
      'E=env:E',
    ];
    const servers = ['--profile', 'x.json', '--print-config', '--secret', 'KEY=file:key'];
    const { stdout } = await bulkhead('run', '--profile', 'none', '--print-config', ...mine, 'weather', ...servers);
    const { mcpServers } = JSON.parse(stdout) as { mcpServers: { weather: { args: readonly string[] } } };
    const full = [
      '--verify',
      `--config=${path.resolve('c.yaml')}`,
      '--secret',
      `KEY=file:${path.resolve('key')}`,
      '--secret-as-env=OLD=file:/old',
      '--secret',
      'E=env:E',
    ];
    expect(mcpServers.weather.args).toEqual(['run', '--profile', 'none', ...full, 'weather', ...servers]);
  });
  it('prints its version and help', async () => {
    expect((await bulkhead('--version')).stdout).toMatch(/^\d+\.\d+\.\d+$/);
    expect((await bulkhead('audit', '--help')).stdout).toMatch(/--internet/);
    const { stdout } = await bulkhead('run', '--help');
    expect(stdout).toMatch(/--memory <size>\s+memory limit \(default: 512m\)/);
    expect(stdout).not.toMatch(/default:\s+(?:false|\[\])/);
  });
});
