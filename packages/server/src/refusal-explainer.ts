// Why a form was refused, in words, for the log and in development for the client. Finding the slip behind a wrong signature means
// trying some two hundred signatures, and anybody who has seen a key id can ask for it; so only so many refusals a second are explained.

import { explainPost, type OssError, type PostExplanation } from '@postern/protocol';
import type { RequestTrace, Services } from './call.ts';

/** About a tenth of a core. In development every refusal is explained. */
export const explanationsPerSecondMax = 10;

export class RefusalExplainer {
  readonly #services: Services;
  #second = 0;
  #explainedInSecond = 0;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Undefined for what is no form upload, for one whose fields were not read to their end, and beyond the limit. */
  explain(refusal: OssError, trace: RequestTrace, nowMs: number): PostExplanation | undefined {
    const { form, bucket, fileBytes } = trace;
    if (form === undefined || bucket === undefined || !this.#isWithinLimit(nowMs)) return undefined;
    const { credentials, hashes } = this.#services;
    const secret = trace.accessKeyId && credentials.find(trace.accessKeyId)?.accessKeySecret;
    return explainPost({
      form,
      bucket,
      nowMs,
      hashes,
      refusal,
      ...(secret && { secret }),
      ...(fileBytes !== undefined && { fileBytes }),
    });
  }

  #isWithinLimit(nowMs: number): boolean {
    if (this.#services.settings.development) return true;
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) this.#explainedInSecond = 0;
    this.#second = second;
    return ++this.#explainedInSecond <= explanationsPerSecondMax;
  }
}
