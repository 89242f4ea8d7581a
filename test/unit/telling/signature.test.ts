import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSigningKeys, signedHeaders } from '../../../src/telling/signature.ts';

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const BODY = '{"type":"drift","text":"ünïcode \\u202e"}';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-secret-'));
});
afterAll(() => rm(directory, { recursive: true }));

const keysOf = (text: string) => readSigningKeys({ secretEnv: 'S' }, { S: text });

describe('a signature', () => {
  it('is accepted by the reference implementation, and only unchanged', async () => {
    const headers = signedHeaders(await keysOf(SECRET), 'evt_1', Date.now(), BODY);
    expect(new Webhook(SECRET).verify(BODY, headers)).toMatchObject({ type: 'drift' });
    expect(() => new Webhook(SECRET).verify(`${BODY} `, headers)).toThrow();
    expect(() => new Webhook(SECRET).verify(BODY, { ...headers, 'webhook-id': 'evt_2' })).toThrow();
    expect(() => new Webhook(OTHER).verify(BODY, headers)).toThrow();
  });

  it('is made with both secrets while one replaces the other', async () => {
    const headers = signedHeaders(await keysOf(`${SECRET}\n${OTHER}\n`), 'evt_1', Date.now(), BODY);
    for (const secret of [SECRET, OTHER]) expect(() => new Webhook(secret).verify(BODY, headers)).not.toThrow();
  });

  it('is verified by the example of the documentation', async () => {
    const docs = await readFile(new URL('../../../docs/telling.md', import.meta.url), 'utf8');
    const example = /```js\n(.*?)```/s.exec(docs)?.[1] ?? '';
    const source = `data:text/javascript,${encodeURIComponent(example)}`;
    const { isGenuine } = (await import(/* @vite-ignore */ source)) as {
      isGenuine: (secret: string, headers: object, body: string) => boolean;
    };
    const headers = signedHeaders(await keysOf(`${OTHER} ${SECRET}`), 'evt_1', Date.now(), BODY);
    expect(isGenuine(SECRET, headers, BODY)).toBe(true);
    expect(isGenuine(SECRET, headers, `${BODY} `)).toBe(false);
    expect(isGenuine(SECRET, { ...headers, 'webhook-signature': 'v1,' }, BODY)).toBe(false);
    const old = signedHeaders(await keysOf(SECRET), 'evt_1', Date.now() - 600_000, BODY);
    expect(isGenuine(SECRET, old, BODY)).toBe(false);
  });
});

describe('a secret', () => {
  it('comes from a file too', async () => {
    const secretFile = path.join(directory, 'good');
    await writeFile(secretFile, `${SECRET}\n`);
    expect(await readSigningKeys({ secretFile }, {})).toEqual(await keysOf(SECRET));
  });

  it.each([
    ['no prefix', Buffer.alloc(32).toString('base64')],
    ['too short', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['too long', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['no base64', `whsec_${'!'.repeat(44)}`],
    ['base64 that is cut', SECRET.slice(0, -2)],
    ['nothing', ' \n'],
    ['three of them', `${SECRET} ${OTHER} ${SECRET}`],
  ])('of %s is refused, and in no message', async (_, text) => {
    const error = await keysOf(text).then(
      () => undefined,
      (thrown: unknown) => thrown as Error & { hint: string },
    );
    expect(error).toMatchObject({ code: 'config-invalid' });
    const [word = text] = text.split(' ');
    if (word.trim() !== '') expect(`${error?.message} ${error?.hint}`).not.toContain(word.slice(0, 30));
  });

  it('has to be there, and from one place', async () => {
    await expect(readSigningKeys({ secretEnv: 'S' }, {})).rejects.toThrow('the variable S, which is not set');
    await expect(readSigningKeys({}, {})).rejects.toThrow('one of secretEnv and secretFile');
    await expect(readSigningKeys({ secretEnv: 'S', secretFile: 'f' }, { S: SECRET })).rejects.toThrow('one of');
    const missing = path.join(directory, 'missing');
    await expect(readSigningKeys({ secretFile: missing }, {})).rejects.toMatchObject({ code: 'config-unreadable' });
    await expect(readSigningKeys({ secretFile: directory }, {})).rejects.toMatchObject({ code: 'config-unreadable' });
  });
});
