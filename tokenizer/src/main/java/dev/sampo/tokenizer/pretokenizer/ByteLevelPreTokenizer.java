package dev.sampo.tokenizer.pretokenizer;

import dev.sampo.tokenizer.text.Splits;
import java.util.Objects;

/** GPT-2's: splits into words and replaces each byte by a visible character (which is left to the model if it can). */
final class ByteLevelPreTokenizer implements PreTokenizer {
  private static final Splits.Cutter WORDS =
      Objects.requireNonNull(FamousSplitters.find(FamousSplitters.GPT2));

  private final boolean addPrefixSpace;
  private final boolean useRegex;

  ByteLevelPreTokenizer(boolean addPrefixSpace, boolean useRegex) {
    this.addPrefixSpace = addPrefixSpace;
    this.useRegex = useRegex;
  }

  @Override
  public void preTokenize(Splits splits) {
    if (addPrefixSpace) {
      MetaspacePreTokenizer.prepend(splits, ' ', false);
    }
    if (useRegex) {
      splits.cut(WORDS);
    }
    splits.markByteLevel();
  }
}
