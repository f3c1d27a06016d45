// The process of bare node:http. A POST or PUT is read and answered with 204. The body of the first PUT is what every GET gives, so that
// a case fills this server as it fills the others.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What GET and HEAD answer with. */
let kept: Buffer | undefined;

const server = createServer(
  { noDelay: true, keepAliveTimeout: 60_000, requestTimeout: 0 },
  (message, response) => {
    if (message.method === 'GET' || message.method === 'HEAD') serveKept(message, response);
    else if (message.method === 'PUT' && kept === undefined) keep(message, response);
    else discard(message, response);
  },
);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`listening on ${(server.address() as AddressInfo).port}`);
process.once('SIGTERM', () => process.exit());

function discard(message: IncomingMessage, response: ServerResponse): void {
  message.on('end', () => response.writeHead(204).end());
  message.resume();
}

function keep(message: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  message.on('data', (chunk: Buffer) => chunks.push(chunk));
  message.on('end', () => {
    kept = Buffer.concat(chunks);
    response.writeHead(204).end();
  });
}

function serveKept({ method }: IncomingMessage, response: ServerResponse): void {
  const bytes = kept ?? Buffer.alloc(0);
  response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': bytes.length });
  response.end(method === 'HEAD' ? undefined : bytes);
}
