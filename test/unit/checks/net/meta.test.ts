import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Check } from '../../../../src/model/check.ts';
import { CHECKS } from './checks.ts';

/** id, slug, severity, references, framework rows: ids and what they mean are permanent. */
const CATALOGUE: readonly (readonly [string, string, string, string, string])[] = [
  ['NET-001', 'declaration', 'medium', '', 'Per-server network policy'],
  ['NET-002', 'internal-networks', 'high', 'CIS 5.30', 'Default network posture; The bridge test'],
  ['NET-003', 'shared-network', 'medium', 'CIS 2.2, 5.30', 'Inter-container isolation; The bridge test'],
  ['NET-004', 'undeclared-egress', 'high', 'NIST 3.4.2, 4.4.2', 'Per-server network policy; Test methodology'],
  ['NET-005', 'undeclared-egress-by-proxy', 'high', 'NIST 4.4.2', 'Per-server network policy'],
  ['NET-006', 'declared-egress', 'medium', '', 'Per-server network policy'],
  ['NET-007', 'port-boundary', 'high', 'NIST 4.4.2', 'Per-server network policy'],
  ['NET-008', 'name-boundary', 'high', 'NIST 4.4.2', 'Per-server network policy'],
  ['NET-009', 'fronting', 'medium', '', 'Per-server network policy'],
  ['NET-010', 'dns-exfiltration', 'high', 'NIST 4.4.2; MITRE T1071.004', 'Per-server network policy'],
  ['NET-011', 'direct-dns', 'high', '', 'Per-server network policy'],
  ['NET-012', 'udp-egress', 'high', '', 'Per-server network policy'],
  ['NET-013', 'ipv6-egress', 'high', '', 'Per-server network policy'],
  ['NET-014', 'metadata-service', 'critical', 'NIST 3.4.2; MITRE T1552.005', 'Per-server network policy'],
  ['NET-015', 'private-ranges', 'high', 'MITRE T1046', 'Per-server network policy'],
  ['NET-016', 'host-network', 'critical', 'CIS 5.10', 'Default network posture'],
  ['NET-018', 'cosmetic-profile', 'critical', '', 'Test methodology'],
];

describe('metadata of the NET checks', () => {
  it('is what the catalogue says', () => {
    expect(CHECKS.map(({ meta }) => [meta.id, meta.slug, meta.severity, references(meta), meta.framework.join('; ')])).toEqual(
      CATALOGUE,
    );
  });

  it.each(CHECKS.map((check) => [check.meta.id, check] as const))('%s is complete', (_id, { meta, requires }) => {
    expect(meta.area).toBe('NET');
    expect(meta.since).toBe('0.1.0');
    expect(meta.title).not.toBe(meta.failureTitle);
    for (const title of [meta.title, meta.failureTitle]) expect(title).toMatch(/^[A-Z].*[a-z0-9]$/i);
    for (const text of [meta.description, meta.remediation]) expect(text).toMatch(/^[A-Z][^\n]{80,}\.$/);
    expect(requires.length).toBeGreaterThan(0);
  });

  it.each(CHECKS.map(({ meta }) => meta.slug))('%s stands in the file of its slug', (slug) => {
    const source = readFileSync(new URL(`../../../../src/checks/net/${slug}.ts`, import.meta.url), 'utf8');
    const name = slug.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase());
    expect(source).toContain(`export const ${name} = defineCheck(`);
  });
});

function references({ references: list }: Check['meta']): string {
  return list.map(({ source, ids }) => `${source.split(' ')[0]} ${ids.join(', ')}`).join('; ');
}
