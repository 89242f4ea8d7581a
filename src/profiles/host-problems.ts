import { MAX_NAME_LENGTH, parseHostPattern, readsAsNumber } from './hosts.ts';
import { show } from './problems.ts';

export interface HostProblem {
  /** What is wrong, as the rest of a sentence. */
  readonly what: string;
  readonly good: string;
}

const EXAMPLE = 'api.example.com';

/** What is wrong with an entry of `allow_host`, or undefined. Every entry that `parseHostPattern` refuses gets an answer. */
export function hostProblem(entry: string): HostProblem | undefined {
  return parseHostPattern(entry) === undefined ? explain(entry) : undefined;
}

const BLANK = /[\p{Cc}\p{Cf}\p{Z}\p{Cs}]+/u;
const ALONE = 'Hosts stand alone.';

function explain(entry: string): HostProblem {
  if (entry === '') return { what: 'is empty', good: write('') };
  if (BLANK.test(entry)) {
    const trimmed = entry.replace(new RegExp(`^${BLANK.source}|${BLANK.source}$`, 'gu'), '');
    return { what: 'has white space, control or invisible characters', good: `One host an entry. ${write(trimmed)}` };
  }
  if (entry.includes('*')) return wildcard(entry);
  if (entry.includes('://')) return { what: 'has a scheme', good: `${ALONE} ${write(urlHost(entry))}` };
  if (entry.includes('@')) return { what: 'has a user name', good: `${ALONE} ${write(urlHost(`http://${entry}`))}` };
  if (/^[0-9a-f.:]+\/\d+$/i.test(entry)) {
    return { what: 'is a range of addresses, which the format does not know', good: 'List the addresses, e.g. "203.0.113.10"' };
  }
  if (/[/\\?#]/.test(entry)) return { what: 'has a path', good: `${ALONE} ${write(urlHost(`http://${entry}`))}` };
  if (/[[\]%]/.test(entry)) {
    return { what: 'has brackets, a zone or percent signs', good: 'Write an IPv6 address bare, e.g. "2001:db8::1"' };
  }
  return port(entry) ?? spelling(entry);
}

function wildcard(entry: string): HostProblem {
  if (/^[*.]+$/.test(entry)) {
    return {
      what: 'is a wildcard, which the format does not know',
      good: `Name the hosts, e.g. "${EXAMPLE}" or ".example.com"; "insecure_allow_all": true allows any host`,
    };
  }
  return {
    what: 'has a wildcard, which the format does not know',
    good: `A leading dot means the domain and every name under it. ${write(entry.replace(/^\*\./, '.'), '.example.com')}`,
  };
}

function port(entry: string): HostProblem | undefined {
  const [, host, digits] = /^([^:]*):(\d*)$/.exec(entry) ?? [];
  if (host === undefined || digits === undefined) return undefined;
  const there = /^[1-9]\d{0,4}$/.test(digits) ? `, and ${digits} in "allow_port"` : '';
  return { what: 'has a port', good: `${write(host)}${there}` };
}

function spelling(entry: string): HostProblem {
  if (entry.includes(':')) return { what: 'is no IPv6 address', good: 'Write for instance "2001:db8::1"' };
  if (/[^\x21-\x7e]/.test(entry)) {
    return {
      what: 'has letters outside ASCII',
      good: `Write the punycode form. ${write(urlHost(`http://${entry}`), 'xn--mnchen-3ya.example')}`,
    };
  }
  if (readsAsNumber(entry)) {
    // No guess: programs disagree about what such a spelling means.
    return {
      what: 'is an odd spelling of an IPv4 address, or none',
      good: 'Write four decimal numbers without leading zeros, e.g. "203.0.113.10"',
    };
  }
  if (/[^.]\.$/.test(entry)) return { what: 'ends in a dot', good: write(entry.slice(0, -1)) };
  if (/\.\.|^\.$/.test(entry)) return { what: 'has an empty label between dots', good: write(entry.replace(/\.{2,}/g, '.')) };
  if (entry.replace(/^\./, '').length > MAX_NAME_LENGTH)
    return { what: `is longer than ${MAX_NAME_LENGTH} characters`, good: write('') };
  return {
    what: 'is no host name (letters, digits, - and _ in labels of at most 63 that neither begin nor end with -)',
    good: write(''),
  };
}

/** `Write "x"`, where x is what was probably meant if that is valid, and else an example. */
function write(suggestion: string, example: string = EXAMPLE): string {
  const meant = parseHostPattern(suggestion) !== undefined && suggestion.length <= 60;
  return `Write ${meant ? show(suggestion) : `for instance "${example}"`}`;
}

/** The host that a URL parser sees, or an empty text. */
function urlHost(text: string): string {
  // Only the schemes that browsers know get IDNA treatment.
  const url = URL.parse(text.replace(/^[^:]*:\/\//, 'http://'));
  return url === null ? '' : url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
