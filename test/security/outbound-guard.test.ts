// Where requests may go: addresses against a slow oracle, and networks in CIDR notation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../../src/problem.js';
import { createOutboundGuard, parseNetwork } from '../../src/security/outbound-guard.js';
import { addressOf, anyAddress, forbiddenRanges, isForbiddenByOracle } from '../kit/address-oracle.js';

const guard = createOutboundGuard({ allowNetworks: [] });

test('allows an address exactly when it is in no special-purpose network', () => {
  fc.assert(
    fc.property(anyAddress, (numbered) => {
      assert.equal(guard.isAllowed(addressOf(numbered)), !isForbiddenByOracle(numbered), addressOf(numbered));
    }),
    { numRuns: 5000 },
  );
});

test('refuses the first and the last address of every special-purpose network', () => {
  for (const [purpose, first, last] of forbiddenRanges) {
    assert.ok(!guard.isAllowed(first), `${purpose} ${first}`);
    assert.ok(!guard.isAllowed(last), `${purpose} ${last}`);
  }
});

test('allows public addresses', () => {
  for (const text of ['1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.0', '2606:4700::1111', '2a00:1450:4001::1']) {
    assert.ok(guard.isAllowed(text), text);
  }
});

test('refuses what is no address, and addresses with a zone', () => {
  for (const text of [
    '',
    'localhost',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4.',
    '[::1]',
    '2606:4700::1111%eth0',
    'fe80::1%1',
    '8.8.8.8/32',
  ]) {
    assert.ok(!guard.isAllowed(text), text);
  }
});

test('an allowed network wins over the table, and opens nothing but itself', () => {
  fc.assert(
    fc.property(anyAddress, anyAddress, fc.nat(128), (base, other, length) => {
      const prefixLength = length % (base.bits + 1);
      const allowing = createOutboundGuard({ allowNetworks: [`${addressOf(base)}/${prefixLength}`] });
      const shift = BigInt(base.bits - prefixLength);
      const isInside = other.bits === base.bits && other.value >> shift === base.value >> shift;
      assert.ok(allowing.isAllowed(addressOf(base)));
      assert.equal(allowing.isAllowed(addressOf(other)), isInside || !isForbiddenByOracle(other));
    }),
    { numRuns: 1000 },
  );
});

test('allowing IPv4 loopback does not allow its IPv6 wrappings', () => {
  const allowing = createOutboundGuard({ allowNetworks: ['127.0.0.0/8'] });
  assert.ok(allowing.isAllowed('127.0.0.1'));
  for (const text of ['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '::1']) {
    assert.ok(!allowing.isAllowed(text), text);
  }
});

test('reads a network in CIDR notation', () => {
  assert.deepEqual(parseNetwork('10.1.0.0/16'), { address: '10.1.0.0', prefixLength: 16, family: 'ipv4' });
  assert.deepEqual(parseNetwork('fd00::/8'), { address: 'fd00::', prefixLength: 8, family: 'ipv6' });
  assert.deepEqual(parseNetwork('::/0'), { address: '::', prefixLength: 0, family: 'ipv6' });
});

test('refuses a malformed network, naming the field', () => {
  const bad = ['', '10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0/8', '010.0.0.0/8'];
  for (const text of [
    ...bad,
    '::1/129',
    'fe80::1%1/64',
    '10.0.0.0/8 ',
    'localhost/8',
    '10.0.0.0/8/8',
    '1'.repeat(99999),
  ]) {
    assert.throws(
      () => parseNetwork(text, 'CARILLON_ALLOW_NETWORKS'),
      (error: unknown) => {
        assert.ok(error instanceof Problem);
        return error.code === 'INVALID_INPUT' && error.field === 'CARILLON_ALLOW_NETWORKS';
      },
      text,
    );
  }
  assert.throws(() => createOutboundGuard({ allowNetworks: ['nonsense'] }), Problem);
});
