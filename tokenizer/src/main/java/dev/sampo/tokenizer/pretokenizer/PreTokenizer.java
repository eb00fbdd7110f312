package dev.sampo.tokenizer.pretokenizer;

import dev.sampo.tokenizer.text.Splits;

/** Cuts a text into pieces; a token never reaches over the border between two. Stateless and thread-safe. */
public interface PreTokenizer {
  /** Cuts every piece of {@code splits} that is not a token yet. */
  void preTokenize(Splits splits);
}
