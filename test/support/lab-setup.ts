import type { TestProject } from 'vitest/node';
import { assertSealed, isEngineName, labSupport, startLab, type Lab } from '../../lab/lab.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Id of the lab that the suite may attach to, or why there is none. */
    readonly lab: { readonly id: string } | { readonly reason: string };
  }
}

let lab: Lab | undefined;

/** One lab for the whole suite: an engine that cannot reach anything, proven before the first test. */
export async function setup(project: TestProject): Promise<void> {
  const support = labSupport();
  if (!support.available) {
    project.provide('lab', { reason: support.reason });
    return;
  }
  const engine = process.env['BULKHEAD_LAB_ENGINE'] ?? 'debian';
  if (!isEngineName(engine)) throw new Error(`BULKHEAD_LAB_ENGINE=${engine} is no engine of the lab.`);
  lab = await startLab({ engine });
  await assertSealed(lab);
  project.provide('lab', { id: lab.id });
}

export async function teardown(): Promise<void> {
  await lab?.stop();
}
