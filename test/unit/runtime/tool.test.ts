import { describe, expect, it } from 'vitest';
import { reasonOf, runTool, toolOutput, type ToolCall } from '../../../src/runtime/tool.ts';

function node(script: string, more: Partial<ToolCall> = {}): ToolCall {
  return { program: process.execPath, args: ['-e', script], env: {}, timeoutMs: 20_000, ...more };
}

describe('another program', () => {
  it('gets its words, its input and no variable but those given', async () => {
    const script =
      'process.stdin.on("data", (d) => console.log(JSON.stringify([process.argv.slice(1), String(d), process.env])))';
    const call = node(script, { input: 'in', env: { A: '$HOME' } });
    expect(await runTool({ ...call, args: [...call.args, '$(id)', 'a b'] })).toMatchObject({
      state: 'ended',
      code: 0,
      stdout: '[["$(id)","a b"],"in",{"A":"$HOME"}]',
    });
  });

  it('that is not there is absent', async () => {
    expect(await runTool({ program: 'no-such-program', args: [], env: { PATH: '/nonexistent' }, timeoutMs: 1000 })).toEqual({
      state: 'absent',
    });
    expect(await runTool({ program: '/no/such/program', args: [], env: {}, timeoutMs: 1000 })).toEqual({ state: 'absent' });
  });

  it('that cannot be run failed', async () => {
    const outcome = await runTool({ program: import.meta.filename, args: [], env: {}, timeoutMs: 1000 });
    expect(reasonOf(outcome)).toBe('could not be run (EACCES).');
  });

  it('that says too much, or never ends, is ended', async () => {
    const chatty = 'setInterval(() => process.stdout.write("x".repeat(1e5)), 1)';
    expect(await runTool(node(chatty))).toMatchObject({ why: 'printed too much' });
    const forever = 'setInterval(() => {}, 1e6)';
    expect(await runTool(node(forever, { timeoutMs: 500 }))).toMatchObject({ why: 'did not end within 0.5 s' });
  });

  it('may leave somebody behind who keeps its outputs open', async () => {
    const behind = 'setTimeout(() => {}, 15000)';
    const script = `console.log('started'); require('child_process').spawn(process.execPath, ['-e', '${behind}'], { stdio: 'inherit', detached: true }).unref()`;
    expect(await runTool(node(script, { timeoutMs: 10_000 }))).toMatchObject({ state: 'ended', code: 0, stdout: 'started' });
  });

  it('that fails says why, at its end and without control characters', async () => {
    const failing = node('console.error("1\\n2\\n3\\n4\\u001b[2J\\n5"); process.exitCode = 4');
    await expect(toolOutput('thv run', failing)).rejects.toThrow('thv run ended with code 4: 2 | 3 | 4\\u001b[2J | 5');
  });

  it('ends with an interruption', async () => {
    const controller = new AbortController();
    const running = runTool(node('setInterval(() => {}, 1e6)', { signal: controller.signal }));
    setTimeout(() => controller.abort(), 200);
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
  });
});
