import { BlockList, isIP } from 'node:net';

/** An exception that the operator made: these addresses may be asked, at this port. */
export interface Exception {
  readonly addresses: BlockList;
  /** undefined: at any port. */
  readonly port: number | undefined;
}

/** Everything of IPv4 that is not the public internet: this host, private, shared, link-local, test, multicast, reserved. */
const PRIVATE_V4 = blockList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]);
/** Of IPv6 only what is routed globally is public; what carries an IPv4 address in it (mapped, NAT64, 6to4, Teredo) is not. */
const GLOBAL_V6 = blockList(['2000::/3']);
const PRIVATE_V6 = blockList(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** The ports of the web. Others are often the doors of something else. */
const PORTS: ReadonlySet<number> = new Set([80, 443]);

/** True when a connection may be made. @param address as the resolver or the URL has it, without brackets. */
export function isAllowed(address: string, port: number, exceptions: readonly Exception[]): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  if (exceptions.some((one) => (one.port === undefined || one.port === port) && one.addresses.check(address, kind))) {
    return true;
  }
  if (!PORTS.has(port)) return false;
  if (kind === 'ipv4') return !PRIVATE_V4.check(address, kind);
  return GLOBAL_V6.check(address, kind) && !PRIVATE_V6.check(address, kind);
}

/**
 * Reads the setting: `address:port` or `network:port`, separated by commas; `*` is any port, IPv6 stands in brackets.
 * @throws Error naming the entry.
 */
export function parseExceptions(text: string): readonly Exception[] {
  return text.split(',').flatMap((part) => {
    const entry = part.trim();
    if (entry === '') return [];
    const [, v6, v4, bits, port = ''] =
      /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(\/\d{1,3})?:(\*|\d{1,5})$/.exec(entry) ?? [];
    const address = v6 ?? v4 ?? '';
    const family = isIP(address);
    const width = bits === undefined ? undefined : Number(bits.slice(1));
    if (family === 0 || (width ?? 0) > (family === 4 ? 32 : 128) || Number(port) > 65_535) {
      throw new Error(`${JSON.stringify(entry)} is not address:port, network/bits:port or either with :*`);
    }
    return [{ addresses: blockList([address + (bits ?? '')]), port: port === '*' ? undefined : Number(port) }];
  });
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const kind = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, kind);
    else list.addSubnet(address, Number(bits), kind);
  }
  return list;
}
