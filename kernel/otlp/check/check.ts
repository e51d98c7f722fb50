/**
 * Walks a request once, before it goes to the log: is it protobuf, is every string UTF-8, has every record the ids and
 * times it needs? Counts its records and names its services. A structural fault condemns the request; any other one
 * condemns the records it touches, which `salvage` can then leave out.
 */
import { isUtf8 } from 'node:buffer';
import { limits } from '../limits.ts';
import { requests, type Signal } from '../messages.ts';
import { WireError, WireReader } from '../wire.ts';
import { fieldPathAt } from './path.ts';
import { skipPlainAttribute } from './plain-attribute.ts';
import { type Fault, Rejections } from './rejections.ts';
import { defaultService, serviceNameIn } from './service-name.ts';
import { type Step, type Steps, stepsOf } from './steps.ts';

export interface Checked {
  /** Records that may be stored: spans, log records, or data points. */
  readonly records: number;
  readonly rejections: Rejections;
  /** Which records are bad, by their place in the request; undefined when none is. */
  readonly bad: Bits | undefined;
  /** Distinct service names of the records that may be stored, at most `maxServices`. */
  readonly services: readonly string[];
}

/** The request is not an OTLP request in protobuf. The message says what, where in the message and at which byte. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
  readonly path: string;
  constructor(what: string, path: string) {
    super(path === '' ? what : `${path}: ${what}`);
    this.path = path;
  }
}

/** Later times than this after arrival are a wrong clock, not telemetry. Old times are legitimate: files are replayed. */
const maxFutureMs = 24 * 3_600_000;
/** More in one request is not a deployment but an identifier in the wrong attribute. */
const maxServices = 1000;

/**
 * @param nowMs arrival, Unix milliseconds
 * @throws MalformedError when the bytes are not a request of this signal
 */
export const check = (bytes: Uint8Array, signal: Signal, nowMs: number): Checked => {
  const walk = new Walk(bytes, BigInt(nowMs + maxFutureMs) * 1_000_000n);
  try {
    walk.message(stepsOf(requests[signal]), 0);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new MalformedError(error.message, fieldPathAt(bytes, requests[signal], error.position));
  }
  const { records, rejections, bad, services } = walk;
  return { records: records - rejections.count, rejections, bad, services: [...services] };
};

/** A set of small integers. */
export class Bits {
  private words = new Uint32Array(64);

  add(index: number): void {
    const word = index >>> 5;
    if (word >= this.words.length) {
      const grown = new Uint32Array(Math.max(word + 1, this.words.length * 2));
      grown.set(this.words);
      this.words = grown;
    }
    this.words[word]! |= 1 << (index & 31);
  }

  has(index: number): boolean {
    return ((this.words[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
  }
}

class Walk {
  records = 0;
  readonly rejections = new Rejections();
  bad: Bits | undefined;
  readonly services = new Set<string>();
  private readonly reader: WireReader;
  private readonly latestLow: number;
  private readonly latestHigh: number;
  /** The first thing wrong with the innermost record or, outside of records, with the innermost container. */
  private fault: Fault | undefined;
  private faultDetail = 0;
  /** Bits of the required fields that the innermost record has had. */
  private present = 0;
  /** Name of the innermost resource's service. */
  private service = '';

  constructor(bytes: Uint8Array, latestNs: bigint) {
    this.reader = new WireReader(bytes);
    this.latestLow = Number(latestNs & 0xffffffffn);
    this.latestHigh = Number(latestNs >> 32n);
  }

  /** Walks to the end of the message the reader is in. `depth` counts the arrays and maps around it. */
  message(steps: Steps, depth: number): void {
    const { reader } = this;
    const { byNumber } = steps;
    while (reader.position < reader.end) {
      const at = reader.position;
      const tag = reader.tag();
      const number = tag >>> 3;
      const step = number < byNumber.length ? byNumber[number] : undefined;
      if (step === undefined) reader.skip(tag);
      else if ((tag & 7) !== step.wire) this.otherWire(step, tag, at);
      else this.field(step, tag, depth);
    }
  }

  private field(step: Step, tag: number, depth: number): void {
    const { reader } = this;
    switch (step.does) {
      case 'string': {
        const start = this.move();
        if (!isText(reader, start, reader.position)) this.blame(step.fault, 0);
        return;
      }
      case 'attribute':
      case 'message': {
        if (step.does === 'attribute' && skipPlainAttribute(reader)) return;
        const outer = reader.enter();
        // what lies deeper is cut by all that read it
        if (step.deepens === 0 || depth < limits.depth) this.message(step.steps!, depth + step.deepens);
        reader.leave(outer);
        return;
      }
      case 'id':
        this.id(step);
        return;
      case 'time':
        this.time(step);
        return;
      case 'resource':
        this.resource(step.steps!);
        return;
      case 'skip':
        reader.skip(tag);
        return;
      default:
        this.group(step, depth);
    }
  }

  /** Moves over a string or bytes; returns where it began. */
  private move(): number {
    const { reader } = this;
    const length = reader.length();
    const start = reader.position;
    reader.position = start + length;
    return start;
  }

  private id(step: Step): void {
    const { reader } = this;
    const start = this.move();
    const length = reader.position - start;
    // an id of zeros is an absent one: https://www.w3.org/TR/trace-context/#trace-id
    if (length === step.idBytes) {
      if (step.bit !== 0 && !isZero(reader, start, reader.position)) this.present |= step.bit;
    } else if (length !== 0) this.blame(step.fault, length);
  }

  private time(step: Step): void {
    const { reader } = this;
    reader.fixed64();
    if ((reader.low | reader.high) !== 0) this.present |= step.bit;
    const high = reader.high >>> 0;
    const low = reader.low >>> 0;
    if (high < this.latestHigh || (high === this.latestHigh && low <= this.latestLow)) return;
    this.blame(step.fault, new Date((high * 2 ** 32 + low) / 1e6).getUTCFullYear());
  }

  /** A record or a container: what is wrong in it, and not in a record in it, condemns all the records in it. */
  private group(step: Step, depth: number): void {
    const { reader, fault: outerFault, faultDetail: outerDetail } = this;
    const steps = step.steps!;
    const first = this.records;
    const rejectedBefore = this.rejections.count;
    this.fault = undefined;
    if (step.does === 'resourceContainer') this.service = defaultService;
    const outer = reader.enter();
    if (step.does === 'record') {
      this.records++;
      this.present = 0;
      this.message(steps, depth);
      if (this.present !== steps.requiredBits) this.blameMissing(steps);
    } else this.message(steps, depth);
    reader.leave(outer);
    if (this.fault !== undefined) this.condemn(this.fault, first);
    if (step.does === 'resourceContainer' && this.records - first > this.rejections.count - rejectedBefore) {
      if (this.services.size < maxServices) this.services.add(this.service);
    }
    this.fault = outerFault;
    this.faultDetail = outerDetail;
  }

  private condemn(fault: Fault, first: number): void {
    this.bad ??= new Bits();
    for (let index = first; index < this.records; index++) {
      if (this.bad.has(index)) continue;
      this.bad.add(index);
      this.rejections.add(fault, this.faultDetail);
    }
  }

  private blame(fault: Fault, detail: number): void {
    if (this.fault !== undefined) return;
    this.fault = fault;
    this.faultDetail = detail;
  }

  private blameMissing(steps: Steps): void {
    for (const needed of steps.required) if ((this.present & needed.bit) === 0) this.blame(needed.missing, 0);
  }

  /** Walks a Resource, then once more for the name of its service. */
  private resource(steps: Steps): void {
    const { reader } = this;
    const outer = reader.enter();
    const start = reader.position;
    this.message(steps, 0);
    reader.position = start;
    this.service = serviceNameIn(reader) ?? defaultService;
    reader.leave(outer);
  }

  /** A repeated number may come packed or not, whatever its declaration says; any other disagreement is a fault. */
  private otherWire(step: Step, tag: number, at: number): void {
    const wire = tag & 7;
    if (wire !== step.elementWire) throw new WireError(`wire type ${wire} instead of ${step.wire}`, at);
    this.reader.skip(tag);
  }
}

const isZero = ({ view }: WireReader, start: number, end: number): boolean => {
  for (let at = start; at < end; at += 4) if (view.getInt32(at) !== 0) return false;
  return true;
};

/** Nearly all strings are short and ASCII: those are known in place, four bytes at a time. */
const isText = ({ bytes, view }: WireReader, start: number, end: number): boolean => {
  if (end - start > longText) return isUtf8(bytes.subarray(start, end));
  let at = start;
  for (; at + 4 <= end; at += 4) {
    if ((view.getInt32(at) & 0x80808080) !== 0) return isUtf8(bytes.subarray(at, end));
  }
  for (; at < end; at++) if (bytes[at]! > 0x7f) return isUtf8(bytes.subarray(at, end));
  return true;
};

/** Bytes from which on the native check pays for its call. */
const longText = 256;
