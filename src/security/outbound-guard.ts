// Which addresses a request may be sent to: no special-purpose network unless the operator allows it. Checks the URL when
// it is given, the literal address when connecting, and every answer of the name service. Sending itself is not here.
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Problem } from '../problem.js';

/**
 * Networks that are not for the public. IPv4: the IANA special-purpose registry (RFC 6890 and its updates) and the host
 * address of one cloud that lies in public space. IPv6: all outside 2000::/3, the only global unicast space that IANA
 * gives out, and the special purposes inside it; IPv4 wrapped in IPv6 is refused whatever it wraps.
 */
const forbiddenNetworks = [
  '0.0.0.0/8', // this network, unspecified
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's platform services, reachable from inside a machine only
  '169.254.0.0/16', // link-local, cloud metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays, deprecated
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
  '::/3', // unspecified, loopback, IPv4-compatible and -mapped, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard (100::/64)
  '2001::/23', // IETF protocol assignments: Teredo, benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3fff::/20', // documentation
  '4000::/2', // not given out; segment routing (5f00::/16)
  '8000::/1', // not given out; unique-local fc00::/7, link-local fe80::/10, site-local fec0::/10, multicast ff00::/8
] as const;

const maxUrlLength = 2048;

/** A network in CIDR notation, taken apart. */
export interface Network {
  readonly address: string;
  /** Leading bits that count: 0..32 or 0..128. */
  readonly prefixLength: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** The `code` of the error that `lookup` and a connector give for a forbidden address. */
export const addressForbidden = 'ADDRESS_FORBIDDEN';

/** Decides where requests may go. */
export interface OutboundGuard {
  /**
   * A target as given by a user: absolute, http or https, no credentials, no fragment, at most 2048 characters, and not
   * an address (in any spelling) or `localhost` that may not be reached. What a name resolves to is checked by `lookup`.
   * Throws `URL_INVALID` or `URL_FORBIDDEN` on `field`.
   */
  checkUrl(text: string, field: string): URL;
  /** Whether a literal IPv4 or IPv6 address may be connected to; false for anything else. Never throws. */
  isAllowed(address: string): boolean;
  /**
   * Resolves a name as `dns.lookup` does and answers only addresses that may be connected to; an error with the code
   * `ADDRESS_FORBIDDEN`, which tells none of them, when there is none. The connection is made to an address of this very
   * answer, so a name that changes its mind between check and use gains nothing.
   */
  readonly lookup: LookupFunction;
}

/** Resolves a name to all its addresses; `dns.lookup` with `all: true`. */
export type ResolveName = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** What a guard is made of. */
export interface OutboundGuardOptions {
  /** Networks in CIDR notation that may be reached although special; they win over the table. */
  readonly allowNetworks: readonly string[];
  /** Default: the system's resolver. */
  readonly resolve?: ResolveName;
}

/** A guard. Throws `INVALID_INPUT` when a network is malformed. */
export function createOutboundGuard(options: OutboundGuardOptions): OutboundGuard {
  const isForbidden = createMatcher(forbiddenNetworks);
  const isListed = createMatcher(options.allowNetworks);
  const isAllowed = (address: string): boolean => {
    // A zone (`fe80::1%eth0`) belongs to scoped addresses only, none of which has a use here.
    const family = address.includes('%') ? 0 : isIP(address);
    return family !== 0 && (isListed(address, family) || !isForbidden(address, family));
  };
  return {
    checkUrl: (text, field) => checkUrl(text, field, isAllowed),
    isAllowed,
    lookup: createLookup(options, isAllowed),
  };
}

/** A network such as `10.0.0.0/8` or `fd00::/8`. Throws `INVALID_INPUT` on `field`. */
export function parseNetwork(text: string, field = 'network'): Network {
  const [, address = '', prefix = ''] = /^([0-9a-fA-F.:]{2,45})\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? [];
  const family = isIP(address);
  const prefixLength = Number(prefix);
  if (family === 0 || prefixLength > (family === 4 ? 32 : 128)) {
    throw new Problem('INVALID_INPUT', 'A network is an address and a prefix length, such as 10.0.0.0/8 or fd00::/8.', {
      field,
    });
  }
  return { address, prefixLength, family: family === 4 ? 'ipv4' : 'ipv6' };
}

/** Tests addresses against networks of their own family; one list for both would let IPv4 match its IPv6 wrappings. */
function createMatcher(networks: readonly string[]): (address: string, family: number) => boolean {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of networks) {
    const { address, prefixLength, family } = parseNetwork(text);
    lists[family].addSubnet(address, prefixLength, family);
  }
  return (address, family) => (family === 4 ? lists.ipv4.check(address, 'ipv4') : lists.ipv6.check(address, 'ipv6'));
}

function checkUrl(text: string, field: string, isAllowed: OutboundGuard['isAllowed']): URL {
  const invalid = (message: string): Problem => new Problem('URL_INVALID', message, { field });
  if (text.length > maxUrlLength) throw invalid(`A URL has at most ${maxUrlLength} characters.`);
  // The URL parser would quietly drop blanks and line ends, read a backslash as a slash and supply missing slashes.
  if (!/^https?:\/\/[^/]/i.test(text) || /[\s\p{Cc}\\]/u.test(text) || !URL.canParse(text)) {
    throw invalid('A URL is absolute and starts with http:// or https://.');
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw invalid('A URL carries no user name or password.');
  if (url.hash !== '' || text.includes('#')) throw invalid('A URL carries no fragment.');
  if (url.port === '0') throw invalid('Port 0 cannot be connected to.');
  // The URL parser has already made one spelling of 0x7f.1, 2130706433, 0177.0.0.1 and the like.
  const host = url.hostname.replace(/^\[|\]$|\.$/g, '');
  if (host === '' || host.endsWith('.') || host.includes('..')) throw invalid('The host name has an empty part.');
  const isLoopbackName = host === 'localhost' || host.endsWith('.localhost');
  const isForbidden = isLoopbackName
    ? !isAllowed('127.0.0.1') && !isAllowed('::1')
    : isIP(host) !== 0 && !isAllowed(host);
  if (isForbidden) {
    throw new Problem('URL_FORBIDDEN', 'The host is in a private, local or reserved network.', { field });
  }
  return url;
}

function createLookup(options: OutboundGuardOptions, isAllowed: OutboundGuard['isAllowed']): LookupFunction {
  const resolve = options.resolve ?? resolveBySystem;
  // One question per name at a time: the system's resolver has few threads, and one dead name must not hold them all.
  const waiting = new Map<string, Parameters<ResolveName>[1][]>();
  const resolveOnce: ResolveName = (hostname, callback) => {
    const others = waiting.get(hostname);
    if (others !== undefined) {
      others.push(callback);
      return;
    }
    const callbacks = [callback];
    waiting.set(hostname, callbacks);
    resolve(hostname, (error, addresses) => {
      waiting.delete(hostname);
      for (const answer of callbacks) answer(error, addresses);
    });
  };
  return (hostname, { all, family }, callback) => {
    const wanted = family === 4 || family === 'IPv4' ? 4 : family === 6 || family === 'IPv6' ? 6 : 0;
    resolveOnce(hostname, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const usable = addresses.filter((one) => (wanted === 0 || one.family === wanted) && isAllowed(one.address));
      const [first] = usable;
      if (first === undefined) return callback(createForbiddenError(), []);
      return all === true ? callback(null, usable) : callback(null, first.address, first.family);
    });
  };
}

/** The error of a refused connection; it names no address. A value for callbacks, not thrown. */
export function createForbiddenError(): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error('The address may not be delivered to.');
  error.code = addressForbidden;
  return error;
}

function resolveBySystem(hostname: string, callback: Parameters<ResolveName>[1]): void {
  systemLookup(hostname, { all: true }, callback);
}
