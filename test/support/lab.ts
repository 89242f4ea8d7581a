import Docker from 'dockerode';
import { inject } from 'vitest';
import { assertSealed, attachLab, type Lab } from '../../lab/lab.ts';

const provided = inject('lab');

/** For `describe.skipIf`: true where no lab can run; the reason belongs into the name. */
export const NO_LAB = 'reason' in provided;
export const LAB_NAME = 'reason' in provided ? `lab skipped: ${provided.reason}` : 'lab';

/** The engine that the suite runs on. */
export const ENGINE = process.env['BULKHEAD_LAB_ENGINE'] ?? 'debian';

export interface LabSession {
  readonly lab: Lab;
  readonly docker: Docker;
}

/** Attaches to the suite's lab and proves again that it is sealed. */
export async function openLab(): Promise<LabSession> {
  if ('reason' in provided) throw new Error(provided.reason);
  const lab = await attachLab(provided.id);
  await assertSealed(lab);
  return { lab, docker: new Docker({ socketPath: lab.socketPath }) };
}
