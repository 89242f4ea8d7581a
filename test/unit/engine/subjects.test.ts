import { describe, expect, it } from 'vitest';
import { configuredProfiles, profileForImage } from '../../../src/engine/subjects.ts';
import { aTarget, anId } from '../../support/observations.ts';

const server = (letter: string, name: string, reference: string) =>
  aTarget({ id: anId(letter), name, image: { reference, id: 'sha256:0' } });

describe('profiles of the configuration', () => {
  const targets = [
    server('a', 'github', 'ghcr.io/github/github-mcp-server:1'),
    server('b', 'weather', 'registry.example/mcp/weather:2'),
    server('c', 'other', 'registry.example/other:1'),
  ];
  const rule = (profile: string, who: { readonly target?: string; readonly image?: string }) => ({
    ...who,
    profile,
    where: profile,
  });

  it('are taken from the first rule that fits, by name and image', () => {
    const { configured, idle } = configuredProfiles(
      [
        rule('both.json', { target: 'github', image: 'registry.example/*' }),
        rule('github.json', { target: 'git*' }),
        rule('mcp.json', { image: '*/mcp/*' }),
        rule('late.json', { target: 'weather' }),
      ],
      targets,
    );
    expect([...configured]).toEqual([
      [anId('a'), 'github.json'],
      [anId('b'), 'mcp.json'],
    ]);
    expect(idle.map(({ profile }) => profile)).toEqual(['both.json']);
  });

  it('speak of an image that nobody runs yet by rules that name no server', () => {
    const rules = [
      rule('both.json', { target: '*', image: 'registry.example/*' }),
      rule('server.json', { target: 'weather' }),
      rule('mcp.json', { image: 'registry.example/mcp/*' }),
      rule('npm.json', { image: 'npx:@example/*' }),
    ];
    expect(profileForImage(rules, 'registry.example/mcp/weather:2')).toBe('mcp.json');
    expect(profileForImage(rules, 'npx:@example/server@1.2.3')).toBe('npm.json');
    expect(profileForImage(rules, 'weather')).toBeUndefined();
  });

  it('are none where there is no rule', () => {
    expect(configuredProfiles([], targets).configured.size).toBe(0);
  });
});
