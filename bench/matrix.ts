import type Docker from 'dockerode';
import { execa } from 'execa';
import { availableParallelism, loadavg } from 'node:os';
import { ensureNodeImage } from '../samples/servers/images.ts';
import type { Finding, Report } from '../src/model/report.ts';
import { audit, floor, seconds, type Stage } from './audits.ts';
import { median } from './statistics.ts';

/**
 * Twenty targets on one network that all reach each other (380 pairs, five ports each), and three that nobody
 * reaches: what is true is known by construction. Measured quietly against the floor; then repeated while every
 * processor is kept busy, and each verdict of the areas NET, HOST and PIVOT is held against what is true.
 */
const CROWD = 20;
const ROUNDS = 3;
const REPEATS = 20;
/** Of each kind of difference, as many are shown. */
const EXAMPLES = 20;
const AREAS: ReadonlySet<string> = new Set(['NET', 'HOST', 'PIVOT']);

/** An MCP server, one that speaks HTTP, one that greets, and two that say nothing. */
const FIVE_PORTS = `
  const http = require('http'), net = require('net');
  http.createServer((request, response) => {
    if (request.url !== '/mcp' || request.method !== 'POST') { response.writeHead(404); return response.end(); }
    let text = '';
    request.on('data', (part) => { text += part; });
    request.on('end', () => {
      const { id, method } = JSON.parse(text);
      if (id === undefined) { response.writeHead(202); return response.end(); }
      const result = method === 'initialize'
        ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'bench', version: '1' } }
        : { tools: [] };
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  }).listen(3001);
  http.createServer((request, response) => { response.writeHead(404); response.end(); }).listen(3002);
  net.createServer((socket) => { socket.on('error', () => {}); socket.write('220 bench ready\\r\\n'); }).listen(3003);
  for (const port of [3004, 3005]) net.createServer((socket) => socket.on('error', () => {})).listen(port);
`;

/** Where each target is: the crowd together, an island on the default bridge, one on a network of its own, one without any. */
interface Place {
  readonly name: string;
  readonly network: string;
}

async function startTargets(docker: Docker): Promise<readonly Place[]> {
  const image = await ensureNodeImage(docker);
  for (const Name of ['crowd', 'island']) await docker.createNetwork({ Name, Internal: true });
  const places: readonly Place[] = [
    ...Array.from({ length: CROWD }, (_, index) => ({ name: `crowd-${index}`, network: 'crowd' })),
    // Also keeps the default bridge up, whose address is one of the host's only while it is.
    { name: 'island-bridge', network: 'bridge' },
    { name: 'island-internal', network: 'island' },
    { name: 'island-none', network: 'none' },
  ];
  for (const { name, network: NetworkMode } of places) {
    const container = await docker.createContainer({
      name,
      Image: image,
      Cmd: ['--max-old-space-size=16', '-e', FIVE_PORTS],
      HostConfig: { NetworkMode },
    });
    await container.start();
  }
  return places;
}

/** By check, target and subject. */
type Truth = ReadonlyMap<string, Finding['status']>;

function keyOf({ check, target, subject }: Pick<Finding, 'check' | 'target' | 'subject'>): string {
  return `${check} ${target} ${subject}`;
}

/** What follows from how the targets were started, whatever anybody measures. */
function byConstruction(places: readonly Place[]): Truth {
  const pairs = places.flatMap((from) => places.filter((to) => to !== from).map((to) => ({ from, to })));
  const pivot = pairs.flatMap(({ from, to }) =>
    ['PIVOT-001', 'PIVOT-002'].map((check) => {
      const status = to.network === 'none' ? 'not-applicable' : from.network === to.network ? 'fail' : 'pass';
      return [keyOf({ check, target: from.name, subject: to.name }), status] as const;
    }),
  );
  const egress = places.flatMap(({ name, network }) =>
    ['canary.test:443', '203.0.113.10:80'].map(
      (subject) => [keyOf({ check: 'NET-004', target: name, subject }), network === 'bridge' ? 'fail' : 'pass'] as const,
    ),
  );
  return new Map([...pivot, ...egress]);
}

function verdictsOf({ findings }: Report): readonly Finding[] {
  return findings.filter(({ area }) => AREAS.has(area));
}

const DIFFERENCES = ['false pass', 'false failure', 'inconclusive', 'other'] as const;
type Difference = (typeof DIFFERENCES)[number];

/** How many verdicts were held against what is true, and those that differ. */
interface Tally {
  compared: number;
  readonly differences: Readonly<Record<Difference, string[]>>;
}

function newTally(): Tally {
  return { compared: 0, differences: { 'false pass': [], 'false failure': [], inconclusive: [], other: [] } };
}

/** `other`: a verdict on a subject that is not known, or none on one that is; or not applicable for a pass. */
function differenceOf(expected: Finding['status'] | undefined, seen: Finding['status'] | undefined): Difference {
  if (seen === 'inconclusive' || seen === 'error') return 'inconclusive';
  if (expected === undefined || seen === undefined) return 'other';
  if (seen === 'fail') return 'false failure';
  return expected === 'fail' ? 'false pass' : 'other';
}

/** Every verdict of a run against what is true, and everything that is true against the run. */
function compare(report: Report, truth: Truth, tally: Tally): void {
  const seen = new Map(verdictsOf(report).map((finding) => [keyOf(finding), finding]));
  for (const key of new Set([...truth.keys(), ...seen.keys()])) {
    const expected = truth.get(key);
    const finding = seen.get(key);
    tally.compared += 1;
    if (finding?.status === expected || expected === 'inconclusive') continue;
    tally.differences[differenceOf(expected, finding?.status)].push(
      `${key}: ${finding?.status ?? 'nothing'} for ${expected ?? 'nothing'}${finding === undefined ? '' : `: ${finding.message}`}`,
    );
  }
}

function countsOf({ differences }: Tally): string {
  return DIFFERENCES.map((difference) => `${differences[difference].length} ${difference}`).join(', ');
}

function tell(name: string, runs: number, tally: Tally): void {
  console.log(`${name}: ${runs} runs, ${tally.compared} verdicts: ${countsOf(tally)}`);
  for (const difference of DIFFERENCES) {
    for (const example of tally.differences[difference].slice(0, EXAMPLES)) console.log(`  ${difference}: ${example}`);
  }
}

/** A loop on each processor for as long as `work` takes. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  const loops = Array.from({ length: availableParallelism() }, () =>
    execa(process.execPath, ['-e', 'for (;;);'], { reject: false }),
  );
  try {
    return await work();
  } finally {
    for (const loop of loops) loop.kill('SIGKILL');
    await Promise.all(loops);
  }
}

export async function benchMatrix(stage: Stage): Promise<void> {
  const places = await startTargets(stage.docker);
  const names = places.map(({ name }) => name);
  const known = byConstruction(places);
  await audit(stage, names);
  const ratios: number[] = [];
  const rates: number[] = [];
  const quiet: Report[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const run = await audit(stage, names);
    const least = await floor(stage, names);
    ratios.push(run.ms / least);
    rates.push(run.attempts / (run.attemptsMs / 1000));
    quiet.push(run.report);
    console.log(
      `${names.length} targets: audit ${seconds(run.ms)}, floor ${seconds(least)}, ratio ${(run.ms / least).toFixed(2)}; ${run.attempts} attempts in ${seconds(run.attemptsMs)}, ${(run.attempts / (run.ms / 1000)).toFixed(0)} a second of the whole run; load ${loadavg()[0]?.toFixed(1)}`,
    );
  }
  console.log(
    `median: ratio ${median(ratios).toFixed(2)}, ${median(rates).toFixed(0)} attempts a second while attempts are made`,
  );
  // What construction does not decide (addresses of the host, resolvers) is what the quiet runs agree on; the first one speaks.
  const first = quiet[0];
  const truth: Truth = new Map([
    ...(first === undefined ? [] : verdictsOf(first).map((finding) => [keyOf(finding), finding.status] as const)),
    ...known,
  ]);
  const calm = newTally();
  for (const report of quiet) compare(report, truth, calm);
  tell(`quiet (${known.size} verdicts known by construction, ${truth.size} in all)`, quiet.length, calm);
  const busy = newTally();
  const times: number[] = [];
  await underLoad(async () => {
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      const run = await audit(stage, names);
      times.push(run.ms);
      compare(run.report, truth, busy);
      console.error(`repeat ${repeat + 1}: ${seconds(run.ms)}; so far ${countsOf(busy)}; load ${loadavg()[0]?.toFixed(1)}`);
    }
  });
  tell('all processors busy', REPEATS, busy);
  console.log(`an audit under load: ${seconds(median(times))} (median)`);
}
