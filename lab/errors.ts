/** The one error the lab throws: what went wrong, and what the reader can do about it. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}
