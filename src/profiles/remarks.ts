import type { NetworkPermissions, OutboundPermissions, Profile, Remark } from '../model/profile.ts';
import { escapeText } from '../model/text.ts';
import { hostRemarks, duplicateRemarks } from './host-remarks.ts';
import { readMount } from './mounts.ts';
import { show } from './problems.ts';

/** How many remarks one profile gets. */
export const MAX_REMARKS = 100;

/**
 * What is legal and odd in a valid profile.
 * @param retiredTransport the file had `allow_transport`, which the type does not hold any more
 */
export function profileRemarks(profile: Profile, retiredTransport = false): readonly Remark[] {
  const remarks = [
    ...privilegedRemarks(profile),
    ...mountRemarks(profile),
    ...modeRemarks(profile.network),
    ...outboundRemarks(profile.network?.outbound, retiredTransport),
    ...inboundRemarks(profile.network),
  ];
  if (remarks.length <= MAX_REMARKS) return remarks;
  const shown = remarks.slice(0, MAX_REMARKS - 1);
  return [...shown, { code: 'more-remarks', path: '', message: `There are ${remarks.length - shown.length} more remarks.` }];
}

function privilegedRemarks({ privileged }: Profile): readonly Remark[] {
  if (privileged !== true) return [];
  return [
    {
      code: 'privileged',
      path: 'privileged',
      message:
        'A privileged container has every capability and device of the host; no other line of the profile holds against it.',
    },
  ];
}

function mountRemarks({ read = [], write = [] }: Profile): readonly Remark[] {
  const resources = [...entries('read', read), ...entries('write', write)].flatMap(({ entry, path }): Remark[] => {
    const reading = readMount(entry);
    if (!reading.ok || reading.mount.form !== 'resource') return [];
    return [
      {
        code: 'resource-mount',
        path,
        message: `${show(entry)} names a ${escapeText(reading.mount.scheme, 32)} resource; ToolHive skips such mounts on Docker and Podman.`,
      },
    ];
  });
  const readable = new Set(read.map(mountTarget));
  const both = entries('write', write).flatMap(({ entry, path }): Remark[] =>
    readable.has(mountTarget(entry))
      ? [
          {
            code: 'mount-read-and-write',
            path,
            message: `${show(entry)} has the same container path as an entry of "read": write wins.`,
          },
        ]
      : [],
  );
  return [
    ...resources,
    ...both,
    ...duplicateRemarks('read', read, canonicalMount),
    ...duplicateRemarks('write', write, canonicalMount),
  ];
}

function entries(list: string, values: readonly string[]): readonly { readonly entry: string; readonly path: string }[] {
  return values.map((entry, index) => ({ entry, path: `${list}[${index}]` }));
}

function mountTarget(entry: string): string {
  const reading = readMount(entry);
  return reading.ok ? reading.mount.target : entry;
}

function canonicalMount(entry: string): string {
  const reading = readMount(entry);
  if (!reading.ok) return entry;
  const { mount } = reading;
  return JSON.stringify([mount.form === 'resource' ? mount.scheme : '', mount.source, mount.target]);
}

function modeRemarks(network: NetworkPermissions | undefined): readonly Remark[] {
  const mode = network?.mode ?? '';
  const remark = (code: string, message: string): readonly Remark[] => [{ code, path: 'network.mode', message }];
  switch (mode) {
    // The bridge-like modes of ToolHive (`pkg/networking/utilities.go`).
    case '':
    case 'bridge':
    case 'default':
      return [];
    case 'none':
      return declaresOutbound(network?.outbound)
        ? remark('network-mode-none', 'Mode "none" means no network: what "outbound" allows has no effect.')
        : [];
    case 'host':
      return remark('network-mode-host', 'The server shares the host\'s network: ToolHive does not enforce "outbound" there.');
    default:
      return remark('network-mode-custom', `The server joins ${show(mode)}: ToolHive does not enforce "outbound" there.`);
  }
}

function declaresOutbound(outbound: OutboundPermissions | undefined): boolean {
  return outbound?.insecure_allow_all === true || isListed(outbound?.allow_host) || isListed(outbound?.allow_port);
}

function isListed(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}

function outboundRemarks(outbound: OutboundPermissions | undefined, retiredTransport: boolean): readonly Remark[] {
  const hosts = outbound?.allow_host ?? [];
  const ports = outbound?.allow_port ?? [];
  const base = 'network.outbound';
  return [
    ...(retiredTransport
      ? [
          {
            code: 'retired-allow-transport',
            path: `${base}.allow_transport`,
            message: 'allow_transport was retired in 2025 and has no effect. Remove it.',
          },
        ]
      : []),
    ...listRemarks(outbound?.insecure_allow_all === true, hosts.length, ports.length),
    ...hostRemarks(`${base}.allow_host`, hosts),
    ...duplicateRemarks(`${base}.allow_port`, ports, String),
  ];
}

function listRemarks(allowAll: boolean, hosts: number, ports: number): readonly Remark[] {
  const base = 'network.outbound';
  if (allowAll) {
    return hosts + ports === 0
      ? []
      : [
          {
            code: 'allow-all-beside-lists',
            path: `${base}.insecure_allow_all`,
            message: 'Everything is allowed: the lists beside it have no effect.',
          },
        ];
  }
  if (hosts === 0 && ports > 0) {
    return [
      {
        code: 'ports-without-hosts',
        path: `${base}.allow_port`,
        message: 'No hosts are named: any public host is allowed on these ports.',
      },
    ];
  }
  if (hosts > 0 && ports === 0) {
    return [{ code: 'hosts-without-ports', path: `${base}.allow_host`, message: 'No ports are named: 80 and 443 are meant.' }];
  }
  return [];
}

function inboundRemarks(network: NetworkPermissions | undefined): readonly Remark[] {
  const hosts = network?.inbound?.allow_host ?? [];
  if (hosts.length === 0) return [];
  const path = 'network.inbound.allow_host';
  return [{ code: 'inbound-not-judged', path, message: 'Inbound host names are read and neither enforced nor judged.' }];
}
