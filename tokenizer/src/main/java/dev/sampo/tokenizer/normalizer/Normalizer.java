package dev.sampo.tokenizer.normalizer;

import dev.sampo.tokenizer.text.AlignedText;

/** Changes a text before it is cut, keeping the alignment to the original. Stateless and thread-safe. */
public interface Normalizer {
  /** Changes {@code text} in place. */
  void normalize(AlignedText text);
}
