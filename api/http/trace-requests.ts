/**
 * A span for every request to the API, as OpenTelemetry's conventions for HTTP servers name it. Not for those that look
 * at our own spans: a page that follows them would see its own looking, look again, and never stop.
 */
import { type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** @param ownProject where the spans of `tracer` end up. */
export const traceRequests = (app: FastifyInstance, tracer: Tracer, ownProject: string): void => {
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook('onRequest', async (request) => {
    const route = request.routeOptions.url;
    // Only what has a route: names from the address bar would be endless, and probes ask every few seconds.
    if (route === undefined || !route.startsWith('/api/')) return;
    const attributes = {
      'http.request.method': request.method,
      'http.route': route,
      'url.path': request.url.split('?', 1)[0]!,
      'syntra.request_id': request.id,
    };
    spans.set(request, tracer.startSpan(`${request.method} ${route}`, { kind: SpanKind.SERVER, attributes }));
  });
  app.addHook('onError', async (request, _reply, error) => {
    spans.get(request)?.recordException(error);
  });
  app.addHook('onResponse', async (request, reply) => {
    const span = spans.get(request);
    // A span that never ends is never exported.
    if (span === undefined || request.project === ownProject) return;
    span.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
};
