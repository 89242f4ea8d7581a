import type { Finding } from '../model/report.ts';

/** What a target can really do, in a few sentences; each follows from findings, none from configuration alone. */
export function storyOf(findings: readonly Finding[]): readonly string[] {
  return [
    ...internet(findings),
    ...host(findings),
    ...peers(findings),
    ...access(findings),
    ...hardening(findings),
    ...files(findings),
    ...unknowns(findings),
  ];
}

function of(findings: readonly Finding[], status: Finding['status'], ...checks: readonly string[]): readonly Finding[] {
  return findings.filter((finding) => finding.status === status && checks.includes(finding.check));
}

function listed(findings: readonly Finding[], max = 3): string {
  const subjects = [...new Set(findings.map(({ subject }) => subject))];
  const rest = subjects.length - max;
  return rest > 0 ? `${subjects.slice(0, max).join(', ')} and ${rest} more` : subjects.join(', ');
}

function internet(findings: readonly Finding[]): readonly string[] {
  const reached = of(findings, 'fail', 'NET-004', 'NET-005', 'NET-012', 'NET-013', 'NET-015');
  const blocked = of(findings, 'pass', 'NET-004');
  const beyond = of(findings, 'fail', 'NET-007', 'NET-008', 'NET-009');
  const dns = of(findings, 'fail', 'NET-010');
  const resolvers = of(findings, 'fail', 'NET-011');
  const metadata = of(findings, 'fail', 'NET-014');
  const over = of(findings, 'fail', 'NET-006');
  return [
    ...(reached.length > 0 ? [`Reaches undeclared destinations: ${listed(reached)}.`] : []),
    ...(reached.length === 0 && blocked.length > 0
      ? ['Reaches none of the undeclared destinations that the control reaches.']
      : []),
    ...(beyond.length > 0 ? [`Reaches more than it declares by way of ${listed(beyond)}.`] : []),
    ...(dns.length > 0 ? ['Its resolver carries any name out: a channel for data.'] : []),
    ...(resolvers.length > 0 ? [`Asks resolvers outside by itself: ${listed(resolvers)}.`] : []),
    ...(metadata.length > 0 ? [`Reaches the cloud metadata service at ${listed(metadata)}.`] : []),
    ...(over.length > 0 ? [`Cannot reach what it declares: ${listed(over)}.`] : []),
  ];
}

function host(findings: readonly Finding[]): readonly string[] {
  const canary = of(findings, 'fail', 'HOST-001', 'HOST-002');
  const blocked = of(findings, 'pass', 'HOST-001');
  const api = of(findings, 'fail', 'HOST-003');
  const engine = of(findings, 'fail', 'HOST-004');
  return [
    ...(canary.length > 0 ? [`Reaches the host at ${listed(canary)}.`] : []),
    ...(canary.length === 0 && blocked.length > 0 ? ['Reaches the host at none of its addresses.'] : []),
    ...(api.length > 0 ? [`Reaches a management API at ${listed(api)}.`] : []),
    ...(engine.length > 0 ? [`Speaks to the engine: ${listed(engine)}.`] : []),
  ];
}

function peers(findings: readonly Finding[]): readonly string[] {
  const called = of(findings, 'fail', 'PIVOT-003');
  const session = of(findings, 'fail', 'PIVOT-002', 'PIVOT-005');
  const reached = of(findings, 'fail', 'PIVOT-001', 'PIVOT-004');
  const shared = of(findings, 'fail', 'PIVOT-006');
  return [
    ...(called.length > 0 ? [`Runs tools of ${listed(called)}.`] : []),
    ...(session.length > 0 ? [`Opens MCP sessions with ${listed(session)}, without credentials.`] : []),
    ...(session.length === 0 && reached.length > 0 ? [`Reaches ${listed(reached)}.`] : []),
    ...(session.length === 0 && reached.length === 0 && of(findings, 'pass', 'PIVOT-001').length > 0
      ? ['Reaches no other server.']
      : []),
    ...(shared.length > 0 ? [`Shares files that one of the two can write with ${listed(shared)}.`] : []),
  ];
}

/** Who gets in from outside; what the host's own API does is said there. */
function access(findings: readonly Finding[]): readonly string[] {
  const open = of(findings, 'fail', 'AUTH-002');
  const foreign = of(findings, 'fail', 'AUTH-003');
  const everywhere = of(findings, 'fail', 'AUTH-004');
  const api = of(findings, 'fail', 'AUTH-001');
  return [
    ...(open.length > 0 ? [`Opens sessions for strangers at ${listed(open)}.`] : []),
    ...(foreign.length > 0 ? [`Lets foreign web pages in: ${listed(foreign)}.`] : []),
    ...(everywhere.length > 0 ? [`Is offered on every interface of the host: ${listed(everywhere)}.`] : []),
    ...(api.length > 0 ? [`Its machine has a management API that asks for no credentials: ${listed(api)}.`] : []),
  ];
}

function hardening(findings: readonly Finding[]): readonly string[] {
  const failed = new Set(findings.filter(({ area, status }) => area === 'HARD' && status === 'fail').map(({ check }) => check));
  const words = [
    ['HARD-001', 'privileged'],
    ['HARD-002', 'with capabilities'],
    ['HARD-003', 'without seccomp'],
    ['HARD-004', 'able to gain privileges'],
    ['HARD-005', 'as root'],
    ['HARD-006', 'on a writable root file system'],
  ].flatMap(([check, word]) => (check !== undefined && failed.has(check) ? [word] : []));
  return words.length > 0 ? [`Runs ${words.join(', ')}.`] : [];
}

function files(findings: readonly Finding[]): readonly string[] {
  const undeclared = of(findings, 'fail', 'FS-001');
  const sensitive = of(findings, 'fail', 'FS-004', 'FS-005');
  const writable = of(findings, 'fail', 'FS-002');
  return [
    ...(sensitive.length > 0 ? [`Holds sensitive mounts: ${listed(sensitive)}.`] : []),
    ...(undeclared.length > 0 ? [`Has mounts that its profile does not name: ${listed(undeclared)}.`] : []),
    ...(writable.length > 0 ? [`Can write what is declared read-only: ${listed(writable)}.`] : []),
  ];
}

function unknowns(findings: readonly Finding[]): readonly string[] {
  const open = findings.filter(({ status }) => status === 'inconclusive' || status === 'error').length;
  return open > 0 ? [`Not decided: ${open} of ${findings.length} findings.`] : [];
}
