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
  const value = member(config, 'permission_profile');
  if (value === undefined || value === null) return { state: 'missing', reason: `${shown} has no permission_profile` };
  return { state: 'found', file, value };
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
