import { existsSync } from 'node:fs';
import { containerRange6, containerRanges, internetPlan, linkPlan } from './addresses.ts';
import { netnsFile, type LabPaths } from './paths.ts';
import { waitUntil } from './processes.ts';
import { run } from './run.ts';

/**
 * Makes the two namespaces and the one cable between them. The veth is born inside
 * the namespaces, so the machine's own never holds an end of it, not for a moment.
 */
export async function createNetwork(paths: LabPaths): Promise<void> {
  const { host, inet } = paths.netns;
  await run('ip', ['netns', 'add', host]);
  await run('ip', ['netns', 'add', inet]);
  await batch(host, [
    'link set lo up',
    `link add ${linkPlan.hostDevice} type veth peer name ${linkPlan.inetDevice} netns ${inet}`,
    `address add ${linkPlan.host}/${linkPlan.prefix} dev ${linkPlan.hostDevice}`,
    `address add ${linkPlan.host6}/${linkPlan.prefix6} dev ${linkPlan.hostDevice} nodad`,
    `link set ${linkPlan.hostDevice} up`,
    `route add 0.0.0.0/0 via ${linkPlan.inet}`,
    `route add ::/0 via ${linkPlan.inet6}`,
  ]);
  // The services' addresses sit on lo: they outlive a pulled cable.
  const own = [internetPlan.address, internetPlan.operator, internetPlan.dns, internetPlan.metadata, internetPlan.private].map(
    (address) => `${address}/32`,
  );
  const own6 = [internetPlan.address6, internetPlan.operator6, internetPlan.dns6, internetPlan.metadata6].map(
    (address) => `${address}/128`,
  );
  await batch(inet, [
    'link set lo up',
    ...own.map((address) => `address add ${address} dev lo`),
    ...own6.map((address) => `address add ${address} dev lo nodad`),
    `route add local ${internetPlan.exfilRange} dev lo`,
    ...inetLinkUp,
  ]);
}

/** Deletes both namespaces, if they are there; the cable and every rule in them go too. */
export async function deleteNetwork(paths: LabPaths): Promise<void> {
  for (const name of [paths.netns.host, paths.netns.inet]) {
    if (!existsSync(netnsFile(name))) continue;
    await run('ip', ['netns', 'delete', name]).catch((error: unknown) => {
      // Somebody else who stops the same lab may have been faster.
      if (existsSync(netnsFile(name))) throw error;
    });
  }
}

/** Plugs or pulls the cable, at the internet's end, so that the host only loses its carrier and keeps its routes. */
export async function setLink(netns: LabPaths['netns'], up: boolean): Promise<void> {
  if (!up) return batch(netns.inet, [`link set ${linkPlan.inetDevice} down`]);
  await batch(netns.inet, inetLinkUp);
  // The kernel notices a carrier up to a second late, and a neighbour that it still believes lost fails the next connection.
  await waitUntil(
    async () => (await run('ip', ['-netns', netns.host, '-brief', 'link', 'show', linkPlan.hostDevice])).includes(' UP '),
    3000,
  );
  await batch(netns.host, [`neighbor flush dev ${linkPlan.hostDevice}`]);
  return batch(netns.inet, [`neighbor flush dev ${linkPlan.inetDevice}`]);
}

// The kernel forgets IPv6 addresses and routes when a device goes down, hence "replace": this list is run again at each plugging in.
const inetLinkUp: readonly string[] = [
  `address replace ${linkPlan.inet}/${linkPlan.prefix} dev ${linkPlan.inetDevice}`,
  `link set ${linkPlan.inetDevice} up`,
  `address replace ${linkPlan.inet6}/${linkPlan.prefix6} dev ${linkPlan.inetDevice} nodad`,
  ...containerRanges.map((range) => `route replace ${range} via ${linkPlan.host}`),
  `route replace ${containerRange6} via ${linkPlan.host6}`,
];

async function batch(namespace: string, lines: readonly string[]): Promise<void> {
  await run('ip', ['-netns', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
