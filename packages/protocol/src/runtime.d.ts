// The few names that every runtime of ours has (browsers, edge workers, Node) and that the ECMAScript library does not declare.
// The package is compiled without the types of any runtime, so that nothing else of one can leak in.

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}
