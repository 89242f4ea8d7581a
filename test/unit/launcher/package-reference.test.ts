import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BulkheadError } from '../../../src/errors.ts';
import { escapeText } from '../../../src/model/text.ts';
import {
  directoryNameOf,
  formatPackageReference,
  imageNameOf,
  isPackageReference,
  parsePackageReference,
} from '../../../src/launcher/package-reference.ts';

function errorOf(text: string): BulkheadError {
  try {
    parsePackageReference(text);
  } catch (error) {
    if (error instanceof BulkheadError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe('a package reference', () => {
  it.each([
    ['npx:name@1.2.3', { name: 'name', version: '1.2.3' }],
    ['npx:@scope/pkg@1.2.3', { name: '@scope/pkg', version: '1.2.3' }],
    ['npx:@scope/pkg@0.0.0', { name: '@scope/pkg', version: '0.0.0' }],
    ['npx:a@1.2.3-beta.1', { name: 'a', version: '1.2.3-beta.1' }],
    ['npx:a@1.2.3-0-a.x-y', { name: 'a', version: '1.2.3-0-a.x-y' }],
    ['npx:a.b_c-d@10.20.30', { name: 'a.b_c-d', version: '10.20.30' }],
    ['npx:@-x/_y@1.0.0', { name: '@-x/_y', version: '1.0.0' }],
    ['npx:@scope/pkg@1.2.3#tool', { name: '@scope/pkg', version: '1.2.3', bin: 'tool' }],
    ['npx:pkg@1.2.3#mcp-server.js', { name: 'pkg', version: '1.2.3', bin: 'mcp-server.js' }],
  ])('%s', (text, expected) => {
    expect(parsePackageReference(text)).toEqual(expected);
    expect(formatPackageReference(parsePackageReference(text))).toBe(text);
  });

  it('without a version names the command that finds one', () => {
    for (const text of ['npx:@scope/pkg', 'npx:@scope/pkg@', 'npx:@scope/pkg#bin']) {
      expect(errorOf(text)).toMatchObject({ code: 'usage', message: expect.stringContaining('has no version') });
      expect(errorOf(text).hint).toContain('`npm view @scope/pkg version`');
    }
  });

  it.each([
    ['npx:a@latest', 'a tag'],
    ['npx:a@next-1', 'a tag'],
    ['npx:a@x', 'a tag'],
    ['npx:a@^1.2.3', 'no exact version'],
    ['npx:a@~1.2.3', 'no exact version'],
    ['npx:a@1', 'no exact version'],
    ['npx:a@1.2', 'no exact version'],
    ['npx:a@1.2.x', 'no exact version'],
    ['npx:a@*', 'no exact version'],
    ['npx:a@>=1.0.0', 'no exact version'],
    ['npx:a@1.2.3 - 2.0.0', 'no exact version'],
    ['npx:a@1.2.3 || 2.0.0', 'no exact version'],
    ['npx:a@1.2.3\n', 'no exact version'],
    ['npx:a@01.2.3', 'no exact version'],
    ['npx:a@1.2.3-01', 'no exact version'],
    ['npx:a@1.2.9007199254740992', 'no exact version'],
    ['npx:a@1.2.3@4.5.6', 'no exact version'],
    ['npx:a@v1.2.3', 'a mark before it'],
    ['npx:a@=1.2.3', 'a mark before it'],
    ['npx:a@1.2.3+build', 'build metadata'],
    [`npx:a@1.2.3-${'a'.repeat(100)}`, 'more than 100 characters'],
    [`npx:${'a'.repeat(215)}@1.2.3`, 'more than 214 characters'],
    ['npx:', 'names no package'],
    ['npx:@1.2.3', 'can have'],
    ['npx:@scope@1.2.3', 'can have'],
    ['npx:@scope/@1.2.3', 'can have'],
    ['npx:@scope/a/b@1.2.3', 'can have'],
    ['npx:@/a@1.2.3', 'can have'],
    ['npx:@scope/.a@1.2.3', 'can have'],
    ['npx:@scope/..@1.2.3', 'can have'],
    ['npx:@scope/-@1.2.3', 'can have'],
    ['npx:_a@1.2.3', 'can have'],
    ['npx:-g@1.2.3', 'can have'],
    ['npx:Name@1.2.3', 'can have'],
    ['npx: a@1.2.3', 'can have'],
    ['npx:a b@1.2.3', 'can have'],
    ['npx:a*@1.2.3', 'can have'],
    ['npx:ä@1.2.3', 'can have'],
    ['npx:node_modules@1.2.3', 'can have'],
    ['npx:./a@1.2.3', 'a path'],
    ['npx:../a@1.2.3', 'a path'],
    ['npx:/a@1.2.3', 'a path'],
    ['npx:~/a@1.2.3', 'a path'],
    ['npx:file:a', 'a path'],
    ['npx:a.tgz', 'a path'],
    ['npx:a\\b@1.2.3', 'a path'],
    ['npx://a@1.2.3', 'slashes before'],
    ['npx:https://example.com/a.js', 'a URL'],
    ['npx:git+ssh://git@example.com/a', 'a URL'],
    ['npx:github:a/b', 'a URL'],
    ['npx:git@example.com:a/b', 'a URL'],
    ['npx:a@npm:b@1.2.3', 'an alias'],
    ['npx:a/b', 'a git reference'],
    ['npx:a/b@1.2.3', 'a git reference'],
    ['npx:a@1.2.3#', 'names no program'],
    ['npx:a@1.2.3#-x', 'names no program'],
    ['npx:a@1.2.3#../x', 'names no program'],
    ['npx:a@1.2.3#x#y', 'names no program'],
    ['a@1.2.3', 'does not begin'],
    ['NPX:a@1.2.3', 'does not begin'],
  ])('%s is refused', (text, what) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(what) });
    expect(error.hint).toBeTruthy();
  });

  it('is told from an image', () => {
    expect(isPackageReference('npx:anything')).toBe(true);
    expect(isPackageReference('npx')).toBe(false);
    expect(isPackageReference('registry.example/npx:1')).toBe(false);
  });

  it('never throws anything else, and shows no control characters', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'@/#:.~-_^+ aA1\u001b\u202e'.split('')) }).map((rest) => `npx:${rest}`),
    );
    fc.assert(
      fc.property(text, (input) => {
        try {
          expect(formatPackageReference(parsePackageReference(input))).toBe(input);
        } catch (error) {
          if (!(error instanceof BulkheadError)) throw error;
          const shown = `${error.message}${error.hint}`;
          expect(escapeText(shown, shown.length)).toBe(shown);
        }
      }),
      { numRuns: 3000 },
    );
  });

  const part = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
  const reference = fc
    .record({
      name: fc.oneof(
        part,
        fc.tuple(part, part).map(([scope, name]) => `@${scope}/${name}`),
      ),
      version: fc.stringMatching(/^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})(-[a-z][0-9a-z-]{0,8}(\.[1-9]{1,3})?)?$/),
      bin: fc.option(fc.stringMatching(/^[a-z][a-z0-9._-]{0,20}$/), { nil: undefined }),
    })
    .map(({ name, version, bin }) => (bin === undefined ? { name, version } : { name, version, bin }));

  it('round-trips', () => {
    fc.assert(
      fc.property(reference, (given) => {
        expect(parsePackageReference(formatPackageReference(given))).toEqual(given);
      }),
    );
  });

  it('gives a legal name of an image, and a directory of its own', () => {
    expect(imageNameOf({ name: '@scope/a__b.-c', version: '1.0.0' })).toBe('scope-a-b-c');
    fc.assert(
      fc.property(reference, reference, (one, other) => {
        expect(imageNameOf(one)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(directoryNameOf(one)).not.toMatch(/[/\\]/);
        if (one.name !== other.name || one.version !== other.version)
          expect(directoryNameOf(one)).not.toBe(directoryNameOf(other));
      }),
    );
  });
});
