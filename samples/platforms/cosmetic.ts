#!/usr/bin/env node
import { labels, removeLabelled, serve } from './contract.ts';

/**
 * A platform whose permission profiles are decoration: the profile is kept, shown to whoever looks, and nothing else.
 * Every server gets the engine's default bridge.
 */
await serve({
  version: 'cosmetic 1.0.0',
  start: async (docker, { name, image, profile, env, args, transport }) => {
    const container = await docker.createContainer({
      name,
      Image: image,
      ...(args.length === 0 ? {} : { Cmd: [...args] }),
      Env: [...env],
      OpenStdin: transport === 'stdio',
      Labels: labels({ 'cosmetic.name': name, ...(profile === undefined ? {} : { 'cosmetic.profile': profile }) }),
      HostConfig: { NetworkMode: 'bridge' },
    });
    await container.start();
    return {
      container: container.id,
      command: `cosmetic run${profile === undefined ? '' : ' --profile PROFILE.json'} ${image}`,
      notes: profile === undefined ? [] : ['The profile is on the container, as a label.'],
    };
  },
  stop: async (docker, name) => removeLabelled(docker, `cosmetic.name=${name}`),
});
