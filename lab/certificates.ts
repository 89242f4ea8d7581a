import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { internetPlan } from './addresses.ts';
import { run } from './run.ts';

/** Paths of PEM files. */
export interface Identity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Two authorities that know nothing of each other, and one server certificate from each. */
export async function createCertificates(directory: string): Promise<{ readonly canary: Identity; readonly operator: Identity }> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const { names, address, address6, operator, operator6 } = internetPlan;
  const canaryNames = [names.canary, `www.${names.canary}`, names.allowed, `*.${names.allowed}`, names.blocked].map(
    (name) => `DNS:${name}`,
  );
  const [canary, second] = await Promise.all([
    issue(directory, 'canary', names.canary, [...canaryNames, `IP:${address}`, `IP:${address6}`]),
    issue(directory, 'operator', names.operator, [
      `DNS:${names.operator}`,
      `DNS:${names.tenant}`,
      `IP:${operator}`,
      `IP:${operator6}`,
    ]),
  ]);
  return { canary, operator: second };
}

async function issue(
  directory: string,
  identity: string,
  commonName: string,
  subjectAltNames: readonly string[],
): Promise<Identity> {
  const file = (name: string): string => join(directory, `${identity}-${name}.pem`);
  // No file of the machine's may add extensions of its own.
  const config = join(directory, `${identity}.cnf`);
  await writeFile(config, '[req]\ndistinguished_name = dn\n[dn]\n');
  const common = [
    'req',
    '-x509',
    '-config',
    config,
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '30',
  ];
  const hint = 'The lab needs OpenSSL 3.0 or later.';
  await run(
    'openssl',
    [
      ...common,
      '-subj',
      `/O=Bulkhead lab/CN=Lab authority of ${identity}`,
      '-keyout',
      file('ca-key'),
      '-out',
      file('ca'),
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
      '-addext',
      'subjectKeyIdentifier=hash',
    ],
    { hint },
  );
  await run(
    'openssl',
    [
      ...common,
      '-CA',
      file('ca'),
      '-CAkey',
      file('ca-key'),
      '-subj',
      `/O=Bulkhead lab/CN=${commonName}`,
      '-keyout',
      file('key'),
      '-out',
      file('cert'),
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      '-addext',
      'extendedKeyUsage=serverAuth',
      '-addext',
      `subjectAltName=${subjectAltNames.join()}`,
      '-addext',
      'subjectKeyIdentifier=hash',
      '-addext',
      'authorityKeyIdentifier=keyid',
    ],
    { hint },
  );
  return { ca: file('ca'), cert: file('cert'), key: file('key') };
}
