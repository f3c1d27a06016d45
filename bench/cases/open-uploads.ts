// What uploads cost while they wait: a thousand visitors on slow lines, each with a quarter of a file sent, all at once; then all of
// them finish.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { alternate, type Entrant } from '../alternate.ts';
import type { Case } from '../bench-run.ts';
import { AnswerReader } from '../load/answer-reader.ts';
import type { NumberedRequests } from '../load/load-job.ts';
import { createRequestSource } from '../load/request-source.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { postern } from '../peers/postern.ts';
import { peakMemoryBytes } from '../process-meter.ts';

const uploads = 1000;
const bytes = 1024 * 1024;
const sentBytes = bytes / 4;
/** For the server to read what was sent. */
const settleMs = 2000;
const limits = [
  '--uploads-per-address-max',
  `${2 * uploads}`,
  '--connections-per-address-max',
  `${2 * uploads}`,
];

const title = `${uploads} uploads of 1 MiB open at once, a quarter of each sent`;
const entrants = [entrant(postern)];

export const openUploadsCase: Case = {
  name: 'open-uploads',
  title,
  isQuick: true,
  run: (bench) => alternate({ name: 'open-uploads', title, rounds: 1 }, entrants, bench),
};

function entrant(peer: Peer): Entrant {
  return {
    name: peer.name,
    title: peer.title,
    peer: peer.name,
    async start(bench) {
      const running = await peer.start(bench.folders.make(`open-uploads-${peer.name}`), { flags: limits });
      let tally = { succeeded: 0, failed: 0 };
      return {
        warmUp: async () => {},
        async measure() {
          const idleBytes = peakMemoryBytes(running.pids);
          const held = await holdUploads(running);
          const peakBytes = peakMemoryBytes(running.pids);
          const succeeded = await finishUploads(held);
          tally = { succeeded, failed: uploads - succeeded };
          return { peakMegabytes: peakBytes / 1e6, grownKilobytes: (peakBytes - idleBytes) / 1e3 / uploads };
        },
        get tally() {
          return tally;
        },
        stop: () => running.stop(),
      };
    },
  };
}

interface HeldUpload {
  readonly socket: Socket;
  readonly rest: readonly Uint8Array[];
}

async function holdUploads({ host, port, requests }: RunningPeer): Promise<HeldUpload[]> {
  const source = createRequestSource(requests.upload({ bytes }) as NumberedRequests, 0, 0);
  const held = await Promise.all(
    Array.from({ length: uploads }, async () => {
      const [head, body, tail] = [...source.makeSlot().next().pieces()] as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      const socket = connect({ host, port });
      await once(socket, 'connect');
      socket.write(head);
      socket.write(body.subarray(0, sentBytes));
      return { socket, rest: [body.subarray(sentBytes), tail] };
    }),
  );
  await sleep(settleMs);
  return held;
}

/** @returns how many succeeded */
async function finishUploads(held: readonly HeldUpload[]): Promise<number> {
  const successes = await Promise.all(held.map(finishUpload));
  return successes.filter(Boolean).length;
}

function finishUpload({ socket, rest }: HeldUpload): Promise<boolean> {
  return new Promise((resolve) => {
    const reader = new AnswerReader(false);
    socket.on('data', (chunk) => {
      if (!reader.push(chunk)) return;
      socket.destroy();
      resolve(reader.isSuccess);
    });
    socket.on('error', () => resolve(false)).on('close', () => resolve(false));
    for (const piece of rest) socket.write(piece);
  });
}
