/** What went wrong, for programs; the exit code follows from it (see `engine/exit-code.ts`). */
export type ErrorCode =
  | 'usage'
  | 'profile-invalid'
  | 'profile-unreadable'
  | 'bundle-invalid'
  | 'bundle-unreadable'
  | 'config-invalid'
  | 'config-unreadable'
  | 'key-invalid'
  | 'key-unreadable'
  | 'evidence-invalid'
  | 'evidence-unreadable'
  | 'target-not-found'
  | 'engine-unreachable'
  | 'engine-permission'
  | 'engine-failed'
  | 'image-failed'
  | 'output-failed'
  | 'history-failed'
  | 'interrupted';

/** The one error class: what and where in `message`, what to do in `hint`. */
export class BulkheadError extends Error {
  override readonly name = 'BulkheadError';
  readonly code: ErrorCode;
  readonly hint?: string;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
  }
}

/** The message of whatever was thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
