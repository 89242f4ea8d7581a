import type { Attempt, AttemptSpec, PairedAttempt } from '../model/attempt.ts';
import { contentId, controlOf, type AttemptPlan } from '../probes/plan.ts';
import { withoutCredentials } from '../runtime/containers.ts';
import { semaphore } from '../runtime/semaphore.ts';
import { isOpen, type Place } from './places.ts';
import type { GatherRequest } from './request.ts';
import { attemptAll, notRun } from './twins.ts';

/** By where the attempt was made (`bridge`, `host` or the id of a target), then by its id there. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, Attempt>>;

/**
 * All targets and all controls at the same moment; one attempt of a control serves every target that needs it.
 * @param waiting called once all attempts are under way and the probes merely wait for what comes of them
 */
export async function attemptEverywhere(
  request: Pick<GatherRequest, 'timeoutMs' | 'concurrency'>,
  plans: ReadonlyMap<string, AttemptPlan>,
  places: ReadonlyMap<string, Place>,
  controls: { readonly bridge: Place; readonly host: Place },
  waiting: () => void,
): Promise<Results> {
  const orders = new Map<string, { readonly at: Place; readonly specs: Map<string, AttemptSpec> }>([
    ['bridge', { at: controls.bridge, specs: new Map() }],
    ['host', { at: controls.host, specs: new Map() }],
  ]);
  for (const [id, at] of places) orders.set(id, { at, specs: new Map() });
  for (const [id, plan] of plans) {
    for (const spec of Object.values(plan).flat()) {
      const own = ownId(spec);
      orders.get(spec.from ?? id)?.specs.set(own, { ...spec, id: own });
      for (const vantage of spec.controls) {
        const control = controlOf(spec, vantage);
        orders.get(controlPlace(spec, vantage))?.specs.set(control.id, control);
      }
    }
  }
  const bursts = semaphore(request.concurrency);
  let left = orders.size;
  const settled = (): void => {
    left -= 1;
    if (left === 0) waiting();
  };
  return new Map(
    await Promise.all(
      [...orders].map(async ([key, { at, specs }]) => {
        const list = [...specs.values()];
        if (isOpen(at) && list.length > 0)
          return [key, await attemptAll(at, list, request.timeoutMs, (task) => bursts(task).finally(settled))] as const;
        settled();
        return [key, new Map(isOpen(at) ? [] : list.map(({ id }) => [id, notRun(id, at.failure)]))] as const;
      }),
    ),
  );
}

/** Unique in the place from which the attempt is made: what the host asks for several targets, or as a control, it asks once. */
function ownId(spec: AttemptSpec): string {
  return spec.from === undefined ? `target|${spec.id}` : contentId(spec.from, spec);
}

function controlPlace(spec: AttemptSpec, vantage: 'bridge' | 'host' | 'peer'): string {
  return vantage === 'peer' ? (spec.peer ?? '') : vantage;
}

/** An attempt beside its controls, as it is stored: without the credentials of the proxy. */
export function pair(spec: AttemptSpec, targetId: string, results: Results): PairedAttempt {
  const own = results.get(spec.from ?? targetId)?.get(ownId(spec)) ?? notRun(spec.id, 'no twin');
  const controls = spec.controls.flatMap((vantage) => {
    const attempt = results.get(controlPlace(spec, vantage))?.get(controlOf(spec, vantage).id);
    return attempt === undefined || attempt.outcome === 'not-run' ? [] : [{ vantage, attempt }];
  });
  const stored = spec.proxy === undefined ? spec : { ...spec, proxy: withoutCredentials(spec.proxy) };
  return { spec: stored, target: { ...own, id: spec.id }, controls };
}
