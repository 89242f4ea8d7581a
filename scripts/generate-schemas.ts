/**
 * Writes the published JSON Schemas from the model: `node scripts/generate-schemas.ts`.
 * With `--check` nothing is written, and a difference ends in exit code 1.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { BUNDLE_VERSION, BundleSchema } from '../src/model/bundle.ts';
import { COMPARISON_VERSION, ComparisonSchema } from '../src/model/comparison.ts';
import { CONFIG_VERSION, ConfigSchema } from '../src/model/config.ts';
import { EVENT_VERSION, EventSchema } from '../src/model/event.ts';
import { DRIFT_VERSION, DriftSchema } from '../src/model/drift.ts';
import { HISTORY_VERSION, HistoryRecord } from '../src/model/history.ts';
import { EvidenceManifest, EvidenceSummary, MANIFEST_VERSION, SUMMARY_VERSION } from '../src/model/evidence.ts';
import { PROBE_PROTOCOL_VERSION, ProbeMessage } from '../src/model/probe-protocol.ts';
import { REPORT_VERSION, ReportSchema } from '../src/model/report.ts';
import { TREND_VERSION, TrendSchema } from '../src/model/trend.ts';

const DIRECTORY = fileURLToPath(new URL('../schemas/', import.meta.url));

const PUBLISHED = [
  {
    file: 'report.schema.json',
    id: `urn:bulkhead:report:${REPORT_VERSION}`,
    title: 'Bulkhead report',
    description: 'What `bulkhead audit --format json` writes.',
    schema: ReportSchema,
  },
  {
    file: 'bundle.schema.json',
    id: `urn:bulkhead:bundle:${BUNDLE_VERSION}`,
    title: 'Bulkhead observation bundle',
    description: 'What an audit saw, before it is judged; `bulkhead evaluate` reads it.',
    schema: BundleSchema,
  },
  {
    file: 'comparison.schema.json',
    id: `urn:bulkhead:comparison:${COMPARISON_VERSION}`,
    title: 'Bulkhead comparison',
    description: 'What `bulkhead compare --format json` writes.',
    schema: ComparisonSchema,
  },
  {
    file: 'drift.schema.json',
    id: `urn:bulkhead:drift:${DRIFT_VERSION}`,
    title: 'Bulkhead drift',
    description: 'What `bulkhead diff --format json` writes.',
    schema: DriftSchema,
  },
  {
    file: 'config.schema.json',
    id: `urn:bulkhead:config:${CONFIG_VERSION}`,
    title: 'Bulkhead configuration',
    description: '`bulkhead.yaml`, `bulkhead.json`, or the key `bulkhead` of package.json.',
    schema: ConfigSchema,
  },
  {
    file: 'event.schema.json',
    id: `urn:bulkhead:event:${EVENT_VERSION}`,
    title: 'Bulkhead event',
    description: 'What webhooks and commands are told.',
    schema: EventSchema,
  },
  {
    file: 'history-record.schema.json',
    id: `urn:bulkhead:history-record:${HISTORY_VERSION}`,
    title: 'Bulkhead history record',
    description: 'A run of the history: a line of `bulkhead history export`.',
    schema: HistoryRecord,
  },
  {
    file: 'evidence-manifest.schema.json',
    id: `urn:bulkhead:evidence-manifest:${MANIFEST_VERSION}`,
    title: 'Manifest of a Bulkhead evidence pack',
    description: '`manifest.json` of `bulkhead evidence`: what the pack holds. `manifest.sig` signs its bytes.',
    schema: EvidenceManifest,
  },
  {
    file: 'evidence-summary.schema.json',
    id: `urn:bulkhead:evidence-summary:${SUMMARY_VERSION}`,
    title: 'Summary of a Bulkhead evidence pack',
    description: '`summary.json` of `bulkhead evidence`.',
    schema: EvidenceSummary,
  },
  {
    file: 'trend.schema.json',
    id: `urn:bulkhead:trend:${TREND_VERSION}`,
    title: 'Bulkhead trend',
    description: 'What `bulkhead history trend --format json` writes.',
    schema: TrendSchema,
  },
  {
    file: 'probe-message.schema.json',
    id: `urn:bulkhead:probe-message:${PROBE_PROTOCOL_VERSION}`,
    title: 'Bulkhead probe message',
    description: 'One line that a probe container prints.',
    schema: ProbeMessage,
  },
] as const;

/** File name to text. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    PUBLISHED.map(({ file, id, title, description, schema }) => {
      const document = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: id, title, description, ...schema };
      return [file, `${JSON.stringify(document, undefined, 2)}\n`];
    }),
  );
}

/** Names of the files in `schemas/` that differ from the model. */
export async function staleSchemas(): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [file, text] of schemaFiles()) {
    const published = await readFile(DIRECTORY + file, 'utf8').catch(() => undefined);
    if (published !== text) stale.push(file);
  }
  return stale;
}

async function main(check: boolean): Promise<void> {
  const stale = await staleSchemas();
  if (check) {
    for (const file of stale) console.error(`schemas/${file} differs from src/model: run node scripts/generate-schemas.ts`);
    if (stale.length > 0) process.exitCode = 1;
    return;
  }
  await mkdir(DIRECTORY, { recursive: true });
  for (const [file, text] of schemaFiles()) await writeFile(DIRECTORY + file, text);
  console.log(stale.length > 0 ? `written: ${stale.join(', ')}` : 'schemas are up to date');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.includes('--check'));
