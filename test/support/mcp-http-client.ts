/**
 * The official client over HTTP, as a program of its own: run in the namespace of the lab's engine, where published
 * ports are. Arguments: address, token, transport, tool, its arguments as JSON. Prints one line of JSON.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

const [address = '', token = '', kind = 'http', tool = '', given = '{}'] = process.argv.slice(2);
const requestInit = { headers: { Authorization: `Bearer ${token}` } };

const client = new Client({ name: 'bulkhead-test', version: '1.0.0' });
try {
  const transport =
    kind === 'sse'
      ? new SSEClientTransport(new URL(address), { requestInit })
      : new StreamableHTTPClientTransport(new URL(address), { requestInit });
  await client.connect(transport as Transport);
  const { tools } = await client.listTools();
  let progress = 0;
  const answer = await client.callTool({ name: tool, arguments: JSON.parse(given) as Record<string, unknown> }, undefined, {
    onprogress: () => (progress += 1),
  });
  const server = client.getServerVersion()?.name;
  console.log(JSON.stringify({ server, tools: tools.map(({ name }) => name), content: answer['content'], progress }));
  await client.close();
} catch (error) {
  console.log(JSON.stringify({ error: String(error) }));
  process.exitCode = 1;
}
