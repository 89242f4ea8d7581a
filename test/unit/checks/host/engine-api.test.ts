import { engineApi } from '../../../../src/checks/host/engine-api.ts';
import type { PairedAttempt } from '../../../../src/model/attempt.ts';
import type { FilesystemFacts } from '../../../../src/model/observation.ts';
import { aFilesystem, aPair, connected, notRun, refused, timeout, type Result } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const http = (status: number, service: string): Result => connected({ phase: 'http', peer: { status, service } });
const api = http(200, 'text/plain; charset=utf-8 api-version=1.43 OK');
const withTls = http(400, 'text/plain Client sent an HTTP request to an HTTPS server.');
const at = (port: number, target: Result, controls: readonly Result[] = [], host = '172.30.0.1'): PairedAttempt => {
  const own = host === '127.0.0.1' ? ({ from: 'host', controls: [] } as const) : ({ controls: ['host', 'bridge'] } as const);
  const id = `management:Engine API:${host}:${port}`;
  return aPair({
    spec: { purpose: 'management', kind: 'http', host, port, request: '/_ping', id, ...own, controls: [...own.controls] },
    target,
    controls,
  });
};
const facts = (attempts: readonly PairedAttempt[], sockets: FilesystemFacts['sockets'] = []) => ({
  management: { attempts: [...attempts] },
  filesystem: aFilesystem({ sockets }),
});
const NETWORK = 'engine API on the network';
const onHost = at(2375, api, [], '127.0.0.1');

runCases(engineApi, {
  valid: [
    { name: 'none listens', input: { facts: facts([]) }, verdicts: [`not-applicable ${NETWORK}`] },
    {
      name: 'it answers the control alone',
      input: { facts: facts([at(2375, timeout(), [api])]) },
      verdicts: [`pass ${NETWORK}`],
    },
    {
      name: 'it is bound to the loopback',
      input: { facts: facts([at(2375, refused(), [refused(), refused()]), onHost]) },
      verdicts: [`pass ${NETWORK}`],
    },
    {
      name: 'another service has the port',
      input: { facts: facts([at(2375, http(200, 'text/html Hello'), [http(200, 'text/html Hello')])]) },
      verdicts: [`not-applicable ${NETWORK}`],
    },
    {
      name: 'a socket that does not speak HTTP, or is closed to its user',
      input: {
        facts: facts(
          [],
          [
            { path: '/run/docker.sock', state: 'denied', detail: 'EACCES' },
            { path: '/run/x.sock', state: 'connects' },
          ],
        ),
      },
      verdicts: [`not-applicable ${NETWORK}`],
    },
  ],
  invalid: [
    {
      name: 'it answers',
      input: { facts: facts([at(2375, api, [api])]) },
      verdicts: ['fail Engine API at 172.30.0.1:2375'],
      says: /without credentials/,
      shows: [/it said: .*api-version=1\.43/],
    },
    { name: 'without a control', input: { facts: facts([at(2375, api)]) }, verdicts: ['fail Engine API at 172.30.0.1:2375'] },
    {
      name: 'it asks for a client certificate',
      input: { facts: facts([at(2376, withTls, [withTls])]) },
      verdicts: ['fail Engine API with TLS at 172.30.0.1:2376 (medium)'],
    },
    {
      name: 'on a socket, by two names',
      input: {
        facts: facts(
          [],
          [
            { path: '/var/run/docker.sock', state: 'answers' },
            { path: '/run/docker.sock', state: 'answers' },
          ],
        ),
      },
      verdicts: [`not-applicable ${NETWORK}`, 'fail /run/docker.sock'],
    },
  ],
  undecided: [
    {
      name: 'not made',
      input: { facts: facts([at(2375, notRun(), [api])]) },
      verdicts: ['inconclusive Engine API at 172.30.0.1:2375'],
    },
    {
      name: 'it listens, and no address of the host is known',
      input: { facts: facts([onHost]) },
      verdicts: [`inconclusive ${NETWORK}`],
    },
    {
      name: 'something else answers the target',
      input: { facts: facts([at(2375, http(403, 'text/html no'), [api])]) },
      verdicts: [`inconclusive ${NETWORK}`],
    },
    {
      name: 'the file system could not be looked at',
      input: { facts: { ...facts([]), filesystem: undefined } },
      verdicts: [`not-applicable ${NETWORK}`, 'inconclusive engine sockets'],
    },
  ],
});
