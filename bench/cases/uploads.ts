// Uploads: forms and puts by size and connections, the cost of overwriting, of V4 signatures and of slow flushes, and large files.

import { createHash } from 'node:crypto';
import type { Entrant } from '../alternate.ts';
import { type Contender, type LoadCase, loadCase } from '../load-case.ts';
import { cephRgw } from '../peers/ceph-rgw.ts';
import { nginx } from '../peers/nginx.ts';
import { nodeHttp } from '../peers/node-http.ts';
import { nullEngine } from '../peers/null-engine.ts';
import { postern, threads } from '../peers/postern.ts';
import { relayDisk, relayMemory } from '../peers/relay.ts';
import { s3rver } from '../peers/s3rver.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;

const ours: readonly Contender[] = [{ peer: postern }, { peer: nullEngine }];
/** What its further threads are worth. */
const oneThread: Contender = {
  ...{ peer: postern, name: 'one-thread', title: 'Postern, one thread' },
  start: { flags: ['--threads', '1'] },
};
const everybody: readonly Contender[] = [
  ...[postern, nullEngine, nodeHttp, nginx, s3rver, relayDisk, relayMemory, cephRgw].map((peer) => ({
    peer,
  })),
];
/** For other sizes than that of most uploads, `--quick` asks only whom a target names. */
const quickPeers: readonly string[] = [postern, nullEngine, s3rver].map(({ name }) => name);

/** What most uploads are measured with. */
const smallBytes = 4 * kibibyte;
/** Sizes as they stand in names. */
const SIZES = { '1k': kibibyte, '4k': 4 * kibibyte, '64k': 64 * kibibyte, '1m': mebibyte } as const;
type Size = keyof typeof SIZES;
const CONNECTIONS = [1, 16, 64, 256] as const;
/** Where all peers are compared, and what `--quick` measures. */
const comparedConnections = 64;
const quickSizes: readonly Size[] = ['4k', '64k', '1m'];

const sizeCases = (Object.keys(SIZES) as Size[]).flatMap((size) =>
  CONNECTIONS.flatMap((connections) => [formCase(size, connections), putCase(size, connections)]),
);

function formCase(size: Size, connections: number): LoadCase {
  const bytes = SIZES[size];
  const isCompared = connections === comparedConnections;
  return {
    name: `form-${size}-${connections}`,
    title: `Forms of ${sizeTitle(bytes)}, ${connectionsTitle(connections)}`,
    isQuick: isCompared && quickSizes.includes(size),
    contenders: isCompared ? comparedContenders(bytes) : ours,
    connections,
    bytes,
    plan: (requests) => requests.upload({ bytes }),
  };
}

function comparedContenders(bytes: number): readonly Contender[] {
  if (bytes === smallBytes) return threads > 1 ? [...everybody, oneThread] : everybody;
  return everybody.map((each) => ({ ...each, isFullOnly: !quickPeers.includes(each.peer.name) }));
}

function putCase(size: Size, connections: number): LoadCase {
  const bytes = SIZES[size];
  return {
    name: `put-${size}-${connections}`,
    title: `Puts of ${sizeTitle(bytes)}, ${connectionsTitle(connections)}`,
    contenders: connections === comparedConnections ? [...ours, { peer: nginx }] : ours,
    connections,
    bytes,
    plan: (requests) => requests.put?.({ bytes }),
  };
}

const hotNames = 100;
const slowFlushMs = 5;

const variations: readonly LoadCase[] = [
  {
    name: 'half-load-4k-64',
    title: 'Forms of 4 KiB, 64 connections, at half the rate that each manages',
    isQuick: true,
    contenders: ours,
    connections: 64,
    bytes: smallBytes,
    plan: (requests) => requests.upload({ bytes: smallBytes }),
    loadShare: 0.5,
  },
  {
    name: 'slow-flush-4k-256',
    title: `Forms of 4 KiB, 256 connections: every flush ${slowFlushMs} ms slower`,
    isQuick: true,
    contenders: [
      { peer: postern },
      {
        peer: postern,
        name: 'slow-flush',
        title: `Postern, every flush to disk ${slowFlushMs} ms slower`,
        start: { environment: { TEST_FLUSH_DELAY_MS: `${slowFlushMs}` } },
      },
    ],
    connections: 256,
    bytes: smallBytes,
    plan: (requests) => requests.upload({ bytes: smallBytes }),
  },
  {
    name: 'form-v4-4k-64',
    title: 'Forms of 4 KiB, 64 connections: signed with V1 and with V4',
    contenders: [
      { peer: postern },
      {
        ...{ peer: postern, name: 'v4', title: 'Postern, forms signed with V4' },
        plan: (requests) => requests.upload({ bytes: smallBytes, signatureVersion: 'v4' }),
      },
    ],
    connections: 64,
    bytes: smallBytes,
    plan: (requests) => requests.upload({ bytes: smallBytes }),
  },
  {
    name: 'overwrite-4k-64',
    title: `Forms of 4 KiB, 64 connections: new names, and the same ${hotNames} over and over`,
    contenders: [
      { peer: postern },
      {
        ...{ peer: postern, name: 'overwriting', title: `Postern, overwriting ${hotNames} names` },
        plan: (requests) => requests.upload({ bytes: smallBytes, namesMax: hotNames }),
      },
    ],
    connections: 64,
    bytes: smallBytes,
    plan: (requests) => requests.upload({ bytes: smallBytes }),
  },
];

const largeBytes = 256 * mebibyte;
const md5PieceBytes = mebibyte;

/** What no upload can be faster than as long as one thread computes its ETag. */
const md5: Entrant = {
  name: 'md5',
  title: "node:crypto's MD5 alone, of as many bytes in memory",
  async start() {
    const piece = Buffer.alloc(md5PieceBytes, 'MD5');
    return {
      warmUp: async () => {},
      measure: async () => {
        const startedMs = performance.now();
        const cpu = process.cpuUsage();
        const md5Hash = createHash('md5');
        for (let left = largeBytes; left > 0; left -= piece.length) md5Hash.update(piece);
        md5Hash.digest();
        const { user, system } = process.cpuUsage(cpu);
        const seconds = (performance.now() - startedMs) / 1000;
        return {
          requestsPerSecond: 1 / seconds,
          megabytesPerSecond: largeBytes / 1e6 / seconds,
          cpuMicros: user + system,
        };
      },
      tally: { succeeded: 1, failed: 0 },
      stop: async () => {},
    };
  },
};

const largeCases: readonly LoadCase[] = [
  {
    name: 'form-256m-1',
    title: 'Forms of 256 MiB, one after the other',
    isQuick: true,
    contenders: [...ours, { peer: nginx, isFullOnly: true }, { peer: s3rver, isFullOnly: true }],
    yardsticks: [md5],
    connections: 1,
    bytes: largeBytes,
    plan: (requests) => requests.upload({ bytes: largeBytes }),
    requestsPerBurst: 1,
  },
  {
    // 64 and 256 of them at once would take 80 GB of disk and say nothing new.
    name: 'form-256m-16',
    title: 'Forms of 256 MiB, 16 connections',
    contenders: ours,
    connections: 16,
    bytes: largeBytes,
    plan: (requests) => requests.upload({ bytes: largeBytes }),
    requestsPerBurst: 16,
    rounds: 1,
  },
  {
    name: 'form-5g-1',
    title: 'One form of 5 GiB, the largest there is',
    contenders: [{ peer: postern }],
    connections: 1,
    bytes: 5 * gibibyte,
    plan: (requests) => requests.upload({ bytes: 5 * gibibyte }),
    requestsPerBurst: 1,
    rounds: 1,
    isWarmedUp: false,
  },
];

export const uploadCases = [...sizeCases, ...variations, ...largeCases].map(loadCase);

function connectionsTitle(connections: number): string {
  return connections === 1 ? 'one connection' : `${connections} connections`;
}

function sizeTitle(bytes: number): string {
  return bytes >= mebibyte ? `${bytes / mebibyte} MiB` : `${bytes / kibibyte} KiB`;
}
