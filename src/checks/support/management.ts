import type { Attempt, PairedAttempt } from '../../model/attempt.ts';
import { apiAt, signIn, type ManagementSign } from '../../model/management-apis.ts';
import { somethingAnswered } from './answer.ts';
import { groupBy } from './egress.ts';

/** All that was asked of one API at one endpoint, from inside or on the host itself. */
export interface ApiGroup {
  /** `ToolHive API at 172.17.0.1:8080`; the endpoint alone for one that the user names. */
  readonly subject: string;
  /** The user says that it is a management API. */
  readonly given: boolean;
  /** The engine's own API. */
  readonly engine: boolean;
  readonly pairs: readonly PairedAttempt[];
}

/** What was asked from inside the target. */
export function askedInside(attempts: readonly PairedAttempt[]): readonly ApiGroup[] {
  return groupsOf(attempts.filter(({ spec }) => spec.from === undefined));
}

/** What the host asked itself, where each API is bound. */
export function askedOnHost(attempts: readonly PairedAttempt[]): readonly ApiGroup[] {
  return groupsOf(attempts.filter(({ spec }) => spec.from === 'host'));
}

function groupsOf(attempts: readonly PairedAttempt[]): readonly ApiGroup[] {
  const pairs = attempts.filter(({ spec }) => spec.purpose === 'management');
  return [
    ...groupBy(pairs, (spec) => JSON.stringify([isGiven(spec.id), apiAt(spec.port, spec.request)?.name, spec.subject])),
  ].map(([, group]) => {
    const spec = group[0]?.spec;
    const api = spec === undefined ? undefined : apiAt(spec.port, spec.request);
    const given = spec !== undefined && isGiven(spec.id);
    const endpoint = spec?.subject ?? '';
    return {
      subject: given || api === undefined ? endpoint : `${api.name} at ${endpoint}`,
      given,
      engine: !given && api?.engine === true,
      pairs: group,
    };
  });
}

function isGiven(id: string): boolean {
  return id.startsWith('management:given:');
}

/** What an answer shows of a known API. */
export function signOf({ spec }: PairedAttempt, attempt: Attempt): ManagementSign | undefined {
  const api = apiAt(spec.port, spec.request);
  return api === undefined ? undefined : signIn(api, spec.request, attempt.peer ?? {});
}

/** What the user names is a management API, whatever it says; elsewhere another service may have the port. */
export function isApi(pair: PairedAttempt, attempt: Attempt, given: boolean): boolean {
  return given ? somethingAnswered(attempt) === 'yes' : signOf(pair, attempt)?.texts !== undefined;
}

/** The same API at the same port, whichever address it was asked at. */
export function sameService(a: ApiGroup, b: ApiGroup): boolean {
  const of = ({ pairs, given }: ApiGroup): string => {
    const spec = pairs[0]?.spec;
    return JSON.stringify([given, spec?.port, spec === undefined ? undefined : apiAt(spec.port, spec.request)?.name]);
  };
  return of(a) === of(b);
}

/** What was heard of it, one line for each answer. */
export function heard({ pairs }: ApiGroup): readonly string[] {
  return pairs.flatMap(({ target }) => (target.peer?.service === undefined ? [] : [`it said: ${target.peer.service}`]));
}

export type Answered = ReturnType<typeof somethingAnswered>;

/** `yes` where one did, `no` where none did, `unknown` where one that was not made could have. */
export function anyAnswered({ pairs }: ApiGroup): Answered {
  const answers = pairs.map(({ target }) => somethingAnswered(target));
  if (answers.includes('yes')) return 'yes';
  return answers.includes('unknown') ? 'unknown' : 'no';
}
