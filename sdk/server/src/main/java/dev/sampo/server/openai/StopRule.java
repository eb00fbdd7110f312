package dev.sampo.server.openai;

import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import dev.sampo.tokenizer.StreamingDecoder;
import dev.sampo.tokenizer.Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ends a text when a stop string is in what was generated. Unlike the setting {@code stop_strings}, which follows transformers, one that began in
 * the prompt does not count: OpenAI's stop is about the answer. Belongs to one text.
 */
final class StopRule implements StoppingCriterion {
  private final StreamingDecoder decoder;
  private final StopCut cut;
  private int seen = -1;

  StopRule(List<String> stops, Tokenizer tokenizer) {
    this.decoder = StreamingDecoder.of(tokenizer);
    this.cut = new StopCut(stops);
  }

  @Override
  public @Nullable FinishReason check(TokenSequence ids) {
    if (ids.length() != seen) {
      seen = ids.length();
      cut.take(decoder.add(ids.id(seen - 1)));
    }
    return cut.found() ? FinishReason.STOP : null;
  }
}
