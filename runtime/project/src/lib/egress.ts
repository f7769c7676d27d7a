/**
 * Keeps a rule's calls out of the private network. A host name is resolved here, every address it
 * has is checked, and exactly the checked address is dialled; so a name server that changes its
 * answer between check and call gains nothing.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

import { ActionError } from './errors.ts';

/** When there is a policy, non-public addresses are refused except for what `allow` lists. */
export interface EgressPolicy {
  /** `host:port`, `address:port` or `CIDR:port`; an IPv6 one in brackets: `[fd00::/8]:443`. */
  allow: string[];
}

const DENIED = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32', // metadata service of a public cloud, on a public address
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96', // unspecified, loopback, and IPv4 addresses in IPv6 form
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

// One list for each family: in a common one, ::ffff:0:0/96 would cover every IPv4 address.
const denied = { 4: new BlockList(), 6: new BlockList() };
for (const range of DENIED) addRange(range.includes(':') ? denied[6] : denied[4], range);

const DNS_TIMEOUT_MS = 5_000;

export interface Address {
  address: string;
  family: 4 | 6;
}

/**
 * The addresses of a host that may be dialled. Throws an ActionError: `egress_denied` when any of
 * them is not public and not allowed, `dns_failed` (recoverable) when the name does not resolve.
 */
export async function checkedAddresses(
  host: string,
  port: number,
  policy: EgressPolicy,
): Promise<Address[]> {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  const addresses = await resolve(name);
  const allowed = (address: Address): boolean =>
    policy.allow.some((entry) => allows(entry, name, port, address));
  const refused = addresses.find((address) => isPrivate(address) && !allowed(address));
  if (refused) {
    throw new ActionError(
      'egress_denied',
      `${name} port ${String(port)} is not called: its address ${refused.address} is private or ` +
        `reserved. An operator can allow it with the setting egress.allow: "${name}:${String(port)}".`,
    );
  }
  return addresses;
}

async function resolve(name: string): Promise<Address[]> {
  const literal = isIP(name);
  if (literal === 4 || literal === 6) return [{ address: name, family: literal }];
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('no answer in 5 seconds'));
    }, DNS_TIMEOUT_MS);
  });
  try {
    const found = await Promise.race([lookup(name, { all: true }), timeout]);
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  } catch {
    throw new ActionError('dns_failed', `The host name ${name} could not be resolved.`, {
      recoverable: true,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Whether an address is private, reserved, or one of this machine's own. */
export function isPrivate({ address, family }: Address): boolean {
  // An address with a zone (`fe80::1%eth0`) is link-local by definition.
  if (address.includes('%')) return true;
  if (denied[family].check(address, family === 6 ? 'ipv6' : 'ipv4')) return true;
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return own.some((entry) => entry.address === address);
}

function allows(entry: string, name: string, port: number, { address, family }: Address): boolean {
  const found = /^(.+):(\d+)$/.exec(entry.trim().toLowerCase());
  if (Number(found?.[2]) !== port) return false;
  const target = (found?.[1] ?? '').replace(/^\[|\]$/g, '');
  if (!target.includes('/') && isIP(target) === 0) return target.replace(/\.$/, '') === name;
  const range = new BlockList();
  if (!addRange(range, target)) return false;
  return range.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Adds an address or a CIDR range; false when the text is neither. */
function addRange(list: BlockList, text: string): boolean {
  const [network = '', length] = text.split(/\/(.*)/s);
  const family = isIP(network);
  if (family === 0) return false;
  const longest = family === 6 ? 128 : 32;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return false;
  const bits = length === undefined ? longest : Number(length);
  if (bits > longest) return false;
  list.addSubnet(network, bits, family === 6 ? 'ipv6' : 'ipv4');
  return true;
}
