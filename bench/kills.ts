import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureNodeImage } from '../samples/servers/images.ts';
import { CHECKS } from '../src/checks/registry.ts';
import { openHistory } from '../src/history/history.ts';
import { INTERNET, onStage } from './audits.ts';

/**
 * A watch that is killed at random moments: `node bench/kills.ts [MINUTES]`. After each kill the history must open, be whole,
 * and hold whole runs alone; at the end one scan more must leave nothing on the engine.
 */
const MINUTES = Number(process.argv[2] ?? 5);
const ROOT = path.dirname(import.meta.dirname);
/** A kill comes after at most this, so that it falls into starts, scans, recordings and pauses alike. */
const LONGEST_LIFE_MS = 9000;

await onStage(async ({ lab, docker }) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-kills-'));
  const file = path.join(directory, 'history.db');
  const image = await ensureNodeImage(docker);
  for (const name of ['kill-a', 'kill-b']) {
    const container = await docker.createContainer({ name, Image: image, Cmd: ['-e', 'setInterval(() => {}, 1e6)'] });
    await container.start();
  }
  const common = ['kill-a', 'kill-b', '--profile', 'none', '--host', lab.dockerHost, '--timeout', '500', '--record', file];
  const canaries = INTERNET.flatMap((canary) => ['--internet', canary]);
  const bulkhead = (command: string, ...more: readonly string[]) =>
    execa(process.execPath, ['dist/cli.js', command, ...common, ...canaries, ...more], { cwd: ROOT, reject: false });

  let kills = 0;
  let runs = 0;
  const problems: string[] = [];
  const until = performance.now() + MINUTES * 60_000;
  while (performance.now() < until) {
    const run = bulkhead('watch', '--schedule', '10s', '--quiet');
    // An event now and then, so that scans follow one another.
    await delay(Math.random() * LONGEST_LIFE_MS);
    if (kills % 3 === 0) await docker.getContainer('kill-a').restart({ t: 0 });
    await delay(Math.random() * 3000);
    run.kill('SIGKILL');
    await run;
    kills += 1;
    try {
      const history = openHistory(file, { create: true });
      problems.push(...(await history.check()));
      const all = history.runs();
      runs = all.length;
      for (const { id } of all.slice(0, 2)) {
        const { findings, inventory } = history.recordOf(id);
        const { targets } = await history.bundleOf(id);
        if (inventory.length !== targets.length || findings.length < CHECKS.length) problems.push(`run ${id} is not whole`);
      }
      history.close();
    } catch (error) {
      problems.push(String(error));
    }
  }
  // Made by somebody who is gone; the next scan removes it.
  const { exitCode } = await bulkhead('audit', '--quiet');
  const filters = { label: ['dev.bulkhead.session'] };
  const left = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  console.log(
    `${kills} kills in ${MINUTES} minutes, ${runs} runs recorded; problems: ${problems.length === 0 ? 'none' : problems.join('; ')}; audit after it: exit ${exitCode}; left on the engine: ${left.length} containers, ${networks.length} networks`,
  );
  await rm(directory, { recursive: true });
});
