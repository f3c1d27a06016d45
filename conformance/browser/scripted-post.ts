// Posting a form from a script in the page, and what the page gets to see of the answer.

import type { SignedForm } from '@postern/sdk';
import type { Page } from 'playwright-core';

export interface ScriptedPost {
  readonly form: SignedForm;
  readonly by: 'fetch' | 'xhr' | 'xhr with progress';
  /** Of the file, which is called `a.txt` and holds zeros. Default 5. */
  readonly fileBytes?: number;
}

/** What the script sees. Status 0: nothing at all. */
export interface SeenAnswer {
  readonly status: number;
  readonly body: string;
  readonly requestId: string | null;
  /** What `fetch` threw. */
  readonly error?: string;
}

export function postByScript(page: Page, post: ScriptedPost): Promise<SeenAnswer> {
  return page.evaluate(async ({ form, by, fileBytes = 5 }: ScriptedPost): Promise<SeenAnswer> => {
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
    body.append('file', new File([new Uint8Array(fileBytes)], 'a.txt', { type: 'text/plain' }));

    if (by === 'fetch') {
      try {
        const answer = await fetch(form.url, { method: 'POST', body });
        const requestId = answer.headers.get('x-oss-request-id');
        return { status: answer.status, body: await answer.text(), requestId };
      } catch (error) {
        return { status: 0, body: '', requestId: null, error: String(error) };
      }
    }
    const xhr = new XMLHttpRequest();
    xhr.open('POST', form.url);
    if (by === 'xhr with progress') xhr.upload.onprogress = () => {};
    const ended = new Promise((resolve) => xhr.addEventListener('loadend', resolve));
    xhr.send(body);
    await ended;
    const requestId = xhr.status === 0 ? null : xhr.getResponseHeader('x-oss-request-id');
    return { status: xhr.status, body: xhr.responseText, requestId };
  }, post);
}
