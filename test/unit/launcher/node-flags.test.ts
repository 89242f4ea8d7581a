import { execa } from 'execa';
import { expect, it } from 'vitest';
import { NODE_FLAGS } from '../../../src/launcher/helper-specs.ts';

it('Node.js knows every flag of relay and gateway: it would not start with one that it does not', async () => {
  const { stdout } = await execa(process.execPath, [...NODE_FLAGS, '-p', '"started"']);
  expect(stdout).toBe('started');
});

it('and does not start with another (control)', async () => {
  const { failed, stderr } = await execa(process.execPath, ['--no-such-flag', '-p', '1'], { reject: false });
  expect(failed).toBe(true);
  expect(stderr).toContain('bad option');
});
