import { execa } from 'execa';
import path from 'node:path';
import { expect, it } from 'vitest';

const LOADER = path.resolve(import.meta.dirname, '../../../src/runtime/load-dockerode.ts');

/** Another process: what is loaded once stays loaded. Prints which of the two heavy packages are there, step by step. */
async function loadedBy(lines: string): Promise<unknown> {
  const program = `
    import { createRequire } from 'node:module';
    import { loadDockerode } from ${JSON.stringify(LOADER)};
    const { cache } = createRequire(import.meta.url);
    const heavy = () => ['@grpc/grpc-js', 'ssh2'].filter((name) => Object.keys(cache).some((file) => file.includes('/node_modules/' + name + '/')));
    ${lines}`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', program], {
    cwd: path.dirname(LOADER),
  });
  return JSON.parse(stdout);
}

it('what costs most of the client is not loaded, and the client works', async () => {
  const program = `
    const Docker = await loadDockerode();
    const answer = await new Docker({ socketPath: '/nowhere/docker.sock' }).ping().catch((error) => error.code);
    console.log(JSON.stringify({ heavy: heavy(), answer }));`;
  expect(await loadedBy(program)).toEqual({ heavy: [], answer: 'ENOENT' });
});

it('it is loaded when the client is loaded as it is (control)', async () => {
  expect(await loadedBy(`await import('dockerode'); console.log(JSON.stringify(heavy()));`)).toEqual(['@grpc/grpc-js', 'ssh2']);
});

it('it is loaded when somebody calls it, and stays', async () => {
  const program = `
    const Docker = await loadDockerode();
    const steps = [heavy()];
    const client = new Docker({ protocol: 'ssh', host: '127.0.0.1', port: 1, username: 'nobody' });
    for (let time = 0; time < 2; time += 1) {
      steps.push(await client.ping().then(() => 'answered', (error) => error.code ?? 'failed'), heavy());
    }
    console.log(JSON.stringify(steps));`;
  expect(await loadedBy(program)).toEqual([[], 'ECONNREFUSED', ['ssh2'], 'ECONNREFUSED', ['ssh2']]);
});
