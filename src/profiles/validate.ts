import { BulkheadError } from '../errors.ts';
import { count, escapeText } from '../model/text.ts';
import type { InboundPermissions, NetworkPermissions, OutboundPermissions, Profile, Remark } from '../model/profile.ts';
import { hostProblem } from './host-problems.ts';
import { readMount } from './mounts.ts';
import { problemLine, show } from './problems.ts';
import type { Problem } from './problems.ts';
import { profileRemarks } from './remarks.ts';
import { structureProblems } from './structure.ts';

/** How many problems one message lists; the rest is counted. */
export const MAX_LISTED_PROBLEMS = 20;

export interface ValidatedProfile {
  readonly profile: Profile;
  readonly remarks: readonly Remark[];
}

/**
 * Checks a value against ToolHive's profile format and returns a copy that holds nothing else.
 * Entries stay as written (upper case too): `match.ts` compares them in canonical form.
 * @param where what the value came from, for the message, e.g. a file name
 * @throws BulkheadError `profile-invalid`: one line a problem (at most 20) with its JSON path, what is
 * wrong and a good value; the message has line feeds and is otherwise free of control characters
 */
export function validateProfile(value: unknown, where: string): ValidatedProfile {
  const problems = profileProblems(value);
  if (problems.length > 0) throw invalid(problems, where);
  const source = value as RawProfile;
  return {
    profile: copyProfile(source),
    remarks: profileRemarks(source, source.network?.outbound?.allow_transport !== undefined),
  };
}

/** Every problem of the value, in the order of its paths; empty when it is a profile. */
export function profileProblems(value: unknown): readonly Problem[] {
  const own = [...hostProblems(value), ...mountProblems(value)];
  const explained = new Set(own.map((problem) => problem.path));
  // The schema's patterns refuse most of the same entries, and can only say that they did.
  const structural = structureProblems(value).filter((problem) => !explained.has(problem.path));
  const collator = new Intl.Collator('en', { numeric: true });
  return [...own, ...structural].toSorted((a, b) => collator.compare(a.path, b.path));
}

function hostProblems(value: unknown): readonly Problem[] {
  return ['network.outbound.allow_host', 'network.inbound.allow_host'].flatMap((path) =>
    texts(value, path).flatMap(({ text, at }) => {
      const problem = hostProblem(text);
      return problem === undefined ? [] : [{ path: at, what: `${show(text)} ${problem.what}`, good: problem.good }];
    }),
  );
}

function mountProblems(value: unknown): readonly Problem[] {
  return ['read', 'write'].flatMap((path) =>
    texts(value, path).flatMap(({ text, at }) => {
      const reading = readMount(text);
      return reading.ok ? [] : [{ path: at, what: `${show(text)} ${reading.what}`, good: reading.good }];
    }),
  );
}

/** The texts of the list at a path; whatever is no list or no text is left to the schema. */
function texts(value: unknown, path: string): readonly { readonly text: string; readonly at: string }[] {
  const list = path.split('.').reduce<unknown>((parent, key) => ownMember(parent, key), value);
  if (!Array.isArray(list)) return [];
  return list.flatMap((text: unknown, index) => (typeof text === 'string' ? [{ text, at: `${path}[${index}]` }] : []));
}

function ownMember(parent: unknown, key: string): unknown {
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, key)) return undefined;
  return (parent as Readonly<Record<string, unknown>>)[key];
}

function invalid(problems: readonly Problem[], where: string): BulkheadError {
  const many = count(problems.length, 'problem');
  const lines = problems.slice(0, MAX_LISTED_PROBLEMS).map(problemLine);
  const rest = problems.length - lines.length;
  const more = rest > 0 ? [`  … and ${rest} more`] : [];
  return new BulkheadError(
    'profile-invalid',
    [`${escapeText(where)} is not a valid profile: ${many}`, ...lines, ...more].join('\n'),
    {
      hint: 'The format is described in docs/profiles.md and schemas/profile.schema.json.',
    },
  );
}

/** A valid file: the profile and the field that the type has no more. */
interface RawProfile extends Omit<Profile, 'network'> {
  readonly network?: Omit<NetworkPermissions, 'outbound'> & {
    readonly outbound?: OutboundPermissions & { readonly allow_transport?: readonly string[] };
  };
}

function copyProfile(source: RawProfile): Profile {
  const { name, read, write, network, privileged } = source;
  return {
    ...(name === undefined ? {} : { name }),
    ...(read === undefined ? {} : { read: [...read] }),
    ...(write === undefined ? {} : { write: [...write] }),
    ...(network === undefined ? {} : { network: copyNetwork(network) }),
    ...(privileged === undefined ? {} : { privileged }),
  };
}

function copyNetwork({ mode, outbound, inbound }: NetworkPermissions): NetworkPermissions {
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(outbound === undefined ? {} : { outbound: copyOutbound(outbound) }),
    ...(inbound === undefined ? {} : { inbound: copyInbound(inbound) }),
  };
}

function copyOutbound({ insecure_allow_all, allow_host, allow_port }: OutboundPermissions): OutboundPermissions {
  return {
    ...(insecure_allow_all === undefined ? {} : { insecure_allow_all }),
    ...(allow_host === undefined ? {} : { allow_host: [...allow_host] }),
    ...(allow_port === undefined ? {} : { allow_port: [...allow_port] }),
  };
}

function copyInbound({ allow_host }: InboundPermissions): InboundPermissions {
  return allow_host === undefined ? {} : { allow_host: [...allow_host] };
}
