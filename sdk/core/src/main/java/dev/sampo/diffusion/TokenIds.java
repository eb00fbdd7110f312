package dev.sampo.diffusion;

import java.nio.file.Path;

/** Text to ids with special tokens; what the text encoders need of a tokenizer. */
interface TokenIds {
  int[] encode(String text);

  int padId();

  /** The tokenizer of a folder. */
  static TokenIds load(Path folder) {
    throw new DiffusionException(
        "prompt",
        "Prompts need the tokenizer of " + folder + ", which this version cannot read yet.");
  }
}
