package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.text.TokenSequence;
import java.util.Arrays;
import java.util.List;

/**
 * Allows only what a function names. If nothing of that is left in any beam of a prompt, the allowed tokens of its beams get score 0, so
 * that the rule holds all the same. transformers' {@code PrefixConstrainedLogitsProcessor}; de Cao et al. 2020, arXiv:2010.00904.
 */
public final class PrefixAllowedTokens implements LogitsProcessor {
  /** Names the tokens that may come next. */
  @FunctionalInterface
  public interface AllowedTokens {
    /**
     * @param batchIndex index of the prompt
     * @param ids the ids so far
     * @return the allowed ids, not empty
     */
    int[] after(int batchIndex, TokenSequence ids);
  }

  private final AllowedTokens allowedTokens;

  public PrefixAllowedTokens(AllowedTokens allowedTokens) {
    this.allowedTokens = allowedTokens;
  }

  @Override
  public void process(TokenSequence ids, float[] scores, int offset, int length) {
    restrict(allowed(ids), scores, offset, length);
  }

  @Override
  public void processAll(List<? extends TokenSequence> rows, float[] scores, int length) {
    for (int first = 0; first < rows.size(); ) {
      int end = first;
      boolean satisfiable = false;
      int[][] allowed = new int[rows.size()][];
      while (end < rows.size() && rows.get(end).batchIndex() == rows.get(first).batchIndex()) {
        allowed[end] = allowed(rows.get(end));
        satisfiable |= restrict(allowed[end], scores, end * length, length);
        end++;
      }
      for (int r = first; r < end && !satisfiable; r++) {
        for (int id : allowed[r]) {
          scores[r * length + id] = 0;
        }
      }
      first = end;
    }
  }

  private int[] allowed(TokenSequence ids) {
    int[] allowed = allowedTokens.after(ids.batchIndex(), ids);
    if (allowed.length == 0) {
      throw new IllegalStateException(
          "The function of prefix-allowed tokens returned no id for batch index "
              + ids.batchIndex()
              + " at length "
              + ids.length()
              + ". Return at least one, an end token for instance.");
    }
    return allowed;
  }

  /** True if a token is left that is not minus infinity. */
  private static boolean restrict(int[] allowed, float[] scores, int offset, int length) {
    float[] kept = new float[allowed.length];
    boolean some = false;
    for (int i = 0; i < allowed.length; i++) {
      kept[i] = scores[offset + allowed[i]];
      some |= kept[i] != Float.NEGATIVE_INFINITY;
    }
    Arrays.fill(scores, offset, offset + length, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < allowed.length; i++) {
      scores[offset + allowed[i]] = kept[i];
    }
    return some;
  }
}
