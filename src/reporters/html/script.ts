/** SHA-256 of `SCRIPT` for the page's security policy; a test says the right one after a change. */
export const SCRIPT_HASH = 'sha256-e5mfoWzEC4l0ILepe+g4bVToElpJTArApAVNPsjiuPU=';

/**
 * Filters the findings, unfolds everything for the printer. It reads numbers and words of ours from attributes and writes
 * text alone: nothing of a report ever becomes markup. Without it the page is a full list.
 */
export const SCRIPT = `'use strict';
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const panel = document.getElementById('filter');
  if (panel) {
    const findings = all('article[data-status]');
    const groups = all('details.group');
    const wasOpen = new Map(groups.map((group) => [group, group.open]));
    const count = document.getElementById('filter-count');
    const none = document.getElementById('filter-none');
    const boxes = all('input[type=checkbox]', panel);
    const selects = all('select', panel);
    const update = () => {
      const chosen = { status: new Set(), severity: new Set() };
      for (const box of boxes) if (box.checked) chosen[box.dataset.filter].add(box.value);
      const narrowed = boxes.some((box) => box.checked) || selects.some((select) => select.value !== '');
      let shown = 0;
      for (const finding of findings) {
        const { status, severity } = finding.dataset;
        const matches =
          (chosen.status.size === 0 || chosen.status.has(status)) &&
          (chosen.severity.size === 0 || chosen.severity.has(severity)) &&
          selects.every((select) => select.value === '' || finding.dataset[select.dataset.filter] === select.value);
        finding.hidden = !matches;
        if (matches) shown += 1;
      }
      for (const group of groups) {
        const left = all('article[data-status]:not([hidden])', group).length;
        group.hidden = left === 0;
        group.open = narrowed ? left > 0 && (wasOpen.get(group) || chosen.status.has(group.dataset.group)) : wasOpen.get(group);
        group.querySelector('.number').textContent = narrowed ? left + ' of ' + group.dataset.number : group.dataset.number;
      }
      none.hidden = shown > 0;
      count.textContent = shown + ' of ' + findings.length + ' findings shown';
    };
    const reset = document.getElementById('filter-reset');
    reset.addEventListener('click', () => {
      for (const box of boxes) box.checked = false;
      for (const select of selects) select.value = '';
      update();
    });
    panel.addEventListener('change', update);
    panel.hidden = false;
    update();
  }
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = all('details:not([open])');
    for (const each of folded) each.open = true;
  });
  addEventListener('afterprint', () => {
    for (const each of folded) each.open = false;
    folded = [];
  });
  const follow = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.localName === 'details') at.open = true;
    target.scrollIntoView();
  };
  addEventListener('hashchange', follow);
  follow();
})();
`;
