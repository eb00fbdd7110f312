package dev.sampo.examples;

import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;

/**
 * Gives text to a {@link Flow.Subscriber} as it comes. The JDK's own {@link SubmissionPublisher} is all the adapter there is to it: it
 * blocks the generating thread while the subscriber is behind. (Android has no {@code Flow} before API 30, so sdk/core cannot bring one.)
 */
public final class PublishText {
  private PublishText() {}

  /** Prints thirty tokens from the subscriber's thread. */
  public static void main(String[] args) {
    GenerationConfig config = GenerationConfig.builder().doSample(true).maxNewTokens(30).build();
    try (TextGenerator generator = TextGenerator.load(Models.path("scripture-gpt"));
        SubmissionPublisher<String> publisher = new SubmissionPublisher<>()) {
      var printed = publisher.consume(System.out::print);
      generator.generate(
          GenerationRequest.builder()
              .prompt("And the people answered")
              .config(config)
              .seed(2)
              .listener(event -> publisher.submit(event.text()))
              .build());
      publisher.close();
      printed.join();
      System.out.println();
    }
  }
}
