// One POST by XMLHttpRequest, the only API of browsers that tells how much of a body has gone out. Knows nothing of OSS: it says
// what came back or, when the browser hides that, whatever can still be known of why.

export interface Answer {
  /** 0 when the browser shows no answer: none came, or the page may not read it. */
  readonly status: number;
  /** The text of an answer header; undefined when it was not sent or is not exposed to the page. */
  getHeader(name: string): string | undefined;
  readonly body: string;
  /** How much of the body has left, from 0 to 1. Without a progress listener nothing is known of it. */
  readonly sent: number | undefined;
  /** The directive of the page's Content Security Policy that blocked the request. */
  readonly blockedBy: string | undefined;
}

/** How much of the request body has left; it is a little longer than the file. */
export interface Progress {
  readonly sentBytes: number;
  readonly totalBytes: number;
}

/**
 * Posts the body and waits for the answer. A listener on `onProgress` makes the browser ask permission first (a CORS preflight).
 * @throws the signal's reason when it is aborted
 */
export function sendForm(
  url: string,
  body: FormData,
  onProgress: ((progress: Progress) => void) | undefined,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', url);
    let sent: number | undefined;
    let blockedBy: string | undefined;

    const onViolation = ({ disposition, blockedURI, effectiveDirective }: SecurityPolicyViolationEvent) => {
      if (disposition === 'enforce' && url.startsWith(blockedURI)) blockedBy = effectiveDirective;
    };
    const onAbort = () => xhr.abort();
    const finish = () => {
      removeEventListener('securitypolicyviolation', onViolation);
      signal?.removeEventListener('abort', onAbort);
      if (signal?.aborted && !xhr.status) return reject(signal.reason);
      const headers = xhr.getAllResponseHeaders();
      resolve({
        status: xhr.status,
        getHeader: (name) => RegExp(`^${name}: *(.*?)\\r?$`, 'im').exec(headers)?.[1],
        body: xhr.responseText,
        sent,
        blockedBy,
      });
    };

    if (onProgress) {
      sent = 0;
      xhr.upload.onprogress = ({ loaded, total }) => {
        sent = loaded / total;
        onProgress({ sentBytes: loaded, totalBytes: total });
      };
    }
    // The event that names a blocking policy may come after the one that ends the request: both are queued, so wait one turn.
    xhr.onloadend = () => setTimeout(finish);
    signal?.addEventListener('abort', onAbort);
    addEventListener('securitypolicyviolation', onViolation);
    xhr.send(body);
  });
}
