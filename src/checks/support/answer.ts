import type { Attempt } from '../../model/attempt.ts';

/**
 * Whether anything at all answered, at the level of a connection and whoever it was. `unknown`: the attempt
 * was not made.
 */
export function somethingAnswered(attempt: Attempt): 'yes' | 'no' | 'unknown' {
  switch (attempt.outcome) {
    case 'connected':
    case 'unauthorized':
    case 'other-protocol':
    case 'tls-failed':
      return 'yes';
    case 'reset':
      return attempt.phase === undefined || attempt.phase === 'connect' || attempt.phase === 'proxy' ? 'no' : 'yes';
    case 'timeout':
      return attempt.phase === 'tls' || attempt.phase === 'http' || attempt.phase === 'mcp' ? 'yes' : 'no';
    case 'refused':
    case 'unreachable':
    case 'nxdomain':
    case 'servfail':
    case 'permission':
    case 'proxy-denied':
    case 'proxy-unreachable':
      return 'no';
    case 'not-run':
    case 'probe-error':
      return 'unknown';
  }
}
