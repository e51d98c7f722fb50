/**
 * Frees the memory of bytes at once. V8 learns that a buffer is garbage only when it collects, and after every 64 MB of
 * them it collects the whole heap, which costs more than all that is done with a request. Memory that was freed is also
 * at hand for the next buffer, where new memory has to be mapped page by page.
 */

/**
 * Nobody may read or write these bytes any more, nor others of their ArrayBuffer: no view, no thread of Node's pool. They
 * are empty from now on. Does nothing to a part of Node's pool for small buffers, which belongs to strangers too.
 */
export const freeBytes = ({ buffer, byteLength }: Uint8Array): void => {
  const isOfPool = byteLength < buffer.byteLength && buffer.byteLength === Buffer.poolSize;
  // a transferred buffer is freed where nothing of it is kept
  if (!isOfPool && byteLength > 0) (buffer as ArrayBuffer).transfer(0);
};
