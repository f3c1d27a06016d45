// The upload page's script. The page comes from the admin port and the file goes to the data port, as it would between a site and its
// storage: fetch a signed form, post it with progress, show what came of it. Nothing here knows a secret.

import { type SignedForm, UploadError, uploadForm, writeSize } from '@postern/sdk';
import {
  breakFields,
  type Experiment,
  experiments,
  type SigningMistake,
  writeBrokenForm,
} from './experiments.ts';
import { getElement, make } from './make-element.ts';
import { showResult } from './show-result.ts';
import { type Language, type TextName, writeText } from './texts.ts';

const language = document.documentElement.lang.startsWith('zh') ? 'zh' : ('en' satisfies Language);
const say = (name: TextName, facts?: Record<string, string | number>) => writeText(language, name, facts);

const form = getElement<HTMLFormElement>('upload');
const input = getElement<HTMLInputElement>('file');
const drop = getElement('drop');
const chosen = getElement('chosen');
const send = getElement<HTMLButtonElement>('send');
const cancel = getElement<HTMLButtonElement>('cancel');
const progress = getElement<HTMLProgressElement>('progress');
const percentText = getElement('percent');
const status = getElement('status');
const alert = getElement('alert');
const result = getElement('result');

/** Headers of an answer that the page may read (those that CORS exposes) and that say something. */
const shownHeaders = [
  'content-type',
  'etag',
  'location',
  'x-oss-request-id',
  'x-oss-version-id',
  'x-oss-hash-crc64ecma',
  'x-oss-ec',
];

let dropped: File | undefined;
let running: AbortController | undefined;

const findFile = () => dropped ?? input.files?.[0];

// --- Choosing ---

function showChosen(): void {
  const file = findFile();
  chosen.textContent = file ? `${file.name} (${writeSize(file.size)})` : '';
  alert.textContent = '';
}

input.addEventListener('change', () => {
  dropped = undefined;
  showChosen();
});
for (const name of ['dragenter', 'dragover']) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add('is-over');
  });
}
for (const name of ['dragleave', 'drop']) drop.addEventListener(name, () => drop.classList.remove('is-over'));
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  dropped = event.dataTransfer?.files[0];
  showChosen();
});
// A file dropped beside the frame would replace the page.
for (const name of ['dragover', 'drop']) addEventListener(name, (event) => event.preventDefault());

// --- Uploading ---

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const file = findFile();
  if (!file) {
    alert.textContent = say('noFile');
    input.focus();
    return;
  }
  await whileBusy((signal) => upload(file, signal));
});
cancel.addEventListener('click', () => running?.abort());

/** One upload at a time; whatever goes wrong is said. */
async function whileBusy(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  running = new AbortController();
  alert.textContent = '';
  status.textContent = '';
  setBusy(true);
  try {
    await work(running.signal);
  } catch (error) {
    if (running.signal.aborted) status.textContent = say('canceled');
    else alert.textContent = `${say('failed')} ${(error as Error).message}`;
  } finally {
    setBusy(false);
  }
}

function setBusy(busy: boolean): void {
  const hadFocus = document.activeElement;
  send.disabled = busy;
  cancel.hidden = !busy;
  progress.hidden = !busy;
  progress.value = 0;
  percentText.hidden = !busy;
  percentText.textContent = '';
  // While the exact figure is shown, the quarters are for ears only.
  status.classList.toggle('unseen', busy);
  for (const button of document.querySelectorAll<HTMLButtonElement>('#experiments button'))
    button.disabled = busy;
  // Keyboards must not lose their place because a button was switched off.
  if (hadFocus === send && busy) cancel.focus();
  if (hadFocus === cancel && !busy) send.focus();
}

async function upload(file: File, signal: AbortSignal): Promise<void> {
  let signed: SignedForm | undefined;
  const sign = async () => {
    signed = await fetchForm(signal);
    return signed;
  };
  try {
    const done = await uploadForm(sign, file, { signal, language, onProgress: showProgress(file) });
    status.textContent = `${say('done')} ${say('doneMessage', { key: done.key, size: writeSize(file.size) })}`;
    showSide({
      isGood: true,
      title: say('done'),
      message: say('doneMessage', { key: done.key, size: writeSize(file.size) }),
      objectUrl: done.location,
      isImage: file.type.startsWith('image/'),
      fields: new Map(Object.entries(signed?.fields ?? {})),
      status: done.status,
      headers: [
        ['etag', done.etag],
        ['x-oss-request-id', done.requestId],
        ['x-oss-version-id', done.versionId],
      ],
      body: done.body,
    });
  } catch (error) {
    if (!(error instanceof UploadError) || !signed) throw error;
    alert.textContent = error.message;
    showSide({
      isGood: false,
      title: error.code ? `${say('refused')} ${error.status} ${error.code}` : say('failed'),
      message: error.message,
      fields: new Map(Object.entries(signed.fields)),
      status: error.status,
      headers: [
        ['x-oss-request-id', error.requestId],
        ['x-oss-ec', error.ec],
      ],
      explanation: error.explain,
    });
  }
}

/** Says a quarter at a time: a live region that speaks every percent helps nobody. */
function showProgress(file: File) {
  let said = -1;
  return ({ sentBytes, totalBytes }: { sentBytes: number; totalBytes: number }) => {
    const percent = totalBytes === 0 ? 0 : Math.floor((100 * sentBytes) / totalBytes);
    progress.value = percent;
    percentText.textContent = say('uploading', { name: file.name, percent });
    const quarter = Math.floor(percent / 25) * 25;
    if (quarter === said) return;
    said = quarter;
    status.textContent = say('uploading', { name: file.name, percent: quarter });
  };
}

async function fetchForm(signal: AbortSignal, mistake?: SigningMistake): Promise<SignedForm> {
  const answer = await fetch('/-/upload/form', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mistake }),
    signal,
  });
  const document = await answer.json();
  if (!answer.ok) throw new Error(say('formUnavailable', { message: document.message }));
  return document;
}

// --- Breaking it on purpose ---

for (const experiment of experiments) {
  const button = make('button', { text: say(`break-${experiment.name}`), attributes: { type: 'button' } });
  button.addEventListener('click', () => whileBusy((signal) => tryBroken(experiment, signal)));
  getElement('experiments').append(button);
}

/** Without the sdk, which would find most of these mistakes before sending anything. */
async function tryBroken(experiment: Experiment, signal: AbortSignal): Promise<void> {
  const file = findFile() ?? new File(['Hello from Postern.\n'], 'hello.txt', { type: 'text/plain' });
  const signed = await fetchForm(signal, experiment.signing);
  const fields = breakFields(experiment, signed);
  const answer = await fetch(signed.url, {
    method: 'POST',
    body: writeBrokenForm(experiment, fields, file),
    signal,
  });
  const body = await answer.text();
  const explanation = answer.headers.get('x-postern-explain');
  const [, code = String(answer.status)] = /<Code>([^<]*)<\/Code>/.exec(body) ?? [];
  const [, message = ''] = /<Message>([^<]*)<\/Message>/.exec(body) ?? [];
  alert.textContent = answer.ok ? '' : `${say(`break-${experiment.name}`)}: ${answer.status} ${code}`;
  showSide({
    isGood: answer.ok,
    title: `${say(`break-${experiment.name}`)}: ${answer.status} ${answer.ok ? '' : code}`.trimEnd(),
    message: answer.ok ? say('wasAccepted') : message,
    fields,
    status: answer.status,
    headers: shownHeaders.map((name) => [name, answer.headers.get(name) ?? undefined]),
    body,
    explanation: explanation === null ? undefined : decodeHeader(explanation),
  });
}

function showSide(facts: Parameters<typeof showResult>[2]): void {
  showResult(result, language, facts);
  result.hidden = false;
  document.querySelector('main')?.classList.add('has-result');
  // Beside the form it is in sight; on a phone it is below everything else, once the progress above it is gone.
  requestAnimationFrame(() => {
    if (result.getBoundingClientRect().top > innerHeight / 2) result.scrollIntoView();
  });
}

/** The bytes of a header reach a page one a character. */
function decodeHeader(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}
