import { isUndecided } from '../engine/sight.ts';
import type { Finding } from '../model/report.ts';
import type { Flip, WayFlip } from './flips.ts';

/** A sentence names this many things and says how many more there are; the change itself holds all of them. */
const NAMED = 5;

/** `github now reaches 203.0.113.10:443/tcp directly (it was held).` */
export function openedText(ways: readonly WayFlip[], worst: Flip): string {
  const { after, before } = worst;
  if (after === undefined) return '';
  if (ways.length > 0) return `${after.target} now reaches ${wayList(ways)} (${otherStates(ways, 'then')}).`;
  return `${said(after)} ${formerly(after, before)}`;
}

function formerly({ check, severity }: Finding, before: Finding | undefined): string {
  switch (before?.status) {
    case undefined:
      return `${check} found nothing of the kind before.`;
    case 'pass':
      return `${check} passed before.`;
    case 'not-applicable':
      return `${check} did not apply before.`;
    case 'fail':
      return `${check} failed before as ${before.severity}, and fails now as ${severity}.`;
    case 'inconclusive':
    case 'error':
      return `${check} was undecided before.`;
  }
}

/** `github no longer reaches 203.0.113.10:443/tcp directly (it is held now).` */
export function closedText(ways: readonly WayFlip[], worst: Flip): string {
  const { after, before } = worst;
  if (before === undefined) return '';
  if (ways.length > 0) return `${before.target} no longer reaches ${wayList(ways)} (${otherStates(ways, 'now')}).`;
  if (after?.status === 'fail') {
    return `${said(after)} ${after.check} fails less severely: ${before.severity} before, ${after.severity} now.`;
  }
  const now = after === undefined ? '' : ` Now: ${sentence(after.message)}`;
  return `${before.target}: ${before.check} no longer fails at ${before.subject}. Before: ${sentence(before.message)}${now}`;
}

/** `github: NET-004 203.0.113.10:443 (failed before) cannot be compared: it is not dialled now.` */
export function incomparableText(owner: string | undefined, why: string, flips: readonly Flip[]): string {
  const items = flips.flatMap(({ after, before }) => {
    const finding = after ?? before;
    if (finding === undefined) return [];
    const whose = finding.target === owner ? '' : `${finding.target}’s `;
    return [`${whose}${finding.check} ${finding.subject} (${history(before, after)})`];
  });
  const [open] = flips.flatMap(({ after }) => (after !== undefined && isUndecided(after) ? [after.message] : []));
  const because = open === undefined ? '' : ` ${sentence(open)}`;
  return `${owner === undefined ? '' : `${owner}: `}${list(items)} cannot be compared: ${why}.${because}`;
}

const BEFORE: Readonly<Record<Finding['status'], string>> = {
  pass: 'passed before',
  fail: 'failed before',
  inconclusive: 'undecided before',
  error: 'broken before',
  'not-applicable': 'did not apply before',
};
const AFTER: Readonly<Record<Finding['status'], string>> = {
  pass: 'passes now',
  fail: 'fails now',
  inconclusive: 'undecided now',
  error: 'broken now',
  'not-applicable': 'does not apply now',
};

/** What became of a finding, e.g. `passed before, undecided now`. */
function history(before: Pick<Finding, 'status'> | undefined, after: Pick<Finding, 'status'> | undefined): string {
  return [...(before === undefined ? [] : [BEFORE[before.status]]), ...(after === undefined ? [] : [AFTER[after.status]])].join(
    ', ',
  );
}

/** Each way once, as people read it. */
export function endpointsOf(ways: readonly WayFlip[]): readonly string[] {
  return [...new Set(ways.map(({ way }) => way.text))];
}

function wayList(ways: readonly WayFlip[]): string {
  return list(endpointsOf(ways));
}

/** What the other run says of the same ways. */
function otherStates(ways: readonly WayFlip[], when: 'then' | 'now'): string {
  const [was, before] = when === 'then' ? ['was', ''] : ['is', ' now'];
  const words = ways.map(({ other }) => (other === 'held' ? `it ${was} held${before}` : `nothing ${was} found there${before}`));
  return [...new Set(words)].join(', or ');
}

/** The first few, and how many more. */
export function list(items: readonly string[]): string {
  const more = items.length - NAMED;
  return [...items.slice(0, NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

/** Who, what and where: a message need not name its subject. */
function said({ message, subject, target }: Finding): string {
  return `${target}${message.includes(subject) ? '' : `, ${subject}`}: ${sentence(message)}`;
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
