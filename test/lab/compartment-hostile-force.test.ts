import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureNodeImage } from '../../samples/servers/images.ts';
import { ALLOWED, CompartmentBench } from '../support/compartments.ts';
import { Fixtures } from '../support/fixtures.ts';
import { Attacker, unconfined } from '../support/hostile/attacker.ts';
import { eventually } from '../support/hostile/eventually.ts';
import type { Plan } from '../support/hostile/program.ts';
import { byProxy, get, talk } from '../support/hostile/words.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const ALLOWED_ANSWER = '"host":"allowed.test"';
/** Connections of one server that the gateway has open at once (GATEWAY_LIMITS). */
const MOST = 256;
const MANY = 10_000;

/** What must never work, whatever state the helpers are in. */
const FORBIDDEN = {
  address: talk('203.0.113.10', 80, get('allowed.test')),
  host: talk('198.51.100.1', 80),
  blocked: talk('blocked.test', 80, get('blocked.test')),
  blockedByProxy: byProxy('blocked.test:80', get('blocked.test')),
  addressByProxy: byProxy('203.0.113.10:80', get('blocked.test')),
  question: { do: 'dns', server: '203.0.113.53', tcp: true, name: 'force.exfil.test', type: 'A' },
  echo: { do: 'udp', host: '203.0.113.10', port: 7, payload: 'hello', forMs: 500 },
} as const satisfies Plan;

describe.skipIf(NO_LAB)(`${LAB_NAME}: a hostile server in a compartment, and force`, () => {
  let session: LabSession;
  let fixtures: Fixtures;
  let bench: CompartmentBench;
  let image: string;

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    bench = await CompartmentBench.open(session);
    image = await ensureNodeImage(session.docker);
  });
  afterAll(async () => {
    await bench?.close();
    await fixtures?.remove();
  });

  /** Relay and gateway of a compartment, each with what says that it is still the same process. */
  async function helpers({ name }: Attacker): Promise<readonly unknown[]> {
    return Promise.all(
      ['relay', 'gateway'].map(async (role) => {
        const { State } = await session.docker.getContainer(`${name}-${role}`).inspect();
        return { role, running: State.Running, pid: State.Pid, killed: State.OOMKilled };
      }),
    );
  }

  const isAnswered = (attacker: Attacker): Promise<void> =>
    eventually(async () => {
      const results = await attacker.ask({
        direct: talk('allowed.test', 80, get('allowed.test')),
        proxy: byProxy('allowed.test:80', get('allowed.test')),
      });
      for (const { text } of Object.values(results)) expect(text).toContain(ALLOWED_ANSWER);
    });

  async function reachedDuring(action: () => Promise<unknown>): Promise<readonly string[]> {
    const { lab } = session;
    const [connections, names] = [(await lab.connectionLog()).length, (await lab.dnsLog()).length];
    await action();
    return [
      ...(await lab.connectionLog()).slice(connections).map(({ address, port, transport }) => `${address}:${port}/${transport}`),
      ...(await lab.dnsLog()).slice(names).map(({ name }) => name),
    ];
  }

  it('10,000 connections: the helpers outlive them, few get out, and afterwards all is as before', async () => {
    const attacker = await Attacker.start(bench, image, ALLOWED);
    try {
      await isAnswered(attacker);
      const before = await helpers(attacker);
      const { text: address = '' } = await attacker.one({ do: 'resolve', name: 'allowed.test' });
      const targets = [
        { host: address, port: 80 },
        { host: '127.0.0.1', port: 3128 },
        { host: address, port: 443 },
      ];
      const reached = await reachedDuring(async () => {
        const { number = 0 } = await attacker.one({ do: 'flood', targets, count: MANY });
        // Its own loopback takes them all, or nearly: the server did make them.
        expect(number).toBeGreaterThan(MANY / 2);
      });
      expect(reached.filter((line) => line !== 'allowed.test').length).toBeLessThanOrEqual(MOST);
      expect(reached.filter((line) => line.startsWith('203.0.113.10')).length).toBeGreaterThan(0);
      expect(await helpers(attacker)).toEqual(before);
      await attacker.one({ do: 'release' });
      await isAnswered(attacker);
      expect(await helpers(attacker)).toEqual(before);
    } finally {
      await attacker.stop();
    }
    const outside = await unconfined(session, fixtures, {
      flood: { do: 'flood', targets: [{ host: '203.0.113.10', port: 80 }], count: MANY },
    });
    expect(outside.flood.number).toBeGreaterThan(MANY / 2);
  });

  it.each(['relay', 'gateway'] as const)('the %s is killed: nothing leaves any more, directly or by name', async (role) => {
    const attacker = await Attacker.start(bench, image, ALLOWED);
    try {
      await isAnswered(attacker);
      const { text: address = '' } = await attacker.one({ do: 'resolve', name: 'allowed.test' });
      const helper = session.docker.getContainer(`${attacker.name}-${role}`);
      await helper.kill();
      await eventually(async () => {
        const state = await helper.inspect().catch(() => undefined);
        if (state?.State.Running === true) throw new Error(`${role} is still there`);
      });
      const plan = {
        ...FORBIDDEN,
        allowed: talk('allowed.test', 80, get('allowed.test')),
        allowedAddress: talk(address, 80, get('allowed.test')),
        allowedTls: { do: 'talk', host: address, port: 443, tls: { servername: 'allowed.test' }, say: [get('allowed.test')] },
        allowedByProxy: byProxy('allowed.test:80', get('allowed.test')),
        name: { do: 'resolve', name: 'allowed.test' },
      } as const satisfies Plan;
      const reached = await reachedDuring(async () => {
        const { name, ...results } = await attacker.ask(plan);
        for (const [what, { text = '' }] of Object.entries(results)) expect(text, what).not.toMatch(/identity|answers|hello/);
        if (role === 'relay') expect(name.outcome).toMatch(/^(?:ENOTFOUND|EAI_AGAIN)$/);
      });
      expect(reached).toEqual([]);
      // The place of the relay is free now: whoever takes it has only itself to talk to.
      const taken = await attacker.one({ do: 'listen', host: '127.0.0.1', port: 3128, says: 'mine' });
      expect(taken.outcome).toBe(role === 'relay' ? 'done' : 'EADDRINUSE');
    } finally {
      await attacker.stop();
    }
    expect(await bench.leftovers()).toEqual([]);
  });

  it('the relay is starved: it fails closed, and recovers', async () => {
    const attacker = await Attacker.start(bench, image, ALLOWED);
    try {
      await isAnswered(attacker);
      const before = await helpers(attacker);
      const { text: address = '' } = await attacker.one({ do: 'resolve', name: 'allowed.test' });
      await attacker.one({ do: 'burn', threads: 8 });
      const questions = Object.fromEntries(
        Array.from({ length: 200 }, (_, at): [string, Plan[string]] => [
          `q${at}`,
          { do: 'udp', host: '127.0.0.1', port: 53, payload: `x${at}`, forMs: 500 },
        ]),
      );
      const reached = await reachedDuring(async () => {
        const results = await attacker.ask({
          ...questions,
          ...FORBIDDEN,
          flood: { do: 'flood', targets: [{ host: address, port: 80 }], count: 2000 },
        } as Plan);
        for (const what of Object.keys(FORBIDDEN)) expect(results[what]?.text ?? '', what).not.toMatch(/identity|answers|hello/);
      });
      expect(reached.filter((line) => !/^(?:allowed\.test|203\.0\.113\.10:80\/tcp)$/.test(line))).toEqual([]);
      await attacker.one({ do: 'release' });
      await isAnswered(attacker);
      expect(await helpers(attacker)).toEqual(before);
    } finally {
      await attacker.stop();
    }
    const outside = await reachedDuring(async () => {
      const { blockedByProxy: _, addressByProxy: __, ...plain } = FORBIDDEN;
      const results = await unconfined(session, fixtures, plain);
      expect(results.address.text).toContain(ALLOWED_ANSWER);
      expect(results.blocked.text).toContain('"host":"blocked.test"');
    });
    expect(outside).toEqual(expect.arrayContaining(['203.0.113.10:7/udp', 'force.exfil.test', 'blocked.test']));
  });
});
