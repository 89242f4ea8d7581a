import type { AttemptPurpose, PairedAttempt } from '../../model/attempt.ts';
import type { Severity, Verdict } from '../../model/check.ts';
import type { ConfigurationFacts } from '../../model/observation.ts';
import type { Target } from '../../model/target.ts';

/** `address:port`, IPv6 in brackets. */
export function endpointText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What was tried at one endpoint of the target itself. */
export interface OwnEndpoint {
  /** `http://127.0.0.1:3001`. */
  readonly subject: string;
  readonly port: number;
  /** Without credentials, and without anything foreign: what the others are held against. */
  readonly session: PairedAttempt;
  readonly origin: PairedAttempt | undefined;
  readonly host: PairedAttempt | undefined;
}

export function ownEndpoints(attempts: readonly PairedAttempt[]): readonly OwnEndpoint[] {
  const at = (purpose: AttemptPurpose, subject: string): PairedAttempt | undefined =>
    attempts.find(({ spec }) => spec.purpose === purpose && spec.subject === subject);
  return attempts
    .filter(({ spec }) => spec.purpose === 'own-session')
    .map((session) => {
      const { subject, port } = session.spec;
      return { subject, port, session, origin: at('own-origin', subject), host: at('own-host', subject) };
    });
}

/** False where what answered speaks something else at the usual paths; no answer at all leaves it open. */
export function maySpeakMcp({ session }: OwnEndpoint): boolean {
  return session.target.outcome !== 'other-protocol';
}

/** Whether clients on the host find it there: by its platform or by a published port, and not by the container's own address. */
export function isOffered({ endpoint }: Target, { publishedPorts }: ConfigurationFacts, port: number): boolean {
  return endpoint?.port === port || publishedPorts.some((published) => published.port === port);
}

/** An endpoint that the host alone finds, in the container's network, is less exposed than one that is offered. */
export function exposure(
  target: Target,
  configuration: ConfigurationFacts,
  port: number,
  offered?: Severity,
): { severity?: Severity } {
  if (!isOffered(target, configuration, port)) return { severity: offered === 'low' ? 'low' : 'medium' };
  return offered === undefined ? {} : { severity: offered };
}

/** The one verdict where no endpoint was found that could be tried. */
export function noEndpoint({ transport, endpoint }: Target, { publishedPorts }: ConfigurationFacts): Verdict {
  const subject = 'endpoint';
  if (endpoint !== undefined) {
    const where = endpointText(endpoint.address, endpoint.port);
    const message = `The platform's endpoint ${where} was not tried: it is at no address of the engine's host.`;
    return { status: 'inconclusive', subject, message };
  }
  const message =
    publishedPorts.length > 0
      ? 'Nobody listens behind the ports that it publishes.'
      : transport === 'stdio'
        ? 'The server speaks over stdin and stdout, and no platform offers it on the host.'
        : 'The server listens on no address that others could dial.';
  return { status: 'not-applicable', subject, message };
}
