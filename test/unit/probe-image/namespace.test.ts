import { describe, expect, it } from 'vitest';
import { parseListeners, parseRoutes4, parseRoutes6 } from '../../../probe-image/src/namespace.ts';

const HEAD4 = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const ZERO = '0'.repeat(32);

describe('routes', () => {
  it('are read from /proc/net/route, default routes first', () => {
    const text = `${HEAD4}eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0  \neth0\t0000A8C0\t020011AC\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0\neth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`;
    expect(parseRoutes4(text)).toEqual([
      { gateway: '172.17.0.1', isDefault: true },
      { gateway: '172.17.0.2', isDefault: false },
    ]);
  });
  it('see a way out that has no gateway, and none in a route that only refuses', () => {
    expect(parseRoutes4(`${HEAD4}tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n`)).toEqual([{ isDefault: true }]);
    expect(parseRoutes4(`${HEAD4}*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n`)).toEqual([]);
    // 0.0.0.0/1 is half of everything, and no default route.
    expect(parseRoutes4(`${HEAD4}eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000080\t0\t0\t0\n`)).toEqual([
      { gateway: '172.17.0.1', isDefault: false },
    ]);
  });
  it('keep addresses above 127 positive', () => {
    expect(parseRoutes4(`${HEAD4}eth0\t00000000\tFEFFFFC0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`)).toEqual([
      { gateway: '192.255.255.254', isDefault: true },
    ]);
  });
  it('are read from /proc/net/ipv6_route', () => {
    const line = (destination: string, prefix: string, gateway: string, flags: string, device: string): string =>
      `${destination} ${prefix} ${ZERO} 00 ${gateway} 00000400 00000002 00000000 ${flags}     ${device}\n`;
    const gateway = 'fd000000000000000000000000000001';
    const other = 'fd000000000000000000000000000002';
    const text = [
      line(gateway, '40', ZERO, '00000001', 'eth0'),
      line(gateway, '40', other, '00000003', 'eth0'),
      line(ZERO, '00', gateway, '00000003', 'eth0'),
      line(ZERO, '00', ZERO, '00200200', 'lo'),
      line(ZERO, '00', ZERO, '00200200', 'eth1'),
    ].join('');
    expect(parseRoutes6(text)).toEqual([
      { gateway: 'fd00::1', isDefault: true },
      { gateway: 'fd00::2', isDefault: false },
    ]);
    expect(parseRoutes6(line(ZERO, '00', ZERO, '00000001', 'tun0'))).toEqual([{ isDefault: true }]);
  });
  it('are none in an empty file', () => {
    expect([parseRoutes4(''), parseRoutes4(HEAD4), parseRoutes6(''), parseRoutes6('\n')]).toEqual([[], [], [], []]);
  });
});

describe('listeners', () => {
  const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  it('are read from /proc/net/tcp, without what is no listener', () => {
    const text = `${HEAD}   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n   1: 00000000:0016 00000000:0000 0A 0:0\n   2: 020011AC:D431 010011AC:01BB 01 0:0\n   3: 0100007F:1F90 00000000:0000 0A 0:0\n`;
    expect(parseListeners(text, 4)).toEqual([
      { address: '127.0.0.1', port: 8080, family: 4 },
      { address: '0.0.0.0', port: 22, family: 4 },
    ]);
  });
  it('are read from /proc/net/tcp6, whose words are little-endian', () => {
    const line = (local: string): string => `   0: ${local} ${ZERO}:0000 0A 0:0\n`;
    const text = `${HEAD}${line(`${ZERO}:0050`)}${line('00000000000000000000000001000000:1F90')}${line('B80D0120000000000000000001000000:01BB')}${line('0000000000000000FFFF00000100007F:0001')}`;
    expect(parseListeners(text, 6)).toEqual([
      { address: '::', port: 80, family: 6 },
      { address: '::1', port: 8080, family: 6 },
      { address: '2001:db8::1', port: 443, family: 6 },
      { address: '::ffff:7f00:1', port: 1, family: 6 },
    ]);
  });
  it('are none in an empty file', () => {
    expect([parseListeners('', 4), parseListeners(HEAD, 6)]).toEqual([[], []]);
  });
});
