package dev.sampo.springai;

import dev.sampo.text.batch.SchedulerGauges;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up while the model takes requests, with how many wait and run. */
final class SampoHealth implements HealthIndicator {
  private final SampoChatModel model;

  SampoHealth(SampoChatModel model) {
    this.model = model;
  }

  @Override
  public Health health() {
    if (model.isClosed()) {
      return Health.down().withDetail("reason", "The model is closed.").build();
    }
    SchedulerGauges gauges = model.gauges();
    return Health.up()
        .withDetail("model", model.name())
        .withDetail("gauges", gauges.toString())
        .build();
  }
}
