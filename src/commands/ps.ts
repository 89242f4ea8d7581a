import type { Command } from 'commander';
import { EXIT } from '../engine/exit-code.ts';
import type { ServerTransport } from '../model/compartment.ts';
import { escapeText } from '../model/text.ts';
import { parseProfile } from '../profiles/load.ts';
import { describePolicy, egressPolicy } from '../profiles/match.ts';
import { decisionCounts, listCompartments, type Counts, type ListedCompartment } from '../runtime/compartment-list.ts';
import { urlOf } from './client-config.ts';
import type { CommandContext } from './context.ts';
import { HOST_OPTION, onEngine, type EngineOption } from './engine.ts';
import { print } from './print.ts';
import { tableText } from './table.ts';

export function addPs(program: Command, { finish }: CommandContext): void {
  program
    .command('ps')
    .description('list the compartments of an engine')
    .option('--json', 'as JSON', false)
    .option(...HOST_OPTION)
    .action(async (options: EngineOption & { readonly json: boolean }) => {
      await onEngine(options, async ({ docker }) => {
        const all = await listCompartments(docker);
        const counted = await Promise.all(all.map(async (one) => ({ one, counts: await decisionCounts(docker, one) })));
        await print(options.json ? `${JSON.stringify(counted.map(jsonRow), null, 2)}\n` : table(counted));
      });
      finish(EXIT.clean);
    });
}

interface Counted {
  readonly one: ListedCompartment;
  readonly counts: Counts;
}

function jsonRow({ one, counts }: Counted): object {
  const { name, transport, state, image, attached, port, session } = one;
  return {
    name,
    state,
    image,
    transport,
    ...(address(one) === '' ? {} : { url: address(one), port }),
    attached,
    profile: one.profile === undefined ? null : (JSON.parse(one.profile) as object),
    optOuts: one.optOuts?.split(',') ?? [],
    ...counts,
    session,
  };
}

function table(rows: readonly Counted[]): string {
  if (rows.length === 0) return 'No compartment on this engine. `bulkhead run IMAGE` starts one.\n';
  const cells = [
    ['NAME', 'STATE', 'MAY REACH', 'TRANSPORT', 'ADDRESS', 'ALLOWED', 'DENIED'],
    ...rows.map(({ one, counts }) => [
      escapeText(one.name, 40),
      one.state,
      escapeText(policyText(one), 60),
      one.transport,
      address(one) === '' ? (one.attached ? 'its client' : '-') : address(one),
      String(counts.allowed),
      String(counts.denied),
    ]),
  ];
  return tableText(cells);
}

function address({ transport, port }: ListedCompartment): string {
  return transport === 'stdio' || port === undefined ? '' : urlOf(transport as Exclude<ServerTransport, 'stdio'>, port);
}

function policyText({ profile }: ListedCompartment): string {
  if (profile === undefined) return '-';
  try {
    return describePolicy(egressPolicy(parseProfile(profile, 'label').profile));
  } catch {
    return 'unreadable';
  }
}
