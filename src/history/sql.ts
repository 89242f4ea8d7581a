/** All SQL of the history. What it answers is checked in `rows.ts`. */

/** `BULK`: a database of somebody else's is told by it, and left alone. */
export const APPLICATION_ID = 0x42554c4b;

/**
 * The layout, as the steps that lead to it: the first makes version 1 of an empty file, each next one the version after.
 * A step that was released is never changed, and a new file takes all of them: every file of a version has one layout.
 *
 * Times are ISO 8601 in UTC, so that their order as text is their order in time. A finding is a reference to what it is
 * about and a status: a few bytes, where its texts would repeat in every run.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE contents (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
    bytes INTEGER NOT NULL,
    gzip BLOB NOT NULL
  ) STRICT;

  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL UNIQUE,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    interrupted INTEGER NOT NULL CHECK (interrupted IN (0, 1)),
    trigger_kind TEXT NOT NULL CHECK (trigger_kind IN ('manual', 'schedule', 'event')),
    trigger_text TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    engine TEXT NOT NULL CHECK (json_valid(engine)),
    checks TEXT NOT NULL CHECK (json_valid(checks)),
    exit_code INTEGER NOT NULL,
    exit_reason TEXT NOT NULL,
    pass INTEGER NOT NULL,
    fail INTEGER NOT NULL,
    inconclusive INTEGER NOT NULL,
    not_applicable INTEGER NOT NULL,
    error INTEGER NOT NULL,
    waived INTEGER NOT NULL,
    judging TEXT NOT NULL CHECK (json_valid(judging)),
    baseline_source TEXT,
    baseline TEXT REFERENCES contents (hash),
    bundle TEXT NOT NULL REFERENCES contents (hash),
    CHECK ((baseline IS NULL) = (baseline_source IS NULL))
  ) STRICT;
  CREATE INDEX runs_by_start ON runs (started_at);
  CREATE INDEX runs_by_bundle ON runs (bundle);
  CREATE INDEX runs_by_baseline ON runs (baseline);

  CREATE TABLE targets (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    container TEXT NOT NULL,
    name TEXT NOT NULL,
    image TEXT NOT NULL,
    platform TEXT NOT NULL,
    transport TEXT NOT NULL,
    state TEXT NOT NULL,
    declaration_source TEXT NOT NULL,
    declaration_location TEXT NOT NULL,
    egress TEXT NOT NULL,
    PRIMARY KEY (run, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX targets_by_name ON targets (name, run);

  CREATE TABLE areas (
    run INTEGER NOT NULL,
    target INTEGER NOT NULL,
    area TEXT NOT NULL,
    verdict TEXT NOT NULL,
    pass INTEGER NOT NULL,
    fail INTEGER NOT NULL,
    inconclusive INTEGER NOT NULL,
    not_applicable INTEGER NOT NULL,
    error INTEGER NOT NULL,
    waived INTEGER NOT NULL,
    PRIMARY KEY (run, target, area),
    FOREIGN KEY (run, target) REFERENCES targets (run, position) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE subjects (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    check_id TEXT NOT NULL,
    area TEXT NOT NULL,
    target TEXT NOT NULL,
    subject TEXT NOT NULL
  ) STRICT;
  CREATE INDEX subjects_by_place ON subjects (target, check_id);

  CREATE TABLE findings (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    subject INTEGER NOT NULL REFERENCES subjects (id),
    status TEXT NOT NULL,
    severity TEXT NOT NULL,
    waived INTEGER NOT NULL CHECK (waived IN (0, 1)),
    PRIMARY KEY (run, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX findings_by_subject ON findings (subject, run, status);
  CREATE INDEX findings_failed ON findings (subject, run) WHERE status = 'fail';
  `,
];

/** For every connection. */
export const PRAGMAS = `
  PRAGMA busy_timeout = 15000;
  PRAGMA foreign_keys = ON;
  -- A commit is on the disk when it returns, its directory entry too.
  PRAGMA synchronous = EXTRA;
  -- The file may have come from somebody: nothing in its layout may call functions, and its pages are looked at closely.
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
`;

export const HEADER = `
  SELECT
    (SELECT application_id FROM pragma_application_id) AS application,
    (SELECT user_version FROM pragma_user_version) AS version,
    (SELECT count(*) FROM sqlite_schema) AS objects`;

/** Without what SQLite makes for itself. */
export const LAYOUT = `SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`;

const COUNTS = 'pass, fail, inconclusive, not_applicable, error, waived';

export const INSERT_CONTENT =
  'INSERT INTO contents (hash, bytes, gzip) VALUES ($hash, $bytes, $gzip) ON CONFLICT (hash) DO NOTHING';

export const INSERT_RUN = `
  INSERT INTO runs (session, started_at, finished_at, interrupted, trigger_kind, trigger_text, tool_version, engine, checks,
    exit_code, exit_reason, ${COUNTS}, judging, baseline_source, baseline, bundle)
  VALUES ($session, $startedAt, $finishedAt, $interrupted, $triggerKind, $triggerText, $tool, $engine, $checks,
    $exitCode, $exitReason, $pass, $fail, $inconclusive, $notApplicable, $error, $waived, $judging, $baselineSource, $baseline,
    $bundle)
  RETURNING id`;

export const INSERT_TARGET = `
  INSERT INTO targets (run, position, container, name, image, platform, transport, state, declaration_source,
    declaration_location, egress)
  VALUES ($run, $position, $container, $name, $image, $platform, $transport, $state, $source, $location, $egress)`;

export const INSERT_AREA = `
  INSERT INTO areas (run, target, area, verdict, ${COUNTS})
  VALUES ($run, $target, $area, $verdict, $pass, $fail, $inconclusive, $notApplicable, $error, $waived)`;

export const INSERT_SUBJECT = `
  INSERT INTO subjects (fingerprint, check_id, area, target, subject)
  VALUES ($fingerprint, $check, $area, $target, $subject) ON CONFLICT (fingerprint) DO NOTHING`;

export const INSERT_FINDING = `
  INSERT INTO findings (run, position, subject, status, severity, waived)
  VALUES ($run, $position, (SELECT id FROM subjects WHERE fingerprint = $fingerprint), $status, $severity, $waived)`;

const RUN = `
  SELECT id, session, started_at, finished_at, interrupted, trigger_kind, trigger_text, tool_version, engine, exit_code,
    exit_reason, checks, ${COUNTS}, bundle,
    (SELECT json_group_array(name) FROM (SELECT name FROM targets WHERE run = runs.id ORDER BY position)) AS targets
  FROM runs`;

/** Newest first; what is null asks for nothing. */
export const LIST_RUNS = `${RUN}
  WHERE ($since IS NULL OR started_at >= $since)
    AND ($target IS NULL OR id IN (SELECT run FROM targets WHERE name = $target))
  ORDER BY id DESC LIMIT $limit`;

export const RUN_BY_ID = `${RUN} WHERE id = $id`;

/** By the start of its session; two are enough to know that it is ambiguous. */
export const RUNS_BY_SESSION = `${RUN} WHERE substr(session, 1, length($start)) = $start ORDER BY id DESC LIMIT 2`;

export const RUN_OF_SESSION = 'SELECT id FROM runs WHERE session = $session';

/** From either end: where a page is damaged, both sides of it can be read. */
export const RUN_IDS = {
  ascending: 'SELECT id FROM runs WHERE ($since IS NULL OR started_at >= $since) ORDER BY id',
  descending: 'SELECT id FROM runs WHERE ($since IS NULL OR started_at >= $since) ORDER BY id DESC',
};

export const TARGETS_OF_RUN = `
  SELECT container, name, image, platform, transport, state, declaration_source, declaration_location, egress
  FROM targets WHERE run = $run ORDER BY position`;

export const AREAS_OF_RUN = `
  SELECT targets.name, targets.container, area, verdict, ${COUNTS}
  FROM areas JOIN targets ON targets.run = areas.run AND targets.position = areas.target
  WHERE areas.run = $run ORDER BY areas.target, area`;

export const FINDINGS_OF_RUN = `
  SELECT check_id, area, target, subjects.subject, status, severity, fingerprint, waived
  FROM findings JOIN subjects ON subjects.id = findings.subject
  WHERE run = $run ORDER BY position`;

export const JUDGING_OF_RUN = 'SELECT judging, baseline_source, baseline FROM runs WHERE id = $id';

export const CONTENT = 'SELECT bytes, gzip FROM contents WHERE hash = $hash';
export const CONTENT_HASHES = 'SELECT hash FROM contents ORDER BY hash';

/**
 * Every failure with its first and its last run, and the first later run that saw it gone: one that names the subject and
 * decided, or one that does not name it and decided all that its check asked of the server. Who did not look fixed nothing.
 */
export const FAILURES = `
  WITH failed AS (
    SELECT subject AS place, min(run) AS first, max(run) AS last, count(DISTINCT run) AS runs
    FROM findings WHERE status = 'fail' GROUP BY subject
  ),
  ends AS (
    SELECT s.*, failed.*,
      (
        SELECT min(later.run) FROM (
          SELECT f.run AS run,
            max(f.subject = s.id) AS named,
            max(f.subject = s.id AND f.status IN ('inconclusive', 'error')) AS unsure,
            max(f.status IN ('inconclusive', 'error')) AS blind
          FROM subjects AS beside
            JOIN findings AS f ON f.subject = beside.id AND f.run > failed.last
            JOIN runs ON runs.id = f.run AND runs.interrupted = 0
          WHERE beside.target = s.target AND beside.check_id = s.check_id
          GROUP BY f.run
        ) AS later
        WHERE CASE later.named WHEN 1 THEN later.unsure = 0 ELSE later.blind = 0 END
      ) AS fixed,
      -- Of several findings of one name the one that weighs most.
      (
        SELECT position FROM findings AS f
        WHERE f.run = failed.last AND f.subject = s.id AND f.status = 'fail'
        ORDER BY f.waived, CASE f.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END
        LIMIT 1
      ) AS position
    FROM failed JOIN subjects AS s ON s.id = failed.place
    WHERE $target IS NULL OR s.target = $target
  )
  SELECT ends.fingerprint, ends.check_id, ends.area, ends.target, ends.subject, worst.severity, worst.waived, ends.runs,
    ends.first, (SELECT started_at FROM runs WHERE id = ends.first) AS first_at,
    ends.last, (SELECT started_at FROM runs WHERE id = ends.last) AS last_at,
    ends.fixed, (SELECT started_at FROM runs WHERE id = ends.fixed) AS fixed_at
  FROM ends JOIN findings AS worst ON worst.run = ends.last AND worst.position = ends.position
  WHERE $open IS NULL OR (ends.fixed IS NULL) = $open
  ORDER BY ends.last DESC, ends.target, ends.check_id, ends.subject`;

export const DAYS = `
  WITH looked AS (
    SELECT substr(runs.started_at, 1, 10) AS day, areas.*,
      row_number() OVER (
        PARTITION BY substr(runs.started_at, 1, 10), targets.name, areas.area
        ORDER BY runs.started_at DESC, runs.id DESC
      ) AS rank
    FROM runs
      JOIN targets ON targets.run = runs.id
      JOIN areas ON areas.run = targets.run AND areas.target = targets.position
    WHERE runs.interrupted = 0
      AND ($since IS NULL OR runs.started_at >= $since)
      AND ($target IS NULL OR targets.name = $target)
  )
  SELECT day, area,
    sum(verdict = 'enforced') AS enforced, sum(verdict = 'partial') AS partial, sum(verdict = 'cosmetic') AS cosmetic,
    sum(verdict = 'unknown') AS unknown, sum(verdict = 'not-applicable') AS without,
    sum(pass) AS pass, sum(fail) AS fail, sum(inconclusive) AS inconclusive, sum(not_applicable) AS not_applicable,
    sum(error) AS error, sum(waived) AS waived
  FROM looked WHERE rank = 1 GROUP BY day, area ORDER BY day, area`;

/**
 * What became known of every failure, run by run, where that differs from what was known before: it failed (as severe and
 * as waived as its worst finding), a run that looked could not decide, or one saw it gone, as in FAILURES. A run that broke
 * off is asked for failures alone. Until a failure was first seen nothing is known of it.
 */
export const CHANGES = `
  WITH failed AS (
    SELECT s.*, last FROM (SELECT subject AS place, max(run) AS last FROM findings WHERE status = 'fail' GROUP BY subject)
      JOIN subjects AS s ON s.id = place
    WHERE $target IS NULL OR s.target = $target
  ),
  looked AS (
    SELECT beside.target, beside.check_id, f.run, max(f.status IN ('inconclusive', 'error')) AS blind
    FROM (SELECT DISTINCT target, check_id FROM failed) AS place
      JOIN subjects AS beside ON beside.target = place.target AND beside.check_id = place.check_id
      JOIN findings AS f ON f.subject = beside.id
    GROUP BY beside.target, beside.check_id, f.run
  ),
  named AS (
    SELECT f.subject, f.run, max(f.status IN ('inconclusive', 'error')) AS unsure,
      -- Of several findings of one name the one that weighs most.
      min(CASE WHEN f.status = 'fail' THEN f.waived || CASE f.severity
        WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END || f.severity END) AS worst
    FROM failed JOIN findings AS f ON f.subject = failed.id GROUP BY f.subject, f.run
  ),
  seen AS (
    SELECT failed.id, looked.run, named.worst,
      CASE
        WHEN named.worst IS NOT NULL THEN 'open'
        WHEN coalesce(named.unsure, looked.blind) THEN 'undecided'
        ELSE 'fixed'
      END AS state
    FROM failed JOIN looked ON looked.target = failed.target AND looked.check_id = failed.check_id
      JOIN runs ON runs.id = looked.run
      LEFT JOIN named ON named.subject = failed.id AND named.run = looked.run
    WHERE runs.interrupted = 0 OR named.worst IS NOT NULL
  ),
  steps AS (
    SELECT *, lag(state || coalesce(worst, '')) OVER (PARTITION BY id ORDER BY run) AS before FROM seen
  )
  SELECT fingerprint, check_id, area, target, failed.subject, steps.run, runs.started_at AS at, state,
    substr(worst, 3) AS severity, substr(worst, 1, 1) = '1' AS waived,
    last, (SELECT started_at FROM runs WHERE id = last) AS last_at
  FROM steps JOIN failed ON failed.id = steps.id JOIN runs ON runs.id = steps.run
  WHERE CASE WHEN before IS NULL THEN state = 'open' ELSE before <> state || coalesce(worst, '') END
  ORDER BY steps.run, target, check_id, failed.subject`;

/** Every look of a run at a server, and what came of it; findings that somebody waived are counted as waived alone. */
export const LOOKS = `
  WITH tallied AS (
    SELECT f.run, s.target,
      sum(f.status = 'pass' AND f.waived = 0) AS pass,
      sum(f.status IN ('inconclusive', 'error') AND f.waived = 0) AS undecided,
      sum(f.waived) AS waived,
      sum(f.status IN ('pass', 'fail')) AS decided,
      sum(f.status <> 'not-applicable') AS applicable
    FROM runs JOIN findings AS f ON f.run = runs.id JOIN subjects AS s ON s.id = f.subject
    WHERE ($since IS NULL OR runs.started_at >= $since) AND ($target IS NULL OR s.target = $target)
    GROUP BY f.run, s.target
  )
  SELECT DISTINCT targets.run, name AS target, coalesce(tallied.pass, 0) AS pass, coalesce(tallied.undecided, 0) AS undecided,
    coalesce(tallied.waived, 0) AS waived, coalesce(decided, 0) AS decided, coalesce(applicable, 0) AS applicable
  FROM runs JOIN targets ON targets.run = runs.id
    LEFT JOIN tallied ON tallied.run = targets.run AND tallied.target = name
  WHERE ($since IS NULL OR runs.started_at >= $since) AND ($target IS NULL OR name = $target)
  ORDER BY targets.run, name`;

/** Runs beyond the newest ones, and runs from before a time; null = no such limit. */
export const DELETE_RUNS = `
  DELETE FROM runs
  WHERE ($keep IS NOT NULL AND id NOT IN (SELECT id FROM runs ORDER BY id DESC LIMIT $keep))
    OR ($before IS NOT NULL AND started_at < $before)`;

export const DELETE_UNREFERENCED = {
  subjects: 'DELETE FROM subjects WHERE NOT EXISTS (SELECT 1 FROM findings WHERE findings.subject = subjects.id)',
  contents: `
    DELETE FROM contents
    WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.bundle = contents.hash)
      AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.baseline = contents.hash)`,
};
