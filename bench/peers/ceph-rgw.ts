// Ceph's object gateway, by S3 form posts. It takes part only when somebody has started it, with `bench/peers/ceph-rgw.sh` or otherwise,
// and says where it is: nobody wants a storage cluster installed by a benchmark.

import { createHmac } from 'node:crypto';
import { keyPrefix, numberedFormOf } from '../load/oss-requests.ts';
import type { Peer, RequestMaker } from './peer.ts';
import { accessKey, bucket } from './postern.ts';

/** E.g. `http://127.0.0.1:7480`; the user whose key is {@link accessKey} must be there. */
const endpoint = process.env.BENCH_CEPH_RGW;
/** Of its processes, separated by commas, for what they cost; gateway, OSD and monitor. */
const pids = process.env.BENCH_CEPH_PIDS;

const formLifeMs = 6 * 60 * 60_000;

export const cephRgw: Peer = {
  name: 'ceph-rgw',
  title: 'Ceph RGW, one OSD, by S3 form posts',
  findObstacle: async () =>
    endpoint === undefined || pids === undefined
      ? 'nobody asked for it; bench/peers/ceph-rgw.sh says how'
      : undefined,
  async start() {
    const { hostname: host, port: portText } = new URL(endpoint ?? '');
    const port = Number(portText);
    await makeBucket();
    return {
      ...{ host, port, requests: s3Requests(host, port) },
      pids: (pids ?? '').split(',').map(Number),
      stop: async () => {},
    };
  },
};

/** Signed as S3 did before V4, which the gateway still takes. */
async function makeBucket(): Promise<void> {
  const date = new Date().toUTCString();
  const authorization = `AWS ${accessKey.accessKeyId}:${sign(`PUT\n\n\n${date}\n/${bucket}`)}`;
  const answer = await fetch(`${endpoint}/${bucket}`, { method: 'PUT', headers: { date, authorization } });
  if (!answer.ok && answer.status !== 409)
    throw new Error(`the gateway made no bucket: ${answer.status} ${await answer.text()}`);
}

function s3Requests(host: string, port: number): RequestMaker {
  const expiration = new Date(Date.now() + formLifeMs).toISOString();
  const status = { success_action_status: '201' };
  const conditions = [{ bucket }, status, ['starts-with', '$key', keyPrefix]];
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const fields = {
    AWSAccessKeyId: accessKey.accessKeyId,
    policy,
    signature: sign(policy),
    key: '',
    ...status,
  };
  return { upload: (options) => numberedFormOf({ host, port, bucket }, fields, options) };
}

function sign(text: string): string {
  return createHmac('sha1', accessKey.accessKeySecret).update(text).digest('base64');
}
