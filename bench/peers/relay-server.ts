// The process of the relay, with nginx below it.

import { once } from 'node:events';
import { createReadStream, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startNginx } from './nginx.ts';
import { bucket } from './postern.ts';

interface Upload extends IncomingMessage {
  readonly body: { readonly key: string };
  readonly file: { readonly path: string; readonly buffer: Buffer; readonly size: number };
}

type Handler = (upload: Upload, response: ServerResponse) => void;
type Multer = (options: object) => { single(field: string): Handler };
type Express = () => {
  post(address: string, ...handlers: Handler[]): void;
  listen(port: number, host: string): Server;
};

// Their types, and they themselves, are there only once the bench has installed them.
const load = createRequire(import.meta.url);
const express = load('express') as Express;
const multer = load('multer') as Multer & { memoryStorage(): object };

const [, , folder = '', kind] = process.argv;
const storage = await startNginx(folder);
const agent = new Agent({ keepAlive: true });
const temporary = path.join(folder, 'uploads');
mkdirSync(temporary);

const application = express();
const receive = multer(kind === 'disk' ? { dest: temporary } : { storage: multer.memoryStorage() });
application.post(`/${bucket}/`, receive.single('file'), (upload, response) => {
  relay(upload).then(
    (status) => response.writeHead(status).end(),
    (error: Error) => response.writeHead(500).end(error.message),
  );
});
const server = application.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`listening on ${(server.address() as AddressInfo).port}`);
process.once('SIGTERM', () => void storage.stop().then(() => process.exit()));

async function relay({ body, file }: Upload): Promise<number> {
  const put = request({
    ...{ agent, host: '127.0.0.1', port: storage.port, method: 'PUT', path: `/${body.key}` },
    headers: { 'content-length': file.size },
  });
  const answered = once(put, 'response');
  const bytes = kind === 'disk' ? createReadStream(file.path) : Readable.from([file.buffer]);
  await Promise.all([pipeline(bytes, put), answered]);
  const [answer] = (await answered) as [IncomingMessage];
  answer.resume();
  if (kind === 'disk') await rm(file.path);
  return answer.statusCode ?? 500;
}
