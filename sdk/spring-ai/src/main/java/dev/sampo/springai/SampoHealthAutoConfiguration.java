package dev.sampo.springai;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The chat model's health, where the application has Spring Boot 4's module for it. */
@AutoConfiguration(after = SampoAutoConfiguration.class)
@ConditionalOnClass(HealthIndicator.class)
public class SampoHealthAutoConfiguration {

  /** Spring makes it. */
  public SampoHealthAutoConfiguration() {}

  @Bean
  @ConditionalOnBean(SampoChatModel.class)
  @ConditionalOnMissingBean(name = "sampoHealthIndicator")
  HealthIndicator sampoHealthIndicator(SampoChatModel model) {
    return new SampoHealth(model);
  }
}
