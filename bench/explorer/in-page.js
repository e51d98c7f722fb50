// Runs in every page before its own script, and remembers what the browser tells about it. Times are milliseconds since
// the navigation began. Plain JavaScript: this is the one file of the benchmarks that a browser runs.
(() => {
  const seen = { firstPaintMs: null, largestPaintMs: null, shownMs: null, shift: 0, longTasks: [], inputs: [] };
  let selector = null;
  let tellShown;
  const observe = (type, take, options = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...options });
  observe('paint', (entry) => {
    if (entry.name === 'first-contentful-paint') seen.firstPaintMs = entry.startTime;
  });
  observe('largest-contentful-paint', (entry) => {
    seen.largestPaintMs = entry.startTime;
  });
  observe('layout-shift', (entry) => {
    if (!entry.hadRecentInput) seen.shift += entry.value;
  });
  observe('longtask', (entry) => seen.longTasks.push({ startMs: entry.startTime, ms: entry.duration }));
  // From the event to the next frame, in steps of 8 ms. Those that took less are not told.
  observe('event', (entry) => seen.inputs.push({ name: entry.name, ms: entry.duration }), { durationThreshold: 16 });

  const look = () => {
    if (selector !== null && seen.shownMs === null) {
      if (document.querySelector(selector) !== null) {
        // What stands in the document is on the screen after the frame that is being made.
        requestAnimationFrame(() => {
          seen.shownMs = performance.now();
          tellShown();
        });
        return;
      }
      requestAnimationFrame(look);
    }
  };

  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

  const numbersOf = (line) => [...document.querySelectorAll(line)].map((text) => Number.parseInt(text.textContent, 10));

  window.bench = {
    seen,
    /** Looks for the first element that matches; `shown` resolves once it is on the screen. */
    watch(wanted) {
      selector = wanted;
      seen.shownMs = null;
      window.bench.shown = new Promise((resolve) => {
        tellShown = resolve;
      });
      look();
    },
    /** What was loaded, by kind; bytes as they came over the wire, without headers. */
    loaded() {
      const kinds = { script: 0, style: 0, font: 0, api: 0, other: 0 };
      const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
      for (const { name, encodedBodySize } of entries) {
        const { pathname } = new URL(name);
        const kind = pathname.startsWith('/api/')
          ? 'api'
          : ({ js: 'script', css: 'style', woff2: 'font' }[pathname.split('.').at(-1)] ?? 'other');
        kinds[kind] += encodedBodySize;
      }
      return { requests: entries.length, bytes: kinds };
    },
    /** How long each frame takes, while something moves. */
    async frames(totalMs) {
      const frames = [];
      const startedMs = performance.now();
      for (let lastMs = await nextFrame(); performance.now() - startedMs < totalMs; ) {
        const nowMs = await nextFrame();
        frames.push(nowMs - lastMs);
        lastMs = nowMs;
      }
      return frames;
    },
    pressedMs: null,
    /**
     * Looks, at every frame, at the number that the first line of the list begins with: `tops` are those that were another
     * than before, with the time since 1970, and `longestFrameMs` tells how long nothing could move.
     */
    watchTop(line) {
      const watched = { tops: [], longestFrameMs: 0, stop: () => (watching = false) };
      let [watching, lastMs] = [true, performance.now()];
      const lookAt = (nowMs) => {
        if (!watching) return;
        watched.longestFrameMs = Math.max(watched.longestFrameMs, nowMs - lastMs);
        lastMs = nowMs;
        const number = numbersOf(line)[0];
        if (number !== watched.tops.at(-1)?.number) watched.tops.push({ number, ms: Date.now() });
        requestAnimationFrame(lookAt);
      };
      requestAnimationFrame(lookAt);
      window.bench.watched = watched;
    },
    /** Scrolls down to the line with this number, or one with a lower, and returns the numbers of all that were drawn. */
    async numbersDownTo(list, line, lowest) {
      const scrolled = document.querySelector(list);
      const numbers = new Set();
      for (let atLowest = false, lastTop = -1; !atLowest && scrolled.scrollTop !== lastTop; ) {
        for (const number of numbersOf(line)) {
          numbers.add(number);
          atLowest ||= number <= lowest;
        }
        lastTop = scrolled.scrollTop;
        scrolled.scrollTop += scrolled.clientHeight;
        await nextFrame();
        await nextFrame();
      }
      return [...numbers];
    },
  };
  addEventListener('pointerdown', () => {
    window.bench.pressedMs = performance.now();
  });
  const { wantedSelector } = window;
  if (wantedSelector) window.bench.watch(wantedSelector);
})();
