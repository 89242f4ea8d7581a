import { isDeepStrictEqual } from 'node:util';
import type { DriftChange } from '../model/drift.ts';
import type { Report, ReportTarget } from '../model/report.ts';
import { differences } from './differences.ts';
import type { View, Views } from './view.ts';
import { list } from './words.ts';

/** What changed around the findings: servers, what they are made of and declared to be, and the engine beneath them. */
export function circumstancesOf({ before, after, renamed }: Views): readonly DriftChange[] {
  const both = [...after.targets.keys()].filter((name) => before.targets.has(name));
  return [
    ...[...after.targets].flatMap(([name, { image }]) => (before.targets.has(name) ? [] : [appeared(name, image, before)])),
    ...[...before.targets].flatMap(([name, { image }]) => (after.targets.has(name) ? [] : [vanished(name, image, after)])),
    ...[...renamed].map(([old, name]) => isCalled(old, name)),
    ...perTarget(both, before, after, imageChanges),
    ...perTarget(both, before, after, profileChanges),
    ...both.flatMap((name) => networkChanges(name, before, after)),
    ...runChanges(before.report, after.report),
  ];
}

type TargetChanges = (name: string, before: ReportTarget, after: ReportTarget) => readonly DriftChange[];

function perTarget(names: readonly string[], before: View, after: View, changes: TargetChanges): readonly DriftChange[] {
  return names.flatMap((name) => {
    const [old, current] = [before.targets.get(name), after.targets.get(name)];
    return old === undefined || current === undefined ? [] : changes(name, old, current);
  });
}

function appeared(name: string, image: string, { report }: View): DriftChange {
  const cut = report.interrupted ? ' The earlier run was interrupted: it may have been there.' : '';
  return { kind: 'target-appeared', target: name, after: image, text: `${name} (${image}) is new in the later run.${cut}` };
}

function vanished(name: string, image: string, { report }: View): DriftChange {
  const why = report.interrupted ? 'the later run was interrupted' : 'it is gone, or was not chosen';
  return {
    kind: 'target-vanished',
    target: name,
    before: image,
    text: `${name} (${image}) is not in the later run: ${why}.`,
  };
}

function isCalled(old: string, name: string): DriftChange {
  return {
    kind: 'target-appeared',
    target: name,
    before: old,
    after: name,
    text: `${old} is called ${name} now: it is the same container.`,
  };
}

function imageChanges(name: string, before: ReportTarget, after: ReportTarget): readonly DriftChange[] {
  if (before.image !== after.image) {
    return [changed('image', name, 'is made from another image', before.image, after.image)];
  }
  // Older reports do not hold it.
  if (before.imageId === undefined || after.imageId === undefined || before.imageId === after.imageId) return [];
  return [changed('image', name, `is made from another image of the same name (${after.image})`, before.imageId, after.imageId)];
}

function profileChanges(name: string, before: ReportTarget, after: ReportTarget): readonly DriftChange[] {
  const place = ({ declaration: { source, location } }: ReportTarget): string => `${source}, ${location}`;
  return [
    ...(place(before) === place(after) ? [] : [changed('profile', name, 'is declared elsewhere', place(before), place(after))]),
    ...differences(before.declaration.profile, after.declaration.profile).map(({ path, before: then, after: now }) =>
      changed('profile', name, `has another profile${path === '' ? '' : `, at ${path}`}`, jsonOf(then), jsonOf(now)),
    ),
  ];
}

function jsonOf(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** Only where both runs asked the engine: a configuration that nobody saw has no networks. */
function networkChanges(name: string, before: View, after: View): readonly DriftChange[] {
  const [old, current] = [before, after].map((view) => networksOf(name, view));
  if (old === undefined || current === undefined) return [];
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((network): readonly DriftChange[] => {
    const [then, now] = [old.get(network), current.get(network)];
    if (then === now) return [];
    const common = { kind: 'networks', target: name } as const;
    if (then === undefined && now !== undefined) {
      return [{ ...common, after: network, text: `${name} joined the network ${network}, ${flag(now)}.` }];
    }
    if (then !== undefined && now === undefined) {
      return [{ ...common, before: network, text: `${name} left the network ${network}, ${flag(then)}.` }];
    }
    return [changed('networks', name, `is on a network that changed, ${network}`, flag(then), flag(now))];
  });
}

function networksOf(name: string, { report, targets }: View): ReadonlyMap<string, boolean> | undefined {
  const target = targets.get(name);
  const outcomes = report.observations.find((each) => each.target === target?.id)?.outcomes;
  if (target === undefined || outcomes?.configuration?.state !== 'observed') return undefined;
  return new Map(target.networks.map(({ name: network, internal }) => [network, internal]));
}

function flag(internal: boolean | undefined): string {
  return internal === true ? 'internal' : 'not internal';
}

const ENGINE = {
  product: 'Engine',
  version: 'Version of the engine',
  apiVersion: 'Version of its API',
  os: 'Operating system',
  architecture: 'Architecture',
  kernel: 'Kernel',
  rootless: 'Rootless',
  userNamespaces: 'User namespaces',
  endpoint: 'Endpoint of the engine',
} as const satisfies Readonly<Record<keyof Report['engine'], string>>;

const OPTIONS = {
  timeoutMs: 'Time for an attempt, in milliseconds',
  internet: 'Destinations of --internet',
  management: 'Destinations of --management',
  private: 'Destinations of --private',
  neighbors: 'Destinations of --neighbor',
  call: 'Tool that is called',
} as const satisfies Partial<Record<keyof Report['options'], string>>;

function runChanges(before: Report, after: Report): readonly DriftChange[] {
  return [
    ...keysOf(ENGINE).flatMap((key) => ofRun(ENGINE[key], before.engine[key], after.engine[key])),
    ...ofRun('bulkhead', before.tool.version, after.tool.version),
    ...keysOf(OPTIONS).flatMap((key) => ofRun(OPTIONS[key], before.options[key], after.options[key])),
    ...newChecks(before, after),
  ];
}

function keysOf<K extends string>(record: Readonly<Record<K, string>>): readonly K[] {
  return Object.keys(record) as K[];
}

function ofRun(what: string, before: unknown, after: unknown): readonly DriftChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [then, now] = [textOf(before), textOf(after)];
  return then === now ? [] : [{ kind: 'engine', before: then, after: now, text: `${what}: ${then} before, ${now} now.` }];
}

function textOf(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none';
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What is not asked any more is not comparable; what is asked since is said here. */
function newChecks(before: Report, after: Report): readonly DriftChange[] {
  const known = new Set(before.checks.map(({ id }) => id));
  const added = after.checks.map(({ id }) => id).filter((id) => !known.has(id));
  if (added.length === 0) return [];
  return [{ kind: 'engine', after: added.join(', '), text: `Checks that were not asked before: ${list(added)}.` }];
}

function changed(kind: 'image' | 'profile' | 'networks', name: string, what: string, before: string, after: string): DriftChange {
  return { kind, target: name, before, after, text: `${name} ${what}: ${before} before, ${after} now.` };
}
