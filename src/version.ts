import { createRequire } from 'node:module';

const manifest: unknown = createRequire(import.meta.url)('../package.json');

/** Name and version of the tool, from package.json. */
export const TOOL = manifest as { readonly name: string; readonly version: string };
