import { open, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { formatPackageReference, lastNamePart, type PackageReference } from './package-reference.ts';

/** Bytes of a file that tell what it is. */
const HEAD = 512;

export interface Program {
  /** The file to start, relative to the package's directory, with `/`. */
  readonly file: string;
  /** Options of Node.js that the file's first line asks for. */
  readonly nodeOptions: readonly string[];
}

/**
 * What to run of an installed package: its only program, the one called as the package, or the one that was asked for.
 * @throws BulkheadError `usage` when there is none, or none was chosen; `image-failed` when Node.js alone cannot run it
 */
export async function findProgram(packageDirectory: string, reference: PackageReference): Promise<Program> {
  const programs = await readPrograms(packageDirectory, reference);
  const { name, file } = choose(programs, reference);
  const root = await realpath(packageDirectory);
  // As npm does: whatever is written, it is meant from the package's directory.
  const wanted = path.resolve(root, `.${path.sep}${file}`);
  const found = await realpath(wanted).catch(() => undefined);
  if (!isBelow(root, wanted) || (found !== undefined && !isBelow(root, found))) {
    throw failed(reference, `names a program outside of itself: "${name}" is ${file}`);
  }
  if (found === undefined) throw failed(reference, `lacks its program "${name}": there is no file ${file}`);
  const relative = path.relative(root, wanted).split(path.sep).join('/');
  if (!/^[\p{L}\p{N} ._~@+=,()[\]/-]+$/u.test(relative)) throw failed(reference, `has a program with a strange name: ${file}`);
  return { file: relative, nodeOptions: await nodeOptionsOf(found, { reference, name }) };
}

interface NamedFile {
  readonly name: string;
  readonly file: string;
}

async function readPrograms(packageDirectory: string, reference: PackageReference): Promise<readonly NamedFile[]> {
  const manifest: unknown = JSON.parse(withoutMark(await readFile(path.join(packageDirectory, 'package.json'), 'utf8')));
  const bin: unknown = (manifest as { readonly bin?: unknown } | null)?.bin;
  if (typeof bin === 'string') return [{ name: lastNamePart(reference.name), file: bin }];
  if (typeof bin !== 'object' || bin === null) return [];
  return Object.entries(bin).flatMap(([name, file]) => (typeof file === 'string' ? [{ name, file }] : []));
}

/** npm takes such a file too. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

function choose(programs: readonly NamedFile[], reference: PackageReference): NamedFile {
  const [only] = programs;
  if (only === undefined) {
    throw new BulkheadError('usage', `The package ${label(reference)} has no program: its package.json names no "bin".`, {
      hint: 'It is a library, or not an MCP server for Node.js. Look at its documentation for the package to run.',
    });
  }
  const wanted = reference.bin ?? (programs.length === 1 ? only.name : lastNamePart(reference.name));
  const chosen = programs.find(({ name }) => name === wanted);
  if (chosen !== undefined) return chosen;
  const names = programs.map(({ name }) => escapeText(name, 60));
  const list = names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ');
  const what = reference.bin === undefined ? `has ${names.length} programs` : `has no program "${reference.bin}"`;
  throw new BulkheadError('usage', `The package ${label(reference)} ${what}. Its programs: ${list}.`, {
    hint: `Choose one: ${formatPackageReference({ ...reference, bin: names[0] ?? 'NAME' })}`,
  });
}

/** @returns the options in the first line `#!/usr/bin/env -S node …`; there is no other interpreter in the image */
async function nodeOptionsOf(
  file: string,
  { reference, name }: { readonly reference: PackageReference; readonly name: string },
): Promise<readonly string[]> {
  const head = await readHead(file);
  if (head === undefined || head.includes('\0')) throw failed(reference, `has a program that is not JavaScript: "${name}"`);
  const shebang = /^\uFEFF?#!\s*([^\r\n]*)/.exec(head)?.[1];
  if (shebang === undefined) {
    if (/\.[cm]?js$/.test(file)) return [];
    throw failed(
      reference,
      `has a program that is not known to be JavaScript: "${name}" is ${path.basename(file)}, without a first line`,
    );
  }
  const words = shebang.trim().split(/\s+/);
  const rest = /(?:^|\/)env$/.test(words[0] ?? '') ? words.slice(words[1] === '-S' ? 2 : 1) : words;
  const [interpreter = '', ...options] = rest;
  if (!/(?:^|\/)node(?:js)?$/.test(interpreter) || options.some((option) => !/^--?[\w=.:,/-]+$/.test(option))) {
    throw failed(reference, `has a program that Node.js does not run: the first line of "${name}" is "#!${shebang}"`);
  }
  return options;
}

async function readHead(file: string): Promise<string | undefined> {
  const handle = await open(file);
  try {
    if (!(await handle.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function isBelow(root: string, file: string): boolean {
  return file.startsWith(root + path.sep);
}

function label({ name, version }: PackageReference): string {
  return `${name}@${version}`;
}

function failed(reference: PackageReference, what: string): BulkheadError {
  return new BulkheadError('image-failed', `The package ${label(reference)} ${escapeText(what, 300)}.`, {
    hint: 'The image has Node.js and nothing else, no shell either. Choose another program (NAME@VERSION#PROGRAM), or give an image.',
  });
}
