package dev.sampo.tokenizer;

import java.nio.file.Path;

/** Tokenizers of folders that have no tokenizer.json. */
final class OlderFiles {
  private OlderFiles() {}

  static Tokenizer read(Path folder, TokenizerConfig config) {
    throw new TokenizerException(
        "No tokenizer in "
            + folder
            + ": it has no tokenizer.json"
            + (config == TokenizerConfig.EMPTY ? "" : "."));
  }
}
