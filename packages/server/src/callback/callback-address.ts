// Which addresses and ports a callback may reach. Whoever signs a form names the URL, and the request comes from inside: without this
// table a form would be a key to the database next door and to the cloud's metadata service (server-side request forgery).

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `never`: multicast, unspecified, reserved, tunnels that carry an address inside an address; no setting opens these. */
export type AddressReach = 'public' | 'private' | 'never';

const PRIVATE_RANGES: ReadonlySet<string> = new Set([
  'loopback',
  'private',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
]);

/** Unicast by its number, but answered inside: the metadata and control service of Azure. */
const PUBLIC_BY_NUMBER_ONLY: ReadonlySet<string> = new Set(['168.63.129.16']);

/** All global IPv6 addresses given out so far; ::127.0.0.1 and its like lie outside. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

export function reachOf(address: string): AddressReach {
  if (!ipaddr.isValid(address)) return 'never';
  // An IPv4-mapped IPv6 address reaches the IPv4 address in it, so it is judged as that.
  const ip = ipaddr.process(address);
  const range = ip.range();
  if (PRIVATE_RANGES.has(range) || PUBLIC_BY_NUMBER_ONLY.has(ip.toString())) return 'private';
  if (range !== 'unicast') return 'never';
  return ip.kind() === 'ipv4' || ip.match(globalUnicast) ? 'public' : 'never';
}

export function isCallbackAddress(address: string, allowPrivate: boolean): boolean {
  const reach = reachOf(address);
  return reach === 'public' || (reach === 'private' && allowPrivate);
}

/** The IP address that a URL names instead of a host. The URL parser has turned octal, hexadecimal and short spellings into the usual one. */
export function findAddressLiteral(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
}

const firstUnprivilegedPort = 1024;

/** Services above port 1024 that take harm from, or act on, text that a stranger chose. */
const REFUSED_PORTS: ReadonlyMap<number, string> = new Map([
  [1433, 'SQL Server'],
  [1521, 'Oracle'],
  [2049, 'NFS'],
  [2181, 'ZooKeeper'],
  [2375, 'Docker'],
  [2376, 'Docker over TLS'],
  [2379, 'etcd'],
  [2380, 'etcd peers'],
  [3306, 'MySQL'],
  [3389, 'Remote Desktop'],
  [5432, 'PostgreSQL'],
  [5672, 'AMQP'],
  [5900, 'VNC'],
  [5984, 'CouchDB'],
  [5985, 'Windows Remote Management'],
  [5986, 'Windows Remote Management over TLS'],
  [6000, 'X11'],
  [6379, 'Redis'],
  [6443, 'Kubernetes'],
  [8500, 'Consul'],
  [9042, 'Cassandra'],
  [9092, 'Kafka'],
  [9200, 'Elasticsearch'],
  [9300, 'Elasticsearch peers'],
  [10250, 'kubelet'],
  [11211, 'memcached'],
  [16379, 'Redis peers'],
  [26379, 'Redis Sentinel'],
  [27017, 'MongoDB'],
  [27018, 'MongoDB shards'],
  [27019, 'MongoDB configuration'],
]);

/** The two ports of the web, and every unprivileged one on which no well-known service listens that is not for the web. */
export function isCallbackPort(url: URL): boolean {
  if (url.port === '' || url.port === '80' || url.port === '443') return true;
  const port = Number(url.port);
  return port >= firstUnprivilegedPort && !REFUSED_PORTS.has(port);
}
