/** What a route's handler is given, and what it gives back: both follow from the contract. */
import type { z } from 'zod';
import type { Tenant } from '../kernel/telemetry/client.ts';
import type { Answer, Contract, RouteName } from './contract.ts';

/** Path parameters, query and body of a route in one object, as their schemas parsed them. */
export type Input<Name extends RouteName> = Part<Contract[Name], 'params'> &
  Part<Contract[Name], 'query'> &
  Part<Contract[Name], 'body'>;

/** Whose data a request may see. `service` is the name behind `:serviceId`, on the routes that have one. */
export type HandlerContext<Name extends RouteName = RouteName> = {
  readonly tenant: Tenant;
  readonly service: Input<Name> extends { serviceId: string } ? string : undefined;
};

export type Handler<Name extends RouteName> = (
  input: Input<Name>,
  context: HandlerContext<Name>,
) => Promise<Answer<Name>>;

/** Signing in and out changes cookies, so `session.ts` answers these itself. */
export type SessionRouteName = 'getSession' | 'createSession' | 'deleteSession';
export type HandledRouteName = Exclude<RouteName, SessionRouteName>;
export type Handlers = { readonly [Name in HandledRouteName]: Handler<Name> };

type Part<Route, Key extends string> =
  Route extends Record<Key, infer Schema extends z.ZodType> ? z.infer<Schema> : unknown;
