package dev.sampo.tokenizer.model;

import org.jspecify.annotations.Nullable;

/**
 * Options of a byte-pair encoding, named as in tokenizer.json.
 *
 * @param dropout probability that a merge is left out, or 0
 * @param unkToken token for what the vocabulary lacks, or null: it is dropped
 * @param continuingSubwordPrefix put before every symbol of a piece but the first; empty for none
 * @param endOfWordSuffix put behind the last symbol of a piece; empty for none
 * @param fuseUnk whether neighbouring unknowns are one token
 * @param byteFallback whether an unknown character becomes tokens of its bytes
 * @param ignoreMerges whether a piece that is in the vocabulary is taken as it is
 */
public record BpeConfig(
    float dropout,
    @Nullable String unkToken,
    String continuingSubwordPrefix,
    String endOfWordSuffix,
    boolean fuseUnk,
    boolean byteFallback,
    boolean ignoreMerges) {
  /** Checks that the dropout is a probability. */
  public BpeConfig {
    if (!(dropout >= 0 && dropout <= 1)) {
      throw new IllegalArgumentException("dropout is " + dropout + ", not from 0 to 1");
    }
  }

  /** No option set. */
  public static BpeConfig plain() {
    return new BpeConfig(0, null, "", "", false, false, false);
  }
}
