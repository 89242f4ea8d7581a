import { describe, expect, it } from 'vitest';
import { configuredProfiles } from '../../../src/engine/subjects.ts';
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

  it('are none where there is no rule', () => {
    expect(configuredProfiles([], targets).configured.size).toBe(0);
  });
});
