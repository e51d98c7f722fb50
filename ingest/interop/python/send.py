"""Sends the letter of ../letter.ts with the official Python SDK: one trace, one log line, four metrics."""

import json
import os
import time

from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

# Address, headers and compression come from the OTEL_EXPORTER_OTLP_* variables, as users set them.
if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

tracers = TracerProvider()
tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])

tracer = tracers.get_tracer("interop", "1.0.0")
parent = tracer.start_span(
    "receive letter",
    kind=trace.SpanKind.SERVER,
    attributes={
        "text": "Grüße, 世界",
        "big": 9007199254740993,
        "ratio": 0.5,
        "sealed": True,
        "stamps": ["red", "blue"],
    },
)
child = tracer.start_span(
    "open letter",
    context=trace.set_span_in_context(parent),
    links=[trace.Link(parent.get_span_context(), {"why": "same letter"})],
)
child.add_event("opened", {"pages": 2})
child.set_status(trace.StatusCode.ERROR, "page missing")

logs.get_logger("interop").emit(
    timestamp=time.time_ns(),
    context=trace.set_span_in_context(child),
    severity_number=SeverityNumber.WARN,
    severity_text="WARN",
    body="a page is missing",
    attributes={"page": 2},
)
child.end()
parent.end()

meter = meters.get_meter("interop")
box = {"box": "north"}
meter.create_counter("letters.received", unit="{letter}").add(7, box)
meter.create_up_down_counter("letters.waiting").add(-3, box)
meter.create_gauge("box.temperature", unit="Cel").set(21.5, box)
weight = meter.create_histogram("letter.weight", unit="g", explicit_bucket_boundaries_advisory=[5, 50])
for grams in (1, 10, 100):
    weight.record(grams, box)

for provider in (tracers, logs, meters):
    provider.shutdown()

print(
    json.dumps(
        {
            "traceId": trace.format_trace_id(parent.get_span_context().trace_id),
            "parentSpanId": trace.format_span_id(parent.get_span_context().span_id),
            "childSpanId": trace.format_span_id(child.get_span_context().span_id),
        }
    )
)
