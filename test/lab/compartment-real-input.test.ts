import { randomBytes } from 'node:crypto';
import { chown, copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePackages, type LabProcess } from '../../lab/lab.ts';
import { ensureClients } from '../../samples/clients/install.ts';
import { ensureNodeImage } from '../../samples/servers/images.ts';
import type { Profile } from '../../src/model/profile.ts';
import { ALLOWED, CompartmentBench } from '../support/compartments.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';
import { eventually } from '../support/running.ts';

/** What a server of a compartment sees of a TLS server, asked by name and through the proxy that it is told of. */
interface SeenTls {
  readonly direct: TlsAnswer;
  readonly proxied: TlsAnswer;
  readonly fetched: number | string;
}
interface TlsAnswer {
  readonly error?: string;
  readonly authorized?: boolean;
  readonly issuer?: string;
  readonly fingerprint?: string;
  readonly body?: { readonly host: string; readonly sni: string; readonly scheme: string };
}

/** Asks for https://HOST/whoami twice, verifying as Node.js does, and once with `fetch`, which takes the proxy. */
function tlsScript(host: string): string {
  return `
    import http from 'node:http';
    import https from 'node:https';
    import tls from 'node:tls';
    const name = ${JSON.stringify(host)};
    const ask = (options) => new Promise((resolve) => {
      const request = https.get({ host: name, path: '/whoami', headers: { host: name }, agent: false, ...options }, (answer) => {
        const { fingerprint256: fingerprint, issuer } = answer.socket.getPeerCertificate();
        let text = '';
        answer.on('data', (part) => (text += part));
        answer.on('end', () => resolve({
          authorized: answer.socket.authorized, issuer: issuer.CN, fingerprint, body: JSON.parse(text),
        }));
      });
      request.on('error', ({ code, message }) => resolve({ error: code ?? message }));
    });
    const through = (proxy) => new Promise((resolve) => {
      const { hostname, port } = new URL(proxy);
      const request = http.request({ host: hostname, port, method: 'CONNECT', path: name + ':443' });
      request.on('connect', ({ statusCode }, socket) => {
        if (statusCode !== 200) return resolve({ error: String(statusCode) });
        return resolve(ask({ createConnection: () => tls.connect({ socket, servername: name }) }));
      });
      request.on('error', ({ code }) => resolve({ error: code }));
      request.end();
    });
    console.log(JSON.stringify({
      direct: await ask({}),
      proxied: await through(process.env.HTTPS_PROXY),
      fetched: await fetch('https://' + name + '/').then(({ status }) => status, ({ cause }) => cause?.code ?? String(cause)),
    }));
    process.exit();`;
}

describe.skipIf(NO_LAB)(`${LAB_NAME}: compartments with real protocols`, () => {
  let session: LabSession;
  let bench: CompartmentBench;
  let node: string;

  beforeAll(async () => {
    session = await openLab();
    bench = await CompartmentBench.open(session);
    node = await ensureNodeImage(session.docker);
  });
  afterAll(async () => bench?.close());

  describe('TLS', () => {
    let trusting: readonly string[];
    let plain: readonly string[];

    beforeAll(async () => {
      const authorities = path.join(bench.directory, 'authorities');
      await mkdir(authorities);
      await copyFile(session.lab.internet.caPath, path.join(authorities, 'lab.pem'));
      const profile = await bench.profile({ ...ALLOWED, read: [`${authorities}:/authorities`] });
      plain = ['--profile', profile, '--env', 'NODE_USE_ENV_PROXY=1'];
      trusting = [...plain, '--env', 'NODE_EXTRA_CA_CERTS=/authorities/lab.pem'];
    });

    it('is unbroken from the server to the site: its certificate, by name and through the proxy', async () => {
      const seen = await bench.runScript<SeenTls>(node, trusting, tlsScript('allowed.test'));
      const answer = {
        authorized: true,
        issuer: 'Lab authority of canary',
        fingerprint: await fingerprintOf('allowed.test'),
        body: expect.objectContaining({ scheme: 'https', host: 'allowed.test', sni: 'allowed.test' }),
      };
      expect(seen).toEqual({ direct: answer, proxied: answer, fetched: 200 });
    });

    it('is verified: who does not know the authority is refused, and not let through by something between', async () => {
      const seen = await bench.runScript<SeenTls>(node, plain, tlsScript('allowed.test'));
      for (const error of [seen.direct.error, seen.proxied.error, seen.fetched]) {
        expect(error).toMatch(
          /^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)$/,
        );
      }
    });

    it('to another site of the same address and certificate is not made', async () => {
      const seen = await bench.runScript<SeenTls>(node, trusting, tlsScript('blocked.test'));
      expect([seen.direct.body, seen.proxied.body]).toEqual([undefined, undefined]);
      expect(seen.direct.error).toMatch(/^(?:ENOTFOUND|EAI_AGAIN)$/);
      expect(seen.proxied.error).toBe('403');
      expect(seen.fetched).not.toBe(200);
    });

    /** What the site shows to somebody without a compartment. */
    async function fingerprintOf(host: string): Promise<string> {
      const script = `const socket = require('tls').connect({ host: '${host}', port: 443, servername: '${host}', rejectUnauthorized: false }, () => {
        console.log(socket.getPeerCertificate().fingerprint256); socket.destroy(); });`;
      const { stdout, stderr } = await session.lab.exec('host', [process.execPath, '-e', script]);
      expect(stdout, stderr).toMatch(/^[0-9A-F:]{95}$/);
      return stdout;
    }
  });

  describe('PostgreSQL', () => {
    const password = randomBytes(12).toString('hex');
    let database: LabProcess | undefined;
    let driver: string;

    beforeAll(async () => {
      await ensurePackages(['postgresql']);
      driver = path.join(bench.directory, 'driver');
      // Not the directory of the package itself: an engine in a tree of its own does not see it.
      await cp(path.join(await ensureClients(), 'postgres'), driver, { recursive: true });
      database = await startDatabase();
      await writeFile(path.join(bench.directory, 'password'), password, { mode: 0o600 });
    });
    afterAll(async () => {
      await database?.stop();
      for (const made of ['', '.password']) await rm(`${bench.directory}-postgres${made}`, { recursive: true, force: true });
    });

    async function startDatabase(): Promise<LabProcess> {
      // Beside the bench's directory, which nobody but root may enter.
      const data = `${bench.directory}-postgres`;
      const programs = await programDirectory();
      const file = `${data}.password`;
      await writeFile(file, password, { mode: 0o600 });
      await mkdir(data, { mode: 0o700 });
      const { uid, gid } = await postgresUser();
      await Promise.all([data, file].map((own) => chown(own, uid, gid)));
      const become = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'] as const;
      const init = ['--pgdata', data, '--auth=scram-sha-256', `--pwfile=${file}`, '--no-sync', '--no-locale', '--encoding=UTF8'];
      const made = await session.lab.exec('inet', [...become, `${programs}/initdb`, ...init], { timeoutMs: 120_000 });
      expect(made.exitCode, made.stderr).toBe(0);
      await writeFile(path.join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n');
      const settings = ['listen_addresses=203.0.113.10', 'unix_socket_directories=', 'fsync=off', 'log_connections=on'];
      return session.lab.spawn('inet', [`${programs}/postgres`, '-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
        user: 'postgres',
      });
    }

    /** Asks the database from inside a compartment, as a server does that was given its password as a file. */
    async function query(profile: Profile, host = 'allowed.test'): Promise<{ readonly rows?: unknown; readonly error?: string }> {
      const script = `
        import { readFileSync } from 'node:fs';
        import postgres from '/driver/src/index.js';
        const sql = postgres({
          host: '${host}', port: 5432, user: 'postgres', database: 'postgres', connect_timeout: 10, max: 2,
          password: readFileSync(process.env.PGPASSWORD_FILE, 'utf8'),
        });
        const many = sql\`select count(*)::int as n, sum(length(repeat('x', 1000)))::int as bytes from generate_series(1, \${2000})\`;
        const one = sql\`select current_user as who, inet_server_addr()::text as server, \${'wörter'}::text as said\`;
        console.log(JSON.stringify(await Promise.all([many, one]).then(
          ([[size], [row]]) => ({ rows: { ...size, ...row } }), ({ code, message }) => ({ error: code ?? message }))));
        process.exit();`;
      const options = ['--profile', await bench.profile({ ...profile, read: [`${driver}:/driver`] })];
      return bench.runScript(node, [...options, '--secret', 'PGPASSWORD=file:password'], script);
    }

    const outbound = (port: readonly number[]): Profile => ({
      network: { outbound: { allow_host: ['allowed.test'], allow_port: [...port] } },
    });

    it('is queried by name, over TCP of its own, where the profile allows host and port', async () => {
      const rows = { n: 2000, bytes: 2_000_000, who: 'postgres', server: '203.0.113.10/32', said: 'wörter' };
      await eventually(async () => query(outbound([5432]))).toEqual({ rows });
      // The connection came from the gateway's side of the wall, and nowhere else.
      expect(await readFile(database?.logFile ?? '', 'utf8')).toMatch(/connection authorized: user=postgres/);
    });

    it.each([
      ['the port is not declared', outbound([80, 443]), 'allowed.test'],
      ['the host is not declared', outbound([5432]), 'blocked.test'],
      ['the host is written as its address', outbound([5432]), '203.0.113.10'],
      ['nothing is declared', {}, 'allowed.test'],
    ])('is not reached when %s', async (_, profile, host) => {
      const seen = await connections();
      expect(await query(profile, host)).toEqual({ error: expect.stringMatching(/^(?:E[A-Z_]+|CONNECT\w*|CONNECTION_\w+)$/) });
      // The control is the test above; here the database itself heard of nobody.
      expect(await connections()).toBe(seen);
    });

    async function connections(): Promise<number> {
      return (await readFile(database?.logFile ?? '', 'utf8')).split('connection received').length;
    }
  });
});

/** Debian keeps the programs of each version apart. */
async function programDirectory(): Promise<string> {
  const versions = (await readdir('/usr/lib/postgresql')).toSorted((a, b) => Number(b) - Number(a));
  return `/usr/lib/postgresql/${versions[0] ?? ''}/bin`;
}

async function postgresUser(): Promise<{ readonly uid: number; readonly gid: number }> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((text) => text.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}
