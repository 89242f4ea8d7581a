import { describe, expect, it } from 'vitest';
import { askedDirectly, carriedOut, reachOf } from '../../../../src/checks/support/decide.ts';
import type { PeerEvidence } from '../../../../src/model/attempt.ts';
import { aPair, connected, dnsAnswer, outcome, refused, timeout, type Result } from '../../../support/observations.ts';

const hash = (digit: string): string => digit.repeat(64);
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const heard = (peer: PeerEvidence, at?: string): Result => connected({ peer, ...(at !== undefined && { address: at }) });
const stateOf = (target: Result, control: Result): string => reachOf(aPair({ target, controls: [control] })).state;

const site: PeerEvidence = { certificate: hash('a'), authorized: true, status: 200, server: 'nginx', body: hash('1') };
const plain: PeerEvidence = { status: 200, server: 'nginx', body: hash('1') };

describe('a firewall that takes a connection and swallows it', () => {
  // The same is seen of a destination that is slow to answer and has every byte: neither a pass nor an alarm.
  it.each<[string, PeerEvidence]>([
    ['a greeting', { banner: 'SSH-2.0-OpenSSH' }],
    ['a page', plain],
    ['a certificate', site],
  ])('leaves it open, where the control heard %s', (_, control) => {
    expect(stateOf(heard({}), heard(control))).toBe('undecided');
  });
  it('leaves it open in the middle of TLS, too', () => {
    expect(stateOf(outcome('tls-failed', { phase: 'tls', detail: 'no handshake in time' }), heard(site))).toBe('undecided');
  });
});

describe('a transparent proxy with a certificate of its own', () => {
  const own = { certificate: hash('b'), authorized: false } as const;
  it('hands on what the destination says: it was reached, whoever signed', () => {
    expect(stateOf(heard({ ...own, status: 200, server: 'nginx', body: hash('1') }), heard(site))).toBe('reached');
  });
  it('leaves it open where the page differs under one kind of server: it may be dynamic, or a page of its own', () => {
    expect(stateOf(heard({ ...own, status: 200, server: 'nginx', body: hash('2') }), heard(site))).toBe('undecided');
  });
  it.each<[string, PeerEvidence]>([
    ['403', { status: 403, server: 'filter', body: hash('3') }],
    ['200', { status: 200, server: 'filter', body: hash('3') }],
    ['200 and no name', { status: 200, body: hash('3') }],
  ])('says itself that it is blocked, with status %s: it was not reached', (_, said) => {
    expect(stateOf(heard({ ...own, ...said }), heard(site))).toBe('elsewhere');
  });
  it('leaves it open where it says nothing, for it may hand on what is sent', () => {
    expect(stateOf(heard(own), heard(site))).toBe('undecided');
  });
});

describe('a block page with status 200', () => {
  it('is another peer where its server has another name, or none', () => {
    expect(stateOf(heard({ status: 200, server: 'filter', body: hash('2') }), heard(plain))).toBe('elsewhere');
    expect(stateOf(heard({ status: 200, body: hash('2') }), heard(plain))).toBe('elsewhere');
  });
  it('is neither a leak nor a wall where no server says who it is', () => {
    expect(stateOf(heard({ status: 200, body: hash('2') }), heard({ status: 200, body: hash('1') }))).toBe('undecided');
  });
  it('is no match by an empty page', () => {
    expect(
      stateOf(heard({ status: 403, server: 'filter', body: EMPTY }), heard({ status: 301, server: 'nginx', body: EMPTY })),
    ).toBe('elsewhere');
    expect(stateOf(heard({ status: 200, body: EMPTY }), heard({ status: 200, body: EMPTY }))).toBe('undecided');
  });
  it('differs from the page itself, which was reached', () => {
    expect(stateOf(heard({ status: 200, body: hash('1') }), heard({ status: 200, body: hash('1') }))).toBe('reached');
  });
});

describe('a name that leads to a parking address', () => {
  const parked = '198.51.100.9';
  const real = '203.0.113.10';
  it('was not reached where nobody listens there, and the control is let in', () => {
    expect(stateOf(refused({ address: parked }), heard(plain, real))).toBe('blocked');
    expect(stateOf(timeout({ address: parked }), heard(plain, real))).toBe('blocked');
  });
  it('was not reached where another page stands there', () => {
    expect(stateOf(heard({ status: 200, server: 'parking', body: hash('9') }, parked), heard(plain, real))).toBe('elsewhere');
  });
  it('leaves it open where a listener takes all and the service says nothing to anybody', () => {
    expect(stateOf(heard({}, parked), heard({}, real))).toBe('undecided');
    // At the same address it is the same service.
    expect(stateOf(heard({}, real), heard({}, real))).toBe('reached');
  });
  it('is told by the proxy alone where one is asked: its address is not that of the destination', () => {
    const pair = aPair({ spec: { path: 'proxy' }, target: heard({}, '172.18.0.2'), controls: [heard({}, real)] });
    expect(reachOf(pair).state).toBe('reached');
  });
});

describe('a resolver that answers every name with a sinkhole', () => {
  const sinkhole = dnsAnswer('NOERROR', { addresses: ['198.51.100.9'] });
  const carried = (target: Result, control: Result): string =>
    carriedOut(aPair({ spec: { kind: 'dns' }, target, controls: [control] })).state;
  it('has not shown that it asked anybody, nor that it did not', () => {
    expect(carried(sinkhole, dnsAnswer('NXDOMAIN', { soa: 'canary.test' }))).toBe('undecided');
    expect(carried(sinkhole, dnsAnswer('NOERROR', { addresses: ['203.0.113.10'] }))).toBe('undecided');
  });
  it('is no sinkhole where it answers as it answers the control', () => {
    expect(
      carried(
        dnsAnswer('NOERROR', { addresses: ['203.0.113.11', '203.0.113.10'] }),
        dnsAnswer('NOERROR', { addresses: ['203.0.113.10'] }),
      ),
    ).toBe('reached');
  });

  const direct = (target: Result, ...controls: Result[]): string =>
    askedDirectly(aPair({ spec: { kind: 'dns', purpose: 'direct-dns', port: 0 }, target, controls })).state;
  const zone = dnsAnswer('NXDOMAIN', { soa: 'canary.test' });
  it.each<[string, Result, Result[], string]>([
    ['answers as it answers the control', zone, [zone], 'reached'],
    ['refuses, the control too: it is there', dnsAnswer('REFUSED'), [dnsAnswer('REFUSED')], 'reached'],
    ['is replaced by one that refuses', dnsAnswer('REFUSED'), [zone], 'elsewhere'],
    ['is replaced by a sinkhole', sinkhole, [zone], 'undecided'],
    ['fails in its place', dnsAnswer('SERVFAIL'), [zone], 'undecided'],
    ['is silent', timeout({ phase: 'resolve' }), [zone], 'blocked'],
    ['is out of reach', outcome('unreachable', { phase: 'resolve' }), [zone], 'blocked'],
    ['is silent to the control as well', timeout({ phase: 'resolve' }), [timeout({ phase: 'resolve' })], 'undecided'],
    ['answers, and there is no control', zone, [], 'reached'],
    ['refuses, and there is no control', dnsAnswer('REFUSED'), [], 'undecided'],
    ['was not asked', outcome('not-run'), [zone], 'undecided'],
    ['was asked by a probe that broke', outcome('probe-error'), [zone], 'undecided'],
  ])('asked directly, it %s', (_, target, controls, state) => {
    expect(direct(target, ...controls)).toBe(state);
  });
});
