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
    ...(one.lost.length === 0 ? {} : { lost: one.lost }),
    image,
    transport,
    ...(address(one) === '' ? {} : { url: address(one), port }),
    attached,
    profile: one.profile === undefined ? null : profileOf(one.profile),
    optOuts: one.optOuts?.split(',') ?? [],
    ...counts,
    session,
  };
}

/** Anybody may give a container the label; what is no JSON is shown as it is. */
function profileOf(label: string): unknown {
  try {
    return JSON.parse(label);
  } catch {
    return label;
  }
}

function table(rows: readonly Counted[]): string {
  if (rows.length === 0) return 'No compartment on this engine. `bulkhead run IMAGE` starts one.\n';
  const cells = [
    ['NAME', 'STATE', 'MAY REACH', 'TRANSPORT', 'ADDRESS', 'ALLOWED', 'DENIED'],
    ...rows.map(({ one, counts }) => [
      escapeText(one.name, 40),
      [one.state, ...one.lost.map((role) => `no ${role}`)].join(', '),
      escapeText(policyText(one), 60),
      escapeText(one.transport, 20),
      address(one) === '' ? (one.attached ? 'its client' : '-') : address(one),
      String(counts.allowed),
      String(counts.denied),
    ]),
  ];
  return tableText(cells);
}

/** Where it answers: empty without a server that runs, and a gateway and relay that lead to it. */
function address({ transport, port, state, lost }: ListedCompartment): string {
  const silent = transport === 'stdio' || port === undefined || state !== 'running' || lost.length > 0;
  return silent ? '' : urlOf(transport as Exclude<ServerTransport, 'stdio'>, port);
}

function policyText({ profile, shape, lost }: ListedCompartment): string {
  if (profile === undefined) return '-';
  // An open one has a network of its own.
  if (shape === 'sealed' && lost.length > 0) return 'nothing any more';
  try {
    return describePolicy(egressPolicy(parseProfile(profile, 'label').profile));
  } catch {
    return 'unreadable';
  }
}
