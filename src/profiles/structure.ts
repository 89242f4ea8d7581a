import { Ajv2020 } from 'ajv/dist/2020.js';
import type { DefinedError, ValidateFunction } from 'ajv/dist/2020.js';
import { memberPath, show } from './problems.ts';
import type { Problem } from './problems.ts';
import { PROFILE_SCHEMA } from './schema.ts';
import { nearest } from './spelling.ts';

let compiled: ValidateFunction | undefined;

/** Problems that the JSON Schema finds. Compiled at the first call: most commands never need it. */
export function structureProblems(value: unknown): readonly Problem[] {
  compiled ??= new Ajv2020({ allErrors: true, strict: true, verbose: true }).compile(PROFILE_SCHEMA);
  if (compiled(value)) return [];
  return (compiled.errors ?? []).map((error) => problemOf(error as DefinedError));
}

function problemOf(error: DefinedError): Problem {
  const path = jsonPath(error.instancePath);
  const good = goodValue(path);
  if (error.keyword === 'additionalProperties') return unknownKey(path, error.params.additionalProperty);
  if (error.keyword === 'type') return { path, what: wrongType(error.params.type, error.data), good };
  if (error.keyword === 'minimum' || error.keyword === 'maximum')
    return { path, what: `${show(error.data)} is out of range`, good };
  if (error.keyword === 'maxItems')
    return { path, what: `has more than ${error.params.limit} entries`, good: 'Shorten the list' };
  if (error.keyword === 'maxLength') return { path, what: `is longer than ${error.params.limit} characters`, good };
  return { path, what: `${show(error.data)} is not valid here`, good };
}

/** A JSON pointer as a path. Only keys of the schema and indexes occur in it: unknown keys are not descended into. */
function jsonPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .reduce((path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : memberPath(path, step)), '');
}

function wrongType(expected: string, value: unknown): string {
  if (value === null) return 'is null';
  if (expected === 'integer' && typeof value === 'number') return `${show(value)} is not a whole number`;
  if (typeof value === 'string') return `${show(value)} is text, not ${withArticle(expected)}`;
  return `is ${show(value)}, not ${withArticle(expected)}`;
}

function withArticle(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

const GOOD_HOSTS = 'Write for instance ["api.example.com", ".example.org"], or leave the key out';
const GOOD_MOUNTS = 'Write for instance ["/srv/data", "/srv/cache:/cache"], or leave the key out';
const GOOD_OUTBOUND = 'Write for instance {"allow_host": ["api.example.com"], "allow_port": [443]}, or leave the key out';

/** What may stand at a path, indexes left out. */
const GOOD: ReadonlyMap<string, string> = new Map([
  ['', 'Write for instance {"network": {"outbound": {"allow_host": ["api.example.com"], "allow_port": [443]}}}'],
  ['name', 'Write a short text without control characters, or leave the key out'],
  ['read', GOOD_MOUNTS],
  ['read[]', 'Write an absolute path such as "/srv/data"'],
  ['write', GOOD_MOUNTS],
  ['write[]', 'Write an absolute path such as "/srv/data"'],
  ['privileged', 'Write true or false'],
  [
    'network',
    'Write for instance {"outbound": {"allow_host": ["api.example.com"]}}, or leave the key out: then nothing is allowed',
  ],
  ['network.mode', 'Write "none", "bridge", "host" or the name of a network, or leave the key out'],
  ['network.outbound', GOOD_OUTBOUND],
  ['network.outbound.insecure_allow_all', 'Write true or false'],
  ['network.outbound.allow_host', GOOD_HOSTS],
  ['network.outbound.allow_host[]', 'Write for instance "api.example.com"'],
  ['network.outbound.allow_port', 'Write for instance [443], or leave the key out'],
  ['network.outbound.allow_port[]', 'Write a number from 1 to 65535, e.g. 443'],
  ['network.outbound.allow_transport', 'Leave the key out: it is retired'],
  ['network.outbound.allow_transport[]', 'Leave the list out: it is retired'],
  ['network.inbound', 'Write for instance {"allow_host": ["localhost"]}, or leave the key out'],
  ['network.inbound.allow_host', GOOD_HOSTS],
  ['network.inbound.allow_host[]', 'Write for instance "localhost"'],
]);

function goodValue(path: string): string {
  return GOOD.get(path.replace(/\[\d+\]/g, '[]')) ?? 'Leave it out';
}

/** The keys of each object of the format, by path. */
const KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['', Object.keys(PROFILE_SCHEMA.properties)],
  ['network', Object.keys(PROFILE_SCHEMA.properties.network.properties)],
  ['network.outbound', Object.keys(PROFILE_SCHEMA.properties.network.properties.outbound.properties)],
  ['network.inbound', Object.keys(PROFILE_SCHEMA.properties.network.properties.inbound.properties)],
]);

/** A key that is ignored would be a permission that somebody believes in, so it is an error, with the likeliest cure. */
function unknownKey(parent: string, key: string): Problem {
  const path = memberPath(parent, key);
  const here = KEYS.get(parent) ?? [];
  const meant = nearest(key, here);
  if (meant !== undefined) return { path, what: 'is an unknown key', good: `Did you mean "${meant}"?` };
  for (const [home, keys] of KEYS) {
    const elsewhere = nearest(key, keys);
    if (elsewhere !== undefined && home !== parent) {
      return { path, what: 'is an unknown key', good: `Did you mean "${memberPath(home, elsewhere)}"?` };
    }
  }
  return {
    path,
    what: 'is an unknown key',
    good: `Known here: ${here.filter((known) => known !== 'allow_transport').join(', ')}`,
  };
}
