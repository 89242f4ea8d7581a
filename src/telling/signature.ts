import { createHmac } from 'node:crypto';
import { BulkheadError, messageOf } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import type { WebhookOptions } from '../model/telling.ts';
import { readBoundedText } from '../profiles/read-text.ts';

/** Two secrets while one replaces the other, with room to spare. */
const MAX_SECRET_FILE_BYTES = 4096;

const GOOD = 'Write whsec_ and 24 to 64 random bytes in base64, for instance of: echo "whsec_$(openssl rand -base64 32)"';

/**
 * The headers of a message. Rules: Standard Webhooks 1.0.0, "Verifying webhook authenticity", symmetric signatures.
 * @param keys one, or two while receivers change over: each signs
 * @param at when this attempt is made, milliseconds since 1970
 */
export function signedHeaders(
  keys: readonly Buffer[],
  id: string,
  at: number,
  body: string,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(at / 1000));
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/**
 * Reads what signs, from the variable or the file that the options name. It is in no message.
 * @param environment for instance `process.env`
 * @throws BulkheadError `config-invalid` or `config-unreadable`
 */
export async function readSigningKeys(
  options: Pick<WebhookOptions, 'secretEnv' | 'secretFile'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Buffer[]> {
  const { secretEnv, secretFile } = options;
  if (secretEnv !== undefined && secretFile === undefined) {
    const text = environment[secretEnv];
    if (text !== undefined) return parseSigningKeys(text, `the variable ${secretEnv}`);
    throw new BulkheadError('config-invalid', `A webhook's secret is to come from the variable ${secretEnv}, which is not set.`, {
      hint: 'Set and export it, or name a file with secretFile.',
    });
  }
  if (secretFile !== undefined && secretEnv === undefined) {
    return parseSigningKeys(await readFile(secretFile), `the file ${escapeText(secretFile)}`);
  }
  throw new BulkheadError('config-invalid', 'A webhook has one of secretEnv and secretFile: what signs its events.', {
    hint: 'Write for instance secretEnv: BULKHEAD_WEBHOOK_SECRET',
  });
}

async function readFile(path: string): Promise<string> {
  const hint = 'Give a file in UTF-8 that may be read, with the secret alone in it.';
  const text = await readBoundedText(path, MAX_SECRET_FILE_BYTES).catch((cause: unknown) => {
    throw new BulkheadError('config-unreadable', `A webhook's secret cannot be read: ${messageOf(cause)}.`, { hint, cause });
  });
  if (text !== undefined) return text;
  throw new BulkheadError('config-unreadable', `A webhook's secret cannot be read: there is no file ${escapeText(path)}.`, {
    hint,
  });
}

function parseSigningKeys(text: string, where: string): readonly Buffer[] {
  const secrets = text.split(/\s+/).filter((word) => word !== '');
  const keys = secrets.map((secret) => {
    const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
    const key = Buffer.from(base64 ?? '', 'base64');
    // Node.js reads over what is no base64: only what it writes the same way was one.
    return key.toString('base64') === base64 && key.length >= 24 && key.length <= 64 ? key : undefined;
  });
  if (keys.length === 0) throw new BulkheadError('config-invalid', `No webhook secret is in ${where}.`, { hint: GOOD });
  if (keys.length > 2) {
    throw new BulkheadError('config-invalid', `More than two webhook secrets are in ${where}.`, {
      hint: 'Keep the new one, and the old one until its receivers know the new one.',
    });
  }
  return keys.map((key) => {
    if (key !== undefined) return key;
    throw new BulkheadError('config-invalid', `What is in ${where} is no webhook secret.`, { hint: GOOD });
  });
}
