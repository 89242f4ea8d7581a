import { execa } from 'execa';
import { existsSync } from 'node:fs';
import path from 'node:path';

const DIRECTORY = import.meta.dirname;

/** The node_modules of this directory, installed from its lock file when they are missing. */
export async function ensureClients(): Promise<string> {
  const modules = path.join(DIRECTORY, 'node_modules');
  if (!existsSync(modules)) {
    await execa('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: DIRECTORY });
  }
  return modules;
}
