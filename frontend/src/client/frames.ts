/** Reading server-sent events (WHATWG HTML, section 9.2) from an answer, as its bytes come. */

import { createParser } from "eventsource-parser";

/** One frame; `id` is undefined where it carries none. */
export interface Frame {
  id?: string | undefined;
  event?: string | undefined;
  data: string;
}

export interface FrameReader {
  /** Take a frame; false ends the reading. */
  onFrame: (frame: Frame) => boolean;
  onComment: (text: string) => void;
  /** The server says how many milliseconds to wait before coming again. */
  onRetry: (milliseconds: number) => void;
  /** Bytes arrived, whole frame or not. */
  onBytes: () => void;
}

/** Characters that one frame may have; a text is never that long, and memory has an end. */
const LONGEST_FRAME = 16 * 1024 * 1024;

/**
 * Read frames until the answer's end, until `onFrame` says so, or until `signal` aborts. A frame that was cut off is
 * never told of. Rejects where the connection breaks.
 */
export async function readFrames(
  body: ReadableStream<Uint8Array>,
  reader: FrameReader,
  signal: AbortSignal,
): Promise<void> {
  const bytes = body.getReader();
  // Not waited for: a connection that is silent may never confirm it.
  const leave = (): void => void bytes.cancel().catch(() => undefined);
  signal.addEventListener("abort", leave);
  const decoder = new TextDecoder();
  let isOver = false;
  const parser = createParser({
    onEvent: (frame) => {
      if (!isOver) isOver = !reader.onFrame(frame);
    },
    onComment: reader.onComment,
    onRetry: reader.onRetry,
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") throw error;
    },
    maxBufferSize: LONGEST_FRAME,
  });
  try {
    while (!isOver) {
      const { value, done } = await bytes.read();
      if (done) return;
      reader.onBytes();
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    signal.removeEventListener("abort", leave);
    leave();
  }
}
