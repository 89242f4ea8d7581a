import path from 'node:path';

/** Where a history is kept that nobody named: https://specifications.freedesktop.org/basedir-spec/latest/ */
export function defaultHistoryFile(env: Readonly<Record<string, string | undefined>>, homeDirectory: string): string {
  const named = env['XDG_STATE_HOME'];
  // The specification has relative paths ignored.
  const state = named !== undefined && path.isAbsolute(named) ? named : path.join(homeDirectory, '.local', 'state');
  return path.join(state, 'bulkhead', 'history.db');
}
