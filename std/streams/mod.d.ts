export class TextLineStream extends TransformStream<string, string> {
  constructor(options?: { allowCR?: boolean });
}
export function toArrayBuffer(
  stream: ReadableStream<Uint8Array>,
): Promise<ArrayBuffer>;
export function toBytes(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>>;
export function toText(stream: ReadableStream): Promise<string>;
