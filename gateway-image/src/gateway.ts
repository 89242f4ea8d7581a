/** Outside of a compartment: the one process that knows the policy and has a network. */
import { createServer } from 'node:net';
import { SOCKETS, type GatewayConfig } from '../../src/model/compartment.ts';
import { admission } from './admission.ts';
import { collectQuickly } from './collect-quickly.ts';
import { checkLimits, endWithRun, readConfig } from './config.ts';
import { httpSide } from './http-proxy.ts';
import { inboundServer } from './inbound.ts';
import { listen } from './listen.ts';
import { decisionLog } from './log.ts';
import { compilePolicy } from './policy.ts';
import { NameResolver } from './resolve.ts';
import { serveConnection, type Gateway } from './tunnel.ts';

const config = readConfig<GatewayConfig>('BULKHEAD_GATEWAY');
const log = decisionLog((line) => process.stdout.write(line));
const gateway: Gateway = {
  policy: compilePolicy(config.egress),
  resolver: new NameResolver(),
  limits: checkLimits(config.limits),
  log,
  admit: admission(config.limits.connections),
};
endWithRun();
collectQuickly();

const http = httpSide(gateway);
const connections = createServer({ allowHalfOpen: true }, (client) => serveConnection(gateway, client, http.takeOver));
void Promise.all([
  ...(gateway.policy === undefined
    ? []
    : [listen(connections, SOCKETS.connect, log.problem), listen(http.server, SOCKETS.proxy, log.problem)]),
  ...(config.inbound === null
    ? []
    : [listen(inboundServer(config.inbound, config.limits, log), config.inbound.listenPort, log.problem)]),
]).then(() => {
  // One connection must not be able to end all others; the line says that there is a fault to mend.
  process.on('uncaughtException', (error) => log.problem(`a fault of the gateway: ${error.message}`));
  log.ready();
});
