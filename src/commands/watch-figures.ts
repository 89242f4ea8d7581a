import { afterDrift, afterFailure, afterReport, initialFacts, type MetricsFacts } from '../metrics/facts.ts';
import { metricFamilies } from '../metrics/families.ts';
import { serveMetrics } from '../metrics/server.ts';
import { metricsText } from '../metrics/text.ts';
import { writeTextfile } from '../metrics/textfile.ts';
import type { Drift } from '../model/drift.ts';
import type { Report } from '../model/report.ts';
import type { MetricsOptions } from '../model/telling.ts';
import type { DeliveryCounts } from '../telling/teller.ts';
import { TOOL } from '../version.ts';

/** What a watch counts, for whoever scrapes it. */
export interface Figures {
  /** @param known what is known of all servers */
  scanned(known: Report, drift: Drift | undefined): Promise<void>;
  /** @param startedAt milliseconds since the epoch */
  failed(startedAt: number): Promise<void>;
  close(): Promise<void>;
}

/** @throws BulkheadError where the figures can neither be served nor written as it was asked for */
export async function startFigures(
  { listen, textfile, ...rest }: MetricsOptions,
  deliveries: () => ReadonlyMap<string, Readonly<DeliveryCounts>>,
  progress: (message: string) => void,
): Promise<Figures> {
  let facts: MetricsFacts = initialFacts(TOOL.version);
  const families = () => metricFamilies(facts, deliveries());
  const server =
    listen === undefined
      ? undefined
      : await serveMetrics(
          { ...rest, listen },
          { text: (dialect) => metricsText(families(), dialect), isReady: () => facts.lastRun !== undefined },
        );
  if (server !== undefined) progress(`metrics at ${server.url}/metrics`);
  const write = async (): Promise<void> => (textfile === undefined ? undefined : writeTextfile(textfile, families()));
  await write();
  return {
    scanned: async (known, drift) => {
      facts = afterReport(facts, known);
      if (drift !== undefined) facts = afterDrift(facts, drift);
      await write();
    },
    failed: async (startedAt) => {
      facts = afterFailure(facts, startedAt, Date.now());
      await write();
    },
    close: async () => server?.close(),
  };
}
