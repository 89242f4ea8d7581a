import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import type { PlatformRun } from './platform.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ComposeModel {
  /** What is given to `docker compose up`, as JSON. */
  readonly model: Json;
  readonly service: string;
  readonly notes: readonly string[];
}

/**
 * What `docker compose config --format json` says of a project, changed so that several of it can run at once and
 * everything made from it can be found again: labels on all, no name and no port that two would quarrel about, and the
 * compared image in the place of the service's own. All else stays as the file has it.
 *
 * Values in it are written as in a compose file: a `$` is doubled.
 * @param wanted the service that is the server; undefined when the file has one alone
 * @throws BulkheadError `usage` when the file has no such service
 */
export function composeModel(
  config: unknown,
  {
    run,
    project,
    labels,
    wanted,
  }: {
    readonly run: Pick<PlatformRun, 'name' | 'image' | 'args' | 'env' | 'transport'>;
    readonly project: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly wanted: string | undefined;
  },
): ComposeModel {
  const top = members(config);
  const services = members(top['services']);
  const service = chooseService(Object.keys(services), wanted);
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(escapeText(text, 400));
  const mine = members(services[service]);
  if (mine['image'] !== run.image) note(`The service ${service} runs the compared image here, not its own.`);
  if (run.transport === 'stdio' && mine['stdin_open'] !== true) {
    note(`The service ${service} has no stdin_open: without it a server over stdio ends at once, so it is set here.`);
  }
  const own = (place: 'networks' | 'volumes'): Json =>
    Object.fromEntries(
      Object.entries(members(top[place])).map(([key, value]) => {
        const entry = members(value);
        if (entry['external'] === true) {
          note(`The ${place.slice(0, -1)} ${key} is external: it is used, and stays.`);
          return [key, entry];
        }
        const { name, ...rest } = entry;
        if (typeof name === 'string' && name !== `${project}_${key}`) {
          note(`The ${place.slice(0, -1)} ${key} is a fresh one here, not ${name}.`);
        }
        return [key, { ...rest, labels: { ...members(rest['labels']), ...escaped(labels) } }];
      }),
    );
  const model = {
    ...top,
    name: project,
    services: Object.fromEntries(
      Object.entries(services).map(([key, value]) => {
        const entry = common(members(value), key, labels, note);
        return [key, key === service ? asServer(entry, run) : entry];
      }),
    ),
    networks: own('networks'),
    volumes: own('volumes'),
  };
  return { model, service, notes };
}

function chooseService(names: readonly string[], wanted: string | undefined): string {
  const [only] = names;
  const chosen = wanted ?? (names.length === 1 ? only : undefined);
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  const known = names
    .slice(0, 20)
    .map((name) => escapeText(name, 60))
    .join(', ');
  throw new BulkheadError(
    'usage',
    wanted === undefined
      ? `The compose file has ${names.length} services: which one is the server is unknown.`
      : `The compose file has no service "${escapeText(wanted, 60)}".`,
    {
      hint: names.length === 0 ? 'It needs a service that is the server.' : `Write compose:FILE#SERVICE; its services: ${known}.`,
    },
  );
}

/** What every service of the project gets. */
function common(entry: Json, key: string, labels: Readonly<Record<string, string>>, note: (text: string) => void): Json {
  const { container_name: name, ports, ...rest } = entry;
  if (name !== undefined) note(`The container_name of ${key} is left out: several of it run at once.`);
  const published = Array.isArray(ports) ? ports.map(members) : [];
  if (published.some((port) => port['published'] !== undefined)) {
    note(`The ports of ${key} are published at free ones, not at those of the file.`);
  }
  return {
    ...rest,
    ...(published.length === 0 ? {} : { ports: published.map((port) => without(port, 'published')) }),
    labels: { ...members(rest['labels']), ...escaped(labels) },
  };
}

function asServer(entry: Json, run: Pick<PlatformRun, 'name' | 'image' | 'args' | 'env' | 'transport'>): Json {
  const variables = Object.fromEntries(
    run.env.map((variable) => {
      const split = variable.indexOf('=');
      return [variable.slice(0, split), dollars(variable.slice(split + 1))];
    }),
  );
  return {
    ...without(entry, 'build'),
    image: dollars(run.image),
    container_name: run.name,
    ...(run.args.length === 0 ? {} : { command: run.args.map(dollars) }),
    environment: { ...members(entry['environment']), ...variables },
    ...(run.transport === 'stdio' ? { stdin_open: true } : {}),
  };
}

function escaped(labels: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, dollars(value)]));
}

function dollars(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function without(entry: Json, key: string): Json {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name !== key));
}

/** The members of an object; of anything else none. */
function members(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
