/** Bytes as people look at them: the place, the bytes, and what they are as ASCII. */

export interface HexRow {
  readonly place: string;
  readonly hex: string;
  /** A dot for what cannot be printed. */
  readonly ascii: string;
}

export const hexRows = (bytes: Uint8Array, perRow: number): HexRow[] =>
  Array.from({ length: Math.ceil(bytes.length / perRow) }, (_, row) => {
    const part = [...bytes.subarray(row * perRow, (row + 1) * perRow)];
    return {
      place: (row * perRow).toString(16).padStart(4, '0'),
      hex: part.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
      ascii: part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join(''),
    };
  });

export const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
