import type { Socket } from 'node:net';

/** Whether a connection may stay. One that was let in stays counted until it closes, and is never counted twice. */
export type Admission = (client: Socket) => boolean;

/** @param limit connections that are open at once, by whatever socket they came */
export function admission(limit: number): Admission {
  const inside = new WeakSet<Socket>();
  let open = 0;
  return (client) => {
    if (inside.has(client)) return true;
    if (open >= limit) return false;
    open += 1;
    inside.add(client);
    client.once('close', () => (open -= 1));
    return true;
  };
}
