/**
 * The stand-in internet's plan. Every address is from a documentation range
 * (RFC 5737, RFC 3849) or is one that clouds give to their metadata services,
 * so a packet that escaped would still mean nothing to anybody.
 */
export const internetPlan = {
  address: '203.0.113.10',
  address6: '2001:db8:203::10',
  operator: '203.0.113.20',
  operator6: '2001:db8:203::20',
  dns: '203.0.113.53',
  dns6: '2001:db8:203::53',
  metadata: '169.254.169.254',
  metadata6: 'fd00:ec2::254',
  /** A private address that the host routes to, as it would to a network around it. */
  private: '10.203.113.10',
  /** Inside of the range in which nothing listens: what a name that nobody uses is sent to. */
  parking: '203.0.113.200',
  /** Names below exfil.test resolve inside this range; nothing listens there, the stack answers with a reset. */
  exfilRange: '203.0.113.128/25',
  names: {
    canary: 'canary.test',
    allowed: 'allowed.test',
    allowedSubdomain: 'api.allowed.test',
    blocked: 'blocked.test',
    /** Beside, and almost, the allowed name. */
    sibling: 'www.allowed.test',
    lookAlike: 'evilallowed.test',
    lookAlikeBelow: 'allowed.test.operator.test',
    /** A second owner behind the address of the first: with its own certificate, told by SNI and Host. */
    tenant: 'tenant.test',
    parked: 'parked.test',
    operator: 'operator.test',
    exfil: 'exfil.test',
  },
} as const;

/** The link between the two namespaces; the same in every lab, for no lab can see another. */
export const linkPlan = {
  hostDevice: 'uplink0',
  inetDevice: 'lab0',
  host: '198.51.100.1',
  inet: '198.51.100.2',
  prefix: 24,
  host6: 'fd00:198:51:100::1',
  inet6: 'fd00:198:51:100::2',
  prefix6: 64,
} as const;

/** Ranges that engines take container subnets from; answers to containers that are not masqueraded go back this way. */
export const containerRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] as const;
export const containerRange6 = 'fd00::/8';

export type InternetPlan = typeof internetPlan;
