import { BulkheadError } from '../errors.ts';
import type { TellingOptions } from '../model/telling.ts';
import { commandReceiver } from './command.ts';
import type { Receiver } from './receiver.ts';
import { readSigningKeys } from './signature.ts';
import { webhookReceiver } from './webhook.ts';

/**
 * Everybody who is to be told.
 * @param environment for instance `process.env`; secrets and variables of commands come from it
 * @throws BulkheadError `config-invalid` or `config-unreadable`
 */
export async function receiversOf(
  { webhooks = [], commands = [] }: Pick<TellingOptions, 'webhooks' | 'commands'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Receiver[]> {
  const posted = await Promise.all(
    webhooks.map(async (options) => webhookReceiver(options, await readSigningKeys(options, environment))),
  );
  const receivers = [...posted, ...commands.map((options) => commandReceiver(options, environment))];
  const names = receivers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return receivers;
  throw new BulkheadError('config-invalid', `${twice} is to be told twice.`, { hint: 'Keep one of the two.' });
}
