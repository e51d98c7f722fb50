import { describe, expect, it } from 'vitest';
import { spansOf } from '../trace/fixture-spans.ts';
import { miniTrace } from './mini-trace.ts';

const spans = spansOf([
  { id: 'root', from: 0, to: 100 },
  { id: 'call', parent: 'root', from: 10, to: 60 },
  { id: 'query', parent: 'call', from: 20, to: 25 },
  { id: 'failed', parent: 'root', from: 70, to: 75, failed: true },
  { id: 'long', parent: 'root', from: 60, to: 99 },
]);

describe('a trace in a few bars', () => {
  it("keeps the line's span with its callers, and failures before long spans", () => {
    const mini = miniTrace({ spans }, 'query', 4);
    expect(mini.bars.map((bar) => bar.key)).toEqual(['root', 'call', 'query', 'failed']);
    expect(mini.bars.find((bar) => bar.own)).toMatchObject({ key: 'query', from: 0.2, width: 0.05, depth: 2 });
    expect(mini).toMatchObject({ durationMs: 100, spanCount: 5, errorCount: 1, omitted: 1 });
  });

  it('is whole where it fits, also without a span to look for', () => {
    expect(miniTrace({ spans }, '', 10)).toMatchObject({ omitted: 0 });
    expect(miniTrace({ spans }, 'unknown', 10).bars.every((bar) => !bar.own)).toBe(true);
  });
});
