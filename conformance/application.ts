// An application's server on this machine, the kind that is told of uploads by callbacks.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Callback {
  readonly method: string;
  /** With its query, as sent. */
  readonly path: string;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the application answers. A text is JSON with its length; anything else is up to the function. */
export type Response = string | ((response: ServerResponse) => void);

export interface Application {
  /** E.g. `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Every callback so far, in the order of their arrival. */
  readonly callbacks: readonly Callback[];
  /** Called before each answer. */
  onCallback: (callback: Callback) => Promise<void>;
  close(): Promise<void>;
}

/** @param responses by path without query; any other path is answered with 404 */
export async function startApplication(responses: Readonly<Record<string, Response>>): Promise<Application> {
  const callbacks: Callback[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { method = '', url: path = '', httpVersion, headers } = request;
    const callback = { method, path, httpVersion, headers, body };
    callbacks.push(callback);
    await application.onCallback(callback);
    const answer = responses[path.replace(/\?.*/, '')];
    if (answer === undefined) response.writeHead(404).end();
    else if (typeof answer === 'function') answer(response);
    else
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) })
        .end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const application: Application = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    callbacks,
    onCallback: async () => {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return application;
}
