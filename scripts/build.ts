import { build } from 'esbuild';
import { execa } from 'execa';
import { chmod, rm } from 'node:fs/promises';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const dist = path.join(root, 'dist');

await rm(dist, { recursive: true, force: true });
await execa('tsc', ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit', preferLocal: true });
await chmod(path.join(dist, 'cli.js'), 0o755);
/** Bundled CommonJS packages ask for `require`. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
// What runs in a container is one file each: an image holds nothing else that could be read or replaced.
const programs = {
  'probe.mjs': 'probe-image/src/main.ts',
  'gateway.cjs': 'gateway-image/src/gateway.ts',
  'relay.cjs': 'gateway-image/src/relay.ts',
  'secrets.cjs': 'gateway-image/src/secrets.ts',
};
await Promise.all(
  Object.entries(programs).map(([file, source]) =>
    build({
      entryPoints: [path.join(root, source)],
      outfile: path.join(dist, file),
      bundle: true,
      platform: 'node',
      target: 'node22',
      legalComments: 'inline',
      // `import` of node:http also loads whatever hangs on it (fetch, HTTP/2): 6 MB and twice the time to start.
      ...(file.endsWith('.cjs') ? ({ format: 'cjs' } as const) : { format: 'esm', banner: { js: REQUIRE } }),
    }),
  ),
);
