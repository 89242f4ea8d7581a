import type { TestProject } from 'vitest/node';
import { assertSealed, isEngineName, labSupport, startLab, type Lab } from '../../lab/lab.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Id of the lab that the suite may attach to, or why there is none. */
    readonly lab: { readonly id: string } | { readonly reason: string };
  }
}

/** Names whose owner lies about where they are (DNS rebinding): what a compartment must never follow. */
const REBINDING = {
  'rebind-loopback.test': ['127.0.0.1'],
  'rebind-unspecified.test': ['0.0.0.0'],
  'rebind-host.test': ['198.51.100.1'],
  'rebind-host6.test': ['fd00:198:51:100::1'],
  'rebind-metadata.test': ['169.254.169.254'],
  'rebind-private.test': ['10.77.0.1'],
  'rebind-mapped.test': ['::ffff:198.51.100.1'],
  'rebind-nat64.test': ['64:ff9b::c633:6401'],
  'rebind-mixed.test': ['198.51.100.1', '203.0.113.10', '10.77.0.1'],
} as const;

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
  lab = await startLab({ engine, records: REBINDING });
  await assertSealed(lab);
  project.provide('lab', { id: lab.id });
}

export async function teardown(): Promise<void> {
  await lab?.stop();
}
