package dev.sampo.samplers.text.search;

import dev.sampo.samplers.internal.Checks;
import dev.sampo.samplers.text.TokenSequence;

/**
 * Proposes tokens by looking for the last few ids earlier in the sequence: what followed there may follow again. Saxena 2023, "Prompt Lookup
 * Decoding"; transformers' {@code PromptLookupCandidateGenerator}.
 *
 * @param candidateCount most tokens to propose
 * @param maxNgramSize longest match that is tried first
 */
public record PromptLookup(int candidateCount, int maxNgramSize) {
  public PromptLookup {
    Checks.positive("prompt_lookup_num_tokens", candidateCount);
    Checks.positive("max_matching_ngram_size", maxNgramSize);
  }

  /** The proposed ids, at most {@code limit}; none if nothing matches. */
  public int[] propose(TokenSequence ids, int limit) {
    int count = ids.length();
    for (int n = Math.min(maxNgramSize, count - 1); n > 0; n--) {
      for (int start = 0; start + n < count; start++) {
        if (matches(ids, start, count - n, n)) {
          int from = start + n;
          int[] found = new int[Math.min(Math.min(candidateCount, limit), count - from)];
          for (int i = 0; i < found.length; i++) {
            found[i] = ids.id(from + i);
          }
          return found;
        }
      }
    }
    return new int[0];
  }

  private static boolean matches(TokenSequence ids, int a, int b, int n) {
    for (int i = 0; i < n; i++) {
      if (ids.id(a + i) != ids.id(b + i)) {
        return false;
      }
    }
    return true;
  }
}
