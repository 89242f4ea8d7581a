import { messageOf } from '../errors.ts';
import { findJsonFault } from '../profiles/json-scan.ts';
import { readBoundedText } from '../profiles/read-text.ts';
import type { ContainerSummary } from '../model/container.ts';
import { quoted } from './names.ts';
import { runConfigFile } from './toolhive.ts';

/** A run configuration of ToolHive is a few KiB. */
const MAX_BYTES = 1024 * 1024;
const MAX_PATH = 1024;

/** A profile that is still to be validated, or why there is none. Reasons are safe to print. */
export type RunConfigProfile =
  | { readonly state: 'found'; readonly file: string; readonly value: unknown }
  | { readonly state: 'missing' | 'invalid'; readonly reason: string };

/** The key of a run configuration that holds the profile. */
export const PROFILE_KEY = 'permission_profile';

/** Where a profile of a run configuration was found, for people and for `runConfigOf`. */
export function runConfigLocation(file: string): string {
  return `${file} (${PROFILE_KEY})`;
}

/** The file of such a location. */
export function runConfigOf(location: string): string | undefined {
  const end = runConfigLocation('');
  return location.endsWith(end) ? location.slice(0, -end.length) : undefined;
}

/**
 * The profile with which ToolHive started a container: `permission_profile` of its run configuration, where
 * ToolHive has already resolved flags, volumes and registry entries (stacklok/toolhive `pkg/runner/config.go`).
 * Never throws.
 */
export async function readRunConfig(
  container: ContainerSummary,
  directory: string,
  platform: NodeJS.Platform,
): Promise<RunConfigProfile> {
  const found = await readConfig(container, directory, platform);
  if (found.state !== 'found') return found;
  const value = member(found.config, PROFILE_KEY);
  if (value === undefined || value === null) {
    return { state: 'missing', reason: `${quoted(found.file, MAX_PATH)} has no ${PROFILE_KEY}` };
  }
  return { state: 'found', file: found.file, value };
}

/** How ToolHive's proxy in front of a container is reached: `host`, `port` and `proxy_mode` of its run configuration, not validated. */
export async function readRunConfigProxy(
  container: ContainerSummary,
  directory: string,
  platform: NodeJS.Platform,
): Promise<{ readonly host: unknown; readonly port: unknown; readonly mode: unknown } | undefined> {
  const found = await readConfig(container, directory, platform);
  if (found.state !== 'found') return undefined;
  const { config } = found;
  return { host: member(config, 'host'), port: member(config, 'port'), mode: member(config, 'proxy_mode') };
}

type FoundConfig =
  | { readonly state: 'found'; readonly file: string; readonly config: unknown }
  | { readonly state: 'missing' | 'invalid'; readonly reason: string };

async function readConfig(container: ContainerSummary, directory: string, platform: NodeJS.Platform): Promise<FoundConfig> {
  const file = runConfigFile(container, directory, platform);
  if (file === undefined) return { state: 'invalid', reason: 'the label toolhive-basename is absent or not a plain file name' };
  const shown = quoted(file, MAX_PATH);
  let text: string | undefined;
  try {
    text = await readBoundedText(file, MAX_BYTES);
  } catch (error) {
    return { state: 'invalid', reason: messageOf(error) };
  }
  if (text === undefined) return { state: 'missing', reason: `${shown} does not exist` };
  // The file holds environment variables in plain text: nothing of it may go into a message.
  if (findJsonFault(text) !== undefined) return { state: 'invalid', reason: `${shown} is not JSON` };
  const config: unknown = JSON.parse(text);
  const owner = member(config, 'container_name');
  // The label chose the file, so the file must speak of this container.
  if (typeof owner === 'string' && owner !== '' && owner !== container.name) {
    return { state: 'invalid', reason: `${shown} is of the container ${quoted(owner)}` };
  }
  return { state: 'found', file, config };
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
