import type Docker from 'dockerode';
import { randomBytes } from 'node:crypto';
import type { Session } from './labels.ts';

/**
 * A fresh ordinary bridge for the control: what an unrestricted container has. With IPv6 where the engine
 * gives it, under a random unique local prefix (RFC 4193), since engines before 27 choose none themselves.
 * @returns the network's id, and whether it has IPv6
 */
export async function createControlNetwork(
  docker: Docker,
  session: Session,
): Promise<{ readonly id: string; readonly ipv6: boolean }> {
  const base = { Name: `bulkhead-control-${session.id}`, Driver: 'bridge', Labels: session.labels('control') };
  try {
    const prefix = randomBytes(5).toString('hex');
    const subnet = `fd${prefix.slice(0, 2)}:${prefix.slice(2, 6)}:${prefix.slice(6, 10)}::/64`;
    const network = await docker.createNetwork({ ...base, EnableIPv6: true, IPAM: { Config: [{ Subnet: subnet }] } });
    return { id: network.id, ipv6: true };
  } catch {
    const network = await docker.createNetwork(base);
    return { id: network.id, ipv6: false };
  }
}
