import type { Finding, Report } from '../../src/model/report.ts';
import { aFinding, aMatrix, aReport, aTarget, idOf } from './report.ts';

/** Three targets: one leaks on the default bridge, one reaches the host from an internal network, one is sealed. */
export function fixtureReport(): Report {
  const targets = [weather(), tickets(), fetcher()];
  return aReport({
    targets,
    matrix: aMatrix(targets, ['snvuvunv', 'unvohunh', 'nnhnhhnn']),
    findings: [...weatherFindings(), ...ticketFindings(), ...fetcherFindings()],
    observations: [
      {
        target: idOf('weather'),
        outcomes: {
          udp: { state: 'unavailable', reason: 'no UDP peer was named with --udp-target' },
          egress: {
            state: 'observed',
            facts: {
              attempts: [
                {
                  spec: {
                    id: 'internet/203.0.113.10:443/4/direct',
                    purpose: 'internet',
                    kind: 'tcp',
                    host: '203.0.113.10',
                    port: 443,
                    family: 4,
                    path: 'direct',
                    subject: '203.0.113.10:443',
                    controls: ['bridge'],
                  },
                  target: {
                    id: 'internet/203.0.113.10:443/4/direct',
                    outcome: 'connected',
                    elapsedMs: 3.1,
                    tries: 1,
                    address: '203.0.113.10',
                  },
                  controls: [
                    {
                      vantage: 'bridge',
                      attempt: {
                        id: 'internet/203.0.113.10:443/4/direct',
                        outcome: 'connected',
                        elapsedMs: 2.8,
                        tries: 1,
                        address: '203.0.113.10',
                      },
                    },
                  ],
                },
              ],
            },
          },
        },
      },
    ],
    notes: ['The engine hands out no IPv6 addresses: IPv6 was not exercised.'],
    summary: {
      targets: 3,
      counts: { pass: 6, fail: 8, inconclusive: 3, 'not-applicable': 2, error: 1, waived: 1 },
      coverage: { decided: 15, applicable: 19, percent: 78.9 },
      worst: 'critical',
    },
    waivers: waivers(),
    baseline: baseline(),
    attestations: [
      {
        statement: 'Images are pulled by digest from our own registry.',
        owner: 'registry-team',
        expires: '2027-06-30',
        checks: ['HARD-001'],
        expired: false,
      },
      {
        statement: 'Logs are kept for a year.',
        owner: 'platform-team',
        expires: '2026-10-31',
        checks: ['HARD-003'],
        expired: true,
      },
    ],
    exit: { code: 1, reason: '7 findings at or above medium failed' },
  });
}

function weather() {
  return aTarget({
    declaration: {
      source: 'flag',
      location: 'profiles/weather.json',
      egress: 'api.weather.example on 80 and 443',
      profile: { network: { outbound: { allow_host: ['api.weather.example'] } } },
      remarks: [
        {
          code: 'hosts-without-ports',
          path: 'network.outbound.allow_host',
          message: 'Hosts without ports: 80 and 443 are taken as declared.',
        },
      ],
    },
    story: [
      'It sits on the default bridge, with a route to everywhere: 3 of 3 undeclared destinations answered.',
      'It reaches the host at 172.17.0.1, and a management API there without credentials.',
    ],
  });
}

function tickets() {
  return aTarget({
    name: 'tickets',
    image: 'registry.example/mcp/tickets@sha256:4b8f0c9e7a6d5c3b2a190f8e7d6c5b4a39281706f5e4d3c2b1a0f9e8d7c6b5a4',
    platform: 'toolhive',
    transport: 'sse',
    declaration: {
      source: 'toolhive-run-config',
      location: '~/.local/state/toolhive/runconfigs/tickets.json',
      egress: 'tickets.example on 443',
      profile: { network: { outbound: { allow_host: ['tickets.example'], allow_port: [443] } } },
      remarks: [],
    },
    networks: [{ name: 'toolhive-tickets-internal', internal: true }],
    story: [
      'Its internal network keeps it from every undeclared destination that was tried.',
      'The host is not kept from it: a listener planted on 172.18.0.1 answered.',
    ],
  });
}

function fetcher() {
  return aTarget({
    name: 'fetcher',
    image: 'registry.example/mcp/fetcher:1.0.3',
    transport: 'stdio',
    declaration: {
      source: 'none',
      location: 'no profile was found; judged as the built-in profile none',
      egress: 'nothing',
      profile: {},
      remarks: [],
    },
    networks: [],
    story: ['It has no network interface but lo: nothing that was tried could be reached.'],
  });
}

function waivers(): NonNullable<Report['waivers']> {
  const owner = 'platform-team';
  return [
    {
      id: 'HARD-004',
      target: 'tickets',
      subject: 'no_new_privs',
      reason: 'The vendor’s entrypoint needs sudo; ticket OPS-311.',
      owner,
      expires: '2027-01-31',
      ticket: 'OPS-311',
      state: 'applied',
      findings: 1,
      daysLeft: 72,
    },
    {
      id: 'NET-004',
      target: 'weather',
      subject: 'files.example:*',
      reason: 'gone in 2.2',
      owner,
      expires: '2026-10-31',
      state: 'expired',
      findings: 1,
      daysLeft: -20,
    },
    {
      id: 'HARD-006',
      target: 'fetch*',
      subject: '*',
      reason: 'it unpacks below its root',
      owner,
      expires: '2027-01-31',
      state: 'unused',
      findings: 0,
      daysLeft: 72,
    },
  ];
}

/** Two failures are new, one is as it was, one cannot be compared; one is gone without a trace, one passes now. */
function baseline(): NonNullable<Report['baseline']> {
  const changes = [
    change(aFinding({ subject: '203.0.113.10:443' }), { state: 'new' }),
    change(aFinding({ check: 'HARD-006', severity: 'medium', subject: '/usr/local/lib' }), { state: 'new' }),
    change(aFinding({ check: 'HOST-001', subject: '172.17.0.1' }), { state: 'unchanged' }),
    change(aFinding({ check: 'NET-012', subject: 'udp' }), {
      state: 'incomparable',
      fails: false,
      why: 'it could not be decided now',
    }),
    change(aFinding({ check: 'FS-002', target: 'tickets', subject: '/data/tickets' }), { state: 'resolved', fails: false }),
    change(aFinding({ subject: '198.51.100.7:22' }), { state: 'resolved', fails: false }),
  ];
  return {
    source: 'bulkhead.baseline.json',
    tool: '0.1.0',
    counts: { new: 2, resolved: 2, unchanged: 1, incomparable: 1 },
    changes,
  };
}

type Change = NonNullable<Report['baseline']>['changes'][number];

function change(
  { fingerprint, check, target, subject, severity }: Finding,
  more: Pick<Change, 'state'> & Partial<Change>,
): Change {
  return { fingerprint, check, target, subject, severity, fails: true, ...more };
}

const CONTROL = 'control on an ordinary bridge: connected after 3 ms at 203.0.113.10';

function weatherFindings(): readonly Finding[] {
  const egress = (subject: string): Finding =>
    aFinding({
      subject,
      expected: 'not reached: api.weather.example on 80 and 443 is declared',
      actual: 'connected',
      evidence: [`${subject}/tcp direct, IPv4: connected after 3 ms at 203.0.113.10`, CONTROL],
      reproduce: `docker run --rm --network container:weather busybox nc -w 2 ${subject.replace(':', ' ')}`,
    });
  return [
    aFinding({
      check: 'NET-003',
      slug: 'shared-network',
      title: 'Targets with different declarations share no network',
      status: 'pass',
      severity: 'medium',
      subject: 'bridge',
      message: 'No other target is attached to bridge.',
      evidence: ['bridge (172.17.0.0/16): weather'],
    }),
    egress('203.0.113.10:443'),
    egress('203.0.113.10:80'),
    egress('files.example:443'),
    aFinding({
      check: 'NET-012',
      slug: 'udp-egress',
      title: 'Whether UDP leaves the container is not known',
      status: 'inconclusive',
      subject: 'udp',
      message: 'No UDP peer was named, so no datagram was sent. Name one with --udp-target host:port.',
    }),
    aFinding({
      check: 'NET-006',
      slug: 'declared-egress',
      title: 'Whether declared destinations can be reached is not known',
      status: 'inconclusive',
      severity: 'medium',
      subject: 'api.weather.example:443',
      message: 'timeout, and the control failed too (timeout)',
      expected: 'reached',
      actual: 'timeout',
      evidence: [
        'api.weather.example:443/tcp direct, IPv4: timeout after 2000 ms',
        'control on an ordinary bridge: timeout after 2000 ms',
      ],
    }),
    aFinding({
      check: 'HOST-001',
      slug: 'host-canary',
      area: 'HOST',
      title: 'The host can be reached from inside',
      subject: '172.17.0.1',
      message: 'The canary planted on the host answered with its nonce.',
      expected: 'no answer from any address of the host',
      actual: 'nonce matched at 172.17.0.1:41207',
      evidence: [
        '172.17.0.1:41207/tcp direct, IPv4: connected after 1 ms at 172.17.0.1 nonce matched',
        'control on the host itself: connected after 1 ms nonce matched',
      ],
      remediation: 'Give the server no network interface, or drop traffic from its bridge to the host in the INPUT chain.',
      reproduce: 'docker run --rm --network container:weather busybox nc -w 2 172.17.0.1 41207',
    }),
    aFinding({
      check: 'HOST-003',
      slug: 'management-api',
      area: 'HOST',
      title: 'An MCP management API answers from inside',
      severity: 'critical',
      subject: '172.17.0.1:8080',
      message: 'The management API answered HTTP 200 without credentials: whoever holds this server can start others.',
      expected: 'no answer',
      actual: 'HTTP 200',
      evidence: [
        '172.17.0.1:8080/tcp direct, IPv4: connected after 2 ms at 172.17.0.1 HTTP 200',
        'control on the host itself: connected after 1 ms HTTP 200',
      ],
      remediation: 'Bind the management API to 127.0.0.1 and require credentials; the network alone does not protect it.',
      reproduce:
        "docker run --rm --network container:weather busybox wget -q -O - --header 'Accept: application/json' http://172.17.0.1:8080/api/v1beta/version",
    }),
    aFinding({
      check: 'HARD-006',
      slug: 'writable-rootfs',
      area: 'HARD',
      title: 'The root file system can be written',
      severity: 'medium',
      subject: '/usr/local/lib',
      message: 'A file can be made in /usr/local/lib.',
      expected: 'read-only',
      actual: 'writable',
      evidence: ['access(W_OK) /usr/local/lib: allowed', 'mountinfo: / overlay rw'],
      remediation: 'Start the container with `--read-only` and a tmpfs on /tmp.',
    }),
    aFinding({
      check: 'HARD-002',
      slug: 'capabilities',
      area: 'HARD',
      title: 'Capabilities are held',
      severity: 'low',
      subject: 'bounding',
      message: 'The bounding set holds 14 capabilities, none of them dangerous.',
      remediation: 'Start the container with `--cap-drop ALL`.',
    }),
  ];
}

function ticketFindings(): readonly Finding[] {
  const target = 'tickets';
  return [
    aFinding({
      target,
      title: 'No undeclared destination is reached',
      status: 'pass',
      message: 'timeout, while the control succeeded',
      expected: 'not reached',
      actual: 'timeout',
      evidence: ['203.0.113.10:443/tcp direct, IPv4: timeout after 2000 ms and 2 tries', CONTROL],
    }),
    aFinding({
      target,
      check: 'NET-010',
      slug: 'dns-exfiltration',
      title: 'Whether names leave the container is not known',
      status: 'error',
      subject: 'NET-010',
      message: 'The check gave no verdict: TypeError: cannot read properties of undefined.',
    }),
    aFinding({
      target,
      check: 'HOST-001',
      slug: 'host-canary',
      area: 'HOST',
      title: 'The host can be reached from inside',
      subject: '172.18.0.1',
      message: 'The canary planted on the host answered with its nonce.',
      expected: 'no answer from any address of the host',
      actual: 'nonce matched at 172.18.0.1:41207',
      evidence: [
        '172.18.0.1:41207/tcp direct, IPv4: connected after 1 ms at 172.18.0.1 nonce matched',
        'control on the host itself: connected after 1 ms nonce matched',
      ],
      remediation: 'Give the server no network interface, or drop traffic from its bridge to the host in the INPUT chain.',
      reproduce: 'docker run --rm --network container:tickets busybox nc -w 2 172.18.0.1 41207',
    }),
    aFinding({
      target,
      check: 'PIVOT-001',
      slug: 'peer-reachable',
      area: 'PIVOT',
      title: 'Whether other targets can be reached is not known',
      status: 'inconclusive',
      subject: 'weather',
      message: 'refused, and the control failed too (refused)',
      evidence: [
        '172.17.0.2:3000/tcp direct, IPv4: refused (ECONNREFUSED) after 1 ms',
        'control beside the peer: refused (ECONNREFUSED) after 1 ms',
      ],
    }),
    aFinding({
      target,
      check: 'HARD-004',
      slug: 'no-new-privileges',
      area: 'HARD',
      title: 'A process can gain privileges',
      severity: 'medium',
      subject: 'no_new_privs',
      message: 'no_new_privs is 0.',
      waived: { reason: 'The vendor’s entrypoint needs sudo; ticket OPS-311.', expires: '2027-01-31' },
    }),
    aFinding({
      target,
      check: 'FS-002',
      slug: 'read-only-mount',
      area: 'FS',
      title: 'Read-only paths cannot be written',
      status: 'pass',
      subject: '/data/tickets',
      message: 'The mount is read-only: EROFS.',
      evidence: ['access(W_OK) /data/tickets: EROFS', 'control: a tmpfs of the same twin was written'],
    }),
  ];
}

function fetcherFindings(): readonly Finding[] {
  const target = 'fetcher';
  return [
    aFinding({
      target,
      title: 'No undeclared destination is reached',
      status: 'pass',
      message: 'unreachable, while the control succeeded',
      evidence: ['203.0.113.10:443/tcp direct, IPv4: unreachable (ENETUNREACH)', CONTROL],
    }),
    aFinding({
      target,
      check: 'HOST-001',
      slug: 'host-canary',
      area: 'HOST',
      title: 'The host cannot be reached from inside',
      status: 'pass',
      subject: '172.17.0.1',
      message: 'unreachable, while the control succeeded',
      evidence: [
        '172.17.0.1:41207/tcp direct, IPv4: unreachable (ENETUNREACH)',
        'control on the host itself: connected after 1 ms nonce matched',
      ],
    }),
    aFinding({
      target,
      check: 'PIVOT-001',
      slug: 'peer-reachable',
      area: 'PIVOT',
      title: 'There is no peer to reach',
      status: 'not-applicable',
      subject: 'peers',
      message: 'It has no network interface but lo.',
    }),
    aFinding({
      target,
      check: 'HARD-006',
      slug: 'writable-rootfs',
      area: 'HARD',
      title: 'The root file system cannot be written',
      status: 'pass',
      severity: 'medium',
      subject: '/',
      message: '212 directories were tried, none can be written.',
      evidence: ['mountinfo: / overlay ro', 'control: /tmp was written'],
    }),
    aFinding({
      target,
      check: 'FS-003',
      slug: 'declared-mount',
      area: 'FS',
      title: 'No path is declared',
      status: 'not-applicable',
      severity: 'medium',
      subject: 'mounts',
      message: 'The profile declares no path.',
    }),
  ];
}
