import { BulkheadError, messageOf } from '../errors.ts';

/**
 * Writes to standard output and waits: a large report into a pipe is cut when the process ends too soon. A reader
 * that has seen enough (`| head`) is no error.
 */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) =>
      error && (error as NodeJS.ErrnoException).code !== 'EPIPE' ? reject(notPrinted(error)) : resolve(),
    );
  });
}

function notPrinted(cause: Error): BulkheadError {
  return new BulkheadError('output-failed', `Standard output could not be written: ${messageOf(cause)}`, {
    hint: 'Send it where there is room, or give a file: --format json=report.json.',
    cause,
  });
}
