import { Ajv2020 } from 'ajv/dist/2020.js';
import type { TSchema, Static } from 'typebox';
import { messageOf } from '../errors.ts';
import {
  HistoryChange,
  HistoryDay,
  HistoryFailure,
  HistoryFinding,
  HistoryLook,
  HistoryRun,
  HistoryTarget,
  Judging,
} from '../model/history.ts';
import { AreaResult, type Counts } from '../model/report.ts';
import { escapeText } from '../model/text.ts';
import { damaged } from './sqlite.ts';

/** As node:sqlite hands it out. */
export type Row = Readonly<Record<string, unknown>>;

/** Turns rows of one query into what they mean. @throws BulkheadError `history-failed` for a row that means nothing */
export type Reader<T> = (row: Row, file: string) => T;

/** Every value is checked: the file may be damaged where SQLite does not see it, or somebody else's work. */
function reader<S extends TSchema>(schema: S, shape: (row: Row) => unknown): Reader<Static<S>> {
  let validate: ReturnType<Ajv2020['compile']> | undefined;
  return (row, file) => {
    validate ??= new Ajv2020({ strict: true }).compile(schema);
    const value = shaped(row, shape, file);
    if (validate(value)) return value as Static<S>;
    const problem = validate.errors?.at(-1);
    throw damaged(
      file,
      `a row holds what was never written, ${escapeText(problem?.instancePath || '/')} ${problem?.message ?? ''}`,
    );
  };
}

function shaped(row: Row, shape: (row: Row) => unknown, file: string): unknown {
  try {
    return shape(row);
  } catch (error) {
    throw damaged(file, `a row cannot be read: ${escapeText(messageOf(error))}`, error);
  }
}

const counts = (row: Row): Readonly<Record<keyof Counts, unknown>> => ({
  pass: row['pass'],
  fail: row['fail'],
  inconclusive: row['inconclusive'],
  'not-applicable': row['not_applicable'],
  error: row['error'],
  waived: row['waived'],
});

const json = (value: unknown): unknown => JSON.parse(String(value));

export const runOf = reader(HistoryRun, (row) => ({
  id: row['id'],
  session: row['session'],
  startedAt: row['started_at'],
  finishedAt: row['finished_at'],
  interrupted: row['interrupted'] === 1,
  trigger: { kind: row['trigger_kind'], text: row['trigger_text'] },
  tool: row['tool_version'],
  engine: json(row['engine']),
  exit: { code: row['exit_code'], reason: row['exit_reason'] },
  checks: json(row['checks']),
  targets: json(row['targets']),
  counts: counts(row),
  bundle: row['bundle'],
}));

export const targetOf = reader(HistoryTarget, (row) => ({
  id: row['container'],
  name: row['name'],
  image: row['image'],
  platform: row['platform'],
  transport: row['transport'],
  state: row['state'],
  declaration: { source: row['declaration_source'], location: row['declaration_location'], egress: row['egress'] },
}));

export const areaOf = reader(AreaResult, (row) => ({
  target: row['name'],
  targetId: row['container'],
  area: row['area'],
  verdict: row['verdict'],
  counts: counts(row),
}));

export const findingOf = reader(HistoryFinding, (row) => ({
  check: row['check_id'],
  area: row['area'],
  target: row['target'],
  subject: row['subject'],
  status: row['status'],
  severity: row['severity'],
  fingerprint: row['fingerprint'],
  waived: row['waived'] === 1,
}));

export const failureOf = reader(HistoryFailure, (row) => ({
  fingerprint: row['fingerprint'],
  check: row['check_id'],
  area: row['area'],
  target: row['target'],
  subject: row['subject'],
  severity: row['severity'],
  waived: row['waived'] === 1,
  runs: row['runs'],
  firstSeen: { run: row['first'], at: row['first_at'] },
  lastSeen: { run: row['last'], at: row['last_at'] },
  ...(row['fixed'] === null ? {} : { fixed: { run: row['fixed'], at: row['fixed_at'] } }),
}));

export const dayOf = reader(HistoryDay, (row) => ({
  day: row['day'],
  area: row['area'],
  verdicts: {
    enforced: row['enforced'],
    partial: row['partial'],
    cosmetic: row['cosmetic'],
    unknown: row['unknown'],
    'not-applicable': row['without'],
  },
  counts: counts(row),
}));

export const changeOf = reader(HistoryChange, (row) => ({
  fingerprint: row['fingerprint'],
  check: row['check_id'],
  area: row['area'],
  target: row['target'],
  subject: row['subject'],
  run: row['run'],
  at: row['at'],
  state: row['state'],
  ...(row['severity'] === null ? {} : { severity: row['severity'] }),
  waived: row['waived'] === 1,
  lastSeen: { run: row['last'], at: row['last_at'] },
}));

export const lookOf = reader(HistoryLook, (row) => ({
  run: row['run'],
  target: row['target'],
  pass: row['pass'],
  undecided: row['undecided'],
  waived: row['waived'],
  decided: row['decided'],
  applicable: row['applicable'],
}));

export const judgingOf = reader(Judging, (row) => json(row['judging']));
