/** What makes a span of a trace one span: when it is sent twice, because its sender tried again, it is shown once. */

/**
 * The two sides of a call may share an id, as in Zipkin: they differ in kind or service. `kind` and `start` may be told in
 * any way, as long as all that is compared tells them alike.
 */
export const identityOf = (spanId: string, kind: string | number, start: string | number, service: string): string =>
  `${spanId} ${kind} ${start} ${service}`;
