import { Ajv2020 } from 'ajv/dist/2020.js';
import { Type, type Static } from 'typebox';
import { BulkheadError, messageOf } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { readBoundedText } from '../profiles/read-text.ts';
import { replaceFile } from '../store/replace-file.ts';

/** What receivers were told last, by slot (see `slotOf`). Who keeps a history implements it there. */
export interface TellingState {
  /** The key of the event, or undefined when nothing is told. */
  get(slot: string): Promise<string | undefined>;
  /** @param key undefined: what was told is over */
  put(slot: string, key: string | undefined): Promise<void>;
}

const STATE_VERSION = 1;

/** Receivers that nobody configures any more leave theirs behind: the oldest go first. */
const MAX_SLOTS = 1000;
const MAX_BYTES = 1024 * 1024;

const StateFile = Type.Object(
  {
    stateVersion: Type.Literal(STATE_VERSION),
    told: Type.Record(Type.String({ maxLength: 600 }), Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);
type StateFile = Static<typeof StateFile>;

/** Forgets it at the end of the process: what was told is then told once more. */
export function memoryState(): TellingState {
  const told = new Map<string, string>();
  return {
    get: (slot) => Promise.resolve(told.get(slot)),
    put: (slot, key) => {
      if (key === undefined) told.delete(slot);
      else told.set(slot, key);
      return Promise.resolve();
    },
  };
}

/**
 * Keeps it in a small file, which is read once and replaced at each change. One process at a time.
 * @throws BulkheadError `config-unreadable` or `config-invalid` for a file that is there and not understood; later
 * `output-failed`, by `put`
 */
export async function fileState(path: string): Promise<TellingState> {
  const told = new Map(Object.entries((await read(path)).told));
  let writing = Promise.resolve();
  return {
    get: (slot) => Promise.resolve(told.get(slot)),
    put(slot, key) {
      told.delete(slot);
      if (key !== undefined) told.set(slot, key);
      for (const oldest of [...told.keys()].slice(0, -MAX_SLOTS)) told.delete(oldest);
      const written = writing.then(() => replaceFile(path, textOf(told), 'state of what was told', 0o600));
      writing = written.catch(() => undefined);
      return written;
    },
  };
}

function textOf(told: ReadonlyMap<string, string>): string {
  const file: StateFile = { stateVersion: STATE_VERSION, told: Object.fromEntries(told) };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

async function read(path: string): Promise<StateFile> {
  const where = `The state of what was told, ${escapeText(path)},`;
  const hint = 'Delete it: what was told is then told once more.';
  const text = await readBoundedText(path, MAX_BYTES).catch((cause: unknown) => {
    throw new BulkheadError('config-unreadable', `${where} cannot be read: ${messageOf(cause)}.`, { hint, cause });
  });
  if (text === undefined) return { stateVersion: STATE_VERSION, told: {} };
  const value = parse(text);
  if (new Ajv2020({ strict: true }).validate(StateFile, value)) return value as StateFile;
  throw new BulkheadError('config-invalid', `${where} is not one of this version.`, { hint });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
