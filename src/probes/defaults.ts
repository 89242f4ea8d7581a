import type { InternetCanary } from './context.ts';

/**
 * Destinations that nearly every network reaches and no MCP server declares: names that exist for examples
 * (RFC 2606) and public resolvers, in both families. `--internet` replaces all of them.
 */
export const DEFAULT_INTERNET: readonly InternetCanary[] = [
  { host: 'example.com', port: 443, protocol: 'tcp' },
  { host: 'example.com', port: 80, protocol: 'tcp' },
  { host: '1.1.1.1', port: 443, protocol: 'tcp' },
  { host: '2606:4700:4700::1111', port: 443, protocol: 'tcp' },
  { host: '1.1.1.1', port: 53, protocol: 'udp' },
];
