import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type CheckInput, type Peer, type Verdict } from '../../model/check.ts';
import { reachOf, type Reach } from '../support/decide.ts';
import { groupBy, isPermitted } from '../support/egress.ts';
import { endpointOf, evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { sameProfile } from '../support/profile.ts';

const SUBJECT = 'difference that the profile makes';
const SHOWN = 5;

export const cosmeticProfile = defineCheck({
  meta: {
    id: 'NET-018',
    slug: 'cosmetic-profile',
    area: 'NET',
    severity: 'critical',
    title: 'The profile makes a difference',
    failureTitle: 'The profile makes no difference',
    description:
      'A profile that is stored and never enforced looks like protection in every review. It shows when two servers with different declarations are laid side by side: the restricted one reaches whatever the other one reaches.',
    remediation:
      'Find out what the platform does with the profile: `bulkhead compare` runs one image with and without it. Start the server so that it is enforced (`bulkhead run --profile FILE`), or take the profile away, so that nobody relies on it.',
    references: [],
    framework: ['Test methodology'],
    since: '0.1.0',
  },
  requires: ['egress'],
  evaluate(input) {
    const { facts, policy, declaration, peers } = input;
    if (!policy.restricts) {
      return [{ status: 'not-applicable', subject: SUBJECT, message: `The declaration restricts nothing: ${policy.summary}.` }];
    }
    const others = peers.filter((peer) => !sameProfile(peer.declaration.profile, declaration.profile));
    if (others.length === 0) {
      const message = 'No other server with another declaration is audited: there is nothing to compare with.';
      return [{ status: 'not-applicable', subject: SUBJECT, message }];
    }
    const own = endpointsOf(facts.egress.attempts.filter(({ spec }) => !isPermitted(policy, spec)));
    // The peer that is most like this one and reaches something is the one that tells.
    const looked = others.filter(({ egress }) => egress !== undefined);
    for (const peer of byLikeness(looked, input)) {
      const both = reachedAlso(peer, own);
      if (both.length > 0) return [judge(peer, both, input)];
    }
    return [silent(looked)];
  },
});

interface Endpoint {
  readonly name: string;
  readonly reach: Reach['state'];
  readonly pair: PairedAttempt;
}

/** Unrestricted servers of the same image first: there nothing but the profile differs. */
function byLikeness(peers: readonly Peer[], { target }: CheckInput<'egress'>): readonly Peer[] {
  const rank = (peer: Peer): number => (peer.policy.restricts ? 0 : 2) + (peer.target.image.id === target.image.id ? 1 : 0);
  return peers.toSorted((a, b) => rank(b) - rank(a));
}

/** What the peer reaches and this server's profile does not allow, as it is for this server. */
function reachedAlso(peer: Peer, own: readonly Endpoint[]): readonly Endpoint[] {
  if (peer.egress === undefined) return [];
  const reached = new Set(
    endpointsOf(peer.egress.attempts)
      .filter(({ reach }) => reach === 'reached')
      .map(({ name }) => name),
  );
  return own.filter(({ name }) => reached.has(name));
}

/** Destinations of purpose `internet` and what came of them: reached by any way counts, held only when every way is. */
function endpointsOf(attempts: readonly PairedAttempt[]): readonly Endpoint[] {
  const canaries = attempts.filter(({ spec }) => spec.purpose === 'internet');
  const byName = groupBy(canaries, (spec) => endpointOf({ spec }));
  return [...byName].flatMap(([name, pairs]): readonly Endpoint[] => {
    const judged = pairs.map((pair) => ({ pair, reach: reachOf(pair).state }));
    const decisive =
      judged.find(({ reach }) => reach === 'reached') ??
      judged.find(({ pair, reach }) => reach === 'undecided' && pair.spec.family === 4) ??
      judged.find(({ reach }) => reach === 'blocked' || reach === 'elsewhere') ??
      judged[0];
    return decisive === undefined ? [] : [{ name, ...decisive }];
  });
}

function judge(peer: Peer, both: readonly Endpoint[], { target, policy }: CheckInput<'egress'>): Verdict {
  const held = both.filter(({ reach }) => reach === 'blocked' || reach === 'elsewhere');
  const open = both.filter(({ reach }) => reach === 'undecided');
  const names = both.slice(0, SHOWN).map(({ name }) => name);
  const reference = `${peer.target.name} (${peer.policy.summary})`;
  const [first] = held.length > 0 ? held : both;
  const facts = {
    subject: SUBJECT,
    expected: `kept from what ${policy.summary} does not allow`,
    actual: `${both.length - held.length - open.length} of ${both.length} destinations reached`,
    evidence: both.slice(0, SHOWN).flatMap(({ pair }) => evidenceOf(pair)),
    ...(first === undefined ? {} : { reproduce: reproduceAttempt(target, first.pair) }),
  };
  if (held.length > 0) {
    const message = `${held.length} of ${both.length} undeclared destinations that ${reference} reaches are kept from it.`;
    return { ...facts, status: 'pass', message };
  }
  if (open.length > 0) {
    const message = `It is open whether the profile makes a difference from ${reference}: ${open[0]?.name ?? ''} is undecided.`;
    return { ...facts, status: 'inconclusive', message };
  }
  const message = `It reaches everything undeclared that ${reference} reaches: ${names.join(', ')}.`;
  return { ...facts, status: 'fail', message };
}

/** @param looked those that were looked at */
function silent(looked: readonly Peer[]): Verdict {
  if (looked.length === 0) {
    const message = 'None of the servers with another declaration could be looked at.';
    return { status: 'inconclusive', subject: SUBJECT, message };
  }
  const message = 'No server with another declaration reaches anything that this profile forbids: there is nothing to tell by.';
  return { status: 'not-applicable', subject: SUBJECT, message };
}
