import type { Config } from '../model/config.ts';
import type { Waiver } from '../model/waiver.ts';
import { show } from '../profiles/problems.ts';
import { nearest } from '../profiles/spelling.ts';
import type { Step } from './document.ts';
import type { ConfigProblem } from './problems.ts';

/** What a schema cannot say of a file that keeps to it. */
export function configRules(config: Config, checks: readonly string[]): readonly ConfigProblem[] {
  return [
    ...(config.profiles ?? []).flatMap(({ target, image }, index): readonly ConfigProblem[] =>
      target === undefined && image === undefined
        ? [
            {
              path: ['profiles', index],
              what: 'names no server',
              good: 'Write for instance target: "github", or image: "ghcr.io/github/*"',
            },
          ]
        : [],
    ),
    ...waiverRules(config.waivers ?? [], checks),
    ...(config.attestations ?? []).flatMap(({ expires, checks: ids }, index) => [
      ...dayProblem(['attestations', index, 'expires'], expires),
      ...ids.flatMap((id, at) => checkProblem(['attestations', index, 'checks', at], id, checks)),
    ]),
  ];
}

/** A waiver of a check that does not exist would be dead without anybody knowing; two of the same contradict each other. */
export function waiverRules(waivers: readonly Waiver[], checks: readonly string[]): readonly ConfigProblem[] {
  const seen = new Set<string>();
  return waivers.flatMap(({ id, target, subject, expires }, index) => {
    const key = JSON.stringify([id, target, subject]);
    const twice: readonly ConfigProblem[] = seen.has(key)
      ? [
          {
            path: ['waivers', index],
            what: `is the second waiver of ${id} for the same target and subject`,
            good: 'Keep one of the two',
          },
        ]
      : [];
    seen.add(key);
    return [
      ...checkProblem(['waivers', index, 'id'], id, checks),
      ...dayProblem(['waivers', index, 'expires'], expires),
      ...twice,
    ];
  });
}

function checkProblem(path: readonly Step[], id: string, checks: readonly string[]): readonly ConfigProblem[] {
  if (checks.includes(id)) return [];
  const meant = nearest(id, checks);
  const good = meant === undefined ? '`bulkhead checks` lists them' : `Did you mean "${meant}"?`;
  return [{ path, what: `${show(id)} is no check`, good }];
}

function dayProblem(path: readonly Step[], day: string): readonly ConfigProblem[] {
  const time = Date.parse(`${day}T00:00:00Z`);
  // The thirtieth of February is read as the first of March, or not at all.
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(day)) return [];
  return [{ path, what: `${show(day)} is no day of the calendar`, good: 'Write for instance "2027-01-31"' }];
}
