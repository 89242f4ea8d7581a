import { CHECKS } from '../checks/registry.ts';
import type { Severity } from '../model/check.ts';
import type { Report } from '../model/report.ts';
import type { InternetCanary } from '../probes/context.ts';
import type { Engine } from '../runtime/connect.ts';
import { inspectContainers } from '../runtime/containers.ts';
import { ensureProbeImage } from '../runtime/probe-image.ts';
import { gather } from './gather.ts';
import { kindsOf } from './kinds.ts';
import { reportOf } from './report.ts';
import { selectSubjects } from './subjects.ts';

export interface VerifyRequest {
  readonly engine: Engine;
  /** Id of the server's container. */
  readonly target: string;
  readonly internet: readonly InternetCanary[];
  /** False: nothing outside is dialled. */
  readonly useInternet: boolean;
  readonly timeoutMs: number;
  readonly failOn: Severity | 'never';
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

/** Every check on one server that was just launched, against the profile that its label holds. */
export async function verify({ engine, target, failOn, ...request }: VerifyRequest): Promise<Report> {
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
    management: [],
    private: [],
    concurrency: 4,
    notes,
  });
  return reportOf(bundle, CHECKS, { failOn, allowEmpty: false });
}
