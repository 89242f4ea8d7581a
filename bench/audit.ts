import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type Docker from 'dockerode';
import type { Lab } from '../lab/lab.ts';
import { ensureNodeImage } from '../samples/servers/images.ts';
import { audit, floor, INTERNET, onStage, seconds, type Stage } from './audits.ts';
import { benchMatrix } from './matrix.ts';
import { median } from './statistics.ts';

/**
 * What an audit costs, as ratios of one run on one machine: against its floor (the same number of twins that do
 * nothing, and one timeout), and against the same attempts by hand, one container after the other. With `--matrix`:
 * how many of its verdicts are false while both processors are busy (see matrix.ts).
 */
const ROUNDS = 3;
const TIMEOUT_MS = 2000;
/** Attempts by hand that are really made, spread over the plan; the rest is multiplied, and said so. */
const BY_HAND = 12;
const ROOT = path.dirname(import.meta.dirname);

async function startTargets(docker: Docker, count: number): Promise<readonly string[]> {
  const network = await docker.createNetwork({ Name: 'bench', Internal: true });
  const nodeImage = await ensureNodeImage(docker);
  const names = Array.from({ length: count }, (_, index) => `bench-${index}`);
  for (const name of names) {
    const container = await docker.createContainer({
      name,
      Image: nodeImage,
      Cmd: ['--max-old-space-size=16', '-e', "require('net').createServer().listen(3000)"],
      HostConfig: { NetworkMode: network.id },
    });
    await container.start();
  }
  return names;
}

/** One `docker run` an attempt, as somebody would type it; with Node.js in the place of netcat. */
async function byHand({ lab, image }: Stage, target: string, host: string, port: number): Promise<number> {
  const start = performance.now();
  const script = `const s=require('net').connect({host:'${host}',port:${port}});s.setTimeout(${TIMEOUT_MS},()=>process.exit(1));s.on('connect',()=>process.exit(0));s.on('error',()=>process.exit(1))`;
  const args = [
    '-H',
    lab.dockerHost,
    'run',
    '--rm',
    '--network',
    `container:${target}`,
    '--entrypoint',
    '/bulkhead/node',
    image,
    '-e',
    script,
  ];
  await execa('docker', args, { reject: false });
  return performance.now() - start;
}

/** Highest resident memory of the command line while it audits, MiB. */
async function memory(lab: Lab, names: readonly string[]): Promise<number> {
  const args = [
    'dist/cli.js',
    'audit',
    ...names,
    '--profile',
    'none',
    '--host',
    lab.dockerHost,
    '--format',
    'json',
    '--quiet',
    ...INTERNET.flatMap((canary) => ['--internet', canary]),
  ];
  const run = execa(process.execPath, args, { cwd: ROOT, reject: false, maxBuffer: 1 << 30 });
  let peak = 0;
  const timer = setInterval(() => {
    void readFile(`/proc/${run.pid}/status`, 'utf8').then(
      (text) => (peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0))),
      () => undefined,
    );
  }, 20);
  await run;
  clearInterval(timer);
  return peak / 1024;
}

async function benchAudit(stage: Stage): Promise<void> {
  const all = await startTargets(stage.docker, 20);
  for (const names of [all.slice(0, 1), all]) {
    const ratios: number[] = [];
    const audits: number[] = [];
    const floors: number[] = [];
    let attempts = 0;
    let undecided = 0;
    await audit(stage, names);
    for (let round = 0; round < ROUNDS; round += 1) {
      const result = await audit(stage, names);
      const least = await floor(stage, names);
      audits.push(result.ms);
      floors.push(least);
      ratios.push(result.ms / least);
      attempts = result.attempts;
      undecided += result.undecided;
    }
    console.log(
      `${names.length} targets: audit ${seconds(median(audits))}, floor ${seconds(median(floors))}, ratio ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}), ${attempts} attempts, ${undecided} undecided findings in ${ROUNDS} runs`,
    );
    if (names.length > 1) {
      const times: number[] = [];
      for (let index = 0; index < BY_HAND; index += 1) {
        const target = all[index % all.length] ?? '';
        times.push(
          index % 2 === 0 ? await byHand(stage, target, '203.0.113.10', 80) : await byHand(stage, target, '172.17.0.1', 9),
        );
      }
      const one = times.reduce((sum, ms) => sum + ms, 0) / times.length;
      console.log(
        `by hand: ${seconds(one)} an attempt (mean of ${BY_HAND}), ${seconds(one * attempts)} for ${attempts} attempts (calculated), ${((one * attempts) / median(audits)).toFixed(0)}x the audit`,
      );
    }
  }
  console.log(`memory of the command line, 20 targets: ${(await memory(stage.lab, all)).toFixed(0)} MiB`);
}

await onStage(process.argv.includes('--matrix') ? benchMatrix : benchAudit);
