// A port that threads share (SO_REUSEPORT) could be bound beside them by another process of the same user, without an error, and the two
// would get each other's connections. So it is bound once before in the way that excludes others; and since two servers that start at
// the same moment would both find it free, there is a name that only one of them can have.

import { once } from 'node:events';
import { createServer, type ListenOptions } from 'node:net';

/**
 * Linux only.
 * @returns what gives it back
 * @throws the system's error when the address cannot be bound, or another server has it
 */
export async function claimPort(host: string, port: number): Promise<() => Promise<void>> {
  // Of the kernel's own name space for sockets, in which nothing is left of a process that is gone.
  const release = await bind({ path: `\0postern ${host} ${port}` }).catch((cause) => {
    throw Object.assign(new Error(`${host}:${port} is another server's`, { cause }), {
      code: cause.code,
      port,
    });
  });
  try {
    const releaseProbe = await bind({ host, port });
    await releaseProbe();
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

async function bind(options: ListenOptions): Promise<() => Promise<void>> {
  const server = createServer((socket) => void socket.destroy());
  server.listen(options);
  await once(server, 'listening');
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}
