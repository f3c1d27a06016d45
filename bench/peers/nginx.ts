// nginx taking files by WebDAV PUT: no form, no policy, no digest, and nothing is flushed to disk. What the user guide's application
// server would put its files on, and the least that storing a file costs in C.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { numberDigits, type RequestPlan } from '../load/load-job.ts';
import { formatNumber } from '../load/request-source.ts';
import { type ChildServer, findFreePort, startChildServer } from './child-server.ts';
import { findOrInstall } from './debian-package.ts';
import type { Peer, RequestMaker } from './peer.ts';

const host = '127.0.0.1';
const numberMark = '#'.repeat(numberDigits);

export const nginx: Peer = {
  name: 'nginx',
  title: 'nginx WebDAV PUT: no form, no digests, nothing flushed',
  findObstacle: findNginxObstacle,
  async start(folder) {
    const server = await startNginx(folder);
    return { ...server, host, requests: webDavRequests(server.port) };
  },
};

export async function findNginxObstacle(): Promise<string | undefined> {
  return findOrInstall('nginx', 'nginx-light');
}

export async function startNginx(folder: string): Promise<ChildServer> {
  const port = await findFreePort(host);
  const configuration = path.join(folder, 'nginx.conf');
  mkdirSync(path.join(folder, 'files'));
  writeFileSync(configuration, writeConfiguration(folder, port));
  return startChildServer({
    command: 'nginx',
    args: ['-p', folder, '-c', configuration, '-e', path.join(folder, 'error.log')],
    logFile: path.join(folder, 'nginx.log'),
    ready: { port },
  });
}

/** As Debian's package configures it, but for what WebDAV and long-lived connections need. */
function writeConfiguration(folder: string, port: number): string {
  const isRoot = process.getuid?.() === 0;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    ${isRoot ? 'user root;' : ''}
    daemon off;
    worker_processes auto;
    pid ${folder}/nginx.pid;
    error_log ${folder}/error.log;
    events { worker_connections 4096; }
    http {
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name}_temp;`).join('\n      ')}
      access_log ${folder}/access.log;
      sendfile on;
      tcp_nopush on;
      client_max_body_size 0;
      keepalive_requests 100000000;
      server {
        listen ${host}:${port} backlog=4096;
        root ${folder}/files;
        location / {
          dav_methods PUT;
          create_full_put_path on;
        }
      }
    }
  `;
}

function webDavRequests(port: number): RequestMaker {
  const upload: RequestMaker['upload'] = ({ bytes, order = 'ascending', namesMax }): RequestPlan => {
    const head = Buffer.from(
      `PUT /${numberMark}.pdf HTTP/1.1\r\nHost: ${host}:${port}\r\nContent-Length: ${bytes}\r\n\r\n`,
    );
    return {
      ...{ kind: 'numbered', head, numberAt: [head.indexOf(numberMark)], bodyBytes: bytes },
      ...{ tail: new Uint8Array(), order, numbersMax: namesMax },
    };
  };
  const listed = (method: string, count: number): RequestPlan => ({
    kind: 'listed',
    requests: Array.from({ length: count }, (_, i) =>
      Buffer.from(`${method} /${formatNumber(i)}.pdf HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`),
    ),
  });
  return {
    upload,
    put: upload,
    get: (count) => listed('GET', count),
    head: (count) => listed('HEAD', count),
  };
}
