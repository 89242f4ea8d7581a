import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describePolicy, egressPolicy } from '../../../src/profiles/match.ts';
import { validateProfile } from '../../../src/profiles/validate.ts';

/** Extra data beside the repository: the permissions of 79 published servers. Not a part of it. */
const DATA = new URL('../../../../shared/data/toolhive-registry-permissions.json', import.meta.url);
const missing = !existsSync(DATA);

interface Published {
  readonly servers: readonly { readonly name: string; readonly permissions: unknown }[];
}

describe('published profiles', () => {
  it.skipIf(missing)('all validate (skipped where ../shared/data/toolhive-registry-permissions.json is missing)', () => {
    const { servers } = JSON.parse(readFileSync(DATA, 'utf8')) as Published;
    expect(servers).toHaveLength(79);
    const seen = servers.map(({ name, permissions }) => {
      // Three servers publish no permissions: that is no profile, not an empty one.
      if (permissions === null) return 'undeclared';
      const { profile } = validateProfile(permissions, name);
      expect({ name, profile }).toEqual({ name, profile: permissions });
      return describePolicy(egressPolicy(profile)) === 'any host, any port' ? 'everything' : 'limited';
    });
    const count = (kind: string): number => seen.filter((one) => one === kind).length;
    expect({ undeclared: count('undeclared'), everything: count('everything') }).toEqual({ undeclared: 3, everything: 29 });
  });
});
