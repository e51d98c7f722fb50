/** A span of our own around a piece of work: what auto-instrumentation cannot know, in the words of the business. */
import { type Attributes, type Span, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('@syntra/shop', '0.1.0');

/** Runs `work` in a span that ends with it. An error is recorded on the span and thrown on. */
export const inSpan = <T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> =>
  tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      recordError(span, error);
      throw error;
    } finally {
      span.end();
    }
  });

/** Attributes for the span that is current: usually the request being answered. */
export const describe = (attributes: Attributes): void => {
  trace.getActiveSpan()?.setAttributes(attributes);
};

export const recordError = (span: Span, error: unknown): void => {
  const exception = error instanceof Error ? error : new Error(String(error));
  span.recordException(exception);
  span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
};
