package dev.sampo.samplers.text.stop;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.TokenSequence;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Ends a sequence when its text completes a stop string with the last token, wherever the tokens are cut: "stop" is found in "st" + "op" and
 * in "las" + "topper". transformers' {@code StopStringCriteria}: a string that an earlier token completed does not count, one that began in the
 * prompt does.
 */
public final class StopStrings implements StoppingCriterion {
  private final List<byte[]> stops = new ArrayList<>();
  private final IntFunction<byte[]> tokenBytes;

  /**
   * @param stopStrings none empty
   * @param tokenBytes the bytes of a token's text, UTF-8
   * @throws RequestException if a stop string is empty
   */
  public StopStrings(List<String> stopStrings, IntFunction<byte[]> tokenBytes) {
    for (String stop : stopStrings) {
      if (stop.isEmpty()) {
        throw new RequestException("stopStrings", "A stop string is empty. Leave it out.");
      }
      stops.add(stop.getBytes(StandardCharsets.UTF_8));
    }
    this.tokenBytes = tokenBytes;
  }

  @Override
  public @Nullable FinishReason check(TokenSequence ids) {
    byte[] last = tokenBytes.apply(ids.id(ids.length() - 1));
    for (byte[] stop : stops) {
      for (int end = 1; end <= last.length; end++) {
        if (endsAt(stop, last, end, ids)) {
          return FinishReason.STOP;
        }
      }
    }
    return null;
  }

  /** Whether the stop string ends after {@code end} bytes of the last token. */
  private boolean endsAt(byte[] stop, byte[] last, int end, TokenSequence ids) {
    int position = ids.length() - 1;
    byte[] token = last;
    int at = end;
    for (int i = stop.length - 1; i >= 0; i--) {
      while (at == 0) {
        if (--position < 0) {
          return false;
        }
        token = tokenBytes.apply(ids.id(position));
        at = token.length;
      }
      if (token[--at] != stop[i]) {
        return false;
      }
    }
    return true;
  }
}
