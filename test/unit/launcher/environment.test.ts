import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BulkheadError } from '../../../src/errors.ts';
import { readEnvironment } from '../../../src/launcher/environment.ts';

function failure(flags: readonly string[], caller: Readonly<Record<string, string>> = {}): BulkheadError {
  try {
    readEnvironment(flags, caller);
  } catch (error) {
    if (error instanceof BulkheadError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('--env', () => {
  it('sets, hands on and empties', () => {
    expect(readEnvironment(['A=1', 'B', 'C=', '_d=x=y\nz'], { B: 'two', X: 'no' })).toEqual({
      env: ['A=1', 'B=two', 'C=', '_d=x=y\nz'],
      notes: [],
    });
  });

  it.each<[string, readonly string[], string]>([
    ['no name', ['A=1', '=x'], '--env number 2'],
    ['an odd name', ['1A=x'], '--env number 1'],
    ['a name with a space', ['A B=x'], '--env number 1'],
    ['an empty text', [''], '--env number 1'],
    ['an unset variable', ['GONE'], '--env GONE: the variable is not set'],
    ['what every object has', ['constructor'], 'not set'],
    ['the prototype', ['__proto__'], 'not set'],
    ['a name twice', ['A=1', 'A=2'], '--env A is given twice'],
    ['a zero byte', ['A=x\0y'], 'zero byte'],
    ['what no kernel takes', [`A=${'x'.repeat(128 * 1024)}`], '128 KiB'],
  ])('refuses %s', (_, flags, said) => {
    const error = failure(flags);
    expect(error).toMatchObject({ code: 'usage', hint: expect.any(String) });
    expect(error.message).toContain(said);
  });

  it.each([
    'TOKEN',
    'GITHUB_TOKEN',
    'api_key',
    'APIKEY',
    'DB_PASSWORD',
    'PASSWD',
    'CLIENT_SECRET',
    'AWS_ACCESS_KEY_ID',
    'SSH_KEY',
    'KEY',
    'GH_PAT',
    'DB_PWD',
  ])('recommends --secret for %s', (name) => {
    expect(readEnvironment([`${name}=x`], {}).notes).toEqual([expect.stringContaining(`--secret ${name}=`)]);
    expect(readEnvironment([name], { [name]: 'x' }).notes).toHaveLength(1);
  });

  it.each(['LOG_LEVEL', 'KEYBOARD', 'MONKEY', 'PATH', 'PWD', 'TOKEN_FILE', 'PATTERN', 'AUTH_MODE'])('and not for %s', (name) => {
    expect(readEnvironment([`${name}=x`], {}).notes).toEqual([]);
  });

  it('never repeats a value', () => {
    const value = fc.string({ minLength: 6 }).map((text) => `canary${text}`);
    const prefix = fc.constantFrom('A=', 'TOKEN=', 'TOKEN', '', '=', '1=', 'A B=');
    fc.assert(
      fc.property(fc.array(fc.tuple(prefix, value), { minLength: 1, maxLength: 3 }), value, (flags, own) => {
        const texts = flags.map(([before, after]) => (before === 'TOKEN' ? before : `${before}${after}`));
        const said = outcome(() => readEnvironment(texts, { TOKEN: own }).notes.join());
        // A canary that is a valid name is one: that it is not set, or looks like a credential, has to be said.
        fc.pre(!texts.some((text) => /^canary\w*(?:=|$)/.test(text)));
        expect(said).not.toContain('canary');
      }),
    );
  });
});

function outcome(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (error instanceof BulkheadError) return `${error.message} ${error.hint ?? ''}`;
    throw error;
  }
}
