// "Break it on purpose": each row turns a good form into one that storage refuses, the way people do it by accident. Some mistakes are
// made by the server that signs (an expired policy), the others here, between signing and sending.

import type { SignedForm } from '@postern/sdk/sign';

/** What the signing server does differently. The server has the same names. */
export type SigningMistake = 'expired' | 'too-large' | 'type';

export interface Experiment {
  readonly name: 'expired' | 'signature' | 'key-id' | 'policy' | 'prefix' | 'too-large' | 'type' | 'order';
  readonly signing?: SigningMistake;
  /** What is sent; where nothing is said, the fields as they are and the file last. */
  readonly change?: (fields: Map<string, string>) => void;
  readonly fileFirst?: true;
}

const wrongSignature = (signature = '') => (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);

export const experiments: readonly Experiment[] = [
  { name: 'expired', signing: 'expired' },
  { name: 'signature', change: (fields) => change(fields, isSignature, wrongSignature) },
  { name: 'key-id', change: (fields) => change(fields, isKeyId, (value = '') => `nobody${value.slice(6)}`) },
  { name: 'policy', change: (fields) => change(fields, (name) => name === 'policy', widenPolicy) },
  {
    name: 'prefix',
    change: (fields) =>
      change(
        fields,
        (name) => name === 'key',
        (value) => `elsewhere/${value}`,
      ),
  },
  { name: 'too-large', signing: 'too-large' },
  { name: 'type', signing: 'type', change: (fields) => setField(fields, 'Content-Type', 'text/html') },
  { name: 'order', fileFirst: true },
];

const isSignature = (name: string) => name === 'signature' || name === 'x-oss-signature';
const isKeyId = (name: string) => name === 'ossaccesskeyid' || name === 'x-oss-credential';

/** Allows ten times as much, which is what somebody would try. */
function widenPolicy(policy = ''): string {
  return btoa(atob(policy).replace(/(\["content-length-range", ?\d+, ?\d+)/, '$10'));
}

function change(
  fields: Map<string, string>,
  isMeant: (lowerName: string) => boolean,
  to: (value: string | undefined) => string,
): void {
  for (const [name, value] of fields) if (isMeant(name.toLowerCase())) fields.set(name, to(value));
}

/** Field names are the same in any case. */
function setField(fields: Map<string, string>, name: string, value: string): void {
  const there = [...fields.keys()].find((other) => other.toLowerCase() === name.toLowerCase());
  fields.set(there ?? name, value);
}

/** The fields of the broken form, in the order they are sent. */
export function breakFields(experiment: Experiment, form: SignedForm): Map<string, string> {
  const fields = new Map(Object.entries(form.fields));
  experiment.change?.(fields);
  return fields;
}

/** What goes over the wire. */
export function writeBrokenForm(
  experiment: Experiment,
  fields: ReadonlyMap<string, string>,
  file: File,
): FormData {
  const body = new FormData();
  if (experiment.fileFirst) body.append('file', file);
  for (const [name, value] of fields) body.append(name, value);
  if (!experiment.fileFirst) body.append('file', file);
  return body;
}
