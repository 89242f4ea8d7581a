import fc from 'fast-check';
import { parse, type DefaultTreeAdapterTypes } from 'parse5';
import { describe, expect, it } from 'vitest';
import { renderComparisonHtml } from '../../../src/reporters/comparison-html.ts';
import { renderHtml } from '../../../src/reporters/html.ts';
import { renderTrendHtml } from '../../../src/reporters/trend.ts';
import { markup, textOf } from '../../../src/reporters/html/markup.ts';
import { fixtureComparison } from '../../support/fixture-comparison.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { HOSTILE_MARKUP, poison, poisonedTrend } from '../../support/hostile-report.ts';

const PLAIN = { color: false, verbose: false, quiet: false, width: 100 } as const;

/** Elements with their attributes, without text: what a browser would make of a page. Sorted: findings stand in the order of their texts. */
function skeleton(page: string): readonly string[] {
  const found: string[] = [];
  const errors: string[] = [];
  const visit = (node: DefaultTreeAdapterTypes.Node): void => {
    if (node.nodeName === '#comment') found.push('comment');
    if ('tagName' in node) found.push(`${node.tagName} ${node.attrs.map(({ name }) => name).join(' ')}`);
    if ('childNodes' in node) for (const child of node.childNodes) visit(child);
  };
  visit(parse(page, { onParseError: ({ code }) => errors.push(code) }));
  // Code points that Unicode leaves unassigned for good may stand in a text; they mean nothing.
  expect(errors.filter((code) => code !== 'noncharacter-in-input-stream')).toEqual([]);
  return found.toSorted();
}

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE_MARKUP), fc.string({ unit: 'binary', maxLength: 20 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(''));

/** A text that shapes the page as little as any, but is as empty or not and has as many backticks. */
function tame(text: string): string {
  return text.replace(/[^`\s]/g, 'x');
}

describe.each([
  ['report', (next: () => string) => renderHtml(poison(fixtureReport(), next), PLAIN)],
  ['comparison', (next: () => string) => renderComparisonHtml(poison(fixtureComparison(), next))],
  ['trend', (next: () => string) => renderTrendHtml(poisonedTrend(next))],
])('hostile text in every string of a %s', (_, render) => {
  const cycle = (texts: readonly string[]) => {
    let index = 0;
    return () => texts[index++ % texts.length] ?? '';
  };

  it('never becomes markup: a real parser sees the elements and attributes that harmless text has', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 20 }), (texts) => {
        expect(skeleton(render(cycle(texts)))).toEqual(skeleton(render(cycle(texts.map(tame)))));
      }),
      { numRuns: 60 },
    );
  });

  it('leaves nothing invisible and no control character in the page', () => {
    const page = render(cycle(HOSTILE_MARKUP));
    expect(page.replaceAll('\n', '')).not.toMatch(
      /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u,
    );
  });
});

it('holds in attributes too, of either quote, though no page puts a text there today', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const page = textOf(markup`<!doctype html><p title="${text}" lang='${text}'>${text}</p>`);
      expect(skeleton(page)).toEqual(skeleton('<!doctype html><p title="" lang=""></p>'));
    }),
  );
});

it('keeps the text itself: what a person reads is what was seen', () => {
  const report = fixtureReport();
  const [first] = report.targets;
  if (first === undefined) throw new Error('the fixture has targets');
  const page = renderHtml({ ...report, notes: ['<b>&amp;"\'`</b>'] }, PLAIN);
  const texts: string[] = [];
  const visit = (node: DefaultTreeAdapterTypes.Node): void => {
    if ('value' in node) texts.push(node.value);
    if ('childNodes' in node) for (const child of node.childNodes) visit(child);
  };
  visit(parse(page));
  expect(texts).toContain('<b>&amp;"\'`</b>');
});
