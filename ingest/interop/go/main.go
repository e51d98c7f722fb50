// Sends the letter of ../letter.ts with the official Go SDK: one trace, one log line, four metrics.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Address, headers and compression come from the OTEL_EXPORTER_OTLP_* variables, as users set them.
type exporters struct {
	spans   sdktrace.SpanExporter
	logs    sdklog.Exporter
	metrics sdkmetric.Exporter
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	out := must(openExporters(ctx, os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL")))
	about := must(resource.New(ctx, resource.WithFromEnv()))

	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(out.spans), sdktrace.WithResource(about))
	logs := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(out.logs)), sdklog.WithResource(about))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(out.metrics)), sdkmetric.WithResource(about))

	parent, child := sendSpansAndLog(ctx, tracers, logs)
	sendMetrics(ctx, meters)
	check(errors.Join(tracers.Shutdown(ctx), logs.Shutdown(ctx), meters.Shutdown(ctx)))

	check(json.NewEncoder(os.Stdout).Encode(map[string]string{
		"traceId":      parent.TraceID().String(),
		"parentSpanId": parent.SpanID().String(),
		"childSpanId":  child.SpanID().String(),
	}))
}

func openExporters(ctx context.Context, protocol string) (out exporters, err error) {
	var errs [3]error
	if protocol == "grpc" {
		out.spans, errs[0] = otlptracegrpc.New(ctx)
		out.logs, errs[1] = otlploggrpc.New(ctx)
		out.metrics, errs[2] = otlpmetricgrpc.New(ctx)
	} else {
		out.spans, errs[0] = otlptracehttp.New(ctx)
		out.logs, errs[1] = otlploghttp.New(ctx)
		out.metrics, errs[2] = otlpmetrichttp.New(ctx)
	}
	return out, errors.Join(errs[:]...)
}

func sendSpansAndLog(ctx context.Context, tracers *sdktrace.TracerProvider, logs *sdklog.LoggerProvider) (trace.SpanContext, trace.SpanContext) {
	tracer := tracers.Tracer("interop", trace.WithInstrumentationVersion("1.0.0"))
	ctx, parent := tracer.Start(ctx, "receive letter", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("text", "Grüße, 世界"),
		attribute.Int64("big", 9007199254740993),
		attribute.Float64("ratio", 0.5),
		attribute.Bool("sealed", true),
		attribute.StringSlice("stamps", []string{"red", "blue"}),
	))
	_, child := tracer.Start(ctx, "open letter", trace.WithLinks(trace.Link{
		SpanContext: parent.SpanContext(),
		Attributes:  []attribute.KeyValue{attribute.String("why", "same letter")},
	}))
	child.AddEvent("opened", trace.WithAttributes(attribute.Int("pages", 2)))
	child.SetStatus(codes.Error, "page missing")

	line := otellog.Record{}
	line.SetTimestamp(time.Now())
	line.SetSeverity(otellog.SeverityWarn)
	line.SetSeverityText("WARN")
	line.SetBody(attribute.StringValue("a page is missing"))
	line.AddAttributes(attribute.Int("page", 2))
	logs.Logger("interop").Emit(trace.ContextWithSpan(ctx, child), line)

	child.End()
	parent.End()
	return parent.SpanContext(), child.SpanContext()
}

func sendMetrics(ctx context.Context, meters *sdkmetric.MeterProvider) {
	meter := meters.Meter("interop")
	box := metric.WithAttributes(attribute.String("box", "north"))
	must(meter.Int64Counter("letters.received", metric.WithUnit("{letter}"))).Add(ctx, 7, box)
	must(meter.Int64UpDownCounter("letters.waiting")).Add(ctx, -3, box)
	must(meter.Float64Gauge("box.temperature", metric.WithUnit("Cel"))).Record(ctx, 21.5, box)
	weight := must(meter.Float64Histogram("letter.weight", metric.WithUnit("g"), metric.WithExplicitBucketBoundaries(5, 50)))
	for _, grams := range []float64{1, 10, 100} {
		weight.Record(ctx, grams, box)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
