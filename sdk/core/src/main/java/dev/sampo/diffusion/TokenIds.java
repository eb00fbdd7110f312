package dev.sampo.diffusion;

import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Path;

/** Text to ids with special tokens; what the text encoders need of a tokenizer. */
interface TokenIds {
  int[] encode(String text);

  /** What fills a prompt up. */
  int padId();

  /** The tokenizer of a folder. */
  static TokenIds load(Path folder) {
    Tokenizer tokenizer = Tokenizer.fromFolder(folder);
    return new TokenIds() {
      @Override
      public int[] encode(String text) {
        return tokenizer.encodeToIds(text, true);
      }

      @Override
      public int padId() {
        return tokenizer.padTokenId();
      }
    };
  }
}
