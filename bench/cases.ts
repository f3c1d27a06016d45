// Every case there is, in the order in which they run.

import type { Case } from './bench-run.ts';
import { type LoadCase, loadCase } from './load-case.ts';
import { nginx } from './peers/nginx.ts';
import { nodeHttp } from './peers/node-http.ts';
import { nullEngine } from './peers/null-engine.ts';
import { postern } from './peers/postern.ts';
import { relayDisk, relayMemory } from './peers/relay.ts';
import { s3rver } from './peers/s3rver.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const ours = [{ peer: postern }, { peer: nullEngine }];
const everybody = [nullEngine, nodeHttp, nginx, s3rver, relayDisk, relayMemory];

/** Sizes as they stand in names. */
const SIZES = { '1k': kibibyte, '4k': 4 * kibibyte, '64k': 64 * kibibyte, '1m': mebibyte } as const;
type Size = keyof typeof SIZES;
const CONNECTIONS = [1, 16, 64, 256] as const;
/** Where all peers are compared, and what `--quick` measures. */
const comparedConnections = 64;
const quickSizes: readonly Size[] = ['4k', '64k', '1m'];

const uploads = (Object.keys(SIZES) as Size[]).flatMap((size) =>
  CONNECTIONS.flatMap((connections) => [formCase(size, connections), putCase(size, connections)]),
);

export const CASES: readonly Case[] = uploads.map(loadCase);

function formCase(size: Size, connections: number): LoadCase {
  const bytes = SIZES[size];
  const isCompared = connections === comparedConnections;
  return {
    name: `form-${size}-${connections}`,
    title: `Forms of ${sizeTitle(bytes)}, ${connectionsTitle(connections)}`,
    isQuick: isCompared && quickSizes.includes(size),
    contenders: isCompared ? [postern, ...everybody].map((peer) => ({ peer })) : ours,
    connections,
    bytes,
    plan: (requests) => requests.upload({ bytes }),
  };
}

function putCase(size: Size, connections: number): LoadCase {
  const bytes = SIZES[size];
  return {
    name: `put-${size}-${connections}`,
    title: `Puts of ${sizeTitle(bytes)}, ${connectionsTitle(connections)}`,
    contenders: ours,
    connections,
    bytes,
    plan: (requests) => requests.put?.({ bytes }),
  };
}

function connectionsTitle(connections: number): string {
  return connections === 1 ? 'one connection' : `${connections} connections`;
}

function sizeTitle(bytes: number): string {
  return bytes >= mebibyte ? `${bytes / mebibyte} MiB` : `${bytes / kibibyte} KiB`;
}
