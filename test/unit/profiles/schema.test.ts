import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PROFILE_SCHEMA } from '../../../src/profiles/schema.ts';

it('schemas/profile.schema.json is the schema that is enforced', () => {
  const path = new URL('../../../schemas/profile.schema.json', import.meta.url);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(PROFILE_SCHEMA);
});

it('no object of the schema takes unknown keys', () => {
  const open: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('properties' in node && !('additionalProperties' in node && node.additionalProperties === false)) open.push(path);
    for (const [key, child] of Object.entries(node)) walk(child, `${path}/${key}`);
  };
  walk(PROFILE_SCHEMA, '');
  expect(open).toEqual([]);
});
