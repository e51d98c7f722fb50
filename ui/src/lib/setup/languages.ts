/**
 * The few lines that send telemetry here, per language: what OpenTelemetry's own guides say, with this installation's
 * address and key. Signals are named where an SDK would leave one out by default.
 */
export interface Address {
  readonly otlpHttpUrl: string;
  readonly otlpGrpcUrl: string;
  /** Null when it may not be shown, or none is needed. */
  readonly key: string | null;
}
export type SignalWord = 'span' | 'line' | 'metric';
export interface Language {
  readonly id: string;
  readonly name: string;
  /** Where OpenTelemetry explains more. */
  readonly guide: string;
  /** Said above the lines. */
  readonly intro: string;
  readonly lines: (address: Address, signal: SignalWord) => string;
}

const guides = 'https://opentelemetry.io/docs';

/** The address and the key as one shell command, a setting a line; further settings of the language follow. */
const environment = ({ otlpHttpUrl, key }: Address, ...rest: readonly string[]): string =>
  [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${otlpHttpUrl}`,
    ...(key === null ? [] : [`OTEL_EXPORTER_OTLP_HEADERS=x-syntra-key=${key}`]),
    ...rest,
  ].join(' \\\n  ');

const name = 'OTEL_SERVICE_NAME=my-service';
const overHttp = 'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf';

export const languages: readonly Language[] = [
  {
    id: 'node',
    name: 'Node.js',
    guide: `${guides}/zero-code/js/`,
    intro: 'No change to the code: instrumentations for HTTP, databases and queues are loaded before it.',
    lines: (address) =>
      [
        'npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node',
        environment(address, 'OTEL_METRICS_EXPORTER=otlp', 'OTEL_LOGS_EXPORTER=otlp'),
        `${name} node --require @opentelemetry/auto-instrumentations-node/register app.js`,
      ].join('\n'),
  },
  {
    id: 'python',
    name: 'Python',
    guide: `${guides}/zero-code/python/`,
    intro: 'No change to the code: the launcher instruments the libraries it finds.',
    lines: (address) =>
      [
        'pip install opentelemetry-distro opentelemetry-exporter-otlp && opentelemetry-bootstrap -a install',
        environment(address, overHttp, 'OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED=true'),
        `${name} opentelemetry-instrument python app.py`,
      ].join('\n'),
  },
  {
    id: 'go',
    name: 'Go',
    guide: `${guides}/languages/go/getting-started/`,
    intro: 'Two lines at the start of main; the exporter reads its address from the environment.',
    lines: (address) =>
      [
        'go get go.opentelemetry.io/contrib/exporters/autoexport go.opentelemetry.io/otel/sdk',
        environment(address, overHttp, name),
        '// main.go',
        'exporter, err := autoexport.NewSpanExporter(ctx)',
        'otel.SetTracerProvider(trace.NewTracerProvider(trace.WithBatcher(exporter)))',
      ].join('\n'),
  },
  {
    id: 'java',
    name: 'Java',
    guide: `${guides}/zero-code/java/agent/`,
    intro: 'No change to the code: the agent instruments the application as it starts.',
    lines: (address) =>
      [
        'curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar',
        environment(address),
        `${name} java -javaagent:opentelemetry-javaagent.jar -jar app.jar`,
      ].join('\n'),
  },
  {
    id: 'dotnet',
    name: '.NET',
    guide: `${guides}/zero-code/dotnet/`,
    intro: 'No change to the code: the profiler instruments the application as it starts.',
    lines: (address) =>
      [
        'curl -sSfL https://github.com/open-telemetry/opentelemetry-dotnet-instrumentation/releases/latest/download/otel-dotnet-auto-install.sh | sh',
        environment(address),
        `. $HOME/.otel-dotnet-auto/instrument.sh && ${name} dotnet run`,
      ].join('\n'),
  },
  {
    id: 'collector',
    name: 'Collector',
    guide: `${guides}/collector/configuration/`,
    intro: 'One more exporter beside those you have; metrics and logs go the same way.',
    lines: ({ otlpHttpUrl, key }) =>
      [
        'exporters:',
        '  otlphttp/syntra:',
        `    endpoint: ${otlpHttpUrl}`,
        ...(key === null ? [] : [`    headers: { x-syntra-key: ${key} }`]),
        'service:',
        '  pipelines:',
        '    traces: { receivers: [otlp], exporters: [otlphttp/syntra] }',
        '    metrics: { receivers: [otlp], exporters: [otlphttp/syntra] }',
        '    logs: { receivers: [otlp], exporters: [otlphttp/syntra] }',
      ].join('\n'),
  },
  {
    id: 'curl',
    name: 'curl',
    guide: `${guides}/specs/otlp/`,
    intro: 'One record by hand, to see that the way is open.',
    lines: ({ otlpHttpUrl, key }, signal) =>
      [
        `curl -sS ${otlpHttpUrl}/v1/${{ span: 'traces', line: 'logs', metric: 'metrics' }[signal]} -H 'content-type: application/json' \\`,
        ...(key === null ? [] : [`  -H 'x-syntra-key: ${key}' \\`]),
        `  -d '${JSON.stringify(example[signal])
          .replaceAll(`"${nowMark}"`, `"'$(date +%s)000000000'"`)
          .replaceAll(`"${soonMark}"`, `"'$(date +%s)100000000'"`)}'`,
      ].join('\n'),
  },
];

// ---- helpers

const nowMark = 'NOW';
/** A tenth of a second later, so that the span has a duration. */
const soonMark = 'SOON';
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'my-service' } }] };
const example: Readonly<Record<SignalWord, object>> = {
  span: {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            spans: [
              {
                traceId: '5b8efff798038103d269b633813fc60c',
                spanId: 'eee19b7ec3c1b174',
                name: 'GET /hello',
                kind: 2,
                startTimeUnixNano: nowMark,
                endTimeUnixNano: soonMark,
              },
            ],
          },
        ],
      },
    ],
  },
  line: {
    resourceLogs: [
      {
        resource,
        scopeLogs: [{ logRecords: [{ timeUnixNano: nowMark, severityNumber: 9, body: { stringValue: 'hello' } }] }],
      },
    ],
  },
  metric: {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            metrics: [
              { name: 'queue.size', unit: '1', gauge: { dataPoints: [{ timeUnixNano: nowMark, asDouble: 3 }] } },
            ],
          },
        ],
      },
    ],
  },
};
