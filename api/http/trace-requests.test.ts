import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { buildTestServer, testProjects } from '../test-server.ts';

test('every request is a span, except those that look at these spans', async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const project = (id: string) => ({ id, org: 'org_default', name: id });
  const app = await buildTestServer({
    tracing: { tracer: provider.getTracer('test'), ownProject: 'prj_own' },
    projects: { ...testProjects, list: async () => [project('prj_default'), project('prj_own')] },
    handlers: {
      listServices: async () => {
        throw new Error('broken');
      },
    },
  });
  for (const url of [
    '/api/v1/projects/prj_default/services?fromMs=1&toMs=2',
    '/api/v1/projects/prj_own/services?fromMs=1&toMs=2',
    '/api/v1/projects/prj_none/services?fromMs=1&toMs=2',
    '/api/v1/nothing',
    '/healthz',
  ]) {
    await app.inject(url);
  }
  await app.close();
  await provider.forceFlush();
  const spans = exporter.getFinishedSpans();
  expect(
    spans.map(({ name, attributes }) => [name, attributes['url.path'], attributes['http.response.status_code']]),
  ).toEqual([
    ['GET /api/v1/projects/:projectId/services', '/api/v1/projects/prj_default/services', 500],
    ['GET /api/v1/projects/:projectId/services', '/api/v1/projects/prj_none/services', 404],
  ]);
  expect(spans[0]!.events.map(({ name }) => name)).toEqual(['exception']);
});
