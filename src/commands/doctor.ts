import type { Command } from 'commander';
import { EXIT } from '../engine/exit-code.ts';
import { connect } from '../runtime/connect.ts';
import { ownArchitecture } from '../runtime/node-layer.ts';
import { findProbeImage } from '../runtime/probe-image.ts';
import { escapeText } from '../model/text.ts';
import { TOOL } from '../version.ts';
import type { CommandContext } from './context.ts';
import { endpointOf, HOST_OPTION } from './engine.ts';
import { print } from './print.ts';

export function addDoctor(program: Command, { finish }: CommandContext): void {
  program
    .command('doctor')
    .description('say which engine is found, whether it can be audited, and what cannot be tested here')
    .option(...HOST_OPTION)
    .action(async ({ host }: { readonly host?: string }) => {
      const line = (name: string, text: string): Promise<void> => print(`${name.padEnd(10)} ${escapeText(text, 500)}\n`);
      await line('bulkhead', `${TOOL.version} on Node.js ${process.versions.node}, ${process.platform} ${process.arch}`);
      const endpoint = endpointOf(host);
      await line('endpoint', `${endpoint.url} (from ${endpoint.source})`);
      const { docker, facts } = await connect(endpoint);
      await line(
        'engine',
        `${facts.product} ${facts.version}, API ${facts.apiVersion}, ${facts.os}/${facts.architecture}, kernel ${facts.kernel}`,
      );
      const image = await findProbeImage(docker, facts.architecture);
      await line('image', `${image.reference} ${image.ready ? 'is ready' : 'is made at the first audit (needs no registry)'}`);
      for (const limit of limitsOf(facts)) await line('limit', limit);
      finish(EXIT.clean);
    });
}

/** What cannot be tested on this engine from this machine, and why. */
function limitsOf(facts: {
  readonly product: string;
  readonly rootless: boolean;
  readonly userNamespaces: boolean;
  readonly os: string;
  readonly architecture: string;
}): readonly string[] {
  return [
    ...(facts.os === 'linux'
      ? []
      : [`engines on ${facts.os} have no namespaces that a twin could join: nothing can be observed`]),
    ...(process.platform === 'linux' && facts.architecture === ownArchitecture()
      ? []
      : ['the probe image cannot be assembled from this Node.js: build probe-image/Dockerfile on the engine']),
    ...(facts.rootless
      ? ['rootless: "the host" is the namespace in which the engine runs; the machine around it is not tested']
      : []),
    ...(facts.product === 'Docker Desktop'
      ? ['Docker Desktop: canaries are planted in its virtual machine, not on the desktop itself']
      : []),
    ...(facts.userNamespaces
      ? ['user namespaces: a host-network canary may be refused; the HOST checks are then inconclusive']
      : []),
    'cloud metadata: judged only where the control reaches a metadata service',
    'IPv6: judged only where a target has IPv6 and the control reaches out by it',
  ];
}
