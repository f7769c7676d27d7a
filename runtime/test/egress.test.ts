import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';

import ipaddr from 'ipaddr.js';

import { checkedAddresses, isPrivate } from '../project/src/lib/egress.ts';
import type { ActionError } from '../project/src/lib/errors.ts';

const denied = (error: ActionError): boolean =>
  error.code === 'egress_denied' && error.message.includes('egress.allow');

/** What a URL's host is to the guard: exactly what the URL parser makes of it. */
function hostOf(url: string): string {
  return new URL(url).hostname;
}

describe('the guard', () => {
  const refused = [
    'http://169.254.169.254/',
    'http://169.254.170.2/',
    'http://169.254.170.23/',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://192.0.0.192/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://2130706433/',
    'http://127.1/',
    'http://0/',
    'http://[::]/',
    'http://[::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://127.0.0.1./',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://１２７.０.０.１/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://198.18.0.1/',
    'http://203.0.113.7/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
  ];
  for (const url of refused) {
    it(`refuses ${url}`, async () => {
      await assert.rejects(checkedAddresses(hostOf(url), 80, { allow: [] }), denied);
    });
  }

  for (const address of [
    '8.8.8.8',
    '172.32.0.1',
    '1.1.1.1',
    '[2606:4700:4700::1111]',
    '[2a00:1450::1]',
  ]) {
    it(`lets ${address} through`, async () => {
      const [first] = await checkedAddresses(address, 443, { allow: [] });
      assert.equal(first?.address, address.replace(/[[\]]/g, ''));
    });
  }

  it("refuses this machine's own addresses", () => {
    const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    assert.ok(own.length > 0);
    for (const { address, family } of own) {
      assert.ok(isPrivate({ address, family: family === 'IPv6' ? 6 : 4 }), address);
    }
  });

  it('gives a recoverable error for a name that does not resolve', async () => {
    await assert.rejects(
      checkedAddresses('does-not-exist.invalid', 443, { allow: [] }),
      (error: ActionError) => error.code === 'dns_failed' && error.recoverable,
    );
  });
});

describe('the allow-list', () => {
  const allowed: [string, string, number][] = [
    ['127.0.0.1:9000', '127.0.0.1', 9000],
    ['127.0.0.0/8:9000', '127.1.2.3', 9000],
    ['10.0.0.0/8:443', '10.255.0.1', 443],
    ['[fd00::/8]:443', '[fd12::1]', 443],
    ['[::1]:80', '[::1]', 80],
    ['localhost:9000', 'localhost', 9000],
    ['LocalHost:9000', 'LOCALHOST.', 9000],
  ];
  for (const [entry, host, port] of allowed) {
    it(`${entry} opens ${host} port ${String(port)}`, async () => {
      assert.ok((await checkedAddresses(host, port, { allow: ['x:1', entry] })).length > 0);
    });
  }

  const stillRefused: [string, string, number][] = [
    ['127.0.0.1:9000', '127.0.0.1', 9001],
    ['127.0.0.1:9000', '127.0.0.2', 9000],
    ['127.0.0.1', '127.0.0.1', 80],
    ['localhost:80', '127.0.0.1', 80],
    ['10.0.0.0/8:443', '192.168.0.1', 443],
    ['10.0.0.0/8/0:443', '192.168.0.1', 443],
    ['10.0.0.0/99:443', '10.0.0.1', 443],
    ['10.0.0.0/:443', '10.0.0.1', 443],
    ['0.0.0.0/0', '10.0.0.1', 443],
    [':443', '10.0.0.1', 443],
  ];
  for (const [entry, host, port] of stillRefused) {
    it(`${entry} does not open ${host} port ${String(port)}`, async () => {
      await assert.rejects(checkedAddresses(host, port, { allow: [entry] }), denied);
    });
  }
});

describe('the list of ranges', () => {
  /** What the library ipaddr.js calls these must be refused here. */
  const notPublic = new Set([
    ...['unspecified', 'broadcast', 'multicast', 'linkLocal', 'loopback', 'carrierGradeNat'],
    ...['private', 'reserved', 'benchmarking', 'uniqueLocal', 'ipv4Mapped', 'rfc6145', 'rfc6052'],
    ...['6to4', 'teredo', 'discard'],
  ]);

  it('refuses what an independent classifier does not call public', () => {
    let seed = 20261122;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    const heads = [
      'fc00',
      'fdab',
      'fe80',
      'febf',
      'ff02',
      '2002',
      '2001',
      '64:ff9b',
      '100',
      '2606',
    ];
    let refused = 0;
    for (let round = 0; round < 40_000; round += 1) {
      const v4 = [0, 0, 0, 0].map(() => random(256)).join('.');
      const v6 = `${heads[random(heads.length)] ?? ''}::${random(65536).toString(16)}`;
      for (const [address, family] of [
        [v4, 4],
        [v6, 6],
        [`::ffff:${v4}`, 6],
      ] as const) {
        const range = ipaddr.parse(address).range();
        if (!notPublic.has(range)) continue;
        assert.ok(isPrivate({ address, family }), `${address} is ${range}`);
        refused += 1;
      }
    }
    assert.ok(refused > 40_000, 'the addresses met the ranges');
  });
});
