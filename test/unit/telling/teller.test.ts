import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../../../src/model/event.ts';
import { driftEvent, recoveredEvent, runFailedEvent } from '../../../src/telling/event.ts';
import type { Delivery, Receiver } from '../../../src/telling/receiver.ts';
import { receiversOf } from '../../../src/telling/receivers.ts';
import { fileState, type TellingState } from '../../../src/telling/state.ts';
import { startTeller } from '../../../src/telling/teller.ts';
import { aChange, aDrift, ENGINE } from '../../support/drift.ts';

const drift = (subject: string, severity: 'low' | 'high' = 'high'): Event => {
  const event = driftEvent(aDrift([aChange({ subject, severity, fingerprint: subject })]), ENGINE);
  if (event === undefined) throw new Error('no event');
  return event;
};
const failed = (code = 'engine-unreachable') => runFailedEvent({ code, message: 'No engine.' }, ENGINE, 0);
const recovered = () => recoveredEvent(aDrift().after, ENGINE);

function memory(): TellingState {
  const told = new Map<string, string>();
  return {
    get: (slot) => Promise.resolve(told.get(slot)),
    put: (slot, key) => Promise.resolve(key === undefined ? void told.delete(slot) : void told.set(slot, key)),
  };
}

function receiver(answer: (event: Event, signal: AbortSignal) => Promise<Delivery> | Delivery, more: Partial<Receiver> = {}) {
  const heard: Event[] = [];
  const it: Receiver = {
    name: 'receiver/1',
    minSeverity: 'info',
    async deliver(event, signal) {
      heard.push(event);
      return answer(event, signal);
    },
    ...more,
  };
  return { receiver: it, heard };
}

const delivered: Delivery = { state: 'delivered' };
const silent = () => undefined;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-state-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('telling', () => {
  it('says the same drift once, and again when it was over or another came between', async () => {
    const { receiver: one, heard } = receiver(() => delivered);
    const teller = startTeller([one], memory(), silent);
    for (const subject of ['a', 'a', 'b', 'a', 'a']) teller.tell(drift(subject));
    teller.unchanged(ENGINE.endpoint);
    teller.tell(drift('a'));
    await teller.settled();
    expect(heard.map(({ key }) => key)).toEqual(['a', 'b', 'a', 'a'].map((subject) => drift(subject).key));
    expect(teller.counts().get('receiver/1')).toEqual({ delivered: 4, failed: 0, dropped: 0, repeated: 2 });
  });

  it('says again what was not heard', async () => {
    const answers: Delivery[] = [{ state: 'failed', why: 'answered 500' }, delivered];
    const lines: string[] = [];
    const { receiver: one, heard } = receiver(() => answers.shift() ?? delivered);
    const teller = startTeller([one], memory(), (line) => lines.push(line));
    for (let n = 0; n < 3; n += 1) teller.tell(drift('a'));
    await teller.settled();
    expect(heard).toHaveLength(2);
    expect(lines).toEqual(['receiver/1 was not told of drift: it answered 500', 'receiver/1 was told: drift, high']);
  });

  it('says once that runs fail, and that they recovered to those who heard of it', async () => {
    const { receiver: one, heard } = receiver(() => delivered, { minSeverity: 'critical' });
    const teller = startTeller([one], memory(), silent);
    for (const event of [recovered(), failed(), failed(), drift('a'), recovered(), recovered(), failed()]) teller.tell(event);
    await teller.settled();
    expect(heard.map(({ type }) => type)).toEqual(['run-failed', 'recovered', 'run-failed']);
  });

  it('does not forget a drift because a run failed', async () => {
    const { receiver: one, heard } = receiver(() => delivered);
    const teller = startTeller([one], memory(), silent);
    for (const event of [drift('a'), failed(), recovered(), drift('a')]) teller.tell(event);
    await teller.settled();
    expect(heard.map(({ type }) => type)).toEqual(['drift', 'run-failed', 'recovered']);
  });

  it('spares a receiver what is less severe', async () => {
    const { receiver: one, heard } = receiver(() => delivered, { minSeverity: 'medium' });
    const teller = startTeller([one], memory(), silent);
    teller.tell(drift('a', 'low'));
    teller.tell(drift('b', 'high'));
    await teller.settled();
    expect(heard.map(({ data }) => data.severity)).toEqual(['high']);
  });

  it('tells others while one is silent, drops the oldest that wait for it, and ends when asked', async () => {
    const { receiver: dead, heard: begun } = receiver(
      (_, signal) => new Promise((done) => signal.addEventListener('abort', () => done({ state: 'failed', why: 'was silent' }))),
      { name: 'dead/1' },
    );
    const { receiver: live, heard } = receiver(() => delivered, { name: 'live/1' });
    const teller = startTeller([dead, live], memory(), silent);
    teller.tell(drift('first'));
    await expect.poll(() => begun.length).toBe(1);
    for (let n = 0; n < 150; n += 1) {
      teller.tell(drift(`${n}`));
      teller.unchanged(ENGINE.endpoint);
    }
    await expect.poll(() => heard.length).toBeGreaterThanOrEqual(101);
    await teller.close();
    expect(begun).toHaveLength(1);
    expect(teller.counts().get('dead/1')).toEqual({ delivered: 0, failed: 1, dropped: 150, repeated: 0 });
  });

  it('tells nobody any more who is gone', async () => {
    const { receiver: one, heard } = receiver(() => ({ state: 'gone', why: 'answered 410' }));
    const lines: string[] = [];
    const teller = startTeller([one], memory(), (line) => lines.push(line));
    teller.tell(drift('a'));
    teller.tell(drift('b'));
    await teller.settled();
    teller.tell(drift('c'));
    await teller.settled();
    expect(heard).toHaveLength(1);
    expect(teller.counts().get('receiver/1')).toMatchObject({ failed: 1, dropped: 2 });
    expect(lines.at(-1)).toBe('receiver/1 is told no more until bulkhead is started again');
  });

  it('tells twice rather than never when it cannot remember', async () => {
    const broken: TellingState = { get: () => Promise.reject(new Error('disk')), put: () => Promise.reject(new Error('disk')) };
    const { receiver: one, heard } = receiver(() => delivered);
    const lines: string[] = [];
    const teller = startTeller([one], broken, (line) => lines.push(line));
    for (const event of [drift('a'), drift('a'), recovered()]) teller.tell(event);
    await teller.settled();
    expect(heard).toHaveLength(3);
    expect(lines).toContain('what receiver/1 was told is not known: disk');
    expect(lines).toContain('what receiver/1 was told is not kept: disk');
  });
});

describe('the state file', () => {
  it('keeps what was told across a restart, readable by nobody else', async () => {
    const file = path.join(directory, 'told.json');
    const { receiver: one, heard } = receiver(() => delivered);
    for (let start = 0; start < 2; start += 1) {
      const teller = startTeller([one], await fileState(file), silent);
      teller.tell(drift('a'));
      teller.tell(failed());
      await teller.settled();
    }
    expect(heard.map(({ type }) => type)).toEqual(['drift', 'run-failed']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('forgets the oldest of many, and what is over', async () => {
    const file = path.join(directory, 'many.json');
    const told = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`slot ${n}`, 'key']));
    await writeFile(file, JSON.stringify({ stateVersion: 1, told }));
    const state = await fileState(file);
    await Promise.all([1000, 1001, 1002, 1003, 1004].map((n) => state.put(`slot ${n}`, 'key')));
    await state.put('slot 1004', undefined);
    const again = await fileState(file);
    expect(await again.get('slot 4')).toBeUndefined();
    expect(await again.get('slot 5')).toBe('key');
    expect(await again.get('slot 1004')).toBeUndefined();
  });

  it.each(['', '{', '{"stateVersion":2,"told":{}}', '{"stateVersion":1,"told":{"a":1}}', '[]'])(
    'that holds %j is an error',
    async (text) => {
      const file = path.join(directory, 'bad.json');
      await writeFile(file, text);
      await expect(fileState(file)).rejects.toMatchObject({ code: 'config-invalid' });
      expect(await readFile(file, 'utf8')).toBe(text);
    },
  );
});

describe('receivers', () => {
  it('come from the options, each once', async () => {
    const environment = { S: `whsec_${Buffer.alloc(32, 3).toString('base64')}` };
    const webhook = { url: 'https://hooks.example/a', secretEnv: 'S' };
    const receivers = await receiversOf({ webhooks: [webhook], commands: [{ argv: ['/opt/notify'] }] }, environment);
    expect(receivers.map(({ name }) => name.split('/')[0])).toEqual(['hooks.example', 'notify']);
    await expect(receiversOf({ webhooks: [webhook, webhook] }, environment)).rejects.toMatchObject({ code: 'config-invalid' });
  });
});
