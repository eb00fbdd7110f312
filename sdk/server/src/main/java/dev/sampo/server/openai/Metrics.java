package dev.sampo.server.openai;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.function.Supplier;

/** Numbers for Prometheus. */
final class Metrics {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  String scrape() {
    return registry.scrape();
  }

  void gauge(String name, String help, String model, Supplier<Number> value) {
    Gauge.builder(name, value)
        .description(help)
        .tags(model.isEmpty() ? Tags.empty() : Tags.of("model", model))
        .register(registry);
  }

  void answered(String path, int status, long nanos) {
    Timer.builder("sampo.http.requests")
        .description("Requests that were answered, by path and status")
        .tags("path", path, "status", Integer.toString(status))
        .register(registry)
        .record(Duration.ofNanos(nanos));
  }

  void firstToken(String model, long nanos) {
    Timer.builder("sampo.time.to.first.token")
        .description("From the arrival of a request to the first token of its answer")
        .tags("model", model)
        .serviceLevelObjectives(
            Duration.ofMillis(10),
            Duration.ofMillis(50),
            Duration.ofMillis(200),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5))
        .register(registry)
        .record(Duration.ofNanos(nanos));
  }

  void tokens(String model, String kind, long count) {
    Counter.builder("sampo.tokens")
        .description("Tokens of prompts that were read, and of answers that were written")
        .tags("model", model, "kind", kind)
        .register(registry)
        .increment((double) count);
  }

  void pictures(String model, long count) {
    Counter.builder("sampo.pictures")
        .description("Pictures that were made")
        .tags("model", model)
        .register(registry)
        .increment((double) count);
  }

  void texts(String model, long count) {
    Counter.builder("sampo.embeddings")
        .description("Texts that were embedded")
        .tags("model", model)
        .register(registry)
        .increment((double) count);
  }

  void gone(String path) {
    Counter.builder("sampo.http.abandoned")
        .description("Requests whose client went away before the answer was complete")
        .tags("path", path)
        .register(registry)
        .increment();
  }

  void close() {
    registry.close();
  }
}
