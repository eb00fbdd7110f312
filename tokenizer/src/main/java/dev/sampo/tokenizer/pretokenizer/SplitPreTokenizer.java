package dev.sampo.tokenizer.pretokenizer;

import dev.sampo.tokenizer.regex.Regex;
import dev.sampo.tokenizer.text.SplitBehavior;
import dev.sampo.tokenizer.text.Splits;
import org.jspecify.annotations.Nullable;

/** Splits at a pattern. The patterns of famous tokenizers are walked by hand-written code. */
final class SplitPreTokenizer implements PreTokenizer {
  private final Regex regex;
  private final SplitBehavior behavior;
  private final boolean invert;
  private final Splits.@Nullable Cutter famous;

  SplitPreTokenizer(Regex regex, SplitBehavior behavior, boolean invert) {
    this.regex = regex;
    this.behavior = behavior;
    this.invert = invert;
    // They match everything, so isolating the matches and removing what is between them are the
    // same.
    boolean all =
        behavior == SplitBehavior.ISOLATED || (behavior == SplitBehavior.REMOVED && invert);
    famous = all ? FamousSplitters.find(regex.pattern()) : null;
  }

  @Override
  public void preTokenize(Splits splits) {
    if (famous != null) {
      splits.cut(famous);
    } else {
      splits.split(regex::findAll, behavior, invert);
    }
  }
}
