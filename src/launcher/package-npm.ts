import { execa } from 'execa';
import path from 'node:path';
import { BulkheadError, type ErrorCode } from '../errors.ts';
import { escapeText } from '../model/text.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface NpmRun {
  /** Where package.json is; npm's project, whatever lies above it. */
  readonly directory: string;
  /** `ci` installs what package-lock.json says, `install` writes one. */
  readonly command: 'install' | 'ci';
  readonly allowScripts: boolean;
  readonly environment: Environment;
  readonly signal?: AbortSignal;
  /** The package as messages name it. */
  readonly label: string;
  /** The lock that npm was given, for messages. */
  readonly lockFile: string;
}

/** Every option that a user's own npm configuration could turn into another tree, or into none. */
const OPTIONS = [
  '--omit=dev',
  '--no-audit',
  '--no-fund',
  '--no-global',
  // Keeps npm from looking above the directory for a project that this one would be part of. "--prefix" would too, but
  // with it npm does not read the configuration of the whole machine.
  '--no-workspaces',
  '--no-dry-run',
  '--package-lock',
  '--no-package-lock-only',
  // A lock without the registry's addresses is the same behind every mirror, and holds none of its credentials.
  '--omit-lockfile-registry-resolved',
  '--install-strategy=hoisted',
  // Such dependencies are pinned by little, and git can run code. An older npm ignores these options: the lock is
  // looked at afterwards too.
  '--allow-git=none',
  '--allow-remote=none',
  '--allow-file=none',
  '--allow-directory=none',
  '--loglevel=error',
  '--no-color',
  '--no-progress',
  '--no-update-notifier',
  // npm's own ten seconds and a minute say too late that there is no network.
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=10000',
] as const;

/**
 * Runs npm in `directory`. The user's own ~/.npmrc applies (registry, credentials); the configuration of the directory
 * that the command was called in does not.
 * @throws BulkheadError `usage` for a package that is not there, `image-failed`, `interrupted`
 */
export async function runNpm(run: NpmRun): Promise<void> {
  const { directory, environment, signal } = run;
  const scripts = run.allowScripts ? ['--no-ignore-scripts', '--dangerously-allow-all-scripts'] : ['--ignore-scripts'];
  const result = await execa('npm', [run.command, ...scripts, ...OPTIONS], {
    cwd: directory,
    env: npmEnvironment(environment, run.allowScripts),
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    // On SIGTERM npm tidies up what is thrown away anyway, and may wait for the network meanwhile.
    forceKillAfterDelay: 1000,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (!result.failed) return;
  if (signal?.aborted === true) throw new BulkheadError('interrupted', 'Interrupted.');
  if (result.code === 'ENOENT') {
    throw new BulkheadError('image-failed', `npm was not found: it is needed to install ${run.label}.`, {
      hint: 'Install npm (it comes with Node.js) and see that it is in PATH.',
      cause: result.cause,
    });
  }
  throw npmError(run, result.all ?? result.message ?? '');
}

/**
 * What npm gets to see. Started by npm itself (`npm run`, `npx`), Bulkhead has that npm's configuration in its
 * environment, with the .npmrc of the directory it was called in.
 */
function npmEnvironment(environment: Environment, allowScripts: boolean): Record<string, string> {
  const startedByNpm = environment['npm_command'] !== undefined || environment['npm_lifecycle_event'] !== undefined;
  const kept = Object.entries(environment).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    if (value === undefined || name === 'INIT_CWD') return false;
    if (!name.startsWith('npm_')) return true;
    return /^npm_config_(?:userconfig|globalconfig|cache)$/.test(name) || (!startedByNpm && name.startsWith('npm_config_'));
  });
  const result = Object.fromEntries(kept);
  // Native modules are compiled for the Node.js that runs the script: it must be the one that goes into the image.
  return allowScripts ? { ...result, PATH: [path.dirname(process.execPath), result['PATH'] ?? ''].join(path.delimiter) } : result;
}

interface Explanation {
  readonly codes: RegExp;
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
}

/** The error for what npm printed: what it means, its last lines, what to do. */
export function npmError(
  { label, lockFile, environment }: Pick<NpmRun, 'label' | 'lockFile' | 'environment'>,
  output: string,
): BulkheadError {
  const code = /npm (?:error|ERR!) code (\S+)/.exec(output)?.[1] ?? '';
  const found = explanations(label, lockFile).find(({ codes }) => codes.test(code));
  const lines = lastLines(withoutSecrets(output, environment));
  const { what, hint } = found ?? { what: 'npm could not install', hint: 'Try `npm install` of it in an empty directory.' };
  const message = [`${what} ${label}.`, ...lines.map((line) => `  npm: ${line}`)].join('\n');
  return new BulkheadError(found?.code ?? 'image-failed', message, { hint });
}

function explanations(label: string, lockFile: string): readonly Explanation[] {
  const name = label.slice(0, label.lastIndexOf('@'));
  const versions = `\`npm view ${name} versions\` lists the versions that there are.`;
  return [
    {
      codes: /^E404$/,
      code: 'usage',
      what: 'The registry does not have a package: cannot install',
      hint: `Check the name. ${versions} A private package needs \`npm login\` first.`,
    },
    {
      codes: /^(?:ETARGET|ENOVERSIONS)$/,
      code: 'usage',
      what: 'The registry does not have a version: cannot install',
      hint: versions,
    },
    {
      codes: /^EINTEGRITY$/,
      code: 'image-failed',
      what: 'The registry serves other content than was recorded (integrity mismatch): did not install',
      hint: `Do not run it before you know why. What was recorded is in ${lockFile}; remove that file only to accept other content.`,
    },
    {
      codes: /^(?:EUSAGE|EJSONPARSE)$/,
      code: 'image-failed',
      what: 'The kept lock file cannot be used: did not install',
      hint: `Restore ${lockFile}, or remove it to resolve the dependencies again.`,
    },
    {
      codes: /^(?:E401|E403|ENEEDAUTH|EOTP|EAUTHUNKNOWN)$/,
      code: 'image-failed',
      what: 'The registry refuses to give out',
      hint: 'Look at the registry and the login in your ~/.npmrc: `npm whoami`, `npm login`.',
    },
    {
      codes: /^(?:ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR|E5\d\d)$/,
      code: 'image-failed',
      what: 'The registry was not reached: could not install',
      hint: 'Check the network, the proxy and the registry: `npm ping`.',
    },
    {
      codes: /CERT|SIGNATURE|ERR_SSL/,
      code: 'image-failed',
      what: "The registry's certificate is not trusted: did not install",
      hint: 'Give npm the certificate authority of your network: "cafile" in ~/.npmrc, or NODE_EXTRA_CA_CERTS.',
    },
    {
      codes: /^(?:ENOSPC|EDQUOT)$/,
      code: 'image-failed',
      what: 'The disk is full: could not install',
      hint: `Make room on the disk of ${path.dirname(lockFile)}.`,
    },
    {
      codes: /^(?:EACCES|EPERM|EROFS)$/,
      code: 'image-failed',
      what: 'A directory cannot be written: could not install',
      hint: `See who owns ${path.dirname(lockFile)} and npm's own cache, ~/.npm.`,
    },
    {
      codes: /^EALLOW(?:GIT|REMOTE|FILE|DIRECTORY)$/,
      code: 'image-failed',
      what: 'A dependency comes from git, a URL or a path, not from the registry: did not install',
      hint: 'Choose a version whose dependencies are all in the registry, or build an image yourself.',
    },
    {
      codes: /^EBADPLATFORM$/,
      code: 'image-failed',
      what: 'This platform cannot run a package: did not install',
      hint: 'The package names the platforms that it runs on: `npm view NAME os cpu libc`.',
    },
  ];
}

/** npm's last lines that tell something, safe to print. */
function lastLines(output: string): readonly string[] {
  const told = output
    .split('\n')
    .map((line) => line.replace(/^npm (?:error|ERR!) ?/, '').trimEnd())
    .filter((line) => !/^(?:npm warn .*|A complete log of .*|[\w!]*|\s+at .*|\s+\w+: .*|[{}])$/i.test(line));
  return told.slice(-6).map((line) => escapeText(line, 300));
}

/** Removes what may be a credential: npm hides most of them itself, a registry's answer or a script may repeat one. */
function withoutSecrets(output: string, environment: Environment): string {
  const values = Object.entries(environment).flatMap(([name, value]) =>
    /token|auth|passw|secret|key/i.test(name) && value !== undefined && value.length >= 8 ? [value] : [],
  );
  const plain = values.reduce((text, value) => text.replaceAll(value, '***'), output);
  return plain
    .replaceAll(/(\w:\/\/)[^\s/@]+@/g, '$1')
    .replaceAll(/\bnpm_[A-Za-z0-9]{16,}/g, '***')
    .replaceAll(/((?:_authToken|_auth|_password|authorization)["']?\s*[=:]\s*)(?:(?:Bearer|Basic)\s+)?\S+/gi, '$1***')
    .replaceAll(/\b(Bearer|Basic)\s+\S+/g, '$1 ***')
    .replaceAll(/(https?:\/\/[^\s?]+)\?\S+/g, '$1?***');
}
