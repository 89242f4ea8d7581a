import { setTimeout as delay } from 'node:timers/promises';
import { BulkheadError } from '../errors.ts';
import { removeSession } from '../runtime/cleanup.ts';
import { engineError } from '../runtime/connect.ts';
import { compartmentLabels, newSessionId } from '../runtime/labels.ts';
import { assertServes } from '../runtime/server-state.ts';
import type { PlatformRun, PlatformServer } from './platform.ts';

/** Every platform can name a container so, and ToolHive a workload. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{1,49}$/;

const LATE_MS = 500;

/** One start of one server. Everything that is made for it carries the labels. */
export interface Attempt {
  readonly session: string;
  readonly labels: Readonly<Record<string, string>>;
  /** @throws BulkheadError `interrupted` */
  readonly checkpoint: () => void;
}

export interface Steps {
  /** Starts the server. Whatever it made when it throws, `undo` and the labels find. */
  readonly make: (attempt: Attempt) => Promise<Made>;
  /** What the platform itself does to remove a server, before whatever is left with our labels goes; may throw. */
  readonly undo?: (attempt: Attempt) => Promise<readonly string[]>;
}

export interface Made extends Omit<PlatformServer, 'remove'> {
  /** What the server printed last, where the engine does not keep it. */
  readonly printed?: () => string;
}

/**
 * Starts a server and looks whether it serves. When anything of that fails, or somebody interrupts, all is removed.
 * @throws BulkheadError
 */
export async function startServer(run: PlatformRun, { make, undo }: Steps): Promise<PlatformServer> {
  refuse(run);
  const { docker, facts } = run.engine;
  const session = newSessionId();
  const attempt: Attempt = {
    session,
    // Belongs to this process, also when it is to outlive the call: who is killed leaves it to the next run's sweep.
    labels: compartmentLabels(session, false),
    checkpoint: () => {
      if (run.signal.aborted) throw new BulkheadError('interrupted', 'Interrupted.');
    },
  };
  const remove = async (): Promise<readonly string[]> => {
    const failures = undo === undefined ? [] : await undo(attempt).catch((error: unknown) => [String(error)]);
    return [...failures, ...(await removeSession(docker, session, { force: true }))];
  };
  try {
    attempt.checkpoint();
    const { printed, ...server } = await make(attempt);
    await assertServes(docker, server.containerId, printed);
    attempt.checkpoint();
    return { ...server, remove };
  } catch (error) {
    const failures = await remove().catch((failed: unknown) => [String(failed)]);
    // What a program asked the engine for may come to be after that program has ended.
    if (undo !== undefined)
      await delay(LATE_MS)
        .then(remove)
        .catch(() => undefined);
    for (const failure of failures) run.progress(failure);
    throw run.signal.aborted
      ? new BulkheadError('interrupted', 'Interrupted.', { cause: error })
      : engineError(error, facts.endpoint);
  }
}

/** What no platform is asked for. */
function refuse({ name, profile }: PlatformRun): void {
  if (!NAME.test(name)) {
    throw new BulkheadError('usage', 'That is no name for a server that is compared.', {
      hint: 'Use 2 to 50 letters, digits, _ and -, of which the first is a letter or digit.',
    });
  }
  if (profile?.privileged !== true) return;
  throw new BulkheadError(
    'usage',
    'The profile says "privileged": true: such a container owns the host, on every platform alike.',
    {
      hint: 'Remove "privileged" from the profile.',
    },
  );
}
