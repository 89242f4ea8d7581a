import { CHECKS } from '../checks/registry.ts';
import type { Severity } from '../model/check.ts';
import type { Report } from '../model/report.ts';
import type { Waiver } from '../model/waiver.ts';
import type { Engine } from '../runtime/connect.ts';
import { inspectContainers } from '../runtime/containers.ts';
import { ensureProbeImage } from '../runtime/probe-image.ts';
import { gather } from './gather.ts';
import { kindsOf } from './kinds.ts';
import { reportOf } from './report.ts';
import type { GatherRequest } from './request.ts';
import { selectSubjects } from './subjects.ts';

export interface VerifyRequest extends Pick<
  GatherRequest,
  'internet' | 'useInternet' | 'management' | 'private' | 'neighbors' | 'timeoutMs' | 'signal' | 'progress'
> {
  readonly engine: Engine;
  /** Id of the server's container. */
  readonly target: string;
  readonly failOn: Severity | 'never';
  readonly waivers: readonly Waiver[];
  /** Whether a waiver still holds. */
  readonly now: Date;
}

/** Every check on one server that was just launched, against the profile that its label holds. */
export async function verify({ engine, target, failOn, waivers, now, ...request }: VerifyRequest): Promise<Report> {
  const { subjects, notes } = await selectSubjects(await inspectContainers(engine.docker), {
    names: [target],
    all: false,
    profiles: [],
  });
  const bundle = await gather({
    ...request,
    engine,
    subjects,
    image: await ensureProbeImage(engine.docker, engine.facts.architecture),
    checks: CHECKS.map(({ meta }) => meta.id),
    kinds: kindsOf(CHECKS),
    concurrency: 4,
    notes,
  });
  return reportOf(bundle, CHECKS, { failOn, allowEmpty: false, accepted: { waivers, attestations: [], now } });
}
