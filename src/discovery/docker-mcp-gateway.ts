import { creationLabel, isTrue, type Recognizer } from './container.ts';

/**
 * Labels of Docker MCP Gateway. Source: docker/mcp-gateway `pkg/gateway/clientpool.go` (servers and one-shot
 * tools) and `pkg/gateway/proxies/l4proxy.go` (proxies). Its servers have random container names.
 */
const MANAGED = 'docker-mcp';
const PROXY = 'docker-mcp-proxy';
const NAME = 'docker-mcp-name';
const TRANSPORT = 'docker-mcp-transport';

export const recognizeDockerMcpGateway: Recognizer = (container) => {
  if (!isTrue(creationLabel(container, MANAGED))) return undefined;
  if (isTrue(creationLabel(container, PROXY))) return { kind: 'part', what: 'a proxy of Docker MCP Gateway' };
  return {
    kind: 'server',
    platform: 'docker-mcp-gateway',
    why: `label ${MANAGED}=true`,
    transport: creationLabel(container, TRANSPORT),
    alias: creationLabel(container, NAME),
  };
};
