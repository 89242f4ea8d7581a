import { spawn } from 'node:child_process';
import { once } from 'node:events';

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
});

/** Milliseconds from the start of a command to the first answer of the MCP server behind it, and to its end after that. */
export async function timeToAnswer(
  command: readonly [string, ...string[]],
): Promise<{ readonly answer: number; readonly end: number }> {
  const [file, ...args] = command;
  const start = performance.now();
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  child.stdin.write(`${INITIALIZE}\n`);
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  const answer = performance.now() - start;
  if (!text.includes('"serverInfo"')) throw new Error(`${file} ${args.join(' ')} gave no answer`);
  child.stdin.end();
  await ended;
  return { answer, end: performance.now() - start - answer };
}

/** Milliseconds that a command takes from start to end. */
export async function timeToEnd(command: readonly [string, ...string[]]): Promise<number> {
  const [file, ...args] = command;
  const start = performance.now();
  await once(spawn(file, args, { stdio: 'ignore' }), 'exit');
  return performance.now() - start;
}
