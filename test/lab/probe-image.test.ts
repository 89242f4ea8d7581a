import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extract } from 'tar-stream';
import { pipeline } from 'node:stream/promises';
import { audit, statuses } from '../support/audit.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';
import { LABEL } from '../../src/model/labels.ts';
import { newSession } from '../../src/runtime/labels.ts';
import { ensureProbeImage, findProbeImage } from '../../src/runtime/probe-image.ts';
import { startProbe, type Probe } from '../../src/runtime/probe.ts';

const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

describe.skipIf(NO_LAB)(`${LAB_NAME}: the probe image`, () => {
  let session: LabSession;
  let image: string;
  let probe: Probe;

  beforeAll(async () => {
    session = await openLab();
    image = await ensureProbeImage(session.docker, ARCHITECTURE);
    // As an audit starts it, under labels that do not hide it from one.
    probe = await startProbe(session.docker, { image, labels: { 'dev.bulkhead.test': 'probe-image' }, networkMode: 'none' });
  });
  afterAll(async () => {
    probe?.close();
    await session?.docker
      .getContainer(probe.id)
      .remove({ force: true })
      .catch(() => undefined);
  });

  it('is found by its content, and not made twice', async () => {
    expect(await findProbeImage(session.docker, ARCHITECTURE)).toEqual({ reference: image, ready: true });
    const before = await session.docker.getImage(image).inspect();
    expect(await ensureProbeImage(session.docker, ARCHITECTURE)).toBe(image);
    expect((await session.docker.getImage(image).inspect()).Id).toBe(before.Id);
    expect(image).toMatch(/^bulkhead\/probe:[0-9a-f]{16}$/);
  });

  it('holds Node.js, its libraries and one script: no shell, no package manager', async () => {
    const files: string[] = [];
    const reader = extract();
    reader.on('entry', (header, stream, next) => {
      if (header.type === 'file' && (header.size ?? 0) > 0) files.push(header.name);
      stream.on('end', next);
      stream.resume();
    });
    await pipeline(await session.docker.getContainer(probe.id).export(), reader);
    const own = files.filter((file) => !/^(etc|dev|proc|sys)\//.test(file)).toSorted();
    expect(own.filter((file) => !/\.so(\.\d+)*$/.test(file))).toEqual(['bulkhead/node', 'bulkhead/probe.mjs']);
    expect(own.length).toBeLessThan(12);
  });

  it('passes the hardening and file system checks of the product', async () => {
    const name = (await session.docker.getContainer(probe.id).inspect()).Name.slice(1);
    const result = await audit(session, { names: [name], profiles: ['none'] });
    for (const check of [
      'HARD-001',
      'HARD-002',
      'HARD-003',
      'HARD-004',
      'HARD-005',
      'HARD-006',
      'FS-001',
      'FS-004',
      'FS-005',
      'NET-002',
      'NET-004',
      'HOST-002',
    ]) {
      expect(statuses(result.of(name, check)), `${check}: ${result.of(name, check)[0]?.message}`).toBe('pass');
    }
  });

  it('is never a target itself while an audit uses it', async () => {
    const other = await startProbe(session.docker, { image, labels: newSession().labels('probe'), networkMode: 'none' });
    try {
      await expect(audit(session, { names: [other.id], profiles: ['none'] })).rejects.toThrow(/not an MCP server/);
      const labels = (await session.docker.getContainer(other.id).inspect()).Config.Labels;
      expect(Object.keys(labels)).toEqual(expect.arrayContaining([LABEL.session, LABEL.owner, LABEL.expires]));
    } finally {
      other.close();
    }
  });
});
