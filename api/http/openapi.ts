/** The contract as an OpenAPI 3.1 document, for people and generators that do not read TypeScript. */
import { z } from 'zod';
import { liveMessage, liveRequest } from '../contract/live.ts';
import { logLine } from '../contract/logs.ts';
import { metricPoint } from '../contract/metrics.ts';
import { facets } from '../contract/search.ts';
import { red, redSeries, serviceSummary } from '../contract/services.ts';
import { span, traceSummary } from '../contract/traces.ts';
import {
  attributes,
  attributeValue,
  cost,
  errorStatus,
  failure,
  type Route,
  resource,
  scope,
} from '../contract/values.ts';
import { contract, type RouteName } from '../contract.ts';
import { apiPrefix } from './routes.ts';

type Json = Record<string, unknown>;

/** Shapes that many answers share, by the names a generator gives them. Answers themselves are added per route. */
const sharedSchemas = {
  AttributeValue: attributeValue,
  Attributes: attributes,
  Cost: cost,
  Facets: facets,
  Failure: failure,
  LiveMessage: liveMessage,
  LiveRequest: liveRequest,
  LogLine: logLine,
  MetricPoint: metricPoint,
  Red: red,
  RedSeries: redSeries,
  Resource: resource,
  Scope: scope,
  ServiceSummary: serviceSummary,
  Span: span,
  TraceSummary: traceSummary,
};

export const openApiDocument = (): Json => {
  const names = Object.keys(contract) as RouteName[];
  const paths: Record<string, Json> = {};
  for (const name of names) {
    const route: Route = contract[name];
    const path = `${apiPrefix}${route.path}`.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(name, route) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Syntra',
      version: 'v1',
      description: `Traces, logs, metrics and services. The WebSocket at ${apiPrefix}/live takes \`LiveRequest\` and sends \`LiveMessage\`.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Relative: the installation that served this document.
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: componentsOf(names),
    },
  };
};

const operationOf = (name: RouteName, route: Route): Json => ({
  operationId: name,
  summary: route.summary,
  ...(!route.authenticated && { security: [] }),
  parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
  ...(route.body && { requestBody: { required: true, ...jsonContent(plainSchema(route.body)) } }),
  responses: {
    '200': {
      description: 'It succeeded.',
      ...jsonContent({
        type: 'object',
        required: ['success', 'data'],
        properties: { success: { const: true }, data: reference(answerName(name)) },
      }),
    },
    default: {
      description: `It failed: ${Object.entries(errorStatus)
        .map(([code, status]) => `${status} ${code}`)
        .join(', ')}.`,
      ...jsonContent(reference('Failure')),
    },
  },
});

const parametersOf = (schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = plainSchema(schema);
  return Object.entries(properties as Json).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (required as string[]).includes(name),
    schema: property,
  }));
};

const componentsOf = (names: readonly RouteName[]): Json => {
  const registry = z.registry<{ id?: string }>();
  const named = new Map<z.ZodType, string>();
  for (const [id, schema] of Object.entries(sharedSchemas)) named.set(schema, id);
  const aliases: Json = {};
  for (const name of names) {
    const { answer } = contract[name];
    const shared = named.get(answer);
    // One schema has one name: what several routes answer is written once and referred to.
    if (shared !== undefined) aliases[answerName(name)] = reference(shared);
    else named.set(answer, answerName(name));
  }
  for (const [schema, id] of named) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io: 'output',
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => openForMore(jsonSchema),
  });
  return { ...Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema)])), ...aliases };
};

/** Answers may grow: a client that checks them must let unknown properties pass. */
const openForMore = (schema: Json): void => {
  if (schema.additionalProperties === false) delete schema.additionalProperties;
};

const withoutIds = ({ $schema: _schema, $id: _id, ...rest }: Json): Json => rest;

const plainSchema = (schema: z.ZodType): Json =>
  withoutIds(z.toJSONSchema(schema, { io: 'input', override: ({ jsonSchema }) => openForMore(jsonSchema) }));

const answerName = (name: RouteName): string => `${name[0]!.toUpperCase()}${name.slice(1)}Answer`;
const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const jsonContent = (schema: Json): Json => ({ content: { 'application/json': { schema } } });
