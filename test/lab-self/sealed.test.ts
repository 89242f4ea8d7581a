import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertSealed, startLab, type Lab } from '../../lab/lab.ts';
import { api, engine, firstStartMs, noLab, onEngine, startContainer } from './support.ts';

describe.skipIf(noLab)(`the guard ${onEngine}`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ engine });
  }, firstStartMs);
  afterAll(async () => lab?.stop(), 60_000);

  it('proves a lab sealed and says what it looked at', async () => {
    const proof = await assertSealed(lab);
    expect(proof.namespaces.map(({ name }) => name)).toEqual(['host', 'inet']);
    expect(proof.devices).toContainEqual({ namespace: 'host', name: 'uplink0', kind: 'veth', leadsTo: 'inet' });
    expect(proof.devices).toContainEqual({ namespace: 'inet', name: 'lab0', kind: 'veth', leadsTo: 'host' });
    expect(lab.sealed.machineInode).not.toBe(proof.namespaces[0]?.inode);
  });

  it('follows the cables into containers', async () => {
    const bridged = await startContainer(lab, ['/usr/bin/sleep', '1000']);
    await startContainer(lab, ['/usr/bin/sleep', '1000'], { NetworkMode: 'host' });
    await startContainer(lab, ['/usr/bin/sleep', '1000'], { NetworkMode: `container:${bridged}` });
    await startContainer(lab, ['/usr/bin/sleep', '1000'], { NetworkMode: 'none' });
    await api(lab, 'POST', '/networks/create', {
      Name: 'mac',
      Driver: 'macvlan',
      Options: { parent: 'uplink0' },
      IPAM: { Config: [{ Subnet: '10.8.0.0/24' }] },
    });
    await startContainer(lab, ['/usr/bin/sleep', '1000'], { NetworkMode: 'mac' });
    const { devices } = await assertSealed(lab);
    expect(devices.filter(({ namespace, leadsTo }) => namespace === 'host' && leadsTo?.startsWith('container-'))).toHaveLength(1);
    expect(
      devices
        .filter(({ namespace, kind }) => namespace.startsWith('container-') && kind === 'veth')
        .map(({ leadsTo }) => leadsTo),
    ).toEqual(['host']);
    expect(devices.filter(({ kind }) => kind === 'macvlan').map(({ leadsTo }) => leadsTo)).toEqual(['host']);
  });

  // Each way out is made, without an address and never up, and taken away again. Nothing is sent.
  it('refuses a cable from either namespace to the machine', async () => {
    for (const [namespace, name] of Object.entries(lab.netns)) {
      const message = await refusal(
        ['-netns', name, 'link', 'add', 'leak0', 'type', 'veth', 'peer', 'name', 'lableak0', 'netns', '1'],
        ['-netns', name, 'link', 'delete', 'leak0'],
      );
      expect(message).toContain(`device leak0 in namespace "${namespace}" (veth) leads to a namespace that is not the lab's`);
    }
  });

  it('refuses a cable from a container to the machine', async () => {
    const id = await startContainer(lab, ['/usr/bin/sleep', '1000'], { NetworkMode: 'none' });
    const { State } = await api<{ State: { Pid: number } }>(lab, 'GET', `/containers/${id}/json`);
    execFileSync('ip', ['link', 'add', 'lableak1', 'type', 'veth', 'peer', 'name', 'leak1', 'netns', String(State.Pid)]);
    try {
      await expect(assertSealed(lab)).rejects.toThrow(
        /device leak1 in namespace "container-\d+" \(veth\) leads to a namespace that is not the lab's/,
      );
    } finally {
      execFileSync('ip', ['link', 'delete', 'lableak1']);
    }
    await assertSealed(lab);
  });

  it('refuses a device that a process could carry packets out of', async () => {
    const name = lab.netns.inet;
    const message = await refusal(
      ['-netns', name, 'tuntap', 'add', 'tap0', 'mode', 'tap'],
      ['-netns', name, 'link', 'delete', 'tap0'],
    );
    expect(message).toContain('device tap0 in namespace "inet" is of kind "tun"');
  });

  it.each([
    ['-4', '198.51.100.1'],
    ['-6', 'fd00:198:51:100::1'],
  ])('refuses a default route of the internet (%s)', async (family, gateway) => {
    const name = lab.netns.inet;
    const message = await refusal(
      ['-netns', name, family, 'route', 'add', 'default', 'via', gateway],
      ['-netns', name, family, 'route', 'delete', 'default'],
    );
    expect(message).toContain('the stand-in internet has a default route');
  });

  it("refuses an engine in the machine's own namespace", async () => {
    await expect(assertSealed({ ...lab, pids: { ...lab.pids, engine: process.pid } })).rejects.toThrow(
      `process ${process.pid} is not in namespace "host"`,
    );
    const { host } = Object.fromEntries(lab.sealed.namespaces.map(({ name, inode }) => [name, inode]));
    await expect(assertSealed({ ...lab, machineInode: host ?? 0 })).rejects.toThrow(`its namespace "host" is the machine's own`);
  });

  /** Why the guard refuses once `make` is done; it has to be content again when it is undone. */
  async function refusal(make: readonly string[], undo: readonly string[]): Promise<string> {
    execFileSync('ip', make);
    const message = await assertSealed(lab).then(
      () => 'sealed',
      (error: unknown) => (error as Error).message,
    );
    execFileSync('ip', undo);
    await assertSealed(lab);
    return message;
  }
});
