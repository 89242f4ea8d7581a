import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachLab, startLab, type Lab } from '../../lab/lab.ts';
import { api, client, engine, fetchLine, firstStartMs, noLab, onEngine, runContainer } from './support.ts';

interface Got {
  readonly status?: number;
  readonly server?: string;
  readonly body?: string;
  readonly error?: string;
}

describe.skipIf(noLab)(`the stand-in internet ${onEngine}`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ engine, records: { 'rebind.test': ['127.0.0.1', '::1'] } });
  }, firstStartMs);
  afterAll(async () => lab?.stop(), 60_000);

  it('serves HTTP with a stable body, over both families, on both ports', async () => {
    const { address, address6, operator, operator6 } = lab.internet;
    for (const host of [
      address,
      `${address}:8080`,
      `[${address6}]`,
      `[${address6}]:8080`,
      'canary.test',
      'api.allowed.test',
      'blocked.test',
    ]) {
      expect(await client<Got>(lab, 'get', `http://${host}/`)).toEqual({
        status: 200,
        server: 'lab-internet',
        body: 'lab-internet canary http\n',
      });
    }
    for (const host of [operator, `[${operator6}]`, 'operator.test']) {
      expect(await client<Got>(lab, 'get', `http://${host}/`)).toMatchObject({ body: 'lab-internet operator http\n' });
    }
    expect(await client<Got>(lab, 'get', 'http://canary.test/nonce/a1-b2')).toMatchObject({ body: 'a1-b2' });
  });

  it('serves HTTPS with two authorities that do not vouch for each other', async () => {
    const { caPath, operatorCaPath, address6 } = lab.internet;
    expect(await client<Got>(lab, 'get', 'https://canary.test/', caPath)).toMatchObject({ body: 'lab-internet canary https\n' });
    expect(await client<Got>(lab, 'get', `https://[${address6}]/`, caPath)).toMatchObject({ status: 200 });
    expect(await client<Got>(lab, 'get', 'https://operator.test/', operatorCaPath)).toMatchObject({
      body: 'lab-internet operator https\n',
    });
    expect((await client<Got>(lab, 'get', 'https://operator.test/', caPath)).error).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect((await client<Got>(lab, 'get', 'https://canary.test/')).error).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('echoes over TCP and UDP, over both families', async () => {
    for (const transport of ['tcp', 'udp']) {
      for (const address of [lab.internet.address, lab.internet.address6]) {
        expect(await client(lab, 'echo', transport, address, `${transport} ${address}`)).toBe(`${transport} ${address}`);
      }
    }
    const seen = (await lab.connectionLog()).filter(({ service }) => service === 'echo');
    expect(seen.map(({ transport, client: from }) => `${transport} ${from}`).toSorted()).toEqual([
      'tcp 198.51.100.1',
      'tcp fd00:198:51:100::1',
      'udp 198.51.100.1',
      'udp fd00:198:51:100::1',
    ]);
  });

  it('answers names over UDP and TCP and logs every question', async () => {
    const before = (await lab.dnsLog()).length;
    const ask = (transport: string, server: string, name: string, type: string): Promise<unknown> =>
      client(lab, 'dns', transport, server, name, type);
    const { dns, dns6, address, address6, operator } = lab.internet;
    const soa = { authorities: ['SOA test'], answers: [], authoritative: true };
    expect(await ask('udp', dns, 'Canary.TEST', 'A')).toMatchObject({
      rcode: 'NOERROR',
      answers: [address],
      authoritative: true,
    });
    expect(await ask('tcp', dns, 'canary.test', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answers: [address6] });
    expect(await ask('udp', dns6, 'operator.test', 'A')).toMatchObject({ answers: [operator] });
    expect(await ask('tcp', dns6, 'rebind.test', 'A')).toMatchObject({ answers: ['127.0.0.1'] });
    expect(await ask('udp', dns, 'canary.test', 'TXT')).toMatchObject({ rcode: 'NOERROR', ...soa });
    expect(await ask('udp', dns, 'missing.test', 'A')).toMatchObject({ rcode: 'NXDOMAIN', ...soa });
    expect(await ask('udp', dns, 'x1.exfil.test', 'A')).toMatchObject({
      rcode: 'NOERROR',
      answers: [expect.stringMatching(/^203\.0\.113\.(12[89]|1[3-9]\d|2\d\d)$/)],
    });
    expect(await ask('tcp', dns, 'canary.invalid', 'A')).toMatchObject({ rcode: 'REFUSED', authorities: [] });
    const log = (await lab.dnsLog()).slice(before);
    expect(log.map(({ transport, client: from, name, type, rcode }) => [transport, from, name, type, rcode].join(' '))).toEqual([
      'udp 198.51.100.1 canary.test A NOERROR',
      'tcp 198.51.100.1 canary.test AAAA NOERROR',
      'udp fd00:198:51:100::1 operator.test A NOERROR',
      'tcp fd00:198:51:100::1 rebind.test A NOERROR',
      'udp 198.51.100.1 canary.test TXT NOERROR',
      'udp 198.51.100.1 missing.test A NXDOMAIN',
      'udp 198.51.100.1 x1.exfil.test A NOERROR',
      'tcp 198.51.100.1 canary.invalid A REFUSED',
    ]);
    expect(Date.parse(log[0]?.time ?? '')).toBeLessThanOrEqual(Date.now());
  });

  it('is the resolver of commands in the lab', async () => {
    expect(await client(lab, 'lookup', 'canary.test')).toContainEqual({ address: lab.internet.address, family: 4 });
  });

  it("lists the metadata service's versions", async () => {
    expect(await client<Got>(lab, 'get', `http://${lab.internet.metadata}/`)).toMatchObject({
      status: 200,
      body: '1.0\n2009-04-04\nlatest\n',
    });
  });

  it('is reached from containers: by address, by name, over IPv6', async () => {
    expect((await runContainer(lab, fetchLine(lab.internet.address))).output).toContain('lab-internet canary http');
    expect((await runContainer(lab, fetchLine('allowed.test'))).output).toContain('lab-internet canary http');
    const { output } = await runContainer(lab, fetchLine(lab.internet.address6), { NetworkMode: await ipv6Network(lab) });
    expect(output).toContain('lab-internet canary http');
  });

  it('can be unplugged and plugged in again', async () => {
    const url = `http://${lab.internet.address}/`;
    const url6 = `http://[${lab.internet.address6}]/`;
    await lab.setInternet(false);
    expect(await client<Got>(lab, 'get', url)).toEqual({ error: expect.stringMatching(/TIMEOUT|EHOSTUNREACH|ENETUNREACH/) });
    expect((await client<Got>(lab, 'get', url6)).error).toBeDefined();
    await (await attachLab(lab.id)).setInternet(true);
    expect(await client<Got>(lab, 'get', url)).toMatchObject({ status: 200 });
    expect(await client<Got>(lab, 'get', url6)).toMatchObject({ status: 200 });
    expect((await runContainer(lab, fetchLine('canary.test'))).output).toContain('lab-internet canary http');
  }, 20_000);
});

describe.skipIf(noLab)(`a lab without metadata service ${onEngine}`, () => {
  it(
    'refuses there and answers elsewhere',
    async () => {
      const lab = await startLab({ engine, metadata: false });
      try {
        expect(await client(lab, 'get', `http://${lab.internet.metadata}/`)).toEqual({ error: 'ECONNREFUSED' });
        expect(await client(lab, 'get', `http://${lab.internet.address}/`)).toMatchObject({ status: 200 });
      } finally {
        await lab.stop();
      }
    },
    firstStartMs,
  );
});

async function ipv6Network(lab: Lab): Promise<string> {
  await api(lab, 'POST', '/networks/create', { Name: 'six', EnableIPv6: true, IPAM: { Config: [{ Subnet: 'fd00:77::/64' }] } });
  return 'six';
}
