import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandReceiver } from '../../../src/telling/command.ts';
import { driftEvent } from '../../../src/telling/event.ts';
import { aDrift, ENGINE } from '../../support/drift.ts';

const event = driftEvent(aDrift(), ENGINE);
if (event === undefined) throw new Error('no event');
const never = new AbortController().signal;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-command-'));
});
afterAll(() => rm(directory, { recursive: true }));

const node = (script: string, ...args: string[]) => [process.execPath, '-e', script, ...args];

describe('a command', () => {
  it('gets the event on its standard input, its arguments as they are, and no variable but those that are due', async () => {
    const file = path.join(directory, 'seen');
    const script = `
      let input = '';
      process.stdin.on('data', (data) => { input += data; });
      process.stdin.on('end', () => {
        require('node:fs').writeFileSync(process.argv[1], JSON.stringify([input, process.argv.slice(2), process.env]));
      });`;
    const receiver = commandReceiver(
      { argv: node(script, file, '$(id)', 'a b;'), env: ['TOKEN'] },
      { PATH: '/usr/bin', TOKEN: 't', WEBHOOK_SECRET: 'hidden', NODE_OPTIONS: '--no-warnings' },
    );
    expect(await receiver.deliver(event, never)).toEqual({ state: 'delivered' });
    const [input, args, env] = JSON.parse(await readFile(file, 'utf8')) as [string, string[], object];
    expect(JSON.parse(input)).toEqual(event);
    expect(args).toEqual(['$(id)', 'a b;']);
    expect(env).toEqual({
      PATH: '/usr/bin',
      TOKEN: 't',
      BULKHEAD_EVENT_TYPE: 'drift',
      BULKHEAD_EVENT_ID: event.id,
      BULKHEAD_EVENT_SEVERITY: 'high',
    });
  });

  it('need not read', async () => {
    expect(await commandReceiver({ argv: node('process.exit(0)') }, {}).deliver(event, never)).toEqual({ state: 'delivered' });
  });

  it.each([
    ['ends with a code', 'console.error("no \\u001b[31mred"); process.exit(7)', 'ended with code 7: no \\u001b[31mred'],
    ['prints without end', 'setInterval(() => process.stdout.write("x".repeat(1e5)), 1)', 'printed too much'],
    ['is ended by a signal', 'process.kill(process.pid, "SIGKILL")', 'was ended by a signal'],
  ])('that %s has failed', async (_, script, why) => {
    expect(await commandReceiver({ argv: node(script) }, {}).deliver(event, never)).toEqual({ state: 'failed', why });
  });

  it('that is not there has failed', async () => {
    expect(await commandReceiver({ argv: ['/no/such/program'] }, {}).deliver(event, never)).toEqual({
      state: 'failed',
      why: 'is not there',
    });
  });

  it('has its time, and ends when bulkhead does', async () => {
    const argv = node('setInterval(() => {}, 1e6)');
    const outcome = await commandReceiver({ argv, timeoutSeconds: 1 }, {}).deliver(event, never);
    expect(outcome).toEqual({ state: 'failed', why: 'did not end within 1 s' });
    const delivery = await commandReceiver({ argv }, {}).deliver(event, AbortSignal.timeout(50));
    expect(delivery).toEqual({ state: 'failed', why: 'was ended: Interrupted' });
  });

  it('needs the variables that it names', () => {
    expect(() => commandReceiver({ argv: ['/opt/notify', '--token=hidden'], env: ['TOKEN'] }, {})).toThrow(
      /^The command notify\/[0-9a-f]{8} is to get the variable TOKEN, which is not set\.$/,
    );
  });
});
