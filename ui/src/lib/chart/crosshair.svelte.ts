/** The moment under the pointer: one for all charts, so that a peak in one can be read off the others. */
let atMs = $state<number | null>(null);

export const crosshair = {
  /** Unix milliseconds; null while no chart is pointed at. */
  get atMs(): number | null {
    return atMs;
  },
  set atMs(value: number | null) {
    atMs = value;
  },
};
