/** Keeps the promises of the tokens: WCAG 2.2 contrast of every pair of text and ground, in both themes. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Rgb = readonly [red: number, green: number, blue: number];
interface Color {
  readonly rgb: Rgb;
  readonly alpha: number;
}

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const themes = ['light', 'dark'] as const;
type Theme = (typeof themes)[number];

const grounds = ['chrome', 'bg', 'raised', 'hover', 'overlay'];
const texts = ['text', 'text-2', 'text-3'];
const signals = ['accent', 'ok', 'warn', 'error', 'fatal', 'info'];
const codes = ['c-key', 'c-str', 'c-num', 'c-fn', 'c-com'];
const services = ['s1', 's2', 's3', 's4', 's5', 's6', 's7', 's8'];

describe.each(themes)('in the %s theme', (theme) => {
  it.each(pairs(texts, grounds))('%s on %s is readable', (text, ground) => {
    expect(contrast(solid(theme, text), solid(theme, ground))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(pairs(signals, ['bg', 'chrome', 'raised', 'overlay']))('%s on %s is readable', (text, ground) => {
    expect(contrast(solid(theme, text), solid(theme, ground))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['ok', 'warn', 'error', 'accent'].map((name) => [name]))('%s on its own wash is readable', (name) => {
    const ground = over(token(theme, `${name}-wash`), solid(theme, 'bg'));
    expect(contrast(solid(theme, name), ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(pairs(texts, ['accent-wash', 'error-wash']))('%s in a row washed with %s is readable', (text, wash) => {
    const ground = over(token(theme, wash), solid(theme, 'bg'));
    expect(contrast(solid(theme, text), ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(pairs(codes, ['raised', 'bg']))('%s on %s is readable', (code, ground) => {
    expect(contrast(solid(theme, code), solid(theme, ground))).toBeGreaterThanOrEqual(4.5);
  });

  it('has readable words on solid buttons', () => {
    expect(contrast(solid(theme, 'on-accent'), solid(theme, 'accent-solid'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(solid(theme, 'on-accent'), solid(theme, 'accent-hover'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast([255, 255, 255], solid(theme, 'error-solid'))).toBeGreaterThanOrEqual(4.5);
  });

  it.each([...services, 'ink', 'ink-2', 'line-3', 'focus', 'marker', 'debug'].map((name) => [name]))(
    '%s stands out from the ground',
    (name) => {
      expect(contrast(solid(theme, name), solid(theme, 'bg'))).toBeGreaterThanOrEqual(3);
    },
  );
});

function pairs(of: readonly string[], on: readonly string[]): [string, string][] {
  return of.flatMap((one) => on.map((other): [string, string] => [one, other]));
}

function token(theme: Theme, name: string): Color {
  const value = new RegExp(`^\\s*--${name}:\\s*light-dark\\((.+)\\);`, 'm').exec(css)?.[1];
  if (value === undefined) throw new Error(`tokens.css has no colour --${name}`);
  const parts = /^(#[0-9a-f]{6}|rgb\([^)]*\)),\s*(#[0-9a-f]{6}|rgb\([^)]*\))$/.exec(value);
  if (parts === null) throw new Error(`--${name} is ${value}, which this test cannot read`);
  return read(parts[theme === 'light' ? 1 : 2]!);
}

function read(text: string): Color {
  if (text.startsWith('#')) {
    const at = (index: number): number => Number.parseInt(text.slice(index, index + 2), 16);
    return { rgb: [at(1), at(3), at(5)], alpha: 1 };
  }
  const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g)!.map(Number) as [number, number, number, number?];
  return { rgb: [red, green, blue], alpha };
}

function solid(theme: Theme, name: string): Rgb {
  const { rgb, alpha } = token(theme, name);
  if (alpha !== 1) throw new Error(`--${name} is not solid`);
  return rgb;
}

function over({ rgb, alpha }: Color, ground: Rgb): Rgb {
  return rgb.map((value, index) => value * alpha + ground[index]! * (1 - alpha)) as unknown as Rgb;
}

/** @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(a: Rgb, b: Rgb): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
