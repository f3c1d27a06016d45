// The notation for configurations of a bucket, which all behave alike: one is put and told back, replaced, removed; a wrong one is refused
// and leaves what was there; and only who owns the bucket may ask at all.
//
//   const trials = await openConfigurationTrials(target, 'referer');
//   trials.keeps('lists', '<RefererConfiguration>…</RefererConfiguration>');
//   trials.refuses('no root element', 'x', '400 MalformedXML');

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from './http.ts';
import type { Target } from './target.ts';
import { checkRefusal, type ErrorElements, type Refusal, TrialBucket } from './trial-bucket.ts';

export interface ConfigurationTrials {
  readonly bucket: TrialBucket;
  put(document: string): Promise<Answer>;
  get(): Promise<Answer>;
  /** Registers the test that the document is told back: as it is, or as `told`. */
  keeps(rule: string, document: string, told?: string): void;
  /** Registers the test that the document is refused, and that what was there stays. */
  refuses(rule: string, document: string, refusal: Refusal, elements?: ErrorElements): void;
  /** Registers the tests of a bucket without the configuration: it is told as this document, or as this error. */
  begins(as: { readonly document: string } | { readonly refusal: Refusal }): void;
  /** Registers the tests that nobody without a signature may put, get or delete it. */
  isForOwnersOnly(methods: readonly ('PUT' | 'GET' | 'DELETE' | 'POST')[]): void;
}

export async function openConfigurationTrials(target: Target, query: string): Promise<ConfigurationTrials> {
  const bucket = await TrialBucket.create(target);
  const fresh = await TrialBucket.create(target);
  const path = `/?${query}`;
  const put = (document: string) => bucket.sendSigned({ method: 'PUT', path, body: document });
  const get = () => bucket.sendSigned({ method: 'GET', path });
  return {
    bucket,
    put,
    get,
    keeps(rule, document, told = document) {
      test(`${query}: ${rule}`, async () => {
        const answer = await put(document);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.text, '');
        const got = await get();
        assert.equal(got.headers['content-type'], 'application/xml');
        assert.equal(squeeze(got.text), squeeze(told));
      });
    },
    refuses(rule, document, refusal, elements) {
      test(`${query}: ${rule}`, async () => {
        const before = await get();
        checkRefusal(await put(document), refusal, elements);
        const { status, text } = await get();
        assert.equal(status, before.status);
        if (status === 200) assert.equal(text, before.text);
      });
    },
    begins(as) {
      test(`${query}: a bucket that has none`, async () => {
        const answer = await fresh.sendSigned({ method: 'GET', path });
        if ('refusal' in as) checkRefusal(answer, as.refusal);
        else assert.equal(squeeze(answer.text), squeeze(as.document));
      });
    },
    isForOwnersOnly(methods) {
      for (const method of methods) {
        test(`${query}: ${method} without a signature`, async () => {
          checkRefusal(await bucket.send({ method, path }), '403 AccessDenied 0003-00001201');
        });
        test(`${query}: ${method} in a bucket that is not there`, async () => {
          const nowhere = bucket.elsewhere(`${bucket.name}-2`);
          const answer = await nowhere.sendSigned({ method, path, body: '' });
          checkRefusal(answer, '404 NoSuchBucket 0015-00000101');
        });
      }
    },
  };
}

/** Without the declaration and the layout. */
export function squeeze(xml: string): string {
  return xml
    .replace(/^<\?xml[^>]*\?>/, '')
    .replaceAll(/>\s+</g, '><')
    .trim();
}
