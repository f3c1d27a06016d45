// Everything that can be set of a running server: one row per setting, from which the flags, the environment names, the keys of the
// configuration file, `--help`, `postern config print` and docs/settings.md all follow. A row that is not strict like the cloud says so
// in `leniency`, and the server prints that sentence when it starts.

import { isIP } from 'node:net';
import { isBucketName } from '@postern/protocol';
import { parseSize, writeSize } from '@postern/sdk/byte-size';

/** How a value is read and shown. `parse` and `parseJson` give undefined for what is not such a value. */
export interface SettingKind<Value> {
  /** Completes "expected …". */
  readonly expects: string;
  /** The flag may be given several times. */
  readonly repeats?: true;
  /** As typed in a flag or in the environment. A flag that is given several times arrives joined by commas. */
  parse(text: string): Value | undefined;
  /** As found in the configuration file. */
  parseJson(json: unknown): Value | undefined;
  /** As one would type it. */
  print(value: Value): string;
}

export interface Setting<Value> {
  /** As `--help` shows it, e.g. `--port <port>`; settings that hold secrets have none, since other users can read a command line. */
  readonly flag?: string;
  readonly env: string;
  readonly kind: SettingKind<Value>;
  readonly default: Value;
  readonly help: string;
  readonly secret?: true;
  /** The value that makes the server laxer than the cloud, and what the server then says at start. */
  readonly leniency?: { readonly when: Value; readonly says: string };
}

export interface BucketSpec {
  readonly name: string;
  /** Without one, a bucket that is there keeps its ACL and a new one is private. */
  readonly acl?: BucketAcl;
}

const bucketAcls = ['private', 'public-read', 'public-read-write'] as const;
type BucketAcl = (typeof bucketAcls)[number];

const text = (expects: string, accepts: (value: string) => boolean): SettingKind<string> => ({
  expects,
  parse: (value) => (accepts(value) ? value : undefined),
  parseJson: (json) => (typeof json === 'string' && accepts(json) ? json : undefined),
  print: (value) => value,
});

const optional = <Value>(kind: SettingKind<Value>): SettingKind<Value | undefined> => ({
  ...kind,
  print: (value) => (value === undefined ? '' : kind.print(value)),
});

const integer = (from: number, to: number, what: string): SettingKind<number> => {
  const accepts = (value: number) => Number.isInteger(value) && value >= from && value <= to;
  return {
    expects: `${what} from ${from} to ${to}`,
    parse: (value) => (/^\d{1,15}$/.test(value) && accepts(Number(value)) ? Number(value) : undefined),
    parseJson: (json) => (typeof json === 'number' && accepts(json) ? json : undefined),
    print: String,
  };
};

const bytesMax = 1024 ** 5;

/** In a file a number of bytes, or as typed. */
const byteSize: SettingKind<number> = {
  expects: 'a size such as 512KB, 64MB or 1.5GB',
  parse: parseByteSize,
  parseJson: (json) =>
    typeof json === 'number'
      ? parseByteSize(String(json))
      : typeof json === 'string'
        ? parseByteSize(json)
        : undefined,
  print: (value) => {
    const short = writeSize(value).replace(' ', '');
    return parseByteSize(short) === value ? short : String(value);
  },
};

function parseByteSize(value: string): number | undefined {
  if (!/^\d{1,16}(\.\d{1,3})? ?[KMG]?i?B?$/i.test(value)) return undefined;
  const bytes = parseSize(value);
  return bytes <= bytesMax ? bytes : undefined;
}

const byteRate: SettingKind<number> = {
  ...byteSize,
  expects: 'a size of at least 64KB, as much a second',
  parse: (value) => atLeast(bytesPerSecondMin, byteSize.parse(value)),
  parseJson: (json) => atLeast(bytesPerSecondMin, byteSize.parseJson(json)),
};
const bytesPerSecondMin = 64 * 1024;

function atLeast(min: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= min ? value : undefined;
}

const oneOf = <const Value extends string>(...values: readonly Value[]): SettingKind<Value> => {
  const find = (value: unknown) => values.find((candidate) => candidate === value);
  return { expects: `one of ${values.join(', ')}`, parse: find, parseJson: find, print: String };
};

const list = <Value>(item: SettingKind<Value>): SettingKind<readonly Value[]> => {
  const all = (values: readonly (Value | undefined)[]) =>
    values.includes(undefined) ? undefined : (values as readonly Value[]);
  return {
    expects: `a list, each ${item.expects}`,
    repeats: true,
    parse: (value) => all(splitList(value).map((part) => item.parse(part))),
    parseJson: (json) => (Array.isArray(json) ? all(json.map((part) => item.parseJson(part))) : undefined),
    print: (values) => values.map((value) => item.print(value)).join(','),
  };
};

const count = integer(1, 1_000_000, 'a number');
const port = integer(0, 65535, 'a port number');

const days = integer(1, 3650, 'a number of days');

const orOff = (kind: SettingKind<number>): SettingKind<number | false> => ({
  expects: `${kind.expects}, or "off"`,
  parse: (value) => (value === 'off' ? false : kind.parse(value)),
  parseJson: (json) => (json === false ? false : kind.parseJson(json)),
  print: (value) => (value === false ? 'off' : String(value)),
});

const booleanWords: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

const threadCount = integer(1, 64, 'a number');
const autoOr = (kind: SettingKind<number>): SettingKind<number | 'auto'> => ({
  expects: `${kind.expects}, or "auto"`,
  parse: (value) => (value === 'auto' ? value : kind.parse(value)),
  parseJson: (json) => (json === 'auto' ? json : kind.parseJson(json)),
  print: String,
});

const boolean: SettingKind<boolean> = {
  expects: 'true or false',
  parse: (value) => booleanWords.get(value),
  parseJson: (json) => (typeof json === 'boolean' ? json : undefined),
  print: String,
};

const isHostName = (value: string) =>
  value.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(value);
const hostName = text('a host name such as files.example.com', isHostName);
const address = text('an IP address or a host name', (value) => isIP(value) > 0 || isHostName(value));
const path = text('the path of a folder', (value) => value !== '' && !value.includes('\0'));
const filePath = text('the path of a file', (value) => value !== '' && !value.includes('\0'));
const region = text('a region such as cn-hangzhou, without "oss-"', (value) =>
  /^(?!oss-)[a-z0-9]+(-[a-z0-9]+)*$/.test(value),
);
const keyText = text('letters, digits and . _ - only', (value) => /^[A-Za-z0-9._-]{1,128}$/.test(value));
const secretText = text('a text without blanks', (value) => /^[\x21-\x7e]{1,256}$/.test(value));
const origin = text('an address such as https://files.example.com, without a path', (value) => {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href;
});

const bucket: SettingKind<BucketSpec> = {
  expects: `NAME or NAME:ACL, where NAME is 3 to 63 of a-z, 0-9 and "-" and ACL is ${bucketAcls.join(', ')}`,
  parse: parseBucket,
  parseJson: (json) => (typeof json === 'string' ? parseBucket(json) : undefined),
  print: ({ name, acl }) => (acl === undefined ? name : `${name}:${acl}`),
};

function parseBucket(value: string): BucketSpec | undefined {
  const [name = '', aclText, ...rest] = value.split(':');
  const acl = bucketAcls.find((known) => known === aclText);
  if (!isBucketName(name) || acl !== aclText || rest.length > 0) return undefined;
  return acl === undefined ? { name } : { name, acl };
}

function splitList(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

const setting = <Value>(row: Setting<Value>): Setting<Value> => row;

export const SETTINGS = {
  host: setting({
    flag: '--host <address>',
    env: 'POSTERN_HOST',
    kind: address,
    default: '127.0.0.1',
    help: 'the address to listen on; 0.0.0.0 is every address of this machine',
  }),
  port: setting({
    flag: '--port <port>',
    env: 'POSTERN_PORT',
    kind: port,
    default: 9780,
    help: 'the port for objects and forms; 0 picks a free one',
  }),
  adminPort: setting<number | false>({
    flag: '--admin-port <port>',
    env: 'POSTERN_ADMIN_PORT',
    kind: orOff(port),
    default: 9781,
    help: 'the port for health and, in development, the upload page; 0 picks a free one, off has none',
  }),
  dataDir: setting({
    flag: '--data-dir <dir>',
    env: 'POSTERN_DATA_DIR',
    kind: path,
    default: '.postern',
    help: 'the folder that keeps everything; made when it is not there',
  }),
  secretKeyFile: setting({
    flag: '--secret-key-file <file>',
    env: 'POSTERN_SECRET_KEY_FILE',
    kind: optional(filePath),
    default: undefined,
    help: 'the key that seals the secrets kept in the data folder; secret.key in that folder unless it is put elsewhere',
  }),
  memory: setting({
    flag: '--memory',
    env: 'POSTERN_MEMORY',
    kind: boolean,
    default: false,
    help: 'keep everything in memory, nothing on disk',
    leniency: { when: true, says: 'Objects are kept in memory and are gone when the server stops.' },
  }),
  buckets: setting<readonly BucketSpec[]>({
    flag: '--bucket <name>',
    env: 'POSTERN_BUCKETS',
    kind: list(bucket),
    default: [],
    help: 'make this bucket if it is not there: NAME or NAME:ACL; can be given several times',
  }),
  accessKeyId: setting({
    env: 'POSTERN_ACCESS_KEY_ID',
    kind: optional(keyText),
    default: undefined,
    help: 'the access key id; without one a key is made at the first start',
  }),
  accessKeySecret: setting({
    env: 'POSTERN_ACCESS_KEY_SECRET',
    kind: optional(secretText),
    default: undefined,
    help: 'the secret of that access key',
    secret: true,
  }),
  bucketsMax: setting({
    flag: '--buckets-max <count>',
    env: 'POSTERN_BUCKETS_MAX',
    kind: count,
    default: 100,
    help: 'how many buckets an account may have; further ones are refused',
  }),
  region: setting({
    flag: '--region <region>',
    env: 'POSTERN_REGION',
    kind: region,
    default: 'cn-hangzhou',
    help: 'the region this store says it is in',
  }),
  strictRegion: setting({
    flag: '--strict-region',
    env: 'POSTERN_STRICT_REGION',
    kind: boolean,
    default: false,
    help: 'refuse V4 signatures made for another region',
    leniency: { when: false, says: 'V4 signatures are accepted for any region.' },
  }),
  refuseV1: setting({
    flag: '--refuse-v1',
    env: 'POSTERN_REFUSE_V1',
    kind: boolean,
    default: false,
    help: 'refuse requests and forms signed with V1, as the cloud does for new buckets',
  }),
  baseDomains: setting<readonly string[]>({
    flag: '--base-domain <domain>',
    env: 'POSTERN_BASE_DOMAINS',
    kind: list(hostName),
    default: [],
    help: 'answer for BUCKET.DOMAIN as well; can be given several times',
  }),
  publicUrl: setting({
    flag: '--public-url <url>',
    env: 'POSTERN_PUBLIC_URL',
    kind: optional(origin),
    default: undefined,
    help: 'where clients find this server, when that is not the address they connect to',
  }),
  tlsCert: setting({
    flag: '--tls-cert <file>',
    env: 'POSTERN_TLS_CERT',
    kind: optional(filePath),
    default: undefined,
    help: 'speak TLS on the data port, with this certificate and chain (PEM); read again when it changes',
  }),
  tlsKey: setting({
    flag: '--tls-key <file>',
    env: 'POSTERN_TLS_KEY',
    kind: optional(filePath),
    default: undefined,
    help: 'the private key of that certificate (PEM, without a passphrase)',
  }),
  redirectHosts: setting<readonly string[] | undefined>({
    flag: '--redirect-host <host>',
    env: 'POSTERN_REDIRECT_HOSTS',
    kind: optional(list(hostName)),
    default: undefined,
    help: 'let success_action_redirect lead to these hosts only; can be given several times',
  }),
  activeContent: setting<'attachment' | 'inline'>({
    flag: '--active-content <how>',
    env: 'POSTERN_ACTIVE_CONTENT',
    kind: oneOf('attachment', 'inline'),
    default: 'attachment',
    help: 'serve uploaded HTML, SVG and XML as a download (attachment) or as pages (inline)',
    leniency: {
      when: 'inline',
      says: 'Uploaded HTML and SVG are served as pages: their scripts run on this host.',
    },
  }),
  callbackAllowPrivate: setting({
    flag: '--callback-allow-private',
    env: 'POSTERN_CALLBACK_ALLOW_PRIVATE',
    kind: boolean,
    default: false,
    help: 'let upload callbacks reach loopback and private addresses',
    leniency: { when: true, says: 'Upload callbacks may reach loopback and private addresses.' },
  }),
  grace: setting({
    flag: '--grace <seconds>',
    env: 'POSTERN_GRACE',
    kind: integer(0, 86_400, 'a number of seconds'),
    default: 10,
    help: 'how long what is under way may take to finish when the server is told to stop',
  }),
  threads: setting<number | 'auto'>({
    flag: '--threads <count>',
    env: 'POSTERN_THREADS',
    kind: autoOr(threadCount),
    default: 'auto',
    help: 'how many threads take requests: auto is one for each processor, up to 8, but one in development, in memory, and where it is not Linux',
  }),
  connectionsMax: setting({
    flag: '--connections-max <count>',
    env: 'POSTERN_CONNECTIONS_MAX',
    kind: count,
    default: 8192,
    help: 'how many connections there may be on the data port; further ones are closed',
  }),
  connectionsPerAddressMax: setting({
    flag: '--connections-per-address-max <count>',
    env: 'POSTERN_CONNECTIONS_PER_ADDRESS_MAX',
    kind: count,
    default: 1024,
    help: 'how many of them from one IPv4 address or IPv6 /64; behind a proxy all clients have its address',
  }),
  fieldBytesMax: setting({
    flag: '--field-bytes-max <size>',
    env: 'POSTERN_FIELD_BYTES_MAX',
    kind: byteSize,
    default: 128 * 1024 ** 2,
    help: 'how much of form fields and XML documents may be in memory, of all requests; further ones get 503',
  }),
  fieldBytesPerAddressMax: setting({
    flag: '--field-bytes-per-address-max <size>',
    env: 'POSTERN_FIELD_BYTES_PER_ADDRESS_MAX',
    kind: byteSize,
    default: 32 * 1024 ** 2,
    help: 'how much of that from one address',
  }),
  uploadsMax: setting({
    flag: '--uploads-max <count>',
    env: 'POSTERN_UPLOADS_MAX',
    kind: count,
    default: 1024,
    help: 'how many files may be on their way in at once; further ones get 503',
  }),
  uploadsPerAddressMax: setting({
    flag: '--uploads-per-address-max <count>',
    env: 'POSTERN_UPLOADS_PER_ADDRESS_MAX',
    kind: count,
    default: 512,
    help: 'how many of them from one address',
  }),
  freeBytesMin: setting({
    flag: '--free-bytes-min <size>',
    env: 'POSTERN_FREE_BYTES_MIN',
    kind: byteSize,
    default: 256 * 1024 ** 2,
    help: 'how much of the disk of the data folder stays free: uploads get 503 rather than go below; 0B to let it fill up',
  }),
  lifecycleEvery: setting<number | false>({
    flag: '--lifecycle-every <seconds>',
    env: 'POSTERN_LIFECYCLE_EVERY',
    kind: orOff(integer(1, 604_800, 'a number of seconds')),
    default: 3600,
    help: 'how long from one pass over the lifecycle rules of all buckets to the next; off for none',
  }),
  scrubDays: setting<number | false>({
    flag: '--scrub-days <days>',
    env: 'POSTERN_SCRUB_DAYS',
    kind: orOff(days),
    default: 7,
    help: 'read every object again so often, to find out in time what the disk has lost; off to leave that to fsck',
  }),
  scrubRate: setting({
    flag: '--scrub-rate <size>',
    env: 'POSTERN_SCRUB_RATE',
    kind: byteRate,
    default: 8 * 1024 ** 2,
    help: 'how much of them is read a second, at most',
  }),
  log: setting<'auto' | 'json' | 'pretty' | 'silent'>({
    flag: '--log <format>',
    env: 'POSTERN_LOG',
    kind: oneOf('auto', 'json', 'pretty', 'silent'),
    default: 'auto',
    help: 'how requests are logged: json, pretty, silent, or auto (pretty in a terminal, else json)',
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** The values of all settings, checked. */
export type Settings = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer Value> ? Value : never;
};

export const settingNames = Object.keys(SETTINGS) as SettingName[];

/** The row of a setting, for code that treats all alike. */
export function settingRow(name: SettingName): Setting<unknown> {
  return SETTINGS[name] as Setting<unknown>;
}

/** The flag alone, e.g. `--data-dir`; undefined for a setting that has none. */
export function flagName(name: SettingName): string | undefined {
  return settingRow(name).flag?.split(' ', 1)[0];
}

/** A sentence for each setting that is laxer than the cloud. */
export function leniencies(settings: Settings): string[] {
  return settingNames.flatMap((name) => {
    const { leniency } = settingRow(name);
    return leniency !== undefined && leniency.when === settings[name] ? [leniency.says] : [];
  });
}
