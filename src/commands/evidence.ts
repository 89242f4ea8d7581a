import type { Command } from 'commander';
import path from 'node:path';
import { createPack, type PackResult } from '../evidence/create.ts';
import { readSigningKey, readVerifyingKey, type SigningKey } from '../evidence/keys.ts';
import { parseManifest } from '../evidence/manifest.ts';
import { periodOf } from '../evidence/period.ts';
import { bundleFiles, hashOf, recordedRuns, type EvidenceRun } from '../evidence/run.ts';
import { LEFT_OUT } from '../evidence/state.ts';
import { isSigned, readHead, verifyPack, type PackProblem } from '../evidence/verify.ts';
import { EXIT } from '../engine/exit-code.ts';
import { BulkheadError } from '../errors.ts';
import type { Severity } from '../model/check.ts';
import type { Period } from '../model/evidence.ts';
import { escapeText } from '../model/text.ts';
import type { CommandContext } from './context.ts';
import { openedHistory, withHistory } from './history-file.ts';
import { renderVerdict, renderVerdictJson } from './evidence-text.ts';
import { parseGate } from './options.ts';
import { print } from './print.ts';
import { resolveSettings } from './settings.ts';

interface EvidenceOptions {
  /** Of the history. */
  readonly file?: string;
  readonly since?: string;
  readonly until?: string;
  readonly key?: string;
  readonly out?: string;
  readonly previous?: string;
  readonly junit: boolean;
  readonly allowEmpty: boolean;
  readonly config?: string | false;
  readonly waivers?: string;
  readonly failOn?: Severity | 'never';
}

interface VerifyOptions {
  readonly publicKey?: string;
  readonly previous?: string;
  readonly json: boolean;
}

export function addEvidence(program: Command, context: CommandContext): void {
  const evidence = program
    .command('evidence')
    .description('write a signed archive of audits for an auditor, or verify one')
    // So that an option behind `verify` is its own.
    .enablePositionalOptions()
    .argument('[bundle...]', 'files of `bulkhead audit --save` (default: the runs of the history)')
    .option('--file <file>', 'the history (default: BULKHEAD_HISTORY, else of the configuration, else of the user)')
    .option('--since <day>', 'first day of the period, UTC (default: that of the first run)')
    .option('--until <day>', 'last day of the period, UTC (default: until now)')
    .option('--key <file>', 'Ed25519 private key, PKCS#8 in PEM; BULKHEAD_KEY_PASSPHRASE decrypts it')
    .option('--out <file>', 'the archive, tar.gz')
    .option('--previous <file>', 'the archive before this one: its hash is part of what is signed')
    .option('--junit', 'JUnit XML of every run too', false)
    .option('--allow-empty', 'a period without a run is no error', false)
    .option('--config <file>', 'configuration (default: BULKHEAD_CONFIG, else bulkhead.yaml from here up to the repository)')
    .option('--no-config', 'look for no configuration file')
    .option('--waivers <file>', 'failures that somebody accepts until a day')
    .option('--fail-on <severity>', 'the gate that runs are judged by (default: medium)', parseGate)
    .action(async (bundles: readonly string[], options: EvidenceOptions) => {
      const result = await create(bundles, options, context.signal);
      for (const { source, why, detail } of result.leftOut) {
        process.stderr.write(
          `bulkhead: ${escapeText(source, 1000)} is not in the pack, ${LEFT_OUT[why]}: ${escapeText(detail, 1000)}\n`,
        );
      }
      await print(
        `${escapeText(options.out ?? '', 1000)}: ${result.runs} runs, ${result.files} files\n  manifest: SHA-256 ${result.manifest}\n  key:      ${result.keyId}\n`,
      );
      // What could not be read might have been a run of the period.
      context.finish(result.leftOut.some(({ why }) => why === 'unreadable') ? EXIT.inconclusive : EXIT.clean);
    });
  evidence
    .command('verify')
    .description('check an archive against the public key of whoever signed it')
    .argument('<file>', 'an archive of `bulkhead evidence`')
    .requiredOption('--public-key <file>', 'Ed25519 public key in PEM, from the signer and not from the archive')
    .option('--previous <file>', 'the archive before it: is it the one that this one names?')
    .option('--json', 'the result for programs', false)
    .action(async (file: string, options: VerifyOptions) => {
      context.finish(await verify(file, options));
    });
}

/** Files that are named, else the history. */
async function withRuns<T>(
  bundles: readonly string[],
  { file, config }: EvidenceOptions,
  period: Period,
  work: (runs: AsyncIterable<EvidenceRun>) => Promise<T>,
): Promise<T> {
  if (bundles.length > 0) return work(bundleFiles(bundles));
  const flags = { ...(file === undefined ? {} : { file }), ...(config === undefined ? {} : { config }) };
  return withHistory(await openedHistory(flags), (history) => work(recordedRuns(history, period)));
}

async function create(
  bundles: readonly string[],
  options: EvidenceOptions,
  signal: AbortSignal,
): Promise<PackResult & { readonly keyId: string }> {
  const { key: keyFile, out, previous, junit, allowEmpty, config, waivers, failOn } = options;
  const now = new Date();
  const period = periodOf(options, now);
  if (out === undefined) throw missing('--out', 'evidence.tar.gz');
  if (keyFile === undefined) throw missing('--key', 'evidence.key.pem, made by `openssl genpkey -algorithm ed25519`');
  const inputs = [...bundles, keyFile, ...(previous === undefined ? [] : [previous])];
  if (inputs.some((input) => path.resolve(input) === path.resolve(out))) {
    throw new BulkheadError('usage', `--out would replace ${escapeText(out)}, which is read.`, { hint: 'Name another file.' });
  }
  const { BULKHEAD_KEY_PASSPHRASE: passphrase, ...env } = process.env;
  const settings = await resolveSettings(
    {
      ...(config === undefined ? {} : { config }),
      ...(waivers === undefined ? {} : { waivers }),
      ...(failOn === undefined ? {} : { failOn }),
      format: [],
      failOnUnusedWaiver: false,
      updateBaseline: false,
      showWaived: true,
      allowEmpty: false,
      quiet: false,
      verbose: true,
    },
    env,
    now,
  );
  // What has changed since a baseline of today says nothing of a run of long ago.
  const { baseline: _, ...judging } = settings.report;
  const key = await readSigningKey(keyFile, passphrase === '' ? undefined : passphrase);
  if (key.exposed) {
    process.stderr.write(`bulkhead: ${escapeText(keyFile, 1000)} may be read by others than its owner; chmod 600 it.\n`);
  }
  const before = previous === undefined ? undefined : await previousHash(previous, key);
  const result = await withRuns(bundles, options, period, (runs) =>
    createPack({
      runs,
      period,
      judging,
      junit,
      key,
      allowEmpty,
      out,
      now,
      signal,
      ...(before === undefined ? {} : { previous: before }),
    }),
  );
  return { ...result, keyId: key.keyId };
}

/** The manifest hash of the pack before. Its signature is checked where it was made with this key. */
async function previousHash(file: string, key: SigningKey): Promise<string> {
  const { bytes, signature } = await readHead(file);
  const parsed = parseManifest(bytes.toString('utf8'));
  if ('problem' in parsed) {
    throw new BulkheadError('evidence-invalid', `${escapeText(file)}: ${parsed.problem}`, {
      hint: 'Name a pack of this version.',
    });
  }
  const { keyId } = parsed.manifest.signature;
  if (keyId !== key.keyId) {
    process.stderr.write(
      `bulkhead: ${escapeText(file, 1000)} was signed with another key, ${keyId}: its signature was not checked.\n`,
    );
  } else if (!isSigned(bytes, signature, key)) {
    throw new BulkheadError('evidence-invalid', `${escapeText(file)} was changed: its signature does not fit its manifest.`, {
      hint: 'Name the pack as it was written; `bulkhead evidence verify` says what is wrong with it.',
    });
  }
  return hashOf(bytes);
}

async function verify(file: string, { publicKey, previous, json }: VerifyOptions): Promise<number> {
  const key = await readVerifyingKey(publicKey ?? '');
  const { problems, ...verdict } = await verifyPack(file, key);
  const all = [...problems, ...(previous === undefined ? [] : await chainProblems(previous, verdict.manifest?.previous))];
  const result = { ...verdict, problems: all, keyId: key.keyId };
  await print(json ? renderVerdictJson(result) : renderVerdict(file, result));
  return all.length === 0 ? EXIT.clean : EXIT.violation;
}

async function chainProblems(file: string, named: string | undefined): Promise<readonly PackProblem[]> {
  const hash = hashOf((await readHead(file)).bytes);
  if (hash === named) return [];
  const says = named === undefined ? 'names no pack before it' : `names ${named}`;
  return [{ code: 'previous', message: `The manifest of ${escapeText(file)} has the SHA-256 ${hash}, and the pack ${says}.` }];
}

function missing(flag: string, example: string): BulkheadError {
  return new BulkheadError('usage', `${flag} is missing.`, { hint: `Give a file: ${flag} ${example}.` });
}
