// Puts a whole server together in this process: storage, keys, the data port and the admin port. What the command line runs, and what
// other people's tests start with `await using server = await startServer({ port: 0, memory: true })`.

import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import path from 'node:path';
import { parseBucketName } from '@postern/protocol';
import type { CorsConfiguration } from '@postern/protocol/xml';
import {
  type BucketAcl,
  type GarbageTiming,
  type ObjectStore,
  openMemoryStorage,
  openStorage,
  Scrubber,
  type ScrubTiming,
  type SharableStore,
  type StorageShare,
  scrubFile,
} from '@postern/storage';
import type { AccessKey } from './access/credentials.ts';
import { NonceMemory } from './access/nonce-memory.ts';
import { type AdminRoute, createAdminServer } from './admin/admin-server.ts';
import { bucketCors } from './buckets/bucket-documents.ts';
import {
  defaultLifecycleEveryMs,
  LifecycleRunner,
  type LifecycleTotals,
} from './buckets/lifecycle-runner.ts';
import { makeCallbackKey, openCallbackKey } from './callback/callback-key.ts';
import { type DataPortPlan, openDataPort } from './data-port.ts';
import { type Log, type LogOptions, openLog } from './http/access-log.ts';
import { claimPort } from './http/claim-port.ts';
import { defaultFreeBytesMin, FreeSpace, measureFreeBytes } from './http/free-space.ts';
import type { Timeouts } from './http/listen.ts';
import { defaultLoadLimits, Load, type LoadLimits, makeSharedLoad } from './http/load.ts';
import type { TlsFiles } from './http/tls-files.ts';
import { fixedIdentities, type IdentityOptions, type IdentitySource } from './identities/identity-source.ts';
import { watchIdentities } from './identities/watch-identities.ts';
import { ListeningThread } from './listening-threads.ts';
import { defaultServerSettings, type ServerSettings } from './server-settings.ts';

export interface BucketOption {
  readonly name: string;
  /** Default `private`. A bucket that exists already gets this ACL only if it is given. */
  readonly acl?: BucketAcl;
  readonly cors?: CorsConfiguration;
}

/** An access key of the store's owner. With `session`, a temporary one that counts only together with its token. */
export type AccessKeyOption = Omit<AccessKey, 'account'>;

export interface ServerOptions extends Partial<Omit<ServerSettings, 'scheme'>> {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 9780; 0 takes a free one. */
  readonly port?: number;
  /** Default none. 0 takes a free one. */
  readonly adminPort?: number | false;
  /** Default `127.0.0.1`, whatever `host` is: the admin port asks nobody who they are. */
  readonly adminHost?: string;
  /** Where to store; created if it is not there. Without it everything is kept in memory. */
  readonly dataDir?: string;
  /** Keep everything in memory even so. */
  readonly memory?: boolean;
  /** A store made elsewhere, e.g. over engines of one's own, instead of the two above. The server closes it. */
  readonly store?: ObjectStore;
  /** Created if they are not there. */
  readonly buckets?: readonly (BucketOption | string)[];
  /** All belong to the store's owner. Without any, one is made for this run. */
  readonly accessKeys?: readonly AccessKeyOption[];
  /** Users and roles of the store's account, with their policies, instead of those kept in the data directory. */
  readonly identities?: IdentityOptions;
  /** The key that secrets in the data directory are sealed under; `secret.key` in there by default. */
  readonly secretKeyFile?: string | undefined;
  /** Milliseconds since the epoch; for tests that let policies expire. */
  readonly clock?: () => number;
  readonly adminRoutes?: readonly AdminRoute[];
  /** Default `silent`. */
  readonly log?: 'json' | 'pretty' | 'silent' | LogOptions;
  /** The data port then speaks TLS and nothing else. The files may be replaced while the server runs. */
  readonly tls?: TlsFiles;
  readonly timeouts?: Partial<Timeouts>;
  /** How soon superseded bodies leave the disk; for tests that do not wait. */
  readonly garbage?: GarbageTiming;
  /** How long the files are that bodies of middling size share; for tests. */
  readonly segmentBytes?: number;
  /**
   * How bodies are read again in the background, to find out what the disk has lost: every seven days at most, 8 MiB a second. Only in a data directory.
   */
  readonly scrub?: ScrubTiming | false;
  /** From one pass over the lifecycle rules of all buckets to the next; an hour by default. False: only when {@link RunningServer.runLifecycle} is called. */
  readonly lifecycleEveryMs?: number | false;
  readonly limits?: Partial<LoadLimits>;
  /** How much of the data directory's disk stays free, 256 MiB by default: uploads that would go below are refused for a while. 0: not looked at. */
  readonly freeBytesMin?: number;
  /** How much is free there now; for tests. */
  readonly measureFreeBytes?: () => Promise<number>;
  /**
   * How many threads listen on the data port, 1 by default. More only on Linux, over a data directory, and without what cannot be sent to another
   * thread: `store`, `identities`, `clock`, `measureFreeBytes`.
   */
  readonly threads?: number;
}

export interface RunningServer {
  /** E.g. `http://127.0.0.1:9780`; https with `tls`. */
  readonly endpoint: string;
  readonly adminEndpoint: string | undefined;
  /** The first access key. */
  readonly credentials: { readonly accessKeyId: string; readonly accessKeySecret: string };
  /** Resolves when every thread takes connections. The first of them does from the start. */
  readonly allListening: Promise<void>;
  /** Carries out what is due by the lifecycle rules of all buckets now: for tests that move the clock. */
  runLifecycle(): Promise<LifecycleTotals>;
  /** Stops accepting, lets what is under way finish for `graceMs` (default 10 s), closes the store. */
  close(graceMs?: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The one account that owns everything. */
const ownerAccount = 'postern';

const defaultPort = 9780;
/** As Node wants them. */
const ticketKeysBytes = 48;
const defaultGraceMs = 10_000;

/**
 * @throws TypeError when `threads` does not go with the other options, OssError InvalidBucketName, StorageError when the data directory cannot be used, SecretFileError when its users cannot, TlsFilesError, the system's error when a port cannot be bound
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { host = '127.0.0.1', port = defaultPort, clock = Date.now, threads = 1 } = options;
  checkThreads(options);
  const scheme = options.tls ? 'https' : 'http';
  const settings: ServerSettings = { ...defaultServerSettings, ...pickSettings(options), scheme };
  const logOptions = chooseLog(options.log ?? 'silent');
  const { log, writeLines } = openLog(logOptions);
  const keys = ownerKeys(options.accessKeys);
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  let phase: Phase = 'starting';
  let graceMs = defaultGraceMs;
  try {
    const store = await openStore(options, clock, log);
    closers.push(() => store.close());
    for (const bucket of options.buckets ?? []) await ensureBucket(store, bucket);
    const scrubber = startScrubber(options, store, clock, log);
    if (scrubber) closers.push(() => scrubber.stop());

    const { lifecycleEveryMs: everyMs = defaultLifecycleEveryMs } = options;
    const lifecycle = new LifecycleRunner({ store, clock, log, everyMs });
    closers.push(() => lifecycle.stop());

    // Before the data port, and closed after it: probes are answered while the last uploads finish.
    const freeSpace = watchFreeSpace(options, clock);
    const checkReady = async () => {
      if (phase !== 'running') throw new Error(phase);
      await freeSpace?.checkRoom(0);
      await store.checkWritable();
    };
    const admin = await startAdmin(options, log, checkReady);
    if (admin) closers.push(() => admin.close());

    const dataDir = findDataDir(options);
    const callbackKey =
      dataDir === undefined
        ? makeCallbackKey()
        : await openCallbackKey({ dataDir, secretKeyFile: options.secretKeyFile });
    const identities = await openIdentities(options, clock, log);
    closers.push(async () => identities.close());
    const nonces = new NonceMemory();
    const takeNonce = nonces.take.bind(nonces);
    const limits = pickLimits(options.limits);
    const sharesPort = threads > 1;
    const sharedLoad = sharesPort ? makeSharedLoad() : undefined;
    const { tls, timeouts } = options;
    const plan: DataPortPlan = {
      ...{ host, port, sharesPort, tls, timeouts, settings, keys, account: ownerAccount },
      ticketKeys: randomBytes(ticketKeysBytes),
    };
    const listening: Pick<ListeningThread, 'close'>[] = [];
    closers.push(async () => {
      await Promise.all(listening.map((one) => one.close(graceMs)));
    });
    if (sharesPort && port !== 0) closers.push(await claimPort(host, port));
    const listener = await openDataPort(plan, {
      ...{ store, identities, callbackKey, takeNonce, log, clock },
      load: new Load(limits, freeSpace, sharedLoad),
      onTlsPair: () => log.info('the certificate was replaced'),
    });
    listening.push(listener);
    const threadPlan = sharedLoad && {
      ...{ dataPort: { ...plan, port: listener.port }, limits, load: sharedLoad },
      ...{ secretKeyFile: options.secretKeyFile, logLevel: logOptions.level },
      freeBytesMin: options.freeBytesMin ?? defaultFreeBytesMin,
    };
    const started: Promise<void>[] = [];
    for (let count = 1; threadPlan && count < threads; count++) {
      const share = shareOf(store);
      const thread = new ListeningThread({ ...threadPlan, share }, { callbackKey, takeNonce, writeLines });
      listening.push(thread);
      started.push(thread.listening);
    }
    const allListening = Promise.all(started).then(() => {});
    allListening.catch((error) => log.error({ error }, 'a thread that should take requests has not started'));
    phase = 'running';

    const [{ accessKeyId, accessKeySecret }] = keys;
    const close = async (wishedGraceMs = defaultGraceMs) => {
      phase = 'draining';
      graceMs = wishedGraceMs;
      await closeAll();
    };
    return {
      endpoint: formatEndpoint(scheme, host, listener.port),
      adminEndpoint: admin?.endpoint,
      credentials: { accessKeyId, accessKeySecret },
      allListening,
      runLifecycle: () => lifecycle.runNow(),
      close,
      [Symbol.asyncDispose]: () => close(),
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

type Phase = 'starting' | 'running' | 'draining';

async function startAdmin(
  { adminPort = false, adminHost = '127.0.0.1', adminRoutes = [] }: ServerOptions,
  log: Log,
  checkReady: () => Promise<void>,
): Promise<{ endpoint: string; close(): Promise<void> } | undefined> {
  if (adminPort === false) return undefined;
  const admin = createAdminServer({ checkReady, routes: adminRoutes, log });
  const { port } = await admin.listen(adminHost, adminPort);
  return { endpoint: formatEndpoint('http', adminHost, port), close: () => admin.close() };
}

/** Given, or kept in the data directory. */
async function openIdentities(
  options: ServerOptions,
  clock: () => number,
  log: Log,
): Promise<IdentitySource> {
  const dataDir = findDataDir(options);
  if (options.identities || dataDir === undefined) return fixedIdentities(options.identities, clock());
  return watchIdentities(
    { dataDir, secretKeyFile: options.secretKeyFile },
    {
      onChange: () => log.info('users, roles and policies were read again'),
      onProblem: (error) => log.error({ error }, 'users, roles and policies stay as they were'),
    },
  );
}

/** Undefined for a store in memory. */
function watchFreeSpace(options: ServerOptions, clock: () => number): FreeSpace | undefined {
  const { freeBytesMin = defaultFreeBytesMin } = options;
  const dataDir = findDataDir(options);
  const measure =
    options.measureFreeBytes ?? (dataDir === undefined ? undefined : () => measureFreeBytes(dataDir));
  if (measure === undefined || freeBytesMin === 0) return undefined;
  return new FreeSpace({ freeBytesMin, measure, clock });
}

/** Undefined: in memory. */
function findDataDir({ dataDir, memory = false }: ServerOptions): string | undefined {
  return memory || dataDir === undefined ? undefined : path.resolve(dataDir);
}

async function openStore(
  options: ServerOptions,
  clock: () => number,
  log: Log,
): Promise<ObjectStore | SharableStore> {
  if (options.store) return options.store;
  const reportProblem = (error: unknown) => log.error({ error }, 'storage');
  const dataDir = findDataDir(options);
  const { garbage, segmentBytes, threads } = options;
  const surroundings = { clock, reportProblem, garbage };
  if (dataDir === undefined) return openMemoryStorage(surroundings);
  return openStorage({ dataDir, segmentBytes, threads, ...surroundings });
}

/** Of a store that was opened for several threads. */
function shareOf(store: ObjectStore | SharableStore): StorageShare {
  if (!('share' in store)) throw new Error('a store that cannot be shared was opened for several threads');
  return store.share();
}

/** @throws TypeError */
function checkThreads(options: ServerOptions): void {
  const { threads = 1 } = options;
  if (!Number.isInteger(threads) || threads < 1)
    throw new TypeError('threads: expected a whole number from 1');
  if (threads === 1) return;
  if (process.platform !== 'linux') throw new TypeError('threads: more than one only on Linux');
  if (findDataDir(options) === undefined) throw new TypeError('threads: more than one only with dataDir');
  const own = (['store', 'identities', 'clock', 'measureFreeBytes'] as const).find((name) => options[name]);
  if (own) throw new TypeError(`threads: more than one only without ${own}`);
}

/** What the log says of each, with its bucket, key and version. */
export const damagedObjectMessage = 'an object is not what was stored';

function startScrubber(
  options: ServerOptions,
  store: ObjectStore,
  clock: () => number,
  log: Log,
): Scrubber | undefined {
  const dataDir = findDataDir(options);
  if (dataDir === undefined || options.store !== undefined || options.scrub === false) return undefined;
  return new Scrubber({
    store,
    memory: scrubFile(dataDir),
    timing: options.scrub,
    clock,
    reportFault: (fault) => log.error({ ...fault }, damagedObjectMessage),
    reportRound({ position: _, ...round }) {
      if (round.versions > 0) log.info({ ...round }, 'all objects were read again');
    },
    reportProblem: (error) => log.error({ error }, 'scrub'),
  });
}

async function ensureBucket(store: ObjectStore, option: BucketOption | string): Promise<void> {
  const { name, acl, cors } = typeof option === 'string' ? { name: option } : option;
  const bucketName = parseBucketName(name);
  const { created, bucket } = await store.createBucket({
    name: bucketName,
    owner: ownerAccount,
    acl: acl ?? 'private',
    storageClass: 'Standard',
  });
  if (cors)
    await store.changeBucket(bucketName, { documents: { [bucketCors.name]: bucketCors.write(cors) } });
  if (!created && acl !== undefined && acl !== bucket.acl) await store.changeBucket(bucketName, { acl });
}

function ownerKeys(options: readonly AccessKeyOption[] = []): [AccessKey, ...AccessKey[]] {
  const [first, ...others] = options.map((key) => ({ ...key, account: ownerAccount }));
  return [first ?? makeKey(), ...others];
}

function makeKey(): AccessKey {
  return {
    accessKeyId: `LTAI${randomBytes(10).toString('hex').toUpperCase()}`,
    // Letters and digits alone: on a command line a secret must not look like a flag.
    accessKeySecret: randomBytes(24).toString('hex'),
    account: ownerAccount,
  };
}

function chooseLog(option: NonNullable<ServerOptions['log']>): LogOptions {
  if (typeof option === 'object') return option;
  return { pretty: option === 'pretty', level: option === 'silent' ? 'silent' : 'info' };
}

/** Those alone: what is sent to other threads holds nothing else that the options may hold. */
function pickLimits(given: Partial<LoadLimits> = {}): LoadLimits {
  const names = Object.keys(defaultLoadLimits) as (keyof LoadLimits)[];
  const picked = names.map((name) => [name, given[name] ?? defaultLoadLimits[name]]);
  return Object.fromEntries(picked) as Record<keyof LoadLimits, number>;
}

/** Those options that are settings; one given as undefined counts as not given. */
function pickSettings(options: ServerOptions): Partial<ServerSettings> {
  const { scheme: _, ...defaults } = defaultServerSettings;
  const names = Object.keys(defaults) as (keyof typeof defaults)[];
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}

function formatEndpoint(scheme: 'http' | 'https', host: string, port: number): string {
  return `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
