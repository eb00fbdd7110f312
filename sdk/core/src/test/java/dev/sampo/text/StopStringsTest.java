package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.text.batch.GenerationHandle;
import dev.sampo.text.batch.GenerationScheduler;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Stop strings end a text and are not in it; the ids keep them, as transformers' do. */
class StopStringsTest {
  private static TextGenerator open() {
    String home = System.getProperty("sampo.home", "../..");
    return TextGenerator.open(Path.of(home).resolve("exporter-specs/models/scripture-gpt"));
  }

  private static GenerationRequest request(String... stops) {
    GenerationConfig.Builder config =
        GenerationConfig.builder().doSample(false).maxNewTokens(30).minNewTokens(30);
    if (stops.length > 0) {
      config.stopStrings(stops);
    }
    return GenerationRequest.builder().prompt("In the beginning").config(config.build()).build();
  }

  @Test
  void text_whenAStopStringEndsIt_thenItIsCutOffEverywhere() {
    try (TextGenerator generator = open();
        GenerationScheduler scheduler = GenerationScheduler.of(generator)) {
      String whole = generator.generate(request()).text();
      for (int at = 12; at < 30; at += 3) {
        String stop = whole.substring(at, at + 5);
        // One that begins in the prompt leaves nothing.
        int found = ("In the beginning" + whole).indexOf(stop) - "In the beginning".length();
        String wanted = whole.substring(0, Math.max(0, found));
        GeneratedSequence sequence = generator.generate(request(stop, "zzzz")).sequence();
        assertEquals(wanted, sequence.text());
        assertEquals(FinishReason.STOP, sequence.finishReason());
        String ids = "In the beginning" + generator.decode(sequence.ids());
        assertTrue(ids.contains(stop), "ids keep it");
        StringBuilder streamed = new StringBuilder();
        try (TextStream stream = generator.stream(request(stop, "zzzz"))) {
          stream.forEachRemaining(streamed::append);
        }
        assertEquals(wanted, streamed.toString());
        GenerationHandle handle = scheduler.submit(request(stop, "zzzz"));
        StringBuilder scheduled = new StringBuilder();
        handle.tokens().forEachRemaining(step -> scheduled.append(step.text()));
        assertEquals(wanted, scheduled.toString());
        assertEquals(wanted, handle.join().text());
      }
    }
  }

  @Test
  void text_whenNoStopStringEndsIt_thenNothingIsMissing() {
    try (TextGenerator generator = open()) {
      String whole = generator.generate(request()).text();
      StringBuilder streamed = new StringBuilder();
      String begun = whole.substring(20, 24) + "zzzz"; // its beginning comes, the rest does not
      assertFalse(whole.contains(begun));
      try (TextStream stream = generator.stream(request(begun))) {
        stream.forEachRemaining(streamed::append);
      }
      assertEquals(whole, streamed.toString());
    }
  }
}
