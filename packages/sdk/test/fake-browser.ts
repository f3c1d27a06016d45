// The little of a browser that the uploader touches, with a scripted storage behind it: each request takes the next reply.

/** How one request ends. `sentBytes` is what the progress listener hears of, when there is one. */
export interface FakeReply {
  /** 0 for an answer that the browser hides, or none. */
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly sentBytes?: number;
  /** The Content Security Policy directive that blocks the request. */
  readonly blockedBy?: string;
  /** The request never ends by itself. */
  readonly hangs?: boolean;
}

export interface FakeRequest {
  readonly url: string;
  /** Name and value, in the order sent; the file as `<file NAME TYPE SIZE>`. */
  readonly parts: readonly string[];
  readonly hadProgressListener: boolean;
}

/** Installs the fake for the whole test file; call the returned function with the replies of one test. */
export function installFakeBrowser(): (...replies: FakeReply[]) => FakeRequest[] {
  let replies: FakeReply[] = [];
  let requests: FakeRequest[] = [];
  const page = new EventTarget();

  class FakeXhr {
    upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
    status = 0;
    responseText = '';
    onloadend: () => void = () => {};
    #url = '';
    #headers = '';

    open(_method: string, url: string): void {
      this.#url = url;
    }

    send(body: FormData): void {
      const { onprogress } = this.upload;
      requests.push({
        url: this.#url,
        parts: listParts(body),
        hadProgressListener: onprogress !== undefined,
      });
      const reply = replies.shift();
      if (!reply) throw new Error('more requests than replies');
      if (reply.hangs) return;
      queueMicrotask(() => {
        if (reply.sentBytes) onprogress?.({ loaded: reply.sentBytes, total: 1000 });
        this.status = reply.status;
        this.responseText = reply.body ?? '';
        this.#headers = Object.entries(reply.headers ?? {})
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('');
        this.onloadend();
        // After the end of the request, as browsers may do.
        if (reply.blockedBy) page.dispatchEvent(violation(reply.blockedBy, this.#url));
      });
    }

    abort(): void {
      this.onloadend();
    }

    getAllResponseHeaders(): string {
      return this.#headers;
    }
  }

  Object.assign(globalThis, {
    XMLHttpRequest: FakeXhr,
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
    origin: 'https://page.example',
  });
  return (...next) => {
    replies = next;
    requests = [];
    return requests;
  };
}

function listParts(body: FormData): string[] {
  return [...body].map(([name, value]) =>
    typeof value === 'string'
      ? `${name}=${value}`
      : `${name}=<file ${value.name} ${value.type} ${value.size}>`,
  );
}

function violation(effectiveDirective: string, blockedURI: string): Event {
  return Object.assign(new Event('securitypolicyviolation'), {
    disposition: 'enforce',
    effectiveDirective,
    blockedURI,
  });
}
