import { isIPv4 } from 'node:net';
import { BulkheadError } from '../errors.ts';
import type { Event } from '../model/event.ts';
import type { WebhookOptions } from '../model/telling.ts';
import { escapeText } from '../model/text.ts';
import { TOOL } from '../version.ts';
import { receiverName, type Delivery, type Receiver } from './receiver.ts';
import { backoffMs, RETRY, retryAfterMs, systemClock, type Clock, type RetryLimits } from './retry.ts';
import { signedHeaders } from './signature.ts';

/** Of one attempt, milliseconds: Standard Webhooks recommends 15 to 30 seconds. */
const TIMEOUT_MS = 15_000;

/** What a receiver answers when the same request may succeed later, beside 5xx. */
const AGAIN: ReadonlySet<number> = new Set([408, 425, 429]);

type Answer = Delivery | { readonly state: 'again'; readonly why: string; readonly askedMs?: number | undefined };

interface WebhookSettings {
  readonly clock?: Clock;
  readonly limits?: RetryLimits;
  readonly timeoutMs?: number;
}

/**
 * Posts events as JSON, signed, until the receiver takes it or the limits are reached.
 * @param keys see `readSigningKeys`
 * @throws BulkheadError `config-invalid` for a URL that is none, or that would be asked without TLS
 */
export function webhookReceiver(
  options: WebhookOptions,
  keys: readonly Buffer[],
  { clock = systemClock, limits = RETRY, timeoutMs = TIMEOUT_MS }: WebhookSettings = {},
): Receiver {
  const url = urlOf(options);
  return {
    name: receiverName(url.host, url.href),
    minSeverity: options.minSeverity ?? 'info',
    async deliver(event, signal) {
      const last = clock.now() + limits.totalMs;
      for (let attempt = 1; ; attempt += 1) {
        const answer = await post(url, event, keys, clock, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
        if (answer.state !== 'again') return answer;
        if (signal.aborted) return { state: 'failed', why: 'was not waited for: bulkhead ends' };
        const wait = backoffMs(attempt, limits, clock.random(), answer.askedMs);
        if (attempt === limits.attempts || clock.now() + wait > last) {
          return { state: 'failed', why: `${answer.why} (attempt ${attempt}, the last)` };
        }
        const interrupted = await clock.sleep(wait, signal).then(
          () => false,
          () => true,
        );
        if (interrupted) return { state: 'failed', why: `${answer.why}, and bulkhead ends` };
      }
    },
  };
}

async function post(url: URL, event: Event, keys: readonly Buffer[], clock: Clock, signal: AbortSignal): Promise<Answer> {
  const body = JSON.stringify(event);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': `bulkhead/${TOOL.version}`,
        ...signedHeaders(keys, event.id, clock.now(), body),
      },
      body,
      // Elsewhere is not where the person who wrote the URL wanted it.
      redirect: 'manual',
      signal,
    });
    const answer = answerOf(response, clock.now());
    // Nothing in it is needed, however long it is.
    await response.body?.cancel().catch(() => undefined);
    return answer;
  } catch (error) {
    return { state: 'again', why: failureOf(error) };
  }
}

function answerOf({ status, ok, headers }: Response, now: number): Answer {
  if (ok) return { state: 'delivered' };
  const why = `answered ${status}`;
  if (status === 410) return { state: 'gone', why };
  if (status >= 300 && status < 400) return { state: 'failed', why: `${why}, and redirects are not followed` };
  if (status < 500 && !AGAIN.has(status)) return { state: 'failed', why };
  return { state: 'again', why, askedMs: retryAfterMs(headers.get('retry-after'), now) };
}

/** The code alone: messages repeat the address, and a receiver may have put anything into its certificate. */
function failureOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'did not answer in time';
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  return `was not reached (${typeof cause?.code === 'string' ? escapeText(cause.code, 60) : 'no answer'})`;
}

function urlOf({ url: text, allowHttp = false }: WebhookOptions): URL {
  const url = URL.parse(text);
  // What does not parse may be a secret in the wrong place: it is not repeated.
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new BulkheadError('config-invalid', "A webhook's url is no http or https URL.", {
      hint: 'Write for instance https://hooks.example/bulkhead',
    });
  }
  const where = `The webhook of ${escapeText(url.host)}`;
  if (url.username !== '' || url.password !== '') {
    throw new BulkheadError('config-invalid', `${where} has a user name or a password in its URL.`, {
      hint: 'Leave it out: events are signed with the secret of secretEnv or secretFile.',
    });
  }
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    throw new BulkheadError(
      'config-invalid',
      `${where} has no TLS: whoever is between could read and hold back what it is told.`,
      {
        hint: 'Use https, or say allowHttp: true for a network that you trust.',
      },
    );
  }
  return url;
}

/** As URL writes them: IPv4 in four decimal numbers, IPv6 in brackets and short. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}
