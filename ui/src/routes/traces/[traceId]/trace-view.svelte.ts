/**
 * How one trace is looked at: what is folded, shown, searched, selected and zoomed. What a link should carry is in the
 * URL; moving through rows writes it late and in place, so that holding a key neither floods nor lags the history.
 */
import { untrack } from 'svelte';
import { findSpans } from '#lib/trace/find.ts';
import { layOut, type TraceLayout } from '#lib/trace/layout.ts';
import { type Narrowing, narrowTo } from '#lib/trace/narrowing.ts';
import type { OutlinedTrace } from '#lib/trace/row-span.ts';
import { closedFrom, type Row, revealed, type View, visibleRows } from '#lib/trace/rows.ts';
import { between, fit, type TimeWindow } from '#lib/trace/time-window.ts';
import type { SpanNode } from '#lib/trace/tree.ts';
import { wantedDetails } from '#lib/trace/wanted-details.ts';
import { param, setParams } from '#lib/url-state.svelte.ts';
import { createFoundSpans } from './found-spans.svelte.ts';
import { createSpanDetails } from './span-details.svelte.ts';

export type TraceView = ReturnType<typeof createTraceView>;

const writeUrlAfterMs = 200;

interface Wanted {
  readonly key: string;
  /** A jump puts the row in the middle, a step scrolls no further than needed. */
  readonly how: 'jump' | 'step';
}

/** Call during a component's initialisation. */
export const createTraceView = (trace: () => OutlinedTrace) => {
  // Each by itself: whatever else changes in the address, as every selection does, lays nothing out again.
  const correctClocks = $derived(param('clock') !== 'sent');
  const groupRepeats = $derived(param('group') !== 'off');
  const showGaps = $derived(param('gaps') !== 'off');
  const errorsOnly = $derived(param('errors') === 'only');
  /** '' for all. An operation is one of the service. */
  const service = $derived(param('service'));
  const operation = $derived(param('operation'));

  const layout: TraceLayout = $derived(layOut(trace().spans, correctClocks));
  let folded = $state.raw<Pick<View, 'closed' | 'opened'>>({ closed: new Set(), opened: new Set() });
  let current = $state(param('span'));
  let open = $state(param('span') !== '');
  let find = $state(param('find'));
  let window = $state.raw<TimeWindow | null>(null);
  /** What the list should scroll to; a new object each time, so that asking twice scrolls twice. */
  let wanted = $state.raw<Wanted | null>(param('span') === '' ? null : { key: param('span'), how: 'jump' });

  const narrowed: Narrowing | null = $derived.by(() => {
    const [only, name, failed] = [service, operation, errorsOnly];
    if (only === '') return null;
    return narrowTo(
      layout.tree,
      ({ span }) =>
        span?.service === only && (name === '' || span.name === name) && (!failed || span.status.code === 'error'),
    );
  });
  const view: View = $derived({
    ...folded,
    groupRepeats,
    gaps: showGaps ? layout.gaps : null,
    errorsOnly,
    narrowed,
  });
  const rows: readonly Row[] = $derived(visibleRows(layout.tree, view));
  const placeOf = $derived(new Map(rows.map((row, index) => [row.key, index])));
  /** The row whose panel is about to open: it is asked for while the button is still down. */
  let pressed = $state<string | null>(null);
  const details = createSpanDetails(trace, () =>
    wantedDetails(rows, placeOf.get(pressed ?? (open ? current : '')) ?? -1),
  );
  const found = createFoundSpans(trace, () => find);
  const matches = $derived(findSpans(layout.tree, find, { carried: details.of, found: found.spanIds }));
  const matching = $derived(new Set(matches));
  const shownWindow: TimeWindow = $derived(window ?? fit(layout.tree.durationMs));

  let timer: ReturnType<typeof setTimeout> | undefined;
  const writeUrl = (): void => {
    clearTimeout(timer);
    const zoomed = window === null ? null : `${round(window.fromMs)}-${round(window.toMs)}`;
    timer = setTimeout(() => {
      void setParams({ span: open ? current : null, find, zoom: zoomed }, 'replace');
    }, writeUrlAfterMs);
  };

  // Back, forward and links change the selection from outside. What else changes in the address says nothing about it: it
  // may still tell of the row before this one.
  const spanInUrl = $derived(param('span'));
  const zoomInUrl = $derived(param('zoom'));
  $effect(() => {
    const [span, zoom] = [spanInUrl, zoomInUrl];
    untrack(() => {
      if (span !== (open ? current : '')) show(span);
      const [fromMs, toMs] = zoom.split('-').map(Number);
      window = zoom === '' || !(toMs! > fromMs!) ? null : between(fromMs!, toMs!, layout.tree.durationMs);
    });
  });
  $effect(() => () => clearTimeout(timer));

  const show = (key: string): void => {
    open = key !== '';
    pressed = null;
    if (key === '') return;
    const node = layout.tree.byKey.get(key);
    if (node !== undefined && !placeOf.has(key)) reveal(node);
    current = key;
    wanted = { key, how: 'jump' };
  };

  const reveal = (node: SpanNode): void => {
    const next = revealed(view, node);
    folded = next;
    const all = next.narrowed === null ? showAll : {};
    const failedAndNot = next.errorsOnly ? {} : { errors: null };
    void setParams({ ...all, ...failedAndNot }, 'replace');
  };

  /** Opens the panel on a row. Opening is a step that Back undoes; moving on from there is not. */
  const select = (key: string): void => {
    const opens = !open;
    pressed = null;
    current = key;
    open = true;
    clearTimeout(timer);
    if (opens) void setParams({ span: key });
    else writeUrl();
  };

  const moveTo = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    pressed = null;
    current = row.key;
    wanted = { key: row.key, how: 'step' };
    if (open) writeUrl();
  };

  const goToNode = (node: SpanNode): void => {
    if (!placeOf.has(node.key)) reveal(node);
    pressed = null;
    current = node.key;
    wanted = { key: node.key, how: 'jump' };
    if (open) writeUrl();
  };

  /** The one after the current row among some nodes, in order of the tree and around its end. */
  const nextOf = (indexes: readonly number[], step: 1 | -1): number | undefined => {
    const row = rows[placeOf.get(current) ?? -1];
    const at =
      row === undefined || row.kind === 'gap' ? -1 : (row.kind === 'span' ? row.node : row.repeat.nodes[0]!).index;
    if (step === 1) return indexes.find((index) => index > at) ?? indexes[0];
    return indexes.findLast((index) => index < at) ?? indexes.at(-1);
  };

  /** A step that was wanted before the server had found anything. */
  let awaited = $state<1 | -1 | null>(null);
  const nextMatch = (step: 1 | -1): void => {
    const index = nextOf(matches, step);
    awaited = index === undefined && found.isPartial ? step : null;
    if (index !== undefined) goToNode(layout.tree.nodes[index]!);
  };
  $effect(() => {
    const step = awaited;
    if (step !== null && (matches.length > 0 || !found.isPartial)) untrack(() => nextMatch(step));
  });

  const setOpen = (row: Row, opened: boolean): void => {
    const set = new Set(row.kind === 'repeat' ? folded.opened : folded.closed);
    if (opened === (row.kind === 'repeat')) set.add(row.key);
    else set.delete(row.key);
    folded = row.kind === 'repeat' ? { ...folded, opened: set } : { ...folded, closed: set };
  };

  return {
    get layout() {
      return layout;
    },
    get view() {
      return view;
    },
    get rows() {
      return rows;
    },
    /** Where a row is among those shown; -1 when it is folded away. */
    placeOf: (key: string): number => placeOf.get(key) ?? -1,
    /** Key of the row that keys act on. */
    get current() {
      return current;
    },
    get currentRow(): Row | undefined {
      return rows[placeOf.get(current) ?? -1];
    },
    /** Whether the panel shows the current row. */
    get open() {
      return open;
    },
    get wanted() {
      return wanted;
    },
    get window() {
      return shownWindow;
    },
    get zoomed() {
      return window !== null;
    },
    setWindow(next: TimeWindow | null): void {
      const all = fit(layout.tree.durationMs);
      window = next === null || (next.fromMs <= all.fromMs && next.toMs >= all.toMs) ? null : next;
      writeUrl();
    },

    get find() {
      return find;
    },
    set find(text: string) {
      find = text;
      awaited = null;
      writeUrl();
    },
    get matches() {
      return matches;
    },
    /** While the server has still to say, or could not, which spans carry the text. */
    get findIsPartial() {
      return found.isPartial;
    },
    get findFailed() {
      return found.isPartial && found.failure !== undefined;
    },
    details,
    /** The one service, or the one operation of it, that is shown; '' for all. */
    get service() {
      return service;
    },
    get operation() {
      return service === '' ? '' : operation;
    },
    /** Shows the spans of a service, or of one of its operations, in the waterfall: a step that Back undoes. */
    narrow(toService: string, toOperation = ''): void {
      void setParams({ service: toService, operation: toOperation, view: null });
    },
    showAll(): void {
      void setParams(showAll);
    },
    /** Whether a row only leads to what is shown. */
    leads: (node: SpanNode): boolean => narrowed !== null && narrowed.chosen[node.index] === 0,
    matched: (node: SpanNode): boolean => matching.has(node.index),
    nextMatch,
    nextError(): void {
      const index = nextOf(
        layout.origins.map((node) => node.index),
        1,
      );
      if (index !== undefined) goToNode(layout.tree.nodes[index]!);
    },

    press(key: string): void {
      pressed = key;
    },
    select,
    goToNode,
    close(): void {
      open = false;
      clearTimeout(timer);
      void setParams({ span: null });
    },
    moveTo,
    moveBy(step: number): void {
      const at = placeOf.get(current);
      moveTo(at === undefined ? 0 : at + step);
    },
    setOpen,
    /** Closes what lies below `level`, or opens everything. */
    foldTo(level: number | null): void {
      folded = level === null ? { closed: new Set(), opened: new Set() } : closedFrom(layout.tree, view, level);
    },
  };
};

const showAll = { service: null, operation: null };

/** Nanoseconds are the finest that times are told in. */
const round = (ms: number): number => Number(ms.toFixed(6));
