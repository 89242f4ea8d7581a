import type { PlannedTarget } from '../engine/dry-run.ts';
import type { AttemptSpec } from '../model/attempt.ts';
import { escapeText } from '../model/text.ts';
import { endpointText } from '../probes/address.ts';

/** The plan for people: one line an attempt. */
export function renderDryRun(plans: readonly PlannedTarget[]): string {
  const lines = plans.flatMap(({ target, attempts, remarks }) => [
    `${escapeText(target)}: ${attempts.length} attempts known before the start`,
    ...remarks.map((remark) => `  - ${escapeText(remark, 500)}`),
    ...attempts.map((spec) => `  ${line(spec)}`),
    '',
  ]);
  return `${[...lines, 'Nothing was started and nothing was dialled.'].join('\n')}\n`;
}

function line(spec: AttemptSpec): string {
  const where = spec.kind === 'dns' ? spec.host : endpointText(spec.host, spec.port);
  const asked = askedOf(spec);
  const way = spec.path === 'proxy' ? `by proxy ${spec.proxy ?? ''}` : `direct IPv${spec.family}`;
  const place = spec.from === 'host' ? ' from the host' : '';
  const call = spec.call === undefined ? '' : ', calls a tool where a session opens';
  // What the host tries is held against another attempt of its own.
  const control =
    spec.controls.length > 0 ? `, control: ${spec.controls.join(', ')}` : spec.from === undefined ? ', no control' : '';
  return escapeText(
    `${spec.purpose.padEnd(16)} ${spec.kind.padEnd(4)} ${where}${spec.request ?? ''}${asked} ${way}${place}${call}${control}`,
    500,
  );
}

/** What is asked for in place of what is dialled, or whom. */
function askedOf({ serverName, authority, origin, resolver }: AttemptSpec): string {
  const parts = [
    ...(serverName === undefined ? [] : [`SNI ${serverName}`]),
    ...(authority === undefined ? [] : [`Host ${authority}`]),
    ...(origin === undefined ? [] : [`Origin ${origin}`]),
    ...(resolver === undefined ? [] : [`at ${endpointText(resolver.address, resolver.port)} by ${resolver.tcp ? 'TCP' : 'UDP'}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
