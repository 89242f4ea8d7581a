/** The stand-in internet: one process in the second namespace, started by the lab with the path of its configuration. */
import { readFileSync, writeFileSync } from 'node:fs';
import { internetPlan } from './addresses.ts';
import type { Identity } from './certificates.ts';
import { serveDns } from './internet/dns.ts';
import { serveTcpEcho, serveUdpEcho } from './internet/echo.ts';
import { serveHttp, type OnConnection } from './internet/http.ts';
import { jsonLines } from './internet/log.ts';
import type { Records } from './internet/zone.ts';
import type { ConnectionLogEntry } from './types.ts';

export interface InternetConfig {
  readonly canary: Identity;
  readonly operator: Identity;
  readonly metadata: boolean;
  readonly records: Records;
  readonly dnsLog: string;
  readonly connectionLog: string;
  /** Written when everything listens. */
  readonly readyFile: string;
}

const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as InternetConfig;
const log = jsonLines<ConnectionLogEntry>(config.connectionLog);
const tcp: OnConnection = (service, client, address, port) => log({ service, transport: 'tcp', client, address, port });
const udp: OnConnection = (service, client, address, port) => log({ service, transport: 'udp', client, address, port });

const canary = [internetPlan.address, internetPlan.address6];
const operator = [internetPlan.operator, internetPlan.operator6];
const tenant = { name: internetPlan.names.tenant, tls: config.operator };
const metadata = [internetPlan.metadata, internetPlan.metadata6];

await Promise.all([
  serveHttp({ identity: 'canary', scheme: 'http', addresses: canary, port: 80, tenant }, tcp),
  serveHttp({ identity: 'canary', scheme: 'http', addresses: canary, port: 8080 }, tcp),
  serveHttp({ identity: 'canary', scheme: 'https', addresses: canary, port: 443, tls: config.canary, tenant }, tcp),
  serveHttp({ identity: 'operator', scheme: 'http', addresses: operator, port: 80 }, tcp),
  serveHttp({ identity: 'operator', scheme: 'https', addresses: operator, port: 443, tls: config.operator }, tcp),
  ...(config.metadata ? [serveHttp({ identity: 'metadata', scheme: 'http', addresses: metadata, port: 80 }, tcp)] : []),
  serveHttp({ identity: 'private', scheme: 'http', addresses: [internetPlan.private], port: 80 }, tcp),
  serveTcpEcho(canary, 7, tcp),
  serveUdpEcho(canary, 7, udp),
  serveDns([internetPlan.dns, internetPlan.dns6], config.dnsLog, config.records),
]);
writeFileSync(config.readyFile, '');
