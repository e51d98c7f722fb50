import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { contract } from '../contract.ts';
import { openApiDocument } from './openapi.ts';

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const result = await validator.validate(structuredClone(openApiDocument()));
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  expect(validator.version).toBe('3.1');
});

test('every route of the contract is in it, and every reference leads somewhere', () => {
  const document = openApiDocument();
  const text = JSON.stringify(document);
  const schemas = (document.components as { schemas: Record<string, unknown> }).schemas;
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to!);
  expect(references.length).toBeGreaterThan(50);
  for (const to of references) expect(Object.keys(schemas), to).toContain(to.replace('#/components/schemas/', ''));
  for (const name of Object.keys(contract)) expect(text).toContain(`"operationId":"${name}"`);
});

test('what the route needs and what it may do without are told apart', () => {
  const { paths } = openApiDocument() as {
    paths: Record<string, Record<string, { parameters: Parameter[]; security?: [] }>>;
  };
  interface Parameter {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: unknown;
  }
  const { parameters } = paths['/api/v1/projects/{projectId}/logs']!.get!;
  const by = Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter]));
  expect(by.projectId).toMatchObject({ in: 'path', required: true });
  expect(by.fromMs).toMatchObject({ in: 'query', required: true, schema: { type: 'integer', minimum: 0 } });
  expect(by.limit).toMatchObject({ required: false, schema: { type: 'integer', default: 50, maximum: 1000 } });
  expect(paths['/api/v1/session']!.get!.security).toEqual([]);
});
