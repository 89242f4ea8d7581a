import { AREAS } from '../../model/check.ts';
import type { Report } from '../../model/report.ts';
import { AREA_WORDS } from '../checks.ts';
import { markup, short, type Markup } from './markup.ts';
import { areaMark, badge } from './words.ts';

/** How each area ended for each target: a row a target, a column an area that was asked. */
export function renderScorecard({ areas, targets }: Report): Markup {
  const shown = AREAS.filter((area) => areas.some((result) => result.area === area));
  if (shown.length === 0) return markup`<p class="empty">No area was judged.</p>`;
  const byTarget = new Map<string, Map<string, Report['areas'][number]>>();
  for (const result of areas) {
    const own = byTarget.get(result.targetId) ?? new Map<string, Report['areas'][number]>();
    byTarget.set(result.targetId, own.set(result.area, result));
  }
  return markup`<div class="scroll" role="region" tabindex="0" aria-labelledby="scorecard-title"><table class="score"><thead><tr><th scope="col">Target</th> ${shown.map((area) => markup`<th scope="col">${area}<small>${AREA_WORDS[area]}</small></th>`)}</tr></thead><tbody>${targets.map(
    ({ id, name }, index) =>
      markup`<tr><th scope="row"><a href="#target-${index + 1}">${short(name, 60)}</a></th> ${shown.map((area) => {
        const result = byTarget.get(id)?.get(area);
        return result === undefined ? markup`<td><span class="quiet">not asked</span></td>` : cell(result);
      })}</tr>
`,
  )}</tbody></table></div>`;
}

function cell({ verdict, counts }: Report['areas'][number]): Markup {
  const words = [
    [counts.fail, 'failed'],
    [counts.inconclusive + counts.error, 'undecided'],
    [counts.waived, 'waived'],
    [counts.pass, 'passed'],
  ] as const;
  const tally = words.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return markup`<td>${badge(areaMark(verdict))}<small>${tally.join(', ')}</small></td>`;
}
