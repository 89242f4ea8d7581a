import fc from 'fast-check';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { composeOf } from '../../../src/discovery/compose.ts';
import { Compose } from '../../../src/model/target.ts';
import { container } from './fixtures.ts';

const labels = (files: string, more: Record<string, string> = {}): Record<string, string> => ({
  'com.docker.compose.project.config_files': files,
  'com.docker.compose.service': 'weather',
  ...more,
});

describe('composeOf', () => {
  it.each<[string, Record<string, string>, readonly string[] | undefined]>([
    [
      'Docker Compose: absolute, with commas',
      labels('/srv/compose.yaml,/srv/override.yaml'),
      ['/srv/compose.yaml', '/srv/override.yaml'],
    ],
    [
      'podman-compose: from the working directory',
      labels('compose.yaml', { 'com.docker.compose.project.working_dir': '/srv' }),
      ['/srv/compose.yaml'],
    ],
    ['from nowhere', labels('compose.yaml'), undefined],
    ['without a service', { 'com.docker.compose.project.config_files': '/srv/compose.yaml' }, undefined],
    ['another container', {}, undefined],
  ])('%s', (_, own, files) => {
    expect(composeOf(container({ labels: own }))?.files).toEqual(files);
  });

  it('takes no word of an image', () => {
    const own = labels('/srv/compose.yaml');
    expect(composeOf(container({ labels: own, imageLabels: own }))).toBeUndefined();
  });

  it('is what a bundle can hold, whatever labels say', () => {
    const validate = new Ajv2020().compile(Compose);
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(40), fc.nat(6000), (files, service, times, length) => {
        const found = composeOf(
          container({
            labels: labels(`${files},/${'x'.repeat(length)},`.repeat(times + 1), { 'com.docker.compose.service': service }),
          }),
        );
        if (found === undefined) return;
        expect(validate(found) ? [] : validate.errors).toEqual([]);
        expect(found.files.every((file) => path.isAbsolute(file))).toBe(true);
      }),
    );
  });
});
