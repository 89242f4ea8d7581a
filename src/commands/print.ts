/**
 * Writes to standard output and waits: a large report into a pipe is cut when the process ends too soon. A reader
 * that has seen enough (`| head`) is no error.
 */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) =>
      error && (error as NodeJS.ErrnoException).code !== 'EPIPE' ? reject(error) : resolve(),
    );
  });
}
