package dev.sampo.text;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.draw.TokenDraw;
import dev.sampo.samplers.text.processor.ProcessorChain;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StopStrings;
import dev.sampo.samplers.text.stop.StopText;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.TextModel;
import dev.sampo.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request resolved against its model, once: all that a loop has to know. For one run, since processors and draws keep state.
 *
 * @param model the model
 * @param tokenizer reads what the model writes; null without a tokenizer
 * @param request what was asked for
 * @param config the folder's settings with the request's over them
 * @param prompts ids of each prompt, without padding
 * @param batch the prompts as the model gets them
 * @param negativeIds what guidance leads away from; empty for the prompt's last token
 * @param maxLength most ids of a sequence, prompt included
 * @param chain what changes the scores
 * @param stopping what ends a sequence
 * @param stops the stop strings among what ends a sequence, null if there are none
 * @param draw how tokens are drawn, null to take the best
 * @param seed the seed of {@code draw}, null if there is none
 * @param assistant proposes tokens
 */
@SuppressWarnings("ArrayRecordComponent")
record GenerationPlan(
    TextModel model,
    @Nullable Tokenizer tokenizer,
    GenerationRequest request,
    GenerationConfig config,
    int[][] prompts,
    TextModel.Batch batch,
    int[] negativeIds,
    int maxLength,
    ProcessorChain chain,
    StoppingCriterion stopping,
    @Nullable StopStrings stops,
    @Nullable TokenDraw draw,
    @Nullable Long seed,
    @Nullable TextModel assistant) {

  CancellationToken token() {
    return request.cancellation();
  }

  /** Number of prompts. */
  int rows() {
    return batch.ids().length;
  }

  /** Ids before the first that is generated, padding included. */
  int promptLength() {
    return batch.decoderIds()[0].length;
  }

  boolean useCache() {
    return config.get(Setting.USE_CACHE);
  }

  /** Whether a sequence that ended did so with a stop string. */
  boolean endsInStop(TokenSequence ids, @Nullable FinishReason reason) {
    return reason == FinishReason.STOP && stops != null && stops.check(ids) != null;
  }

  /** What keeps stop strings out of a text; null if there are none. */
  @Nullable StopText stopText(int prompt) {
    List<String> strings = config.find(Setting.STOP_STRINGS);
    if (stops == null || strings == null || tokenizer == null) {
      return null;
    }
    int longest = 0;
    for (String stop : strings) {
      longest = Math.max(longest, stop.length());
    }
    int[] ids = batch.decoderIds()[prompt];
    // A token has a character at least, or is a byte of one.
    int[] end = Arrays.copyOfRange(ids, Math.max(0, ids.length - 4 * longest), ids.length);
    return new StopText(strings, tokenizer.decode(end));
  }

  /** Reads the prompts. */
  DecodingState start(int copies) {
    return model.start(batch, copies, useCache(), token());
  }
}
