import { describe, expect, it } from 'vitest';
import { looksLikeServer } from '../../../src/discovery/image-name.ts';

describe('looksLikeServer', () => {
  it.each([
    'mcp/git',
    'docker.io/mcp/filesystem:1.0.2',
    'docker.elastic.co/mcp/elasticsearch:0.4.6',
    'ghcr.io/github/github-mcp-server:v0.30.3',
    'GHCR.io/GitHub/GitHub-MCP-Server',
    'ghcr.io/sooperset/mcp-atlassian:0.13.0',
    'iwakitakuma/gitlab-mcp:2.0.19',
    'mcr.microsoft.com/playwright/mcp:v0.0.68',
    'mcp-server-time',
    'localhost/mcp-server-time:latest',
    'localhost:5000/mcp-server-time@sha256:0123456789abcdef',
    'ghcr.io/stackloklabs/osv-mcp/server:0.1.0',
    'ghcr.io/stacklok/dockyard/npx/context7:2.1.1',
    'ghcr.io/modelcontextprotocol/server-everything',
    'acme/weather_mcp',
    'acme/mcpserver',
    'acme/mcp-registry-server',
  ])('takes %s', (reference) => {
    expect(looksLikeServer(reference)).toBe(true);
  });

  it.each([
    'mcpelanza',
    'acme/mcpelanza-server',
    'acme/tmcp',
    'postgres:17',
    'mcp.example.com/acme/postgres',
    'mcp:5000/acme/postgres',
    'acme/postgres:mcp-server',
    'acme-mcp/postgres',
    'acme/server',
    'docker/mcp-gateway',
    'docker/mcp-l7proxy:v1',
    'docker/mcp-dns-forwarder:v1',
    'mcp/docker-mcp-catalog',
    'ghcr.io/modelcontextprotocol/inspector',
    'ghcr.io/stacklok/toolhive/egress-proxy:latest',
    'modelcontextprotocol/docs',
    `sha256:${'ab'.repeat(32)}`,
    '',
    '/',
    '@',
    `mcp/${'a'.repeat(2_000_000)}`,
  ])('leaves %.60s', (reference) => {
    expect(looksLikeServer(reference)).toBe(false);
  });
});
