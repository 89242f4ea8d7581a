import type { GatewayLine } from '../../src/model/compartment.ts';

type Decision = Extract<GatewayLine, { type: 'decision' }>;

/** Lines a second that are written; beyond, they are counted. A hostile server must not fill a disk. */
const LINES_PER_SECOND = 50;
const MAX_TEXT = 260;

export interface DecisionLog {
  readonly decision: (entry: Pick<Decision, 'decision' | 'via' | 'host' | 'port' | 'reason' | 'address'>) => void;
  readonly problem: (message: string) => void;
  readonly ready: () => void;
}

/** One JSON line a decision. `write` gets whole lines. */
export function decisionLog(write: (line: string) => void, now: () => number = Date.now): DecisionLog {
  let allowed = 0;
  let denied = 0;
  let second = 0;
  let lines = 0;
  let suppressed = 0;
  const time = (): string => new Date(now()).toISOString();
  const put = (line: GatewayLine): void => write(`${ascii(JSON.stringify(line))}\n`);
  const tellSuppressed = (): void => {
    if (suppressed > 0) put({ type: 'suppressed', time: time(), lines: suppressed, allowed, denied });
    suppressed = 0;
  };
  const mayWrite = (): boolean => {
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      second = current;
      lines = 0;
      tellSuppressed();
    }
    lines += 1;
    if (lines <= LINES_PER_SECOND) return true;
    // After a flood nobody may speak for long: what was left out is told then, too.
    if (suppressed === 0) setTimeout(tellSuppressed, 1000).unref();
    suppressed += 1;
    return false;
  };
  return {
    decision: ({ decision, via, host, port, reason, address }) => {
      if (decision === 'allowed') allowed += 1;
      else denied += 1;
      if (!mayWrite()) return;
      put({
        type: 'decision',
        time: time(),
        decision,
        via,
        host: host.slice(0, MAX_TEXT),
        port,
        reason: reason.slice(0, MAX_TEXT),
        ...(address === undefined ? {} : { address }),
        allowed,
        denied,
      });
    },
    problem: (message) => {
      if (mayWrite()) put({ type: 'problem', time: time(), message: message.slice(0, 500) });
    },
    ready: () => put({ type: 'ready' }),
  };
}

/** Names come from a hostile place: nothing in the log steers a terminal. */
function ascii(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
