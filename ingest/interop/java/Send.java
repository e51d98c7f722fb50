import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.time.Instant;
import java.util.List;

/** Sends the letter of ../letter.ts with the official Java SDK: one trace, one log line, four metrics. */
public class Send {
  public static void main(String[] args) {
    // Address, protocol, headers and compression come from the OTEL_* variables, as users set them.
    OpenTelemetrySdk sdk = AutoConfiguredOpenTelemetrySdk.initialize().getOpenTelemetrySdk();
    Tracer tracer = sdk.tracerBuilder("interop").setInstrumentationVersion("1.0.0").build();
    Span parent =
        tracer
            .spanBuilder("receive letter")
            .setSpanKind(SpanKind.SERVER)
            .setAttribute("text", "Grüße, 世界")
            .setAttribute("big", 9007199254740993L)
            .setAttribute("ratio", 0.5)
            .setAttribute("sealed", true)
            .setAttribute(AttributeKey.stringArrayKey("stamps"), List.of("red", "blue"))
            .startSpan();
    Span child =
        tracer
            .spanBuilder("open letter")
            .setParent(Context.root().with(parent))
            .addLink(parent.getSpanContext(), Attributes.builder().put("why", "same letter").build())
            .startSpan();
    child.addEvent("opened", Attributes.builder().put("pages", 2).build());
    child.setStatus(StatusCode.ERROR, "page missing");

    sdk.getLogsBridge()
        .get("interop")
        .logRecordBuilder()
        .setTimestamp(Instant.now())
        .setContext(Context.root().with(child))
        .setSeverity(Severity.WARN)
        .setSeverityText("WARN")
        .setBody("a page is missing")
        .setAttribute(AttributeKey.longKey("page"), 2L)
        .emit();
    child.end();
    parent.end();

    Meter meter = sdk.getMeter("interop");
    Attributes box = Attributes.builder().put("box", "north").build();
    meter.counterBuilder("letters.received").setUnit("{letter}").build().add(7, box);
    meter.upDownCounterBuilder("letters.waiting").build().add(-3, box);
    meter.gaugeBuilder("box.temperature").setUnit("Cel").build().set(21.5, box);
    var weight =
        meter
            .histogramBuilder("letter.weight")
            .setUnit("g")
            .setExplicitBucketBoundariesAdvice(List.of(5.0, 50.0))
            .build();
    for (double grams : List.of(1.0, 10.0, 100.0)) weight.record(grams, box);

    sdk.close();
    System.out.printf(
        "{\"traceId\":\"%s\",\"parentSpanId\":\"%s\",\"childSpanId\":\"%s\"}%n",
        parent.getSpanContext().getTraceId(),
        parent.getSpanContext().getSpanId(),
        child.getSpanContext().getSpanId());
  }
}
