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
  scrubFile,
} from '@postern/storage';
import { type AccessKey, createCredentials } from './access/credentials.ts';
import { type AdminRoute, createAdminServer } from './admin/admin-server.ts';
import { nodeHashes } from './body/node-hashes.ts';
import { bucketCors } from './buckets/bucket-documents.ts';
import {
  defaultLifecycleEveryMs,
  LifecycleRunner,
  type LifecycleTotals,
} from './buckets/lifecycle-runner.ts';
import { createCallbackSender } from './callback/callback.ts';
import { makeCallbackKey, openCallbackKey } from './callback/callback-key.ts';
import { SignedPolicies } from './form/signed-policies.ts';
import { createLog, type Log, type LogOptions } from './http/access-log.ts';
import { defaultFreeBytesMin, FreeSpace, measureFreeBytes } from './http/free-space.ts';
import { type Listener, listen, type Timeouts } from './http/listen.ts';
import { defaultLoadLimits, Load, type LoadLimits } from './http/load.ts';
import { readTlsPair, type TlsFiles, watchTlsFiles } from './http/tls-files.ts';
import { fixedIdentities, type IdentityOptions, type IdentitySource } from './identities/identity-source.ts';
import { watchIdentities } from './identities/watch-identities.ts';
import { createServe } from './serve.ts';
import { defaultServerSettings, type ServerSettings } from './server-settings.ts';
import { TokenService } from './token-service.ts';

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
}

export interface RunningServer {
  /** E.g. `http://127.0.0.1:9780`; https with `tls`. */
  readonly endpoint: string;
  readonly adminEndpoint: string | undefined;
  /** The first access key. */
  readonly credentials: { readonly accessKeyId: string; readonly accessKeySecret: string };
  /** Carries out what is due by the lifecycle rules of all buckets now: for tests that move the clock. */
  runLifecycle(): Promise<LifecycleTotals>;
  /** Stops accepting, lets what is under way finish for `graceMs` (default 10 s), closes the store. */
  close(graceMs?: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The one account that owns everything. */
const ownerAccount = 'postern';

const defaultPort = 9780;
const defaultGraceMs = 10_000;

/**
 * @throws OssError InvalidBucketName, StorageError when the data directory cannot be used, SecretFileError when its users cannot, TlsFilesError, the system's error when a port cannot be bound
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { host = '127.0.0.1', port = defaultPort, clock = Date.now } = options;
  const scheme = options.tls ? 'https' : 'http';
  const settings: ServerSettings = { ...defaultServerSettings, ...pickSettings(options), scheme };
  const log = chooseLog(options.log ?? 'silent');
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
    const callbacks = createCallbackSender({ settings, key: callbackKey, clock });
    const identities = await openIdentities(options, clock, log);
    closers.push(async () => identities.close());
    const ours = { identities, account: ownerAccount, hashes: nodeHashes };
    const credentials = createCredentials({ keys, ...ours });
    const tokens = new TokenService({ credentials, settings, ...ours });
    const policies = new SignedPolicies(nodeHashes);
    const services = { store, credentials, callbacks, settings, hashes: nodeHashes, policies, clock };
    const load = new Load({ ...defaultLoadLimits, ...options.limits }, freeSpace);
    const serve = createServe({ services, callbackKey, tokens, load, log });
    const timeouts = options.timeouts && { timeouts: options.timeouts };
    const tls = options.tls && { tls: await readTlsPair(options.tls) };
    const listener = await listen({ host, port, serve, load, log, ...timeouts, ...tls });
    closers.push(() => listener.close(graceMs));
    if (options.tls) closers.push(followTlsFiles(options.tls, listener, log));
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

/** @returns what stops it */
function followTlsFiles(files: TlsFiles, listener: Listener, log: Log): () => Promise<void> {
  const stop = watchTlsFiles(files, {
    onChange: (pair) => {
      listener.replaceTlsPair(pair);
      log.info('the certificate was replaced');
    },
    onProblem: (error) => log.error({ error }, 'the certificate was not replaced'),
  });
  return async () => stop();
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

async function openStore(options: ServerOptions, clock: () => number, log: Log): Promise<ObjectStore> {
  if (options.store) return options.store;
  const reportProblem = (error: unknown) => log.error({ error }, 'storage');
  const dataDir = findDataDir(options);
  const { garbage, segmentBytes } = options;
  const surroundings = { clock, reportProblem, garbage };
  if (dataDir === undefined) return openMemoryStorage(surroundings);
  return openStorage({ dataDir, segmentBytes, ...surroundings });
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

function chooseLog(option: NonNullable<ServerOptions['log']>): Log {
  if (typeof option === 'object') return createLog(option);
  return createLog({ pretty: option === 'pretty', level: option === 'silent' ? 'silent' : 'info' });
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
