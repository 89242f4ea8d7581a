import { AREAS } from '../../model/check.ts';
import type { Report, ReportTarget } from '../../model/report.ts';
import { originOf } from '../console/targets.ts';
import { markup, short, type Markup } from './markup.ts';
import { areaMark, badge } from './words.ts';

/** What each target declared, and what it can really do. */
export function renderStories(report: Report): Markup {
  if (report.targets.length === 0) return markup`<p class="empty">No target was found.</p>`;
  const areas = Map.groupBy(report.areas, ({ targetId }) => targetId);
  return markup`<div class="cards">${report.targets.map((target, index) => card(target, index, areas.get(target.id) ?? []))}</div>`;
}

function card(target: ReportTarget, index: number, areas: Report['areas']): Markup {
  const { name, image, transport, platform, state, declaration, networks, story } = target;
  const origin = originOf(declaration, short(declaration.location, 300));
  const facts = [transport, ...(platform === 'none' ? [] : [platform]), state];
  return markup`<article class="card" id="target-${index + 1}" aria-labelledby="target-${index + 1}-name"><h3 id="target-${index + 1}-name">${short(name, 80)}</h3><p class="image"><code>${image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+/, '$1…')}</code></p><p class="quiet">${facts.join(' · ')}</p><dl><dt>Declared</dt><dd>${short(declaration.egress, 400)}<small>${origin}</small></dd><dt>Really</dt><dd>${story.length === 0 ? markup`<span class="quiet">nothing to tell</span>` : story.map((sentence) => markup`<p>${short(sentence, 600)}</p>`)}</dd><dt>Networks</dt><dd>${networks.length === 0 ? 'none' : networks.map(({ name: network, internal }) => `${network}${internal ? ' (internal)' : ''}`).join(', ')}</dd></dl> ${declaration.remarks.map(({ message }) => markup`<p class="notice">${short(message, 300)}</p>`)} <ul class="areas" aria-label="Areas">${areas
    .toSorted((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area))
    .map(({ area, verdict }) => markup`<li>${badge(areaMark(verdict), ` · ${area}`)}</li>`)}</ul></article>
`;
}
