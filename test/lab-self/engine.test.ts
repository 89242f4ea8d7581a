import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineNames, startLab, type Lab } from '../../lab/lab.ts';
import { api, engine, firstStartMs, noLab, onEngine, runContainer, startContainer } from './support.ts';

interface Product {
  readonly name: RegExp;
  readonly version: RegExp;
  readonly driver: RegExp;
}

// An older machine's own Docker may be of any version.
const products: Readonly<Record<string, Product>> = {
  debian: { name: /^Engine$/, version: /^\d+\./, driver: /./ },
  trixie: { name: /^Engine$/, version: /^26\.1\./, driver: /^overlay2$/ },
  forky: { name: /^Engine$/, version: /^\d+\./, driver: /^overlay/ },
  podman: { name: /^Podman Engine$/, version: /^5\.4\./, driver: /^overlay$/ },
};

it('knows its engines by name', () => {
  expect(engineNames).toEqual(Object.keys(products));
});

describe.skipIf(noLab)(`the engine ${onEngine}`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ engine });
  }, firstStartMs);
  afterAll(async () => lab?.stop(), 60_000);

  it('is the one that was asked for', async () => {
    const { Components } = await api<{ Components: readonly { Name: string }[] }>(lab, 'GET', '/version');
    expect(Components[0]?.Name).toMatch(products[engine]?.name ?? /^$/);
    expect(lab.engineVersion).toMatch(products[engine]?.version ?? /^$/);
    expect(lab.storageDriver).toMatch(products[engine]?.driver ?? /^$/);
  });

  it("keeps its containers below the lab's groups, in every hierarchy", async () => {
    const id = await startContainer(lab, ['/usr/bin/sleep', '1000'], { Memory: 64 * 1024 * 1024, PidsLimit: 20 });
    const { State } = await api<{ State: { Pid: number } }>(lab, 'GET', `/containers/${id}/json`);
    const groups = readFileSync(`/proc/${State.Pid}/cgroup`, 'utf8').trim().split('\n');
    expect(groups.filter((line) => !line.includes(`:/bulkhead-lab-${lab.id}`))).toEqual([]);
  });

  it('has its socket where people mount it', async () => {
    const { code } = await runContainer(lab, ['/usr/bin/bash', '-c', 'test -S /s/docker.sock'], {
      Binds: ['/run/docker.sock:/s/docker.sock', '/usr:/usr:ro', '/usr/bin:/bin:ro', '/usr/lib:/lib:ro', '/usr/lib64:/lib64:ro'],
    });
    expect(code).toBe(0);
  });

  it("asks the lab's name server, on its own network and on a named one", async () => {
    await api(lab, 'POST', '/networks/create', { Name: 'named' });
    for (const NetworkMode of ['bridge', 'named']) {
      const asked = (await lab.dnsLog()).length;
      const name = `${NetworkMode}.exfil.test`;
      await runContainer(lab, ['/usr/bin/getent', 'ahostsv4', name], { NetworkMode });
      expect((await lab.dnsLog()).slice(asked).map((entry) => entry.name)).toContain(name);
    }
  });

  it('publishes a port where the host of the lab reaches it', async () => {
    const script = 'exec 3<>/dev/tcp/127.0.0.1/$1 && cat <&3';
    const id = await startContainer(
      lab,
      [
        '/usr/bin/perl',
        '-MIO::Socket',
        '-e',
        'my $s = IO::Socket::INET->new(LocalPort => 99, Listen => 1); while (my $c = $s->accept) { print $c "here"; close $c; }',
      ],
      { PortBindings: { '99/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
      { ExposedPorts: { '99/tcp': {} } },
    );
    const { NetworkSettings } = await api<{ NetworkSettings: { Ports: Record<string, { HostPort: string }[]> } }>(
      lab,
      'GET',
      `/containers/${id}/json`,
    );
    const port = NetworkSettings.Ports['99/tcp']?.[0]?.HostPort ?? '';
    await expect
      .poll(async () => (await lab.exec('host', ['bash', '-c', script, 'bash', port])).stdout, { timeout: 5000 })
      .toBe('here');
  });
});
