import { creationLabel, isTrue, type Recognizer } from './container.ts';

/** Labels of mcpproxy. Source: smart-mcp-proxy/mcpproxy-go `internal/upstream/core/instance.go`. */
const MANAGED = 'com.mcpproxy.managed';
const SERVER = 'com.mcpproxy.server';

export const recognizeMcpproxy: Recognizer = (container) => {
  if (!isTrue(creationLabel(container, MANAGED))) return undefined;
  // It talks to the servers that it puts in containers over stdin and stdout, nothing else.
  const alias = creationLabel(container, SERVER);
  return { kind: 'server', platform: 'mcpproxy', why: `label ${MANAGED}=true`, transport: 'stdio', alias };
};
