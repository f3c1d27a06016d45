// Whether names that follow one another (a date, a counter) are slower than scattered ones, as a guide for a store of many machines
// says: uploads into a store that has a million of the same kind, and its listing.

import type { Bench } from '../bench-run.ts';
import { copyFilledStore, type Filling } from '../filled-store.ts';
import type { NumberOrder } from '../load/load-job.ts';
import { keyPrefix, keySuffix } from '../load/oss-requests.ts';
import { formatNumber, scatterFactor } from '../load/request-source.ts';
import { type Contender, type LoadCase, loadCase } from '../load-case.ts';
import { postern } from '../peers/postern.ts';

const rows = 1_000_000;
const bytes = 4 * 1024;

const numberSql: Readonly<Record<NumberOrder, string>> = {
  ascending: 'i',
  scattered: `(i * ${scatterFactor}) & 0xffffffff`,
};

function filling(order: NumberOrder): Filling {
  return {
    name: `names-${order}`,
    rows,
    keySql: `printf('${keyPrefix}%08x${keySuffix}', ${numberSql[order]})`,
  };
}

const contender = (order: NumberOrder): Contender => ({
  peer: postern,
  name: order,
  title: `Postern, ${order} names`,
  firstNumber: rows,
  fill: async (bench: Bench, folder: string) => ({
    dataDir: await copyFilledStore(filling(order), bench, `${folder}/data`),
  }),
  plan: (requests) => requests.upload({ bytes, order }),
});

const ORDERS: readonly NumberOrder[] = ['ascending', 'scattered'];
const pages = 250;

/** Names at which pages begin, all over those that are there. */
function markers(order: NumberOrder): string[] {
  const numbersEnd = order === 'ascending' ? rows : 2 ** 32;
  return Array.from({ length: pages }, (_, i) =>
    encodeURIComponent(keyPrefix + formatNumber(Math.floor((i * numbersEnd) / pages))),
  );
}

const cases: readonly LoadCase[] = [
  {
    name: 'prefix-upload',
    title: 'Forms of 4 KiB, 64 connections, into a million names: ascending and scattered',
    contenders: ORDERS.map(contender),
    ...{ connections: 64, bytes },
  },
  {
    name: 'prefix-list',
    title: 'Pages of 1000 keys from a million names: ascending and scattered',
    contenders: ORDERS.map((order) => ({
      ...contender(order),
      plan: (requests) => requests.list?.(markers(order).map((marker) => `max-keys=1000&marker=${marker}`)),
    })),
    ...{ connections: 1, bytes: 0 },
  },
];

export const prefixCases = cases.map(loadCase);
