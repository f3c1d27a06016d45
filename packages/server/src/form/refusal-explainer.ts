// Why a form was refused, in words, for the log and in development for the client. Finding the slip behind a wrong signature means
// trying some two hundred signatures, and anybody who has seen a key id can ask for it; so only so many refusals a second are explained.

import { explainPost, type OssError, type PostExplanation } from '@postern/protocol';
import type { RequestTrace, Services } from '../call.ts';

/** About a tenth of a core. In development every refusal is explained. */
export const explanationsPerSecondMax = 10;

/** A policy has a few hundred; one of the 2 MB that a field may hold takes a second to read. */
export const explainedPolicyCharsMax = 64 * 1024;

/** All headers of an answer together may have 16 KiB before clients (Node's among them) refuse to read it. */
export const explanationBytesMax = 8 * 1024;

export class RefusalExplainer {
  readonly #services: Services;
  #second = 0;
  #explainedInSecond = 0;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Undefined for what is no form upload, for one whose fields were not read to their end, and beyond the limits. */
  explain(refusal: OssError, trace: RequestTrace, nowMs: number): PostExplanation | undefined {
    const { form, bucket, fileBytes } = trace;
    // What is explained are the rules of OSS.
    if (form === undefined || bucket === undefined || trace.dialect === 's3') return undefined;
    if ((form.fields.get('policy')?.length ?? 0) > explainedPolicyCharsMax) return undefined;
    if (!this.#isWithinLimit(nowMs)) return undefined;
    const { credentials, hashes } = this.#services;
    const { accessKeyId } = trace;
    const securityToken = form.fields.get('x-oss-security-token');
    const secret = accessKeyId && credentials.find({ accessKeyId, securityToken }, nowMs).secret;
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

/**
 * As the value of a header: JSON in ASCII, a whole {@link PostExplanation} always. One longer than {@link explanationBytesMax} keeps what
 * is wrong and leaves out what holds; if that is too long as well, all lists: the answer itself must remain readable. Values are
 * clipped (`explainedValueCharsMax`), so what is left then has its own bound, of some 10 KiB.
 */
export function writeExplanation(explanation: PostExplanation): string {
  const unmet = explanation.conditions.filter(({ verdict }) => verdict === 'fails' || verdict === 'missing');
  const wrong: PostExplanation = { ...explanation, conditions: unmet, uncoveredFields: [] };
  const sentence: PostExplanation = { ...wrong, conditions: [], refusedFields: [], nearMisses: [] };
  const fitting = [explanation, wrong].map(writeAscii).find((text) => text.length <= explanationBytesMax);
  return fitting ?? writeAscii(sentence);
}

function writeAscii(value: PostExplanation): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
