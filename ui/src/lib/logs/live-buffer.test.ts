import { describe, expect, it } from 'vitest';
import { lineAt } from './fixture-lines.ts';
import { extend, type LiveBuffer, mostLines, receive, refill, resume, startBuffer } from './live-buffer.ts';

const at = (...times: number[]) => times.map((ms) => lineAt(ms));
const times = (lines: LiveBuffer['lines']) => lines.map((line) => line.body);
const shown = (...ms: number[]) => ms.map((one) => `line ${one}`);

describe('a live list', () => {
  it('puts new lines on top, in order and once', () => {
    const buffer = receive(receive(startBuffer(at(2, 1), null), at(3, 5, 2), false), at(4, 5), false);
    expect(times(buffer.lines)).toEqual(shown(5, 4, 3, 2, 1));
  });

  it('leaves lines of pages that are not loaded to those pages', () => {
    const buffer = startBuffer(at(20, 10), 'below');
    expect(receive(buffer, at(5), false)).toBe(buffer);
    expect(times(receive(startBuffer(at(20, 10), null), at(5), false).lines)).toEqual(shown(20, 10, 5));
  });

  it('moves nothing while somebody reads, and counts each new line once', () => {
    let buffer = startBuffer(at(1), null);
    buffer = receive(buffer, at(2, 3), true);
    buffer = receive(buffer, at(3, 4, 1), true);
    expect(times(buffer.lines)).toEqual(shown(1));
    expect(buffer.arrived).toBe(3);
    const after = resume(buffer);
    expect(times(after.lines)).toEqual(shown(4, 3, 2, 1));
    expect(after).toMatchObject({ waiting: [], arrived: 0, torn: false });
  });

  it('holds a bounded number of lines, and pages on from the last one kept', () => {
    let buffer = startBuffer([], null);
    for (let batch = 0; batch < 30; batch += 1) {
      buffer = receive(
        buffer,
        Array.from({ length: 400 }, (_, index) => lineAt(batch * 400 + index)),
        false,
      );
    }
    expect(buffer.lines).toHaveLength(mostLines);
    expect(buffer.lines[0]?.body).toBe('line 11999');
    expect(buffer.nextCursor).toBe(buffer.lines.at(-1)?.id);
  });

  it('starts anew when more arrived while reading than it may hold', () => {
    let buffer = startBuffer(at(1), null);
    buffer = receive(
      buffer,
      Array.from({ length: mostLines + 10 }, (_, index) => lineAt(100 + index)),
      true,
    );
    expect(buffer).toMatchObject({ arrived: mostLines + 10, torn: true });
    expect(buffer.waiting).toHaveLength(mostLines);
    const after = resume(buffer);
    expect(after.lines).toHaveLength(mostLines);
    expect(after.nextCursor).toBe(after.lines.at(-1)?.id);
  });
});

describe('after a time without connection', () => {
  it('fills the hole with what it has not yet', () => {
    const buffer = refill(startBuffer(at(3, 1), null), at(4, 3, 2), true, false);
    expect(times(buffer.lines)).toEqual(shown(4, 3, 2, 1));
  });

  it('does not pretend that lines follow each other when the hole is wider than a page', () => {
    const page = at(12, 11);
    const live = refill(startBuffer(at(2, 1), null), page, false, false);
    expect(times(live.lines)).toEqual(shown(12, 11));
    expect(live.nextCursor).toBe(page[1]?.id);
    const reading = refill(startBuffer(at(2, 1), null), page, false, true);
    expect(times(reading.lines)).toEqual(shown(2, 1));
    expect(reading.arrived).toBe(2);
    expect(times(resume(reading).lines)).toEqual(shown(12, 11));
  });
});

describe('older pages', () => {
  it('follow without repeats', () => {
    const buffer = extend(startBuffer(at(4, 3), 'c1'), at(3, 2, 1), null);
    expect(times(buffer.lines)).toEqual(shown(4, 3, 2, 1));
    expect(buffer.nextCursor).toBeNull();
  });
});
