/** What is read of a span of which a row of the waterfall says more than its name and times. */
import type { AttributePairs } from '../attributes.ts';

export interface NoteRow {
  readonly id: string;
  readonly from_service: string;
  readonly kind_number: number;
  /** Nanoseconds after the trace's start. */
  readonly start_ns: number;
  readonly status_message: string;
  readonly exception_type: string;
  readonly pairs: AttributePairs;
}
