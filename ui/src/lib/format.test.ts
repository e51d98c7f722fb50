import { describe, expect, it } from 'vitest';
import {
  digits,
  formatBytes,
  formatCompact,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  formatUnit,
  plain,
} from './format.ts';

const shown = (figure: { text: string; unit: string }) => plain(figure).replaceAll('\u2009', ' ');

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [0.000_4, '400 ns'],
    [0.084, '84 µs'],
    [0.099_6, '0.1 ms'],
    [0.3, '0.3 ms'],
    [9.14, '9.1 ms'],
    [9.97, '10 ms'],
    [88.4, '88 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1842, '1.84 s'],
    [12_440, '12.4 s'],
    [90_000, '1.5 min'],
    [5_400_000, '1.5 h'],
    [259_200_000, '3 d'],
    [null, '–'],
  ])('%s ms reads %s', (ms, text) => {
    expect(shown(formatDuration(ms))).toBe(text);
  });
});

describe('shares', () => {
  it.each([
    [0, '0.00 %'],
    [0.000_01, '<0.01 %'],
    [0.0018, '0.18 %'],
    [0.039, '3.90 %'],
    [0.099_99, '10.0 %'],
    [0.124, '12.4 %'],
    [1, '100 %'],
    [null, '–'],
  ])('%s reads %s', (share, text) => {
    expect(shown(formatPercent(share))).toBe(text);
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.0456, '0.046'],
    [0.5, '0.5'],
    [9.999, '10'],
    [12.44, '12.4'],
    [99.97, '100'],
    [4722, '4 722'],
    [-4722, '-4 722'],
  ])('%s has three significant digits: %s', (value, text) => {
    expect(digits(value).replaceAll('\u2009', ' ')).toBe(text);
  });

  it('groups every digit of a count', () => {
    expect(formatCount(1_612_480).replaceAll('\u2009', ' ')).toBe('1 612 480');
    expect(formatCount(999)).toBe('999');
  });

  it('never rounds up to a thousand of the smaller unit', () => {
    expect(shown(formatCompact(999_960))).toBe('1 M');
    expect(shown(formatCompact(18_440))).toBe('18.4 k');
    expect(shown(formatBytes(999_999))).toBe('1 MB');
    expect(shown(formatBytes(12))).toBe('12 B');
  });

  it('joins a rate to its unit', () => {
    expect(shown(formatRate(4722))).toBe('4 722/s');
    expect(shown(formatRate(18_440))).toBe('18.4 k/s');
    expect(shown(formatRate(0.25))).toBe('0.25/s');
    expect(shown(formatRate(0.0995))).toBe('0.1/s');
    expect(shown(formatRate(0.058))).toBe('3.5/min');
    expect(shown(formatRate(1 / 3600))).toBe('1/h');
    expect(shown(formatRate(0))).toBe('0/s');
  });
});

describe('UCUM units', () => {
  it.each([
    [0.2504, 's', '250 ms'],
    [1.5e9, 'By', '1.5 GB'],
    [2, 'MiBy', '2.1 MB'],
    [1200, 'By/s', '1.2 kB/s'],
    [42, '1', '42'],
    [42, '{request}', '42 request'],
    [42_000, '{request}/s', '42 k request/s'],
    [12.5, '%', '12.5 %'],
    [21.3, 'Cel', '21.3 Cel'],
    [Number.POSITIVE_INFINITY, 's', '∞'],
    [Number.NaN, 's', '–'],
  ])('%s %s reads %s', (value, unit, text) => {
    expect(shown(formatUnit(value, unit))).toBe(text);
  });
});
