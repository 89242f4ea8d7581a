import { Type, type Static } from 'typebox';

/** Strings that came out of a container: bounded here, escaped at every sink. */
export const HostileText = Type.String({ maxLength: 1024 });

export const AttemptKind = Type.Enum(['tcp', 'udp', 'dns', 'http', 'mcp']);

/** Why an attempt is made; each observation kind holds the attempts of its purposes. */
export const AttemptPurpose = Type.Enum([
  'internet',
  'declared',
  'port-boundary',
  /** A neighbour of a declared name: parent, child, sibling, look-alike, another spelling, its address. */
  'name-boundary',
  /** A declared name is dialled and another one is asked for in it (SNI, Host). */
  'fronting',
  /** An undeclared address of a private range, named by the user. */
  'private',
  'udp',
  'dns-exfiltration',
  /** A resolver outside is asked itself, past the one of the namespace. */
  'direct-dns',
  'metadata',
  'host-canary',
  'host-loopback',
  'host-service',
  'management',
  'peer-canary',
  'peer-port',
  'peer-session',
  /** A peer by a port that it publishes on the host. */
  'peer-published',
  /** A peer by the endpoint that its platform gives it on the host. */
  'platform-proxy',
  /** The target's own endpoint, asked for a session without credentials. */
  'own-session',
  /** The same with the Origin of a foreign web page. */
  'own-origin',
  /** The same under a foreign name in Host, as after DNS rebinding. */
  'own-host',
  /** The target's own endpoint at another address of the host than the one at which it is offered. */
  'own-address',
]);
export type AttemptPurpose = Static<typeof AttemptPurpose>;

/** Where the control of an attempt is made from: the one place where it must succeed. */
export const ControlVantage = Type.Enum([
  /** A container on a fresh ordinary bridge of the same engine. */
  'bridge',
  /** A container in the host's own network namespace. */
  'host',
  /** The twin of the peer that is dialled, inside the peer's own namespace. */
  'peer',
]);
export type ControlVantage = Static<typeof ControlVantage>;

/** A tool by name, or the first one that is marked read-only and takes no required argument. */
export const ToolCall = Type.Union([
  Type.Object({ tool: Type.String({ maxLength: 256 }) }, { additionalProperties: false }),
  Type.Object({ readOnly: Type.Literal(true) }, { additionalProperties: false }),
]);
export type ToolCall = Static<typeof ToolCall>;

/** Of a control it spells out all that is sent. */
const AttemptId = Type.String({ maxLength: 4096 });

/** One thing to try. The same text is sent to the target's twin and to its control. */
export const AttemptSpec = Type.Object(
  {
    id: AttemptId,
    purpose: AttemptPurpose,
    kind: AttemptKind,
    /** A name or an address literal (IPv6 without brackets). For `dns`: the name that is asked for. */
    host: Type.String({ maxLength: 300 }),
    /** 0 for `dns`, which uses the resolvers of the namespace. */
    port: Type.Integer({ minimum: 0, maximum: 65535 }),
    family: Type.Enum([4, 6]),
    path: Type.Enum(['direct', 'proxy']),
    /** `http://host:port` of the target's proxy; credentials are removed before it is stored. */
    proxy: Type.Optional(Type.String({ maxLength: 1024 })),
    tls: Type.Optional(Type.Boolean()),
    /** Who makes the attempt in the target's place; absent = the target's twin. For endpoints that only the host has. */
    from: Type.Optional(Type.Literal('host')),
    /** TLS server name that is asked for instead of `host`. */
    serverName: Type.Optional(Type.String({ maxLength: 253 })),
    /** `Host` header that is sent instead of `host` and `port`. */
    authority: Type.Optional(Type.String({ maxLength: 300 })),
    /** For `mcp`: `Origin` header that is sent. */
    origin: Type.Optional(Type.String({ maxLength: 300 })),
    /** For `dns`: address of the resolver that is asked instead of the namespace's own, and whether over TCP. */
    resolver: Type.Optional(
      Type.Object(
        { address: Type.String({ maxLength: 64 }), port: Type.Integer({ minimum: 1, maximum: 65535 }), tcp: Type.Boolean() },
        { additionalProperties: false },
      ),
    ),
    /** For `mcp`: which tool is called after the session opened; none without it. */
    call: Type.Optional(ToolCall),
    /** What a canary of ours must answer. */
    nonce: Type.Optional(Type.String({ maxLength: 128 })),
    /** For `http` and `mcp`: the path of the request. An MCP endpoint without one is looked for at `/mcp`, then at `/sse`. */
    request: Type.Optional(Type.String({ maxLength: 300 })),
    /** What the finding will be about, e.g. `203.0.113.10:443` or the name of a peer. */
    subject: Type.String({ maxLength: 300 }),
    /** For peers: id of the target that is dialled. */
    peer: Type.Optional(Type.String({ maxLength: 128 })),
    /** For `http`: of the answer nothing but its status is kept. */
    statusOnly: Type.Optional(Type.Literal(true)),
    controls: Type.Array(ControlVantage, { maxItems: 3 }),
    /** Address that a control on the host dials instead of `host`: where the endpoint is bound. */
    controlHost: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);
export type AttemptSpec = Static<typeof AttemptSpec>;

export const AttemptOutcome = Type.Enum([
  /** A connection, a datagram, an answer or a session came back. Who answered is in `peer` and `nonce`. */
  'connected',
  'refused',
  'timeout',
  'unreachable',
  'nxdomain',
  /** The resolver said SERVFAIL or REFUSED. */
  'servfail',
  'reset',
  'tls-failed',
  /** The proxy answered and would not: 403, 407, 5xx. */
  'proxy-denied',
  /** The proxy itself could not be reached or resolved. */
  'proxy-unreachable',
  /** The kernel forbade the system call (EPERM, EACCES). */
  'permission',
  /** The answer was not of the protocol that was spoken (an HTTP server that is no MCP server). */
  'other-protocol',
  /** The server asked for credentials. */
  'unauthorized',
  /** Never made: no time, no twin, cancelled. */
  'not-run',
  /** The client failed, not the network. */
  'probe-error',
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
    /** For `mcp`: the revision of the protocol that was spoken, e.g. `2025-06-18`. */
    revision: Type.Optional(Type.String({ maxLength: 32 })),
    /** For `mcp` with `call`: the tool that was called and how that ended; `not-offered`: there is none to call. */
    called: Type.Optional(
      Type.Object(
        {
          tool: Type.Optional(HostileText),
          result: Type.Enum([
            'answered',
            /** The tool ran and reported an error, as with missing arguments. */
            'tool-error',
            'refused',
            'not-offered',
            'no-answer',
          ]),
        },
        { additionalProperties: false },
      ),
    ),
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
    id: AttemptId,
    outcome: AttemptOutcome,
    phase: Type.Optional(Type.Enum(['resolve', 'connect', 'proxy', 'tls', 'http', 'mcp'])),
    elapsedMs: Type.Number({ minimum: 0 }),
    tries: Type.Integer({ minimum: 0, maximum: 16 }),
    /** The address that was dialled. */
    address: Type.Optional(Type.String({ maxLength: 64 })),
    nonce: Type.Optional(Type.Enum(['matched', 'mismatch'])),
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
