import path from 'node:path';
import { creationLabel, isTrue, type Recognizer } from './container.ts';
import type { ContainerSummary } from '../model/container.ts';

/**
 * Labels of ToolHive. Source: stacklok/toolhive `pkg/labels/labels.go` and, for the sidecars' label,
 * `pkg/container/docker/client.go`.
 */
const MANAGED = 'toolhive';
const BASE_NAME = 'toolhive-basename';
const TRANSPORT = 'toolhive-transport';
/** Port on the host of the proxy process in front of the container. */
const PORT = 'toolhive-port';
/** Egress, ingress and DNS sidecars. */
const SIDECAR = 'toolhive-auxiliary-workload';
/** The MCP Inspector and other helpers that a person starts: another key, easily confused with the one above. */
const AUXILIARY = 'toolhive-auxiliary';

export const recognizeToolHive: Recognizer = (container) => {
  if (!isTrue(creationLabel(container, MANAGED))) return undefined;
  if (isTrue(creationLabel(container, SIDECAR))) return { kind: 'part', what: 'a sidecar of ToolHive' };
  const transport = creationLabel(container, TRANSPORT);
  if (isTrue(creationLabel(container, AUXILIARY)) || transport === 'inspector') {
    return { kind: 'part', what: 'an auxiliary container of ToolHive' };
  }
  return { kind: 'server', platform: 'toolhive', why: `label ${MANAGED}=true`, transport, alias: baseName(container) };
};

/** Port and transport of the proxy as the labels have them; the address is in the run configuration alone. */
export function proxyLabels(container: ContainerSummary): {
  readonly port: string | undefined;
  readonly transport: string | undefined;
} {
  return { port: creationLabel(container, PORT), transport: creationLabel(container, TRANSPORT) };
}

function baseName(container: ContainerSummary): string | undefined {
  return creationLabel(container, BASE_NAME);
}

/** Names of devices, which Windows opens whatever the directory and the ending. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * The file in which ToolHive keeps how it started a container, or `undefined` when the label that names it is
 * no plain file name: a label must not choose a path.
 */
export function runConfigFile(container: ContainerSummary, directory: string, platform: NodeJS.Platform): string | undefined {
  const name = baseName(container);
  if (name === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name)) return undefined;
  if (platform === 'win32' && WINDOWS_DEVICE.test(name)) return undefined;
  return (platform === 'win32' ? path.win32 : path.posix).join(directory, `${name}.json`);
}

/**
 * Where ToolHive keeps its run configurations: `toolhive/runconfigs` in the state directory of the XDG rules
 * as its library (adrg/xdg) has them on each platform.
 */
export function runConfigDirectory(input: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly platform: NodeJS.Platform;
}): string {
  const { env, homeDirectory, platform } = input;
  const paths = platform === 'win32' ? path.win32 : path.posix;
  const given = env['XDG_STATE_HOME'];
  // The XDG rules say that a relative path is to be ignored.
  if (given !== undefined && paths.isAbsolute(given)) return paths.join(given, 'toolhive', 'runconfigs');
  return paths.join(defaultState(), 'toolhive', 'runconfigs');

  function defaultState(): string {
    if (platform === 'darwin') return paths.join(homeDirectory, 'Library', 'Application Support');
    if (platform === 'win32') return env['LOCALAPPDATA'] ?? paths.join(homeDirectory, 'AppData', 'Local');
    return paths.join(homeDirectory, '.local', 'state');
  }
}
