/** The one error the lab throws: what went wrong, and what the reader can do about it. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** Thrown in place of any other error once a start was aborted and all that had been made is removed. */
export class LabInterrupted extends LabError {
  constructor(options?: ErrorOptions) {
    super('The lab was interrupted.', 'Nothing to do: what had been made is removed.', options);
  }
}
