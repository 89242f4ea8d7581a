import { LABEL } from '../model/labels.ts';
import { label, type Recognizer } from './container.ts';

/**
 * Labels with which an image says that it is an MCP server: the ownership label of the MCP registry
 * (modelcontextprotocol/registry, OCI packages) and Docker's description of a server (docker/mcp-gateway
 * `pkg/catalog/import_spec.go`). They make a container a target; they never say what it may do.
 */
const SERVER_LABELS = ['io.modelcontextprotocol.server.name', 'io.docker.server.metadata', LABEL.profile];

export const recognizeImageLabel: Recognizer = (container) => {
  const key = SERVER_LABELS.find(
    (candidate) => label(container, candidate) !== undefined || Object.hasOwn(container.imageLabels, candidate),
  );
  return key === undefined ? undefined : { kind: 'server', platform: 'none', why: `image label ${key}` };
};
