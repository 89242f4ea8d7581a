import type { Client } from './client.ts';
import type { Job, Way } from './load.ts';
import { FAR_END } from './ports.ts';
import { median, quantile, ratioOf } from './statistics.ts';

const MEGABYTE = 1_000_000;

export type Plan = { readonly title: string; readonly unit: string; readonly better: 'more' | 'less' } & (
  | { readonly port: number; readonly job: Omit<Extract<Job, { kind: 'connections' }>, 'host' | 'port' | 'proxy'> }
  | { readonly port: number; readonly job: Omit<Extract<Job, { kind: 'https' }>, 'host' | 'port' | 'proxy'> }
  | { readonly port: number; readonly job: Omit<Extract<Job, { kind: 'down' | 'up' }>, 'host' | 'port' | 'proxy'> }
);

/** What is measured; `ca` is the authority of the HTTPS server. */
export function plansWith(ca: string): readonly Plan[] {
  const streams = (title: string, kind: 'down' | 'up', port: number, count: number, bytes: number): Plan => ({
    title,
    unit: 'MB/s',
    better: 'more',
    port,
    job: { kind, streams: count, bytes: bytes * MEGABYTE },
  });
  return [
    {
      title: 'connections a second, 16 at a time',
      unit: '/s',
      better: 'more',
      port: FAR_END.echo,
      job: { kind: 'connections', count: 1000, concurrency: 16 },
    },
    { title: 'fresh HTTPS request', unit: 'ms', better: 'less', port: FAR_END.https, job: { kind: 'https', count: 100, ca } },
    streams('down, 1 stream', 'down', FAR_END.source, 1, 200),
    streams('down, 16 streams', 'down', FAR_END.source, 16, 400),
    streams('up, 1 stream', 'up', FAR_END.drain, 1, 200),
    streams('up, 16 streams', 'up', FAR_END.drain, 16, 400),
  ];
}

export interface Contestant {
  readonly name: string;
  readonly client: Client;
  readonly way: Way;
}

/** Every plan with every contestant, in turn, the order turned round each time. */
export async function race(
  host: string,
  rounds: number,
  plans: readonly Plan[],
  contestants: readonly Contestant[],
): Promise<void> {
  const theirs = contestants.at(-1);
  for (const { title, unit, better, port, job } of plans) {
    const values = new Map<string, number[][]>(contestants.map(({ name }) => [name, []]));
    for (let round = -1; round < rounds; round += 1) {
      for (const { name, client, way } of round % 2 === 0 ? contestants : contestants.toReversed()) {
        const result = await client.run({ ...job, ...way, host, port });
        // The first one warms up.
        if (round >= 0) values.get(name)?.push([...result]);
      }
    }
    const series = (name: string, of: (round: readonly number[]) => number): readonly number[] =>
      (values.get(name) ?? []).map(of);
    const shown: readonly (readonly [string, (round: readonly number[]) => number])[] =
      job.kind === 'https'
        ? [
            [`${title}, median`, median],
            [`${title}, p99`, (round) => quantile(round, 0.99)],
          ]
        : [[title, median]];
    for (const [what, of] of shown) {
      const base = series(theirs?.name ?? '', of);
      console.log(`${what}${better === 'less' ? ' (less is better)' : ''}`);
      for (const { name } of contestants) {
        const own = series(name, of);
        const ratio = name === theirs?.name ? '' : `  ratio ${ratioOf(own, base).text}`;
        console.log(
          `    ${name.padEnd(32)} ${median(own)
            .toFixed(unit === 'ms' ? 2 : 0)
            .padStart(7)} ${unit}${ratio}`,
        );
      }
    }
  }
}
