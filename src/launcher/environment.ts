import { BulkheadError } from '../errors.ts';
import { isVariableName, variableEntry } from './variable.ts';

/** Variables of the process that called, for instance `process.env`. */
export type CallerEnvironment = Readonly<Record<string, string | undefined>>;

const GOOD = 'Write --env NAME=value, or --env NAME to hand on a variable of your own; names have letters, digits and _.';
const CREDENTIAL =
  /TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL|AUTHORIZATION|BEARER|(?:API|ACCESS|PRIVATE|SIGNING|ENCRYPTION)_?KEY|(?:^|_)KEYS?(?:_|$)|(?:^|_)PAT$|_PWD$/i;

/**
 * Reads the values of `--env`: `NAME=value`, or `NAME` of the caller's own. An empty value is one. Messages
 * and notes hold names and never a value, nor what may be one in the wrong place.
 * @returns `NAME=value` each, in the order given
 * @throws BulkheadError `usage` for what is no name, is given twice, or is not set
 */
export function readEnvironment(
  flags: readonly string[],
  caller: CallerEnvironment,
): { readonly env: readonly string[]; readonly notes: readonly string[] } {
  const entries = flags.map((flag, index) => readFlag(flag, index, caller));
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new BulkheadError('usage', `--env ${twice} is given twice.`, { hint: 'Keep one of the two.' });
  return {
    env: entries.map(({ entry }) => entry),
    notes: names
      .filter(looksLikeCredential)
      .map(
        (name) =>
          `--env ${name} looks like a credential: whoever may inspect the container reads it (--secret ${name}=… delivers it as a file).`,
      ),
  };
}

function readFlag(flag: string, index: number, caller: CallerEnvironment): { readonly name: string; readonly entry: string } {
  const split = flag.indexOf('=');
  const name = split === -1 ? flag : flag.slice(0, split);
  if (!isVariableName(name))
    throw new BulkheadError('usage', `--env number ${index + 1} does not begin with a name.`, { hint: GOOD });
  const value = split === -1 ? ownValue(name, caller) : flag.slice(split + 1);
  return { name, entry: variableEntry(name, value, `--env ${name}`) };
}

function ownValue(name: string, caller: CallerEnvironment): string {
  const value = variableOf(caller, name);
  if (value !== undefined) return value;
  throw new BulkheadError('usage', `--env ${name}: the variable is not set.`, { hint: `Set it, or write --env ${name}=value.` });
}

/** A variable that is set; nothing that objects have by nature is one. */
export function variableOf(caller: CallerEnvironment, name: string): string | undefined {
  // On Windows process.env finds a name in any case, and then does not own it as written.
  const value = caller[name];
  return typeof value === 'string' ? value : undefined;
}

/** `NAME_FILE` is a path. */
function looksLikeCredential(name: string): boolean {
  return CREDENTIAL.test(name) && !/_(?:FILE|PATH|URL)$/i.test(name);
}
