// The clients of one data directory, what they know of it, and where the server's callbacks reach them.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, type Key } from './client.ts';
import { Contents } from './contents.ts';
import { abortUploads, inspect, inspectDisk, Violation } from './inspect.ts';
import type { ServerChild } from './server-child.ts';

const clientCount = 4;
const keysPerClient = 3;

export class Crew {
  /** While true, the server may refuse by 503, and whether a refused change has happened is open. */
  isDiskFull = false;
  readonly #clients: readonly Client[];
  readonly #keys: readonly Key[];
  readonly #contents: Contents;
  readonly #callbackServer: Server;
  #acknowledged = 0;

  static async open(seed: number, choose: (bound: number) => number): Promise<Crew> {
    const toldByCallback = new Map<number, () => void>();
    return new Crew(seed, choose, toldByCallback, await listenForCallbacks(toldByCallback));
  }

  private constructor(
    seed: number,
    choose: (bound: number) => number,
    toldByCallback: Map<number, () => void>,
    callbackServer: Server,
  ) {
    const { port } = callbackServer.address() as AddressInfo;
    this.#callbackServer = callbackServer;
    this.#contents = new Contents(seed);
    const sharing = {
      ...{ contents: this.#contents, toldByCallback, choose },
      callbackUrl: `http://127.0.0.1:${port}/`,
      isDiskFull: () => this.isDiskFull,
    };
    this.#clients = Array.from(
      { length: clientCount },
      (_, i) => new Client(`client-${i}`, keysPerClient, sharing),
    );
    this.#keys = this.#clients.flatMap(({ keys }) => keys);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Changes things until the server is gone, or is excused from answering, or so many changes were tried. @throws WrongAnswer */
  async work(server: ServerChild, changesMax: number): Promise<void> {
    let changes = 0;
    let isOver = false;
    const goOn = async (client: Client) => {
      while (!isOver && changes < changesMax) {
        changes++;
        if (await client.act(server)) this.#acknowledged++;
        else isOver = true;
      }
    };
    await Promise.all(this.#clients.map(goOn));
  }

  /** Whether everything is as was promised. @returns false when the server died meanwhile @throws Violation */
  async check(server: ServerChild, dataDir: string): Promise<boolean> {
    try {
      await abortUploads(server);
      await inspect(server, this.#keys, this.#contents);
      await inspectDisk(dataDir, this.#keys, this.#contents, () => server.isGone);
    } catch (error) {
      if (error instanceof Violation) throw error;
      // Its connections break when it dies, and for no other reason.
      await server.waitGone();
    }
    return !server.isGone;
  }

  close(): void {
    this.#callbackServer.close();
  }
}

async function listenForCallbacks(toldByCallback: Map<number, () => void>): Promise<Server> {
  const answer = '{"Status":"OK"}';
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const write = Number(/write=(\d+)/.exec(Buffer.concat(pieces).toString())?.[1]);
    toldByCallback.get(write)?.();
    toldByCallback.delete(write);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
