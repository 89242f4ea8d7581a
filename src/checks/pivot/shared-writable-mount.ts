import { defineCheck, type CheckInput, type Peer, type Verdict } from '../../model/check.ts';
import type { ConfiguredMount } from '../../model/observation.ts';
import type { Declaration } from '../../model/target.ts';
import { declaresMount, hostPath, isWithin } from '../support/declared-mounts.ts';
import { reproduceInspect } from '../support/evidence.ts';
import { judgeEachPeer } from '../support/peers.ts';

export const sharedWritableMount = defineCheck({
  meta: {
    id: 'PIVOT-006',
    slug: 'shared-writable-mount',
    area: 'PIVOT',
    severity: 'medium',
    title: 'No writable mount is shared with another server',
    failureTitle: 'A writable mount is shared with another server',
    description:
      'What one server writes, the other one reads: a prompt, a configuration, a program. No network has to lead from one to the other, and no policy of egress sees it.',
    remediation:
      'Give each server a directory or volume of its own. Where one has to hand files to another, mount them read-only at the reader and declare both sides in the profiles.',
    references: [],
    framework: ['Inter-container isolation'],
    since: '0.1.0',
  },
  requires: ['configuration'],
  evaluate(input) {
    if (input.peers.length === 0) {
      return [{ status: 'not-applicable', subject: 'other servers', message: 'Only one server is audited.' }];
    }
    return judgeEachPeer(input.peers, (peer) => judge(peer, input));
  },
});

interface Shared {
  readonly own: ConfiguredMount;
  readonly other: ConfiguredMount;
}

function judge(peer: Peer, { facts: { configuration }, declaration, target }: CheckInput<'configuration'>): Verdict {
  const subject = peer.target.name;
  const common = { subject, expected: 'no shared mount that either can write' } as const;
  if (peer.configuration === undefined) {
    return { ...common, status: 'inconclusive', message: `The mounts of ${subject} are not known.` };
  }
  const theirs = peer.configuration.mounts;
  const shared = configuration.mounts.flatMap((own) =>
    theirs.filter((other) => isSame(own, other)).map((other) => ({ own, other })),
  );
  const writable = shared.filter(({ own, other }) => !own.readOnly || !other.readOnly);
  const evidence = shared.map(
    ({ own, other }) => `${own.source}: ${own.target} (${modeOf(own)}) here, ${other.target} (${modeOf(other)}) in ${subject}`,
  );
  if (writable.length === 0) {
    const message =
      shared.length === 0
        ? `No mount is shared with ${subject}.`
        : `What is shared with ${subject} can be written by neither (${shared.map(({ own }) => own.source).join(', ')}).`;
    return { ...common, status: 'pass', message, evidence };
  }
  const declared = writable.every((one) => isDeclared(one, declaration, peer.declaration));
  const message = sentence(subject, writable);
  return {
    ...common,
    status: 'fail',
    message: declared ? `${message} Both profiles declare it.` : message,
    actual: `${writable.length} shared`,
    evidence,
    reproduce: reproduceInspect(target, '{{json .Mounts}}'),
    ...(declared ? { severity: 'info' } : {}),
  };
}

function sentence(subject: string, writable: readonly Shared[]): string {
  const sources = [...new Set(writable.map(({ own }) => own.source))].join(', ');
  const both = writable.some(({ own, other }) => !own.readOnly && !other.readOnly);
  const here = writable.some(({ own }) => !own.readOnly);
  const who = both
    ? 'and both can write it'
    : here
      ? 'which reads what this server writes'
      : 'which writes what this server reads';
  return `${sources} is shared with ${subject}, ${who}.`;
}

/** One volume, or paths of the host of which one holds the other. */
function isSame(own: ConfiguredMount, other: ConfiguredMount): boolean {
  if (own.type !== other.type || own.source === '' || own.source === '/dev/null') return false;
  if (own.type === 'volume') return own.source === other.source;
  if (own.type !== 'bind') return false;
  const [a, b] = [hostPath(own.source), hostPath(other.source)];
  return isWithin(a, b) || isWithin(b, a);
}

function modeOf({ readOnly }: ConfiguredMount): string {
  return readOnly ? 'read-only' : 'writable';
}

function isDeclared({ own, other }: Shared, mine: Declaration, theirs: Declaration): boolean {
  return declaresMount(mine.profile, own) && declaresMount(theirs.profile, other);
}
