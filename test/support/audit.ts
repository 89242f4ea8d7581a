import ipaddr from 'ipaddr.js';
import { CHECKS } from '../../src/checks/registry.ts';
import { parseCanary, parseHostPort } from '../../src/commands/options.ts';
import { gather } from '../../src/engine/gather.ts';
import { reportOf } from '../../src/engine/report.ts';
import { selectSubjects } from '../../src/engine/subjects.ts';
import type { ToolCall } from '../../src/model/attempt.ts';
import type { ObservationBundle } from '../../src/model/bundle.ts';
import type { Finding, Report } from '../../src/model/report.ts';
import { OBSERVATION_KINDS } from '../../src/model/observation.ts';
import { connect } from '../../src/runtime/connect.ts';
import { inspectContainers } from '../../src/runtime/containers.ts';
import { FILE_SYSTEM, resolveEndpoint } from '../../src/runtime/endpoint.ts';
import { ensureProbeImage } from '../../src/runtime/probe-image.ts';
import type { LabSession } from './lab.ts';

/** Destinations of the lab's own stand-in internet. */
export const LAB_INTERNET = [
  'canary.test:443',
  'canary.test:80',
  '203.0.113.10:80',
  '[2001:db8:203::10]:80',
  '203.0.113.10:7/udp',
  '203.0.113.53:53/udp',
];
const LAB_RANGES = ['203.0.113.0/24', '198.51.100.0/24', '2001:db8::/32'];

/** No test dials anything but the lab: a canary elsewhere ends the run before it begins. */
export function assertLabCanary(value: string): void {
  const { host } = parseCanary(value);
  const inLab = ipaddr.isValid(host)
    ? LAB_RANGES.some((range) => {
        const address = ipaddr.parse(host);
        const network = ipaddr.parseCIDR(range);
        return address.kind() === network[0].kind() && address.match(network);
      })
    : /\.(test|example)$/.test(host);
  if (!inLab) throw new Error(`The test would dial ${value}, which is not in the lab.`);
}

export interface AuditRequest {
  readonly names: readonly string[];
  /** Values of `--profile`. */
  readonly profiles?: readonly string[];
  readonly internet?: readonly string[];
  readonly management?: readonly string[];
  readonly private?: readonly string[];
  readonly neighbors?: readonly string[];
  readonly call?: ToolCall;
  readonly timeoutMs?: number;
  /** In place of the real probe image: how a broken client is tested. */
  readonly image?: string;
  readonly onProgress?: (message: string) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

export interface AuditResult {
  readonly bundle: ObservationBundle;
  readonly report: Report;
  of(target: string, check: string): readonly Finding[];
}

export async function audit({ lab }: LabSession, request: AuditRequest): Promise<AuditResult> {
  const internet = request.internet ?? LAB_INTERNET;
  for (const canary of internet) assertLabCanary(canary);
  const endpoint = resolveEndpoint({
    ...FILE_SYSTEM,
    host: lab.dockerHost,
    env: {},
    homeDirectory: '/nonexistent',
    platform: process.platform,
  });
  const engine = await connect(endpoint);
  const { subjects, notes } = await selectSubjects(await inspectContainers(engine.docker), {
    names: request.names,
    all: false,
    profiles: request.profiles ?? [],
  });
  const bundle = await gather({
    engine,
    image: request.image ?? (await ensureProbeImage(engine.docker, engine.facts.architecture)),
    subjects,
    checks: CHECKS.map(({ meta }) => meta.id),
    kinds: new Set(OBSERVATION_KINDS),
    internet: internet.map(parseCanary),
    useInternet: true,
    management: (request.management ?? []).map((value) => parseHostPort(value, '--management')),
    private: (request.private ?? []).map((value) => parseHostPort(value, '--private')),
    neighbors: (request.neighbors ?? []).map((value) => parseHostPort(value, '--neighbor')),
    ...(request.call === undefined ? {} : { call: request.call }),
    // Roomy: a busy machine may keep a probe from running for a while, and that would rightly be inconclusive.
    timeoutMs: request.timeoutMs ?? 2500,
    concurrency: 4,
    notes,
    signal: request.signal ?? new AbortController().signal,
    progress: (message) => void request.onProgress?.(message),
  });
  const report = reportOf(bundle, CHECKS, { failOn: 'medium', allowEmpty: false });
  return {
    bundle,
    report,
    of: (target, check) => report.findings.filter((finding) => finding.target === target && finding.check === check),
  };
}

/** The statuses of a check on a target, without repetition, sorted: `fail`, `fail pass`, … */
export function statuses(findings: readonly Finding[]): string {
  return [...new Set(findings.map(({ status }) => status))].toSorted().join(' ');
}
