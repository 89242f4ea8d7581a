import { describe, expect, it } from 'vitest';
import { schemaProblems } from '../../../src/config/problems.ts';
import { TellingOptions } from '../../../src/model/telling.ts';

/** Every example in a schema, with the part that it is an example of. */
function examplesIn(schema: unknown): readonly (readonly [schema: object, example: unknown])[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { examples, ...rest } = schema as { readonly examples?: readonly unknown[] };
  const own = (examples ?? []).map((example) => [schema, example] as const);
  return [...own, ...Object.values(rest).flatMap(examplesIn)];
}

describe('the options of telling', () => {
  it('show good values that are good', () => {
    const examples = examplesIn(TellingOptions);
    expect(examples.length).toBeGreaterThan(12);
    for (const [schema, example] of examples) expect(schemaProblems(schema, example)).toEqual([]);
  });

  it.each([
    { webhooks: [{ secretEnv: 'S' }] },
    { webhooks: [{ url: 'https://hooks.example/', secretEnv: 'S', secret: 'whsec_' }] },
    { webhooks: [{ url: 'https://hooks.example/', secretEnv: '$S' }] },
    { webhooks: [{ url: 'https://hooks.example/', minSeverity: 'severe' }] },
    { commands: [{ argv: [] }] },
    { commands: [{ argv: 'notify --all' }] },
    { commands: [{ argv: ['notify'], timeoutSeconds: 0 }] },
    { metrics: { listen: '9464' } },
    { metrics: { textfile: '/var/lib/bulkhead.txt' } },
  ])('are not %j', (options) => {
    expect(schemaProblems(TellingOptions, options).length).toBeGreaterThan(0);
  });
});
