// Which addresses are special, worked out slowly and apart from the outbound guard: numbers between first and last.
import fc from 'fast-check';

/** First and last address of each network of the IANA special-purpose registries and their like. */
export const forbiddenRanges: readonly (readonly [string, string, string])[] = [
  ['this network', '0.0.0.0', '0.255.255.255'],
  ['private', '10.0.0.0', '10.255.255.255'],
  ['carrier-grade NAT', '100.64.0.0', '100.127.255.255'],
  ['loopback', '127.0.0.0', '127.255.255.255'],
  ['Azure platform', '168.63.129.16', '168.63.129.16'],
  ['link-local', '169.254.0.0', '169.254.255.255'],
  ['private', '172.16.0.0', '172.31.255.255'],
  ['IETF protocol assignments', '192.0.0.0', '192.0.0.255'],
  ['documentation', '192.0.2.0', '192.0.2.255'],
  ['6to4 relay', '192.88.99.0', '192.88.99.255'],
  ['private', '192.168.0.0', '192.168.255.255'],
  ['benchmark', '198.18.0.0', '198.19.255.255'],
  ['documentation', '198.51.100.0', '198.51.100.255'],
  ['documentation', '203.0.113.0', '203.0.113.255'],
  ['multicast', '224.0.0.0', '239.255.255.255'],
  ['reserved and broadcast', '240.0.0.0', '255.255.255.255'],
  ['unspecified', '::', '::'],
  ['loopback', '::1', '::1'],
  ['IPv4-compatible', '::', '::ffff:ffff'],
  ['IPv4-mapped', '::ffff:0:0', '::ffff:ffff:ffff'],
  ['IPv4-translated', '::ffff:0:0:0', '::ffff:0:ffff:ffff'],
  ['NAT64', '64:ff9b::', '64:ff9b::ffff:ffff'],
  ['local NAT64', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['discard', '100::', '100::ffff:ffff:ffff:ffff'],
  ['not given out', '::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['Teredo', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['benchmark', '2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff'],
  ['ORCHID', '2001:10::', '2001:3f:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['IETF protocol assignments', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['documentation', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['6to4', '2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['documentation', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['segment routing', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['not given out', '4000::', 'fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['unique-local', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['not given out', 'fe00::', 'fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['link-local', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['site-local', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['multicast', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

/** An address as a number. */
export interface Numbered {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** The number of an address, worked out digit by digit. */
function numberOf(address: string): Numbered {
  if (!address.includes(':')) {
    return { bits: 32, value: address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  }
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return {
    bits: 128,
    value: [...left, ...zeros, ...right].reduce((sum, part) => sum * 65536n + BigInt(`0x${part}`), 0n),
  };
}

/** An address of a number, in full. */
export function addressOf({ bits, value }: Numbered): string {
  const parts: string[] = [];
  const step = bits === 32 ? 8n : 16n;
  for (let shift = BigInt(bits) - step; shift >= 0n; shift -= step) {
    const part = (value >> shift) & ((1n << step) - 1n);
    parts.push(part.toString(bits === 32 ? 10 : 16));
  }
  return parts.join(bits === 32 ? '.' : ':');
}

const numberedRanges = forbiddenRanges.map(([, first, last]) => ({ first: numberOf(first), last: numberOf(last) }));

/** Whether the number lies in one of the ranges. */
export function isForbiddenByOracle({ bits, value }: Numbered): boolean {
  return numberedRanges.some(({ first, last }) => first.bits === bits && first.value <= value && value <= last.value);
}

const addressOfSize = (bits: 32 | 128): fc.Arbitrary<Numbered> =>
  fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }).map((value) => ({ bits, value }));
const nearBoundary = fc
  .record({ range: fc.constantFrom(...numberedRanges), atEnd: fc.boolean(), offset: fc.bigInt({ min: -2n, max: 2n }) })
  .map(({ range, atEnd, offset }): Numbered => {
    const { bits, value } = atEnd ? range.last : range.first;
    const size = 1n << BigInt(bits);
    return { bits, value: (value + offset + size) % size };
  });
const global6 = fc
  .bigInt({ min: 0x2000n << 112n, max: (0x4000n << 112n) - 1n })
  .map((value): Numbered => ({ bits: 128, value }));
/** Addresses everywhere, in public IPv6 space, and around the borders of the ranges. */
export const anyAddress = fc.oneof(addressOfSize(32), addressOfSize(128), global6, nearBoundary);
