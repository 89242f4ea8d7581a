import { Type, type Static } from 'typebox';

/** Strings that came out of a container: bounded here, escaped at every sink. */
export const HostileText = Type.String({ maxLength: 1024 });

export const AttemptKind = Type.Union([
  Type.Literal('tcp'),
  Type.Literal('udp'),
  Type.Literal('dns'),
  Type.Literal('http'),
  Type.Literal('mcp'),
]);

/** Why an attempt is made; each observation kind holds the attempts of its purposes. */
export const AttemptPurpose = Type.Union([
  Type.Literal('internet'),
  Type.Literal('declared'),
  Type.Literal('port-boundary'),
  Type.Literal('udp'),
  Type.Literal('dns-exfiltration'),
  Type.Literal('metadata'),
  Type.Literal('host-canary'),
  Type.Literal('host-loopback'),
  Type.Literal('host-service'),
  Type.Literal('management'),
  Type.Literal('peer-canary'),
  Type.Literal('peer-port'),
  Type.Literal('peer-session'),
]);
export type AttemptPurpose = Static<typeof AttemptPurpose>;

/** Where the control of an attempt is made from: the one place where it must succeed. */
export const ControlVantage = Type.Union([
  /** A container on a fresh ordinary bridge of the same engine. */
  Type.Literal('bridge'),
  /** A container in the host's own network namespace. */
  Type.Literal('host'),
  /** The twin of the peer that is dialled, inside the peer's own namespace. */
  Type.Literal('peer'),
]);
export type ControlVantage = Static<typeof ControlVantage>;

/** One thing to try. The same text is sent to the target's twin and to its control. */
export const AttemptSpec = Type.Object(
  {
    id: Type.String({ maxLength: 300 }),
    purpose: AttemptPurpose,
    kind: AttemptKind,
    /** A name or an address literal (IPv6 without brackets). For `dns`: the name that is asked for. */
    host: Type.String({ maxLength: 300 }),
    /** 0 for `dns`, which uses the resolvers of the namespace. */
    port: Type.Integer({ minimum: 0, maximum: 65535 }),
    family: Type.Union([Type.Literal(4), Type.Literal(6)]),
    path: Type.Union([Type.Literal('direct'), Type.Literal('proxy')]),
    /** `http://host:port` of the target's proxy; credentials are removed before it is stored. */
    proxy: Type.Optional(Type.String({ maxLength: 1024 })),
    tls: Type.Optional(Type.Boolean()),
    /** What a canary of ours must answer. */
    nonce: Type.Optional(Type.String({ maxLength: 128 })),
    /** For `http` and `mcp`: the path of the request. An MCP endpoint without one is looked for at `/mcp`, then at `/sse`. */
    request: Type.Optional(Type.String({ maxLength: 300 })),
    /** What the finding will be about, e.g. `203.0.113.10:443` or the name of a peer. */
    subject: Type.String({ maxLength: 300 }),
    /** For peers: id of the target that is dialled. */
    peer: Type.Optional(Type.String({ maxLength: 128 })),
    controls: Type.Array(ControlVantage, { maxItems: 3 }),
  },
  { additionalProperties: false },
);
export type AttemptSpec = Static<typeof AttemptSpec>;

export const AttemptOutcome = Type.Union([
  /** A connection, a datagram, an answer or a session came back. Who answered is in `peer` and `nonce`. */
  Type.Literal('connected'),
  Type.Literal('refused'),
  Type.Literal('timeout'),
  Type.Literal('unreachable'),
  Type.Literal('nxdomain'),
  /** The resolver said SERVFAIL or REFUSED. */
  Type.Literal('servfail'),
  Type.Literal('reset'),
  Type.Literal('tls-failed'),
  /** The proxy answered and would not: 403, 407, 5xx. */
  Type.Literal('proxy-denied'),
  /** The proxy itself could not be reached or resolved. */
  Type.Literal('proxy-unreachable'),
  /** The kernel forbade the system call (EPERM, EACCES). */
  Type.Literal('permission'),
  /** The answer was not of the protocol that was spoken (an HTTP server that is no MCP server). */
  Type.Literal('other-protocol'),
  /** The server asked for credentials. */
  Type.Literal('unauthorized'),
  /** Never made: no time, no twin, cancelled. */
  Type.Literal('not-run'),
  /** The client failed, not the network. */
  Type.Literal('probe-error'),
]);
export type AttemptOutcome = Static<typeof AttemptOutcome>;

/** Who answered, as far as it can be told. Compared with what the control saw. */
export const PeerEvidence = Type.Object(
  {
    /** SHA-256 of the leaf certificate, hex. */
    certificate: Type.Optional(Type.String({ maxLength: 64 })),
    /** The chain was valid for the name that was asked for, against the client's public authorities. */
    authorized: Type.Optional(Type.Boolean()),
    status: Type.Optional(Type.Integer({ minimum: 0, maximum: 999 })),
    server: Type.Optional(HostileText),
    /** SHA-256 of the first 64 KiB of the body, hex. */
    body: Type.Optional(Type.String({ maxLength: 64 })),
    /** The first bytes that the server said by itself, as text. */
    banner: Type.Optional(HostileText),
    /** For `mcp`: name and version of the server, and how many tools it listed. */
    service: Type.Optional(HostileText),
    tools: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
);
export type PeerEvidence = Static<typeof PeerEvidence>;

export const DnsAnswer = Type.Object(
  {
    rcode: Type.String({ maxLength: 32 }),
    addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 }),
    /** Owner of the SOA record in the authority section: only whoever asked the zone can know it. */
    soa: Type.Optional(HostileText),
    server: Type.String({ maxLength: 64 }),
  },
  { additionalProperties: false },
);
export type DnsAnswer = Static<typeof DnsAnswer>;

/** What came of one try. */
export const Attempt = Type.Object(
  {
    id: Type.String({ maxLength: 300 }),
    outcome: AttemptOutcome,
    phase: Type.Optional(
      Type.Union([
        Type.Literal('resolve'),
        Type.Literal('connect'),
        Type.Literal('proxy'),
        Type.Literal('tls'),
        Type.Literal('http'),
        Type.Literal('mcp'),
      ]),
    ),
    elapsedMs: Type.Number({ minimum: 0 }),
    tries: Type.Integer({ minimum: 0, maximum: 16 }),
    /** The address that was dialled. */
    address: Type.Optional(Type.String({ maxLength: 64 })),
    nonce: Type.Optional(Type.Union([Type.Literal('matched'), Type.Literal('mismatch')])),
    peer: Type.Optional(PeerEvidence),
    answer: Type.Optional(DnsAnswer),
    /** Error code or short reason, e.g. `ECONNREFUSED`. */
    detail: Type.Optional(HostileText),
  },
  { additionalProperties: false },
);
export type Attempt = Static<typeof Attempt>;

export const ControlAttempt = Type.Object({ vantage: ControlVantage, attempt: Attempt }, { additionalProperties: false });
export type ControlAttempt = Static<typeof ControlAttempt>;

/** An attempt beside its controls: the unit that is judged. */
export const PairedAttempt = Type.Object(
  {
    spec: AttemptSpec,
    target: Attempt,
    /** Empty when no control could be made: then nothing here can be called blocked. */
    controls: Type.Array(ControlAttempt, { maxItems: 3 }),
  },
  { additionalProperties: false },
);
export type PairedAttempt = Static<typeof PairedAttempt>;
