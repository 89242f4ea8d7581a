import type { Attempt, ControlVantage, PairedAttempt, PeerEvidence } from '../../model/attempt.ts';
import type { Target } from '../../model/target.ts';

const VANTAGES: Readonly<Record<ControlVantage, string>> = {
  bridge: 'control on an ordinary bridge',
  host: 'control on the host itself',
  peer: 'control beside the peer',
};

/** The attempt and each of its controls, one line each. */
export function evidenceOf(pair: PairedAttempt): readonly string[] {
  const route = pair.spec.path === 'proxy' ? `by proxy ${pair.spec.proxy ?? ''}`.trim() : 'direct';
  const place = pair.spec.from === 'host' ? ', from the host itself' : '';
  const lines = [`${endpointOf(pair)}${askedOf(pair)} ${route}${place}, IPv${pair.spec.family}: ${outcomeLine(pair.target)}`];
  for (const { vantage, attempt } of pair.controls) lines.push(`${VANTAGES[vantage]}: ${outcomeLine(attempt)}`);
  // What is tried from the host is held against another attempt of the same place.
  if (pair.controls.length === 0 && pair.spec.from === undefined) lines.push('no control');
  return lines;
}

/** `host:port/protocol`, IPv6 in brackets. */
export function endpointOf({ spec }: Pick<PairedAttempt, 'spec'>): string {
  const host = spec.host.includes(':') ? `[${spec.host}]` : spec.host;
  return spec.kind === 'dns' ? spec.host : `${host}:${spec.port}/${spec.kind === 'udp' ? 'udp' : 'tcp'}`;
}

/** What was asked for in place of what was dialled, or whom. */
function askedOf({ spec }: PairedAttempt): string {
  const { serverName, authority, origin, resolver } = spec;
  return [
    ...(serverName === undefined ? [] : [`, SNI ${serverName}`]),
    ...(authority === undefined ? [] : [`, Host ${authority}`]),
    ...(origin === undefined ? [] : [`, Origin ${origin}`]),
    ...(resolver === undefined ? [] : [` of ${resolver.address} by ${resolver.tcp ? 'TCP' : 'UDP'}`]),
  ].join('');
}

function outcomeLine(attempt: Attempt): string {
  const parts: string[] = [attempt.outcome];
  if (attempt.detail !== undefined) parts.push(`(${attempt.detail})`);
  if (attempt.tries > 0) parts.push(`after ${Math.round(attempt.elapsedMs)} ms`);
  if (attempt.tries > 1) parts.push(`and ${attempt.tries} tries`);
  if (attempt.address !== undefined) parts.push(`at ${attempt.address}`);
  if (attempt.nonce !== undefined) parts.push(`nonce ${attempt.nonce}`);
  const peer = attempt.peer;
  if (peer?.certificate !== undefined) parts.push(`certificate ${peer.certificate.slice(0, 12)}…`);
  if (peer?.status !== undefined) parts.push(`HTTP ${peer.status}${peer.server === undefined ? '' : ` ${peer.server}`}`);
  if (peer !== undefined) parts.push(...sessionOf(peer));
  if (attempt.answer !== undefined) {
    const { rcode, addresses, soa, server } = attempt.answer;
    parts.push(`${rcode} from ${server}`, ...addresses, ...(soa === undefined ? [] : [`zone ${soa}`]));
  }
  return parts.join(' ');
}

/** Of an MCP session: who answered, in which revision, with how many tools, and how a call of one ended. */
function sessionOf({ service, revision, tools, called }: PeerEvidence): readonly string[] {
  const said = [
    ...(service === undefined ? [] : [`says "${service}"`]),
    ...(revision === undefined ? [] : [`in MCP ${revision}`]),
  ].join(' ');
  return [
    [...(said === '' ? [] : [said]), ...(tools === undefined ? [] : [`${tools} tools`])].join(', '),
    ...(called === undefined ? [] : [`tool ${called.tool === undefined ? '' : `"${called.tool}" `}${called.result}`]),
  ].filter((part) => part !== '');
}

/**
 * The same attempt by hand, in a container that joins the target's network: netcat, or curl where a proxy is asked;
 * on the host itself where it was made from there.
 */
export function reproduceAttempt(target: Target, { spec }: PairedAttempt): string {
  if (spec.from === 'host') return onHost(spec);
  const twin = `docker run --rm --network ${shellWord(`container:${target.name}`)}`;
  if (spec.kind === 'dns') {
    const { address, tcp } = spec.resolver ?? {};
    // Nothing in busybox asks by TCP: that the port answers has to do.
    if (address !== undefined && tcp === true) return `${twin} busybox nc -w 2 ${shellWord(address)} 53`;
    return [`${twin} busybox nslookup ${shellWord(spec.host)}`, ...(address === undefined ? [] : [shellWord(address)])].join(' ');
  }
  if ((spec.path === 'proxy' && spec.proxy !== undefined) || spec.authority !== undefined) return `${twin} ${byCurl(spec)}`;
  return `${twin} busybox nc ${spec.kind === 'udp' ? '-u ' : ''}-w 2 ${shellWord(spec.host)} ${spec.port}`;
}

const INITIALIZE =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"curl","version":"0"}}}';

function onHost({ kind, host, port, request, origin, authority }: PairedAttempt['spec']): string {
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (kind === 'tcp') return `nc -w 2 ${shellWord(host)} ${port}`;
  if (kind === 'http') return `curl -si -m 5 ${shellWord(`http://${at}${request ?? '/'}`)}`;
  const headers = [
    ...(authority === undefined ? [] : [`Host: ${authority}`]),
    ...(origin === undefined ? [] : [`Origin: ${origin}`]),
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
  ];
  const url = `http://${at}${request ?? '/mcp'}`;
  return `curl -si -m 5 ${headers.map((header) => `-H ${shellWord(header)}`).join(' ')} -d ${shellWord(INITIALIZE)} ${shellWord(url)}`;
}

/** With another name on the connection than the one that is dialled, where the attempt had one. */
function byCurl({ host, port, path, proxy, tls, serverName, authority }: PairedAttempt['spec']): string {
  const at = (name: string): string => (name.includes(':') ? `[${name}]` : name);
  const words = ['curlimages/curl', '-sv', '-m', '5'];
  if (path === 'proxy' && proxy !== undefined) words.push('--proxytunnel', '-x', proxy);
  if (serverName !== undefined && serverName !== host) words.push('-k', '--connect-to', `::${at(host)}:${port}`);
  if (authority !== undefined) words.push('-H', `Host: ${authority}`);
  words.push(`${tls === true ? 'https' : 'http'}://${at(serverName ?? host)}:${port}/`);
  return words.map(shellWord).join(' ');
}

/** What the engine says of the target, by hand. `template` is a Go template, e.g. `{{.HostConfig.NetworkMode}}`. */
export function reproduceInspect(target: Target, template: string): string {
  return `docker inspect --format ${shellWord(template)} ${shellWord(target.name)}`;
}

/** One word of a POSIX shell. Names and hosts come from outside, and people paste these lines. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
