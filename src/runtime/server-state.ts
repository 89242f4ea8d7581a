import type Docker from 'dockerode';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { followLog } from './compartment-list.ts';
import { unlessGone } from './unless-gone.ts';

/** Programs that cannot run with what they were given mostly end at once. Milliseconds. */
const SETTLE_MS = 500;
const MAX_TAIL = 2000;

/**
 * Looks whether a server that was just started runs, and still does a moment later.
 * @param printed what it said last, where the engine keeps no log
 * @throws BulkheadError `engine-failed` with its exit code and its last words
 */
export async function assertServes(docker: Docker, id: string, printed?: () => string): Promise<void> {
  let startedAt: string | undefined;
  for (const wait of [0, SETTLE_MS]) {
    await delay(wait);
    const info = await unlessGone(docker.getContainer(id).inspect());
    const what = endingOf(info, startedAt);
    startedAt = info?.State.StartedAt;
    if (what === undefined) continue;
    const words = lastLines(printed?.() || (await lastWords(docker, id)));
    throw new BulkheadError('engine-failed', `The server ${what} right after its start: ${words || 'it printed nothing'}`, {
      hint: 'Look at its arguments, its variables and what its profile lets it read and write.',
    });
  }
}

/** Undefined while it serves. One that its engine starts again and again runs at many a moment. */
function endingOf(info: Docker.ContainerInspectInfo | undefined, startedAt: string | undefined): string | undefined {
  if (info === undefined) return 'is gone';
  const { Running, Restarting, ExitCode, StartedAt } = info.State;
  const again = Restarting || info.RestartCount > 0 || (startedAt !== undefined && StartedAt !== startedAt);
  if (Running && !again) return undefined;
  return Running ? 'ended and was started again' : `ended with code ${ExitCode}`;
}

/** On one line, safe to print; the last say why it ended. */
function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return escapeText(lines.slice(-3).join(' | ').slice(-500), 600);
}

async function lastWords(docker: Docker, id: string): Promise<string> {
  const tail = tailSink();
  // An engine may keep no log of a container, or keep it where it cannot read it.
  await followLog(docker, id, { follow: false, tail: 20, stdout: tail.sink, stderr: tail.sink }).catch(() => undefined);
  return tail.text();
}

/** Takes all that is written, and keeps the end of it. */
export function tailSink(): { readonly sink: Writable; readonly text: () => string } {
  let kept = Buffer.alloc(0);
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      kept = Buffer.concat([kept, chunk]).subarray(-MAX_TAIL);
      done();
    },
  });
  return { sink, text: () => kept.toString('utf8') };
}
