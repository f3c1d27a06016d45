// The upload callback (PostObject reference: callback): after a file is stored, the application's server is told, and its answer becomes
// the uploader's. A wrong configuration is refused before the file is read; a callback that fails leaves the object where it is.

import { createHash } from 'node:crypto';
import { encodeBase64, encodeUtf8, formatHttpDate } from '@postern/protocol';
import type { ServerSettings } from '../server-settings.ts';
import { type CallbackKeySource, callbackPublicKeyPath, signCallback } from './callback-key.ts';
import type { CallbackOrder } from './callback-order.ts';
import { type CallbackPlan, planCallback, refusalOf } from './callback-plan.ts';
import {
  type CallbackReply,
  callbackTimeoutMs,
  findObstacle,
  postCallback,
  type ResolveHost,
  resolveWithSystem,
} from './callback-request.ts';
import { type CallbackFacts, expandTemplate } from './callback-template.ts';

export type { CallbackFacts, CallbackPlan, CallbackReply, ResolveHost };

export interface CallbackSender {
  /**
   * @returns undefined when the upload asks for no callback
   * @throws OssError InvalidArgument.callback… before anything is stored
   */
  plan(order: CallbackOrder): CallbackPlan | undefined;
  /**
   * Looks the hosts of the plan up, and for the key to sign with, while there is still time to refuse the upload. Sending looks again: this one
   * is for the author of a wrong configuration, that one is what keeps callbacks out of the house.
   *
   * @throws OssError InvalidArgument.callbackUnresolved, InvalidArgument.callbackPrivateAddress when none of the URLs can be called;
   *   SecretFileError when there is no key and none can be made
   */
  checkSendable(plan: CallbackPlan): Promise<void>;
  /**
   * Tries the URLs of the plan in their order until one of them answers well.
   *
   * @throws OssError CallbackFailed.… of the last one; the object stays
   */
  send(plan: CallbackPlan, facts: CallbackFacts): Promise<CallbackReply>;
}

export interface CallbackSenderOptions {
  readonly settings: Pick<ServerSettings, 'callbackAllowPrivate' | 'publicUrl' | 'scheme' | 'baseDomains'>;
  readonly key: CallbackKeySource;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly resolve?: ResolveHost;
  /** For each URL, from the look-up of its name to the last byte of its answer. */
  readonly timeoutMs?: number;
}

export function createCallbackSender(options: CallbackSenderOptions): CallbackSender {
  const { settings, key, clock, resolve = resolveWithSystem, timeoutMs = callbackTimeoutMs } = options;
  const transport = { allowPrivate: settings.callbackAllowPrivate, resolve, timeoutMs, clock };

  async function send(plan: CallbackPlan, facts: CallbackFacts): Promise<CallbackReply> {
    const body = encodeUtf8(expandTemplate(plan.template, facts, plan.variables));
    const commonHeaders = describeCallback(plan, facts, body, findPublicKeyUrl(settings, facts), clock());
    const callbackKey = await key();

    let failure: unknown;
    for (const url of plan.urls) {
      const signed = { path: url.pathname, query: url.search, body };
      const headers = {
        Host: plan.host ?? url.host,
        ...commonHeaders,
        Authorization: signCallback(callbackKey, signed),
      };
      try {
        return await postCallback({ url, headers, body, sni: plan.sni }, transport);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async function checkSendable({ urls, configuration }: CallbackPlan): Promise<void> {
    const obstacles = await Promise.all(urls.map((url) => findObstacle(url, transport)));
    const [first] = obstacles;
    if (first !== undefined && !obstacles.includes(undefined)) {
      const row = first === 'unresolved' ? 'callbackUnresolved' : 'callbackPrivateAddress';
      throw refusalOf(configuration)(`InvalidArgument.${row}`);
    }
    await key();
  }

  return { plan: (order) => planCallback(order, settings.callbackAllowPrivate), checkSendable, send };
}

/** The headers of the current sample of the callback manual that are the same for every URL. */
function describeCallback(
  plan: CallbackPlan,
  facts: CallbackFacts,
  body: Uint8Array,
  publicKeyUrl: string,
  nowMs: number,
): Record<string, string> {
  return {
    Connection: 'close',
    'Content-Length': String(body.length),
    'Content-MD5': createHash('md5').update(body).digest('base64'),
    'Content-Type': plan.template.bodyType,
    Date: formatHttpDate(nowMs),
    'User-Agent': 'aliyun-oss-callback',
    'x-oss-bucket': facts.bucket,
    'x-oss-pub-key-url': encodeBase64(encodeUtf8(publicKeyUrl)),
    'x-oss-request-id': facts.reqId,
    'x-oss-requester': facts.accessKeyId,
    'x-oss-signature-version': '1.0',
    'x-oss-tag': 'CALLBACK',
  };
}

/** On the service's own host: below a bucket's host the same path would name an object. */
function findPublicKeyUrl(
  { publicUrl, scheme, baseDomains }: CallbackSenderOptions['settings'],
  { bucket, host }: CallbackFacts,
): string {
  if (publicUrl !== undefined) return new URL(callbackPublicKeyPath, publicUrl).href;
  const serviceHost = host.startsWith(`${bucket}.`) ? host.slice(bucket.length + 1) : host;
  const isBaseDomain = baseDomains.includes(serviceHost.replace(/:\d+$/, ''));
  return `${scheme}://${isBaseDomain ? serviceHost : host}${callbackPublicKeyPath}`;
}
