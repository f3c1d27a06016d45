// Reads: small objects got and asked about, and listings of many.

import { type Filling, findFilledStore } from '../filled-store.ts';
import { type Contender, type LoadCase, loadCase } from '../load-case.ts';
import { nginx } from '../peers/nginx.ts';
import { nodeHttp } from '../peers/node-http.ts';
import { postern } from '../peers/postern.ts';

const bytes = 4 * 1024;
const objects = 1000;

const readers: readonly Contender[] = [{ peer: postern }, { peer: nodeHttp }, { peer: nginx }];

const objectCases: readonly LoadCase[] = [
  {
    name: 'get-4k-64',
    title: 'Gets of 4 KiB, 64 connections',
    isQuick: true,
    contenders: readers,
    connections: 64,
    bytes,
    objectsBefore: objects,
    plan: (requests) => requests.get?.(objects),
  },
  {
    name: 'head-4k-64',
    title: 'Heads, 64 connections',
    isQuick: true,
    contenders: readers,
    connections: 64,
    bytes,
    objectsBefore: objects,
    plan: (requests) => requests.head?.(objects),
    isHead: true,
  },
];

const million = 1_000_000;
const pageKeys = 1000;
const prefixes = 1000;
/** Different places in the bucket where a page begins. */
const markers = 500;
const versionsEach = 5;

const KEY_COUNTS = { '1m': million, '10m': 10 * million } as const;
type KeyCount = keyof typeof KEY_COUNTS;

/** A thousand common prefixes, each with a share of the keys. */
export function manyKeys(size: KeyCount): Filling {
  const rows = KEY_COUNTS[size];
  return { name: `keys-${size}`, rows, keySql: `printf('p%03d/%08d', i / ${rows / prefixes}, i)` };
}

function manyVersions(size: KeyCount): Filling {
  const rows = KEY_COUNTS[size];
  const keySql = `printf('p%03d/%08d', i / ${rows / prefixes}, i / ${versionsEach})`;
  return { name: `versions-${size}`, rows, keySql, versionsEach };
}

const stores = (filling: (size: KeyCount) => Filling): readonly Contender[] =>
  (Object.keys(KEY_COUNTS) as KeyCount[]).map((size) => ({
    peer: postern,
    name: size,
    title: `Postern over ${KEY_COUNTS[size] / million} million keys`,
    isFullOnly: size !== '1m',
    fill: async (bench) => ({ dataDir: await findFilledStore(filling(size), bench) }),
  }));

/** Pages that begin all over the bucket. */
const queries = (query: string) =>
  Array.from({ length: markers }, (_, i) => {
    const prefix = String(Math.floor((i * prefixes) / markers)).padStart(3, '0');
    return `${query}max-keys=${pageKeys}&marker=p${prefix}%2F`;
  });

const listCases: readonly LoadCase[] = [
  {
    name: 'list-flat',
    title: `Pages of ${pageKeys} keys, one connection`,
    isQuick: true,
    contenders: stores(manyKeys),
    plan: (requests) => requests.list?.(queries('')),
    ...{ connections: 1, bytes: 0 },
  },
  {
    name: 'list-prefixes',
    title: `Pages of ${prefixes} common prefixes, one connection`,
    isQuick: true,
    contenders: stores(manyKeys),
    plan: (requests) => requests.list?.([`delimiter=%2F&max-keys=${pageKeys}`]),
    ...{ connections: 1, bytes: 0 },
  },
  {
    name: 'list-versions',
    title: `Pages of ${pageKeys} versions, ${versionsEach} to a key, one connection`,
    contenders: stores(manyVersions),
    plan: (requests) =>
      requests.list?.(queries('versions&').map((query) => query.replace('marker', 'key-marker'))),
    ...{ connections: 1, bytes: 0 },
  },
];

export const readCases = [...objectCases, ...listCases].map(loadCase);
