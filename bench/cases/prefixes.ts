// Whether names that follow one another (a date, a counter) are slower than scattered ones, as a guide for a store of many machines
// says: uploads into a store that has a million of the same kind, and its listing.

import type { Bench } from '../bench-run.ts';
import { copyFilledStore, type Filling } from '../filled-store.ts';
import type { NumberOrder } from '../load/load-job.ts';
import { keyPrefix, keySuffix } from '../load/oss-requests.ts';
import { scatterFactor } from '../load/request-source.ts';
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

const contenders = [contender('ascending'), contender('scattered')];

const cases: readonly LoadCase[] = [
  {
    name: 'prefix-upload',
    title: 'Forms of 4 KiB, 64 connections, into a million names: ascending and scattered',
    contenders,
    ...{ connections: 64, bytes },
    plan: () => undefined,
  },
  {
    name: 'prefix-list',
    title: 'Pages of 1000 keys from a million names: ascending and scattered',
    contenders: contenders.map(({ plan: _, ...each }) => each),
    ...{ connections: 1, bytes: 0 },
    plan: (requests) =>
      requests.list?.(
        Array.from({ length: 256 }, (_, i) => {
          const digits = i.toString(16).padStart(2, '0');
          return `max-keys=1000&marker=${encodeURIComponent(`${keyPrefix}${digits}`)}`;
        }),
      ),
  },
];

export const prefixCases = cases.map(loadCase);
