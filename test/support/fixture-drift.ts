import { driftOf } from '../../src/drift/drift.ts';
import { decideDrift } from '../../src/drift/exit.ts';
import type { Drift } from '../../src/model/drift.ts';
import type { Finding, Report } from '../../src/model/report.ts';
import { fixtureReport } from './fixture-report.ts';
import { aFinding, aTarget } from './report.ts';
import { aConfiguration, aPair, connected, timeout } from './observations.ts';

/**
 * The report of the other golden files, and what a later run found: a proxy that opened and a capability that is held,
 * a host that closed, a check that could not decide any more, one server gone, one new, one from another image.
 */
export function fixtureDrift(): Drift {
  const before = fixtureReport();
  const [weather, tickets] = before.targets;
  if (weather === undefined || tickets === undefined) throw new Error('the fixture has no targets');
  const observed = (target: string, result = timeout()): Report['observations'][number] => ({
    target,
    outcomes: {
      configuration: { state: 'observed', facts: aConfiguration() },
      egress: { state: 'observed', facts: { attempts: [aPair({ target: result })] } },
    },
  });
  const earlier: Report = { ...before, observations: [observed(weather.id, connected()), observed(tickets.id)] };
  const notes = aTarget({ name: 'notes', image: 'registry.example/mcp/notes:1.0.0' });
  const later: Report = {
    ...before,
    session: '01jd7a2c9f',
    finishedAt: '2026-11-21T09:30:06.101Z',
    engine: { ...before.engine, version: '29.0.1', kernel: '6.12.51' },
    targets: [
      {
        ...weather,
        image: 'registry.example/mcp/weather:2.2.0',
        declaration: {
          ...weather.declaration,
          profile: { network: { outbound: { allow_host: ['api.weather.example', 'cdn.weather.example'] } } },
        },
      },
      { ...tickets, networks: [...tickets.networks, { name: 'bridge', internal: false }] },
      notes,
    ],
    observations: [observed(weather.id, connected()), observed(tickets.id, connected())],
    findings: [...before.findings.filter(({ target }) => target !== 'fetcher').map(inTheLaterRun), aFinding({ target: 'notes' })],
  };
  const drift = driftOf({ report: earlier, source: 'monday.json' }, { report: later, source: 'tuesday.json' });
  return { ...drift, exit: decideDrift(drift, 'medium') };
}

function inTheLaterRun(finding: Finding): Finding {
  const { check, target, subject } = finding;
  switch (`${check} ${target} ${subject}`) {
    case 'NET-004 tickets 203.0.113.10:443':
      return {
        ...finding,
        status: 'fail',
        title: 'An undeclared destination is reached',
        message: '203.0.113.10:443 is not declared and was reached directly: it answered as it answers the control.',
      };
    case 'HARD-002 weather bounding':
      return { ...finding, severity: 'critical', message: 'CAP_SYS_ADMIN is held.' };
    case 'HARD-006 weather /usr/local/lib':
      return { ...finding, status: 'pass', message: '212 directories were tried, none can be written.' };
    case 'HOST-003 weather 172.17.0.1:8080':
      return { ...finding, status: 'inconclusive', message: 'timeout, and the control failed too (timeout)' };
    case 'FS-002 tickets /data/tickets':
      return { ...finding, status: 'fail', message: 'It can be written.', waived: { reason: 'accepted until the move' } };
    default:
      return finding;
  }
}
