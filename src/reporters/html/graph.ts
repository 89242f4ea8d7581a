import type { MatrixDestination, Report } from '../../model/report.ts';
import { reachesOf, tallyOf, wasTried } from '../reach.ts';
import { markup, short, type Markup } from './markup.ts';
import { placeName } from './words.ts';
import { count } from '../../model/text.ts';

type Matrix = Report['matrix'];

/** Boxes on a side; the targets with the most violations come first. */
const MAX_NODES = 40;
/** Characters of a name that fit a box. */
const MAX_NAME = 22;

const WIDTH = 760;
const BOX = { width: 210, height: 44 } as const;
const PITCH = 60;
const TOP = 34;
const RIGHT = WIDTH - BOX.width;

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly isViolation: boolean;
}

interface Node {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly tone: 'bad' | 'allow' | 'open' | 'none';
  readonly y: number;
}

/** Who reaches whom: from the targets on the left to what they reach on the right; what was held has no line. */
export function renderGraph({ matrix }: Report): Markup {
  if (!wasTried(matrix)) return markup`<p class="empty">Nobody looked who reaches whom.</p>`;
  const edges = edgesOf(matrix);
  const left = sources(matrix, edges);
  const right = destinations(matrix, edges);
  const from = new Map(left.map((node) => [node.id, node]));
  const to = new Map(right.map((node) => [node.id, node]));
  const lines = edges.flatMap(({ from: source, to: destination, isViolation }) => {
    const a = from.get(source);
    const b = to.get(destination);
    return a === undefined || b === undefined ? [] : [{ a, b, isViolation }];
  });
  const height = TOP + PITCH * Math.max(left.length, right.length, 1);
  const { unknown } = tallyOf(matrix.rows.flatMap(reachesOf));
  return markup`<ul class="legend"><li><svg class="key" viewBox="0 0 40 12" aria-hidden="true" focusable="false"><path class="edge bad" d="M0 6H40"/></svg> reached, not declared</li><li><svg class="key" viewBox="0 0 40 12" aria-hidden="true" focusable="false"><path class="edge allow" d="M0 6H40"/></svg> reached, as declared</li><li>no line: held, nothing there, or unknown</li></ul><div class="scroll" role="region" tabindex="0" aria-labelledby="graph-title"><svg class="graph" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="graph-name" aria-describedby="graph-text"><title id="graph-name">${count(lines.filter(({ isViolation }) => isViolation).length, 'violation')} and ${count(lines.filter(({ isViolation }) => !isViolation).length, 'declared way')}, from targets on the left to destinations on the right</title><defs><marker id="tip-bad" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="5" markerHeight="5" orient="auto"> <path class="tip bad" d="M0 0L8 4L0 8z"/> </marker> <marker id="tip-allow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"> <path class="tip allow" d="M0 0L8 4L0 8z"/> </marker></defs> <text class="side" x="0" y="16">Targets</text> <text class="side" x="${RIGHT}" y="16">Destinations</text> ${lines.toSorted((x, y) => Number(x.isViolation) - Number(y.isViolation)).map(({ a, b, isViolation }) => line(a.y, b.y, isViolation))} ${left.map((node) => box(node, 0))} ${right.map((node) => box(node, RIGHT))}</svg></div> ${unknown > 0 ? markup`<p class="notice">${count(unknown, 'place')} could not be looked at: no line there does not mean held. The matrix shows which.</p>` : undefined} ${omitted(matrix, left, right, edges)} ${asText(matrix, lines)}`;
}

function edgesOf({ rows }: Matrix): readonly Edge[] {
  return rows.flatMap(({ targetId, cells }) =>
    cells
      .filter(({ value }) => value === 'violation' || value === 'as-declared-open')
      .map(({ destinationId, value }) => ({ from: targetId, to: destinationId, isViolation: value === 'violation' })),
  );
}

/** How many edges of each kind stand at each node. */
function tally(edges: readonly Edge[], end: 'from' | 'to'): ReadonlyMap<string, { violations: number; declared: number }> {
  const tallies = new Map<string, { violations: number; declared: number }>();
  for (const edge of edges) {
    const own = tallies.get(edge[end]) ?? { violations: 0, declared: 0 };
    own[edge.isViolation ? 'violations' : 'declared'] += 1;
    tallies.set(edge[end], own);
  }
  return tallies;
}

const NONE = { violations: 0, declared: 0 } as const;

function sources({ rows }: Matrix, edges: readonly Edge[]): readonly Node[] {
  const tallies = tally(edges, 'from');
  const violations = (id: string): number => tallies.get(id)?.violations ?? 0;
  const kept = rows.toSorted((a, b) => violations(b.targetId) - violations(a.targetId)).slice(0, MAX_NODES);
  const chosen = rows.length <= MAX_NODES ? rows : kept;
  return chosen.map((row, index) => {
    const { target, targetId } = row;
    const own = tallies.get(targetId) ?? NONE;
    const { unknown, held, 'over-blocked': overBlocked } = tallyOf(reachesOf(row));
    const rest = held + overBlocked > 0 ? '✓ reaches nothing' : '– nothing to dial';
    const words = [
      ...(own.violations > 0 ? [`✗ ${count(own.violations, 'violation')}`] : []),
      ...(unknown > 0 ? [`? ${unknown} unknown`] : []),
      ...(own.violations + unknown > 0 ? [] : [own.declared > 0 ? '✓ only what is declared' : rest]),
    ];
    const tone = own.violations > 0 ? 'bad' : unknown > 0 ? 'open' : own.declared > 0 ? 'allow' : 'none';
    return { id: targetId, name: target, state: words.join(', '), tone, y: yOf(index) };
  });
}

/** Every place, and of the targets those that are reached. */
function destinations({ destinations: all, rows }: Matrix, edges: readonly Edge[]): readonly Node[] {
  const tallies = tally(edges, 'to');
  const reached = all.filter(({ id, kind }) => kind === 'target' && tallies.has(id));
  const violations = ({ id }: MatrixDestination): number => tallies.get(id)?.violations ?? 0;
  const peers = reached.toSorted((a, b) => violations(b) - violations(a)).slice(0, MAX_NODES);
  const places = all.filter(({ kind }) => kind !== 'target');
  return [...peers, ...places].map((destination, index) => {
    const own = tallies.get(destination.id) ?? NONE;
    const values = new Set(
      tallies.has(destination.id)
        ? []
        : rows.flatMap(({ cells }) => cells.flatMap((cell) => (cell.destinationId === destination.id ? [cell.value] : []))),
    );
    const words = [
      ...(own.violations > 0 ? [`✗ by ${own.violations}`] : []),
      ...(own.declared > 0 ? [`○ as declared by ${own.declared}`] : []),
      ...(own.violations + own.declared > 0 ? [] : [restWords(values)]),
    ];
    const tone = own.violations > 0 ? 'bad' : own.declared > 0 ? 'allow' : values.has('unknown') ? 'open' : 'none';
    return { id: destination.id, name: placeName(destination), state: words.join(', '), tone, y: yOf(index) };
  });
}

/** Of a place that nobody reached: `held` only where it was held and nobody failed to look. */
function restWords(values: ReadonlySet<string>): string {
  if (values.has('unknown')) return '? unknown';
  if (values.has('over-blocked')) return '~ over-blocked';
  return values.has('held') ? '✓ held' : '– nothing to dial';
}

function yOf(index: number): number {
  return TOP + index * PITCH;
}

function line(from: number, to: number, isViolation: boolean): Markup {
  const [x1, y1, x2, y2] = [BOX.width, from + BOX.height / 2, RIGHT - 3, to + BOX.height / 2];
  const bend = (x2 - x1) / 2;
  const tone = isViolation ? 'bad' : 'allow';
  return markup`<path class="edge ${tone}" marker-end="url(#tip-${tone})" d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}"/>`;
}

function box({ name, state, tone, y }: Node, x: number): Markup {
  return markup`<g class="node ${tone}"><rect x="${x + 1}" y="${y}" width="${BOX.width - 2}" height="${BOX.height}" rx="8"/><text class="name" x="${x + 14}" y="${y + 19}">${short(name, MAX_NAME)}</text><text class="state" x="${x + 14}" y="${y + 35}">${state}</text></g>
`;
}

function omitted(
  { rows, destinations: all }: Matrix,
  left: readonly Node[],
  right: readonly Node[],
  edges: readonly Edge[],
): Markup | undefined {
  const reached = new Set(edges.map(({ to }) => to));
  const peers = all.filter(({ id, kind }) => kind !== 'target' || reached.has(id)).length;
  const missing = rows.length - left.length + (peers - right.length);
  return missing > 0
    ? markup`<p class="notice">The picture leaves out ${count(missing, 'box', 'boxes')} with the fewest violations; the matrix counts them.</p>`
    : undefined;
}

function asText(
  { rows }: Matrix,
  lines: readonly { readonly a: Node; readonly b: Node; readonly isViolation: boolean }[],
): Markup {
  const names = new Set(rows.map(({ targetId }) => targetId));
  const sentences = [...Map.groupBy(lines, ({ a }) => a)].map(([{ name, state }, own]) => {
    const list = (isViolation: boolean): string =>
      own
        .flatMap((each) => (each.isViolation === isViolation ? [each.b.name + (names.has(each.b.id) ? ' (target)' : '')] : []))
        .join('; ');
    const [bad, declared] = [list(true), list(false)];
    return markup`<li><strong>${short(name, 80)}</strong> <span class="quiet">${state}</span>${bad === '' ? undefined : markup`<br/>reaches without declaration: ${bad}`}${declared === '' ? undefined : markup`<br/>reaches as declared: ${declared}`}</li>`;
  });
  return markup`<details class="list" id="graph-text"><summary>The same in words</summary> ${
    sentences.length === 0 ? markup`<p>Nothing was seen to reach anything.</p>` : markup`<ul>${sentences}</ul>`
  }</details>`;
}
