/**
 * Puts secrets into a directory in memory that the server will see, and holds it until the server does: such a
 * directory is gone when nobody has it mounted. One JSON object of names and base64 values comes on standard input.
 */
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const directory = process.argv[2] ?? '/run/secrets';
const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  const secrets = JSON.parse(line) as Readonly<Record<string, string>>;
  // Readable by whoever the server runs as: nobody else has this directory.
  const writes = Object.entries(secrets).map(([name, value]) =>
    writeFile(`${directory}/${name}`, Buffer.from(value, 'base64'), { mode: 0o444, flag: 'wx' }),
  );
  Promise.all(writes).then(
    () => process.stdout.write('{"type":"ready"}\n'),
    (error: NodeJS.ErrnoException) => {
      process.stdout.write(
        `${JSON.stringify({ type: 'problem', message: `a secret could not be written: ${error.code ?? 'failed'}` })}\n`,
      );
      process.exitCode = 1;
      lines.close();
      process.stdin.destroy();
    },
  );
});
process.stdin.on('end', () => process.exit());
