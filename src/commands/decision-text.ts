import type { GatewayLine } from '../model/compartment.ts';
import { escapeText } from '../model/text.ts';

/** One line of the decision log for people. The names in it come from the server. */
export function decisionText(line: GatewayLine): string | undefined {
  switch (line.type) {
    case 'ready':
      return undefined;
    case 'problem':
      return `problem  ${escapeText(line.message, 500)}`;
    case 'suppressed':
      return `…        ${line.lines} more lines (${line.allowed} allowed, ${line.denied} denied so far)`;
    case 'decision': {
      const where = `${escapeText(line.host, 260)}:${line.port}`;
      const address = line.address === undefined ? '' : ` at ${escapeText(line.address, 60)}`;
      return `${line.decision.padEnd(8)} ${line.via.padEnd(7)} ${where}${address}  (${escapeText(line.reason, 300)})`;
    }
  }
}
