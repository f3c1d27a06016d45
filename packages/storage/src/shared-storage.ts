// A store in a directory that several threads of one process use. One has opened it: it collects the garbage, and the writer of the index
// is its own. The others have joined: each reads the index by itself, sends its changes to that same writer, writes bodies to files and
// segments of its own, and removes none. What they have to tell each other beside that is below.

import path from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { shareDigestThreads } from './digest-threads.ts';
import { EngineObjectStore, type ObjectStoreParts } from './engine-object-store.ts';
import { blobFolderName, indexFileName } from './engines/offline-store.ts';
import { PageMemory, sharedMemoryBytes } from './engines/page-memory.ts';
import type { SegmentName } from './engines/segment-format.ts';
import type { SegmentSharing } from './engines/segment-store.ts';
import { type SharedIndex, SqliteMetadataStore } from './engines/sqlite-metadata-store.ts';
import { TieredBlobStore } from './engines/tiered-blob-store.ts';
import { HeldBlobs } from './held-blobs.ts';
import type { ObjectStore } from './object-store.ts';
import { SharedState } from './shared-state.ts';
import { type Surroundings, withDefaults } from './surroundings.ts';
import { VolumeFailed } from './write-fault.ts';

/** What a thread needs to join. It goes there in a message, and what {@link portsOf} names has to be transferred with it. */
export interface StorageShare {
  readonly dataDir: string;
  readonly index: SharedIndex;
  readonly blobs: {
    readonly opening: string;
    readonly isDirect: boolean;
    readonly segmentBytes: number | undefined;
    /** How many there will be, the one that has opened the store included. */
    readonly threads: number;
  };
  /** Of {@link SharedState}. */
  readonly state: SharedArrayBuffer;
  readonly port: MessagePort;
}

export function portsOf({ index, port }: StorageShare): readonly MessagePort[] {
  return [index.writer, port];
}

type FromJoined =
  /** A blob that this thread has written, and no record names. */
  | { readonly kind: 'discard'; readonly blobId: string }
  /** As of {@link HeldBlobs}: soon enough there, since garbage stays for a while. */
  | { readonly kind: 'hold' | 'release'; readonly blobIds: readonly string[] }
  | { readonly kind: 'segment-begun'; readonly segment: SegmentName }
  | { readonly kind: 'segment-sealed'; readonly segment: SegmentName & { readonly pages: number } }
  | { readonly kind: 'volume-failed'; readonly reason: string };

type ToJoined =
  | { readonly kind: 'segment-dropped'; readonly name: string }
  | { readonly kind: 'volume-failed'; readonly reason: string };

/** How many threads may want memory for bodies before each gets less than it needs to work well. */
const memoryBytesMin = 16 * 1024 * 1024;

/** So that all together have what one would have, down to a least amount for each. */
export function memoryBytesOf(threads: number): number {
  return Math.max(memoryBytesMin, Math.floor(sharedMemoryBytes / threads));
}

/** What the thread that has opened the store knows of those that have joined. */
export class StorageHost {
  readonly held = new HeldBlobs();
  readonly #facts: HostFacts;
  readonly #ports = new Set<MessagePort>();
  readonly state = new SharedState();

  constructor(facts: HostFacts) {
    this.#facts = facts;
  }

  get sharing(): SegmentSharing {
    return {
      opening: this.#facts.opening,
      nextNumber: () => this.state.nextSegment(),
      onDropped: (name) => this.#tellAll({ kind: 'segment-dropped', name }),
    };
  }

  readonly tellFailure = ({ message }: Error): void =>
    this.#tellAll({ kind: 'volume-failed', reason: message });

  share(engines: SharedEngines): StorageShare {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (message: FromJoined) => this.#take(engines, port1, message));
    port1.once('close', () => this.#ports.delete(port1));
    // Who has joined keeps the process alive by itself.
    port1.unref();
    this.#ports.add(port1);
    const { dataDir, ...blobs } = this.#facts;
    const { isDirect } = engines.blobs;
    return {
      ...{ dataDir, index: engines.metadata.share(), port: port2, state: this.state.memory },
      blobs: { ...blobs, isDirect },
    };
  }

  /** Resolves when all that have joined are closed, and what they have told is known. */
  async close(): Promise<void> {
    const ports = [...this.#ports];
    const closed = ports.map((port) => new Promise<void>((resolve) => port.once('close', resolve)));
    for (const port of ports) port.ref();
    await Promise.all(closed);
  }

  #take({ store, blobs }: SharedEngines, from: MessagePort, message: FromJoined): void {
    switch (message.kind) {
      case 'discard':
        void store.discardBlob(message.blobId);
        return;
      case 'hold':
        this.held.hold(message.blobIds);
        return;
      case 'release':
        this.held.release(message.blobIds);
        return;
      case 'segment-begun':
        blobs.segments.adopt(message.segment);
        return;
      case 'segment-sealed':
        blobs.segments.sealAdopted(message.segment);
        return;
      case 'volume-failed':
        store.fail(failureElsewhere(message.reason));
        for (const port of this.#ports) if (port !== from) port.postMessage(message);
    }
  }

  #tellAll(message: ToJoined): void {
    for (const port of this.#ports) port.postMessage(message);
  }
}

type HostFacts = Pick<StorageShare, 'dataDir'> &
  Pick<StorageShare['blobs'], 'opening' | 'segmentBytes' | 'threads'>;

interface SharedEngines {
  readonly store: EngineObjectStore;
  readonly metadata: SqliteMetadataStore;
  readonly blobs: TieredBlobStore;
}

function failureElsewhere(reason: string): VolumeFailed {
  return new VolumeFailed('Another thread could not write', { cause: new Error(reason) });
}

/** The store of the thread that has opened it. */
export class HostObjectStore extends EngineObjectStore implements SharableStore {
  readonly #host: StorageHost;
  readonly #engines: SharedEngines;

  constructor(parts: ObjectStoreParts & Omit<SharedEngines, 'store'>, host: StorageHost) {
    const { held, state, tellFailure: onFailure } = host;
    super({ ...parts, held, state, onFailure });
    this.#host = host;
    this.#engines = { store: this, metadata: parts.metadata, blobs: parts.blobs };
  }

  share(): StorageShare {
    return this.#host.share(this.#engines);
  }

  override async close(): Promise<void> {
    await this.#host.close();
    await super.close();
  }
}

export interface SharableStore extends ObjectStore {
  /** What one more thread needs for {@link joinStorage}. `close` waits until all that have joined are closed. */
  share(): StorageShare;
}

class JoinedObjectStore extends EngineObjectStore {
  readonly #port: MessagePort;

  constructor(parts: ObjectStoreParts, state: SharedState, port: MessagePort) {
    const tell = tellBy(port);
    super({
      ...{ ...parts, state },
      garbageDuty: 'leftovers',
      held: new RelayedHolds(tell),
      onFailure: ({ message }) => tell({ kind: 'volume-failed', reason: message }),
    });
    this.#port = port;
  }

  override async close(): Promise<void> {
    await super.close();
    this.#port.close();
  }
}

type Tell = (message: FromJoined) => void;

function tellBy(port: MessagePort): Tell {
  return (message) => port.postMessage(message);
}

/** Tells the thread that collects the garbage. */
class RelayedHolds extends HeldBlobs {
  readonly #tell: Tell;

  constructor(tell: Tell) {
    super();
    this.#tell = tell;
  }

  override hold(blobIds: readonly string[]): void {
    if (blobIds.length > 0) this.#tell({ kind: 'hold', blobIds });
  }

  override release(blobIds: readonly string[]): void {
    if (blobIds.length > 0) this.#tell({ kind: 'release', blobIds });
  }
}

/**
 * The store in a thread that was given a share of it. To be closed before the one that it is a share of.
 * @throws what opening the index throws
 */
export async function joinStorage(share: StorageShare, surroundings: Surroundings): Promise<ObjectStore> {
  const { dataDir, index, blobs: shared, port } = share;
  const parts = withDefaults(surroundings);
  const state = new SharedState(share.state);
  const tell = tellBy(port);
  const metadata = await SqliteMetadataStore.join(path.join(dataDir, indexFileName), index);
  const { opening, isDirect, segmentBytes, threads } = shared;
  shareDigestThreads(threads);
  const blobs = TieredBlobStore.join(path.join(dataDir, blobFolderName), parts.randomBytes, {
    ...{ memory: new PageMemory(memoryBytesOf(threads)), isDirect, segmentBytes },
    sharing: {
      ...{ opening, nextNumber: () => state.nextSegment() },
      onSegment: ({ number }) => tell({ kind: 'segment-begun', segment: { opening, number } }),
      onSealed: ({ number, pages }) => tell({ kind: 'segment-sealed', segment: { opening, number, pages } }),
    },
    remove: (blobId) => tell({ kind: 'discard', blobId }),
  });
  const store = new JoinedObjectStore({ ...parts, metadata, blobs }, state, port);
  port.on('message', (message: ToJoined) => {
    if (message.kind === 'volume-failed') store.fail(failureElsewhere(message.reason));
    else void blobs.segments.forget(message.name).catch(parts.reportProblem);
  });
  return store;
}
