import { peerToolCall } from '../../../../src/checks/pivot/peer-tool-call.ts';
import type { PeerEvidence } from '../../../../src/model/attempt.ts';
import { aPolicy, connected, notRun, outcome, refused, timeout, type Result } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';
import { ADDRESS, facts, NOTES, notes, STOPPED, towards, UNSEEN } from './peers.ts';

const open = connected({ phase: 'mcp', peer: { service: 'notes 1.0' } });
const ended = (called: PeerEvidence['called']): Result =>
  connected({ phase: 'mcp', peer: { service: 'notes 1.0', ...(called && { called }) } });
const token = outcome('unauthorized', { phase: 'mcp', detail: 'HTTP 401' });
const noMcp = outcome('other-protocol', { phase: 'mcp', detail: 'HTTP 404' });
const SPEC = { purpose: 'peer-session', kind: 'mcp', port: 8080, subject: `http://${ADDRESS}:8080` } as const;
const call = (target: Result, controls: readonly Result[] = [open]) =>
  towards({ ...SPEC, call: { tool: 'look' } }, target, controls);
const peers = [NOTES];
const one = (target: Result, controls?: readonly Result[]) => ({ peers, facts: facts(call(target, controls)) });

runCases(peerToolCall, {
  valid: [
    {
      name: 'no call was asked for, though a session opened',
      input: { peers, facts: facts(towards(SPEC, open, [open])) },
      verdicts: ['not-applicable notes'],
      says: /none was asked for/,
    },
    { name: 'no session opened', input: one(timeout()), verdicts: ['pass notes'] },
    { name: 'a token is asked for', input: one(token, [token]), verdicts: ['pass notes'] },
    {
      name: 'it offers no such tool',
      input: one(ended({ tool: 'look', result: 'not-offered' })),
      verdicts: ['not-applicable notes'],
    },
    { name: 'it offers no endpoint', input: one(noMcp, [noMcp]), verdicts: ['not-applicable notes'] },
    { name: 'not even to itself', input: one(refused(), [refused()]), verdicts: ['not-applicable notes'] },
    { name: 'it listens nowhere', input: { peers: [notes([])], facts: facts() }, verdicts: ['not-applicable notes'] },
    { name: 'it does not run', input: { peers: [STOPPED], facts: facts() }, verdicts: ['not-applicable notes'] },
  ],
  invalid: [
    {
      name: 'it answers',
      input: one(ended({ tool: 'look', result: 'answered' })),
      verdicts: ['fail notes'],
      says: /^The tool look of notes answered, called at http:\/\/172\.30\.0\.3:8080\.$/,
      shows: [/tool "look" answered/],
    },
    {
      name: 'it misses an argument',
      input: one(ended({ tool: 'look', result: 'tool-error' })),
      verdicts: ['fail notes'],
      says: /reported an error/,
    },
    { name: 'without a control', input: one(ended({ result: 'answered' }), []), verdicts: ['fail notes'] },
    {
      name: 'through the host alone',
      input: {
        peers,
        facts: facts(
          call(timeout()),
          towards({ ...SPEC, purpose: 'peer-published', call: { readOnly: true } }, ended({ result: 'answered' }), [open]),
        ),
      },
      verdicts: ['fail notes'],
    },
    {
      name: 'declared',
      input: { ...one(ended({ result: 'answered' })), policy: aPolicy({ permits: [`${ADDRESS}:8080`] }) },
      verdicts: ['fail notes (info)'],
    },
  ],
  undecided: [
    { name: 'the call was refused', input: one(ended({ tool: 'look', result: 'refused' })), verdicts: ['inconclusive notes'] },
    {
      name: 'nothing came of the call',
      input: one(ended({ tool: 'look', result: 'no-answer' })),
      verdicts: ['inconclusive notes'],
    },
    { name: 'nothing is said of the call', input: one(ended(undefined)), verdicts: ['inconclusive notes'] },
    { name: 'the control was not made', input: one(timeout(), [notRun()]), verdicts: ['inconclusive notes'] },
    { name: 'no control', input: one(timeout(), []), verdicts: ['inconclusive notes'] },
    { name: 'not made', input: one(notRun()), verdicts: ['inconclusive notes'] },
    {
      name: 'one of two could not be looked at',
      input: {
        peers: [NOTES, { ...UNSEEN, target: { ...UNSEEN.target, id: 'c'.repeat(64), name: 'files' } }],
        facts: facts(call(timeout())),
      },
      verdicts: ['pass notes', 'inconclusive files'],
    },
  ],
});
