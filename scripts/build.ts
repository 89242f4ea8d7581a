import { build } from 'esbuild';
import { execa } from 'execa';
import { chmod, rm } from 'node:fs/promises';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const dist = path.join(root, 'dist');

await rm(dist, { recursive: true, force: true });
await execa('tsc', ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit', preferLocal: true });
await chmod(path.join(dist, 'cli.js'), 0o755);
// What runs in a container is one file: the image holds nothing else that could be read or replaced.
await build({
  entryPoints: [path.join(root, 'probe-image/src/main.ts')],
  outfile: path.join(dist, 'probe.mjs'),
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  legalComments: 'inline',
  // Bundled CommonJS packages ask for `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});
