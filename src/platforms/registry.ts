import path from 'node:path';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { BULKHEAD } from './bulkhead.ts';
import { compose } from './compose.ts';
import { DOCKER } from './docker.ts';
import type { Platform } from './platform.ts';
import { program } from './program.ts';
import type { PlatformSettings } from './settings.ts';
import { toolhive } from './toolhive.ts';

/** How platforms are named, for help and for messages. */
export const PLATFORM_WORDS = 'docker, bulkhead, toolhive, compose:FILE, or the path of a program with a slash in it (./mine)';

/**
 * The platform that a word of the command line names.
 * @throws BulkheadError `usage`
 */
export function platformOf(word: string, settings: PlatformSettings): Platform {
  if (word === 'docker') return DOCKER;
  if (word === 'bulkhead') return BULKHEAD;
  if (word === 'toolhive') return toolhive(settings);
  const file = /^compose:(.+)$/.exec(word)?.[1];
  if (file !== undefined) return compose(file, settings);
  if (!word.startsWith('compose:') && (word.includes('/') || word.includes(path.sep))) return program(word, settings);
  throw new BulkheadError('usage', `"${escapeText(word, 80)}" is no platform.`, { hint: `Platforms: ${PLATFORM_WORDS}.` });
}
