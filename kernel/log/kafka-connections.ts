/**
 * Connections to brokers. A broker answers the requests of a connection one after another, so that what may take long
 * has one of its own: nobody's commit should wait behind a long poll.
 */
import { Connection, type ConnectionOptions } from '@platformatic/kafka';
import type { KafkaConfig } from '../config-stores.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

export type Purpose = 'metadata' | 'heartbeat' | 'control' | 'produce' | 'fetch' | `wait ${number}`;

export interface KafkaConnections {
  /** An open connection. Each purpose has one per broker. */
  to(broker: BrokerAddress, purpose: Purpose): Promise<Connection>;
  close(): Promise<void>;
}

const connectTimeoutMs = 3_000;
/** How long a broker may take to answer before the connection counts as dead. */
const requestTimeoutsMs = {
  metadata: 3_000,
  heartbeat: 3_000,
  control: 6_000,
  produce: 6_000,
  fetch: 10_000,
  wait: 8_000,
};

export const openConnections = (config: KafkaConfig, clientId: string): KafkaConnections => {
  const open = new Map<string, Promise<Connection>>();
  let closed = false;

  const connect = async (broker: BrokerAddress, purpose: Purpose, forget: () => void): Promise<Connection> => {
    const connection = new Connection(clientId, optionsFor(config, purpose));
    connection.on('error', forget);
    connection.on('close', forget);
    await connection.connect(broker.host, broker.port);
    return connection;
  };

  return {
    async to(broker, purpose) {
      if (closed) throw new Error('The log is closed.');
      const key = `${broker.host}:${broker.port} ${purpose}`;
      const existing = open.get(key);
      if (existing) {
        const connection = await existing;
        // One whose request timed out is about to close, and has not said so yet.
        if (connection.isConnected() || connection.status === 'reauthenticating') return connection;
        if (open.get(key) === existing) open.delete(key);
      }
      const again = open.get(key);
      if (again) return again;
      const connecting = connect(broker, purpose, () => {
        if (open.get(key) === connecting) open.delete(key);
      });
      open.set(key, connecting);
      connecting.catch(() => {
        if (open.get(key) === connecting) open.delete(key);
      });
      return connecting;
    },

    async close() {
      closed = true;
      const connections = await Promise.allSettled([...open.values()]);
      await Promise.all(connections.map((result) => result.status === 'fulfilled' && result.value.close()));
    },
  };
};

const optionsFor = ({ tls, sasl }: KafkaConfig, purpose: Purpose): ConnectionOptions => ({
  connectTimeout: connectTimeoutMs,
  requestTimeout: requestTimeoutsMs[purpose.split(' ')[0] as keyof typeof requestTimeoutsMs],
  ...(tls && { tls: {} }),
  ...(sasl && { sasl: { ...sasl } }),
});
