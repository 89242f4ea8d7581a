import { describe, expect, it } from 'vitest';
import type { CheckMeta } from '../../../src/model/check.ts';
import { CHECK_FORMATS, renderCheck, renderCheckList } from '../../../src/reporters/checks.ts';

const egress: CheckMeta = {
  id: 'NET-004',
  slug: 'undeclared-egress',
  area: 'NET',
  severity: 'high',
  title: 'No undeclared destination is reached',
  failureTitle: 'An undeclared destination is reached',
  description: 'A profile that names hosts promises\nthat no other host is reached.',
  remediation: 'Attach the server to internal networks only.',
  references: [{ source: 'NIST SP 800-190', ids: ['3.4.2', '4.4.2'] }],
  framework: ['Per-server network policy'],
  since: '0.1.0',
};
const metadata: CheckMeta = { ...egress, id: 'NET-014', slug: 'metadata-service', severity: 'critical' };
const rootfs: CheckMeta = {
  ...egress,
  id: 'HARD-006',
  slug: 'writable-rootfs',
  area: 'HARD',
  deprecated: 'Use HARD-007.',
  title: 'a | b',
};
const OPTIONS = { color: false, width: 80 };

describe('the list of checks', () => {
  const all = [rootfs, metadata, egress];

  it('is grouped by area, in the order of the areas and ids', () => {
    const text = renderCheckList(all, 'console', OPTIONS);
    expect(text.match(/[A-Z]+-\d{3}|── [A-Z]+/g)).toEqual(['── NET', 'NET-004', 'NET-014', '── HARD', 'HARD-006']);
    expect(text).toContain('HARD-006  high      a | b (deprecated)');
  });

  it('is the metadata in JSON, in a fixed order', () => {
    const parsed = JSON.parse(renderCheckList(all, 'json', OPTIONS)) as CheckMeta[];
    expect(parsed).toEqual([egress, metadata, rootfs]);
    const turned = Object.fromEntries(Object.entries(egress).toReversed()) as unknown as CheckMeta;
    expect(renderCheckList([turned], 'json', OPTIONS)).toBe(renderCheckList([egress], 'json', OPTIONS));
  });

  it('is a table in Markdown, cells escaped', () => {
    expect(renderCheckList(all, 'markdown', OPTIONS)).toContain('| HARD-006 | high | a \\| b (deprecated) |');
  });

  it('says so when it is empty', () => {
    expect(renderCheckList([], 'console', OPTIONS)).toBe('No checks.\n');
    expect(renderCheckList([], 'json', OPTIONS)).toBe('[]\n');
  });
});

describe('one check', () => {
  it.each(CHECK_FORMATS)('in %s has everything that it is', (format) => {
    const text = renderCheck(rootfs, format, OPTIONS);
    const facts = [
      rootfs.id,
      rootfs.slug,
      rootfs.failureTitle,
      rootfs.remediation,
      'NIST SP 800-190',
      '4.4.2',
      'Per-server network policy',
      '0.1.0',
    ];
    for (const fact of [...facts, 'Use HARD-007.']) expect(text).toContain(fact);
    expect(text.toLowerCase()).toContain('high');
    expect(text.endsWith('\n')).toBe(true);
    expect(text.endsWith('\n\n')).toBe(false);
  });

  it('flows its prose on a terminal', () => {
    expect(renderCheck(egress, 'console', OPTIONS)).toContain('promises that no other host is reached.');
  });

  it('has colours only when asked', () => {
    expect(renderCheck(egress, 'console', OPTIONS)).not.toContain('\u001b');
    expect(renderCheck(egress, 'console', { ...OPTIONS, color: true })).toContain('\u001b[');
  });
});
