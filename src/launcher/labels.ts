/** What the launcher writes on everything it makes. The audit reads role and profile (`discovery/bulkhead.ts`). */
export const COMPARTMENT_LABEL = {
  role: 'dev.bulkhead.role',
  /** Name of the compartment, which is that of the server's container. */
  name: 'dev.bulkhead.name',
  /** `CompartmentShape`. */
  shape: 'dev.bulkhead.shape',
  /** `ServerTransport`. */
  transport: 'dev.bulkhead.transport',
  /** On the server: the profile as it is enforced, JSON. */
  profile: 'dev.bulkhead.profile',
  /** On the server: what was switched off of the hardening, separated by commas; absent when nothing was. */
  optOuts: 'dev.bulkhead.opt-outs',
} as const;

export type CompartmentRole = 'server' | 'relay' | 'gateway' | 'volume' | 'network';
