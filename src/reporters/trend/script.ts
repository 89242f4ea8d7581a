/** SHA-256 of `TREND_SCRIPT` for the page's security policy; a test says the right one after a change. */
export const TREND_SCRIPT_HASH = 'sha256-EH+Dfs75lrnVIc28ExnZ2DsayaVGhWP/1o0jvTLvz/E=';

/**
 * Chooses a run by the slider, the arrow keys or the pointer, and filters the open failures. It reads numbers, letters and
 * text of the page, and writes text alone. Without it the page says the same in tables.
 */
export const TREND_SCRIPT = `'use strict';
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const chooser = document.getElementById('chooser');
  const runs = all('table.runs tbody tr').reverse();
  if (chooser && runs.length > 0) {
    const words = { f: '\\u2717 failing', u: '? undecided', w: '\\u2016 waived', c: '\\u2713 clean', '.': 'not looked at' };
    const slider = document.getElementById('chosen-run');
    const said = document.getElementById('chosen-words');
    const rows = all('tr[data-marks]').map((row) => ({
      letters: row.dataset.marks,
      cell: row.querySelector('.chosen'),
      cursor: row.querySelector('.cursor'),
    }));
    const charts = all('.chart:not(.by-day) .cursor');
    const choose = (index) => {
      const run = runs[index];
      const text = (column) => run.cells[column].textContent;
      const sentence = 'Run ' + text(0) + ', ' + text(1) + ' UTC, ' + text(2) + ', exit ' + text(3) + '; ' + text(8) + ' open after it';
      said.textContent = sentence;
      slider.value = index;
      slider.setAttribute('aria-valuetext', sentence);
      for (const { letters, cell, cursor } of rows) {
        cell.textContent = words[letters[index]];
        cursor.setAttribute('x', index * cursor.getAttribute('width'));
      }
      const x = run.dataset.x;
      for (const cursor of charts) cursor.setAttribute('transform', 'translate(' + x + ' 0)');
    };
    slider.addEventListener('input', () => choose(Number(slider.value)));
    const follow = (svg, find) => {
      svg.addEventListener('pointermove', (event) => {
        const box = svg.getBoundingClientRect();
        const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
        choose(find(part));
      });
    };
    for (const strip of all('.strip')) follow(strip, (part) => Math.min(runs.length - 1, Math.floor(part * runs.length)));
    const places = runs.map((run) => Number(run.dataset.x) / 1000);
    const nearest = (part) => {
      let best = 0;
      for (const [index, place] of places.entries()) if (Math.abs(place - part) <= Math.abs(places[best] - part)) best = index;
      return best;
    };
    for (const cursor of charts) follow(cursor.ownerSVGElement, nearest);
    for (const each of all('.chosen')) each.hidden = false;
    chooser.hidden = false;
    document.documentElement.classList.add('choosing');
    choose(runs.length - 1);
  }
  const panel = document.getElementById('failures-filter');
  if (panel) {
    const failures = all('table.failures tbody tr');
    const selects = all('select', panel);
    const count = document.getElementById('failures-count');
    const none = document.getElementById('failures-none');
    const update = () => {
      let shown = 0;
      for (const failure of failures) {
        failure.hidden = !selects.every((select) => select.value === '' || failure.dataset[select.dataset.by] === select.value);
        if (!failure.hidden) shown += 1;
      }
      none.hidden = shown > 0;
      count.textContent = shown + ' of ' + failures.length + ' failures shown';
    };
    panel.querySelector('button').addEventListener('click', () => {
      for (const select of selects) select.value = '';
      update();
    });
    panel.addEventListener('change', update);
    panel.hidden = false;
    update();
  }
})();
`;
