import type { Attempt, AttemptOutcome } from '../../src/model/attempt.ts';

/** What an attempt that came to something reports, besides its id and its time. */
export type Made = Pick<Attempt, 'outcome'> & Partial<Omit<Attempt, 'id' | 'elapsedMs' | 'outcome'>>;
export type Phase = NonNullable<Attempt['phase']>;

const BY_CODE: Readonly<Record<string, AttemptOutcome>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  ENETUNREACH: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EHOSTDOWN: 'unreachable',
  // A kernel without IPv6 has no such sockets: nothing can be reached with them.
  EAFNOSUPPORT: 'unreachable',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EACCES: 'permission',
  EPERM: 'permission',
};

/** An attempt that came to nothing, and how. Everything that is not the network's doing is `probe-error`. */
export class AttemptFailure extends Error {
  readonly outcome: AttemptOutcome;
  readonly phase: Phase;
  readonly detail: string | undefined;
  readonly facts: Partial<Attempt>;
  /** Whether the lack of time decided it: then it says nothing where the process did not get to run. */
  readonly late: boolean;

  constructor(
    outcome: AttemptOutcome,
    phase: Phase,
    detail?: string,
    facts: Partial<Attempt> = {},
    late = outcome === 'timeout',
  ) {
    super(`${outcome} (${phase})`);
    this.late = late;
    this.outcome = outcome;
    this.phase = phase;
    this.detail = detail;
    this.facts = facts;
  }

  static from(error: unknown, phase: Phase, facts: Partial<Attempt> = {}): AttemptFailure {
    if (error instanceof AttemptFailure) {
      return new AttemptFailure(error.outcome, error.phase, error.detail, { ...facts, ...error.facts }, error.late);
    }
    const code = (error as NodeJS.ErrnoException).code;
    const known = code === undefined ? undefined : code === 'EADDRNOTAVAIL' ? withoutAddress(error) : BY_CODE[code];
    const message = code ?? (error instanceof Error ? error.message : String(error));
    return new AttemptFailure(known ?? (phase === 'tls' ? 'tls-failed' : 'probe-error'), phase, message, facts);
  }
}

/** No IPv6 address to call from: nothing is reached. In IPv4 it means that all local ports are taken. */
function withoutAddress(error: unknown): AttemptOutcome {
  const { address } = error as { address?: unknown };
  return typeof address === 'string' && address.includes(':') ? 'unreachable' : 'probe-error';
}
