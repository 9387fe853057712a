// Where requests may go: URLs in every spelling, and the answers of the name service.
import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../../src/problem.js';
import { createOutboundGuard, type OutboundGuard, type ResolveName } from '../../src/security/outbound-guard.js';
import { addressOf, anyAddress, isForbiddenByOracle } from '../kit/address-oracle.js';

const guard = createOutboundGuard({ allowNetworks: [] });

function refusalOf(text: string, by: OutboundGuard = guard): string {
  try {
    by.checkUrl(text, 'input.url');
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.field, 'input.url');
    return error.code;
  }
  return 'none';
}

test('accepts public http and https URLs and returns them parsed', () => {
  assert.equal(guard.checkUrl('https://Example.COM:443/a?b=c', 'url').href, 'https://example.com/a?b=c');
  for (const text of [
    'http://example.com',
    'HTTPS://example.com./x',
    'http://1.1.1.1:8080/',
    'https://[2606:4700::1111]/',
  ]) {
    assert.equal(refusalOf(text), 'none', text);
  }
  assert.equal(refusalOf(`https://example.com/${'a'.repeat(2028)}`), 'none');
});

test('refuses what is no absolute http or https URL, or carries credentials or a fragment', () => {
  const bad = [
    '',
    'example.com',
    '/hook',
    '//example.com',
    'ftp://example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
  ];
  const odd = [
    'http:example.com',
    'http:/example.com',
    'http:///example.com',
    'http:\\\\example.com',
    'http://',
    'http://a b/',
  ];
  const parts = [
    'http://u@example.com',
    'http://u:p@example.com',
    'http://@example.com#',
    'http://example.com/#a',
    'http://x/#',
  ];
  const hosts = [
    'http://a..b/',
    'http://example.com../',
    'http://./',
    'http://x:0/',
    'http://x:65536/',
    'http://[::1',
    'http://1.2.3.256/',
  ];
  const blanks = [
    ' http://example.com',
    'http://example.com\n',
    'http://exam\tple.com',
    'http://example.com/\u0000',
    'http://example.com\\@10.0.0.1/',
  ];
  for (const text of [...bad, ...odd, ...parts, ...hosts, ...blanks, `https://example.com/${'a'.repeat(2029)}`]) {
    assert.equal(refusalOf(text), 'URL_INVALID', JSON.stringify(text));
  }
});

test('refuses addresses inside, however they are spelled', () => {
  const spelled = [
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '0177.0.0.1',
    '127.0.0.1.',
    '0',
    '0.0.0.0',
  ];
  const unicode = ['①②⑦.⓪.⓪.①', '１２７.0.0.1', '%31%32%37.0.0.1', '127。0。0。1'];
  const ipv6 = [
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:0a00:0001]',
    '[::7f00:1]',
    '[fd00:ec2::254]',
  ];
  const wrapped = [
    '[64:ff9b::a9fe:a9fe]',
    '[2002:7f00:1::]',
    '[2001:0:1::1]',
    '[fe80::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[2001:db8::1]',
  ];
  const special = [
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
  ];
  const names = ['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'a.b.localhost.', 'ⓛocalhost'];
  for (const host of [...spelled, ...unicode, ...ipv6, ...wrapped, ...special, ...names]) {
    assert.equal(refusalOf(`http://${host}/hook`), 'URL_FORBIDDEN', host);
    assert.equal(refusalOf(`https://${host}:8443/hook`), 'URL_FORBIDDEN', host);
  }
});

test('refuses a URL with a literal address exactly when the address is refused', () => {
  fc.assert(
    fc.property(anyAddress, (numbered) => {
      const text = addressOf(numbered);
      const expected = isForbiddenByOracle(numbered) ? 'URL_FORBIDDEN' : 'none';
      assert.equal(refusalOf(numbered.bits === 32 ? `http://${numbered.value}/` : `http://[${text}]/`), expected, text);
    }),
    { numRuns: 1000 },
  );
});

test('accepts loopback addresses and names when loopback is allowed', () => {
  const four = createOutboundGuard({ allowNetworks: ['127.0.0.0/8'] });
  const six = createOutboundGuard({ allowNetworks: ['::1/128'] });
  for (const text of ['http://127.0.0.1:4000/', 'http://localhost/', 'http://a.localhost./']) {
    assert.equal(refusalOf(text, four), 'none', text);
  }
  assert.equal(refusalOf('http://[::1]/', four), 'URL_FORBIDDEN');
  assert.equal(refusalOf('http://localhost/', six), 'none');
  assert.equal(refusalOf('http://127.0.0.1/', six), 'URL_FORBIDDEN');
});

type LookupAnswer = {
  error: NodeJS.ErrnoException | null;
  address: string | LookupAddress[];
  family: number | undefined;
};

function lookUp(by: OutboundGuard, options: { all?: boolean; family?: number } = {}): Promise<LookupAnswer> {
  return new Promise((resolve) => {
    by.lookup('receiver.test', options, (error, found, family) => resolve({ error, address: found, family }));
  });
}

function answering(...addresses: string[]): ResolveName {
  const found = addresses.map((one) => ({ address: one, family: one.includes(':') ? 6 : 4 }));
  return (_hostname, callback) => callback(null, found);
}

test('the look-up answers allowed addresses only, one or all, of the family asked for', async () => {
  const resolve = answering('10.0.0.1', '2606:4700::1', '::1', '1.1.1.1', '8.8.8.8');
  const mixed = createOutboundGuard({ allowNetworks: [], resolve });
  assert.deepEqual(await lookUp(mixed), { error: null, address: '2606:4700::1', family: 6 });
  assert.deepEqual(await lookUp(mixed, { family: 4 }), { error: null, address: '1.1.1.1', family: 4 });
  assert.deepEqual((await lookUp(mixed, { all: true })).address, [
    { address: '2606:4700::1', family: 6 },
    { address: '1.1.1.1', family: 4 },
    { address: '8.8.8.8', family: 4 },
  ]);
});

test('the look-up of a name that resolves inside fails without telling the address', async () => {
  const inside = createOutboundGuard({ allowNetworks: [], resolve: answering('10.1.2.3', '::ffff:10.1.2.3') });
  for (const all of [true, false]) {
    const { error } = await lookUp(inside, { all });
    assert.equal(error?.code, 'ADDRESS_FORBIDDEN');
    assert.ok(!/\d/.test(error.message));
  }
});

test('the look-up passes on the error of the name service', async () => {
  const failure = Object.assign(new Error('x'), { code: 'ENOTFOUND' });
  const failing = createOutboundGuard({ allowNetworks: [], resolve: (_hostname, callback) => callback(failure, []) });
  assert.equal((await lookUp(failing, { all: true })).error, failure);
});

test('look-ups of one name at the same time ask the name service once, later ones ask again', async () => {
  let questions = 0;
  const resolve: ResolveName = (_hostname, callback) => {
    questions += 1;
    setImmediate(() => callback(null, [{ address: `1.1.1.${questions}`, family: 4 }]));
  };
  const counting = createOutboundGuard({ allowNetworks: [], resolve });
  const together = await Promise.all([lookUp(counting), lookUp(counting), lookUp(counting)]);
  assert.deepEqual(
    together.map((one) => one.address),
    ['1.1.1.1', '1.1.1.1', '1.1.1.1'],
  );
  assert.equal((await lookUp(counting)).address, '1.1.1.2');
});

test('the system resolver is asked by default', async () => {
  const loopback = createOutboundGuard({ allowNetworks: ['127.0.0.0/8', '::1/128'] });
  const answer = await new Promise<string | LookupAddress[]>((resolve, reject) => {
    loopback.lookup('localhost', {}, (error, found) => (error === null ? resolve(found) : reject(error)));
  });
  assert.ok(answer === '127.0.0.1' || answer === '::1');
});
