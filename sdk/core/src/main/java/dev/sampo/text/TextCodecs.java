package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.model.ModelFolder;
import dev.sampo.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/** The codec of a model folder. */
final class TextCodecs {
  private static final String[] TOKENIZERS = {
    "tokenizer.json",
    "vocab.json",
    "vocab.txt",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model"
  };

  private TextCodecs() {}

  /** The vocabulary that the configuration lists, or the tokenizer of the folder; null if there is neither. */
  static @Nullable TextCodec of(ModelFolder folder, JsonNode config) {
    TextCodec listed = ListCodec.of(config);
    if (listed != null) {
      return listed;
    }
    for (String name : TOKENIZERS) {
      if (folder.find(name) != null) {
        return new TokenizerCodec(Tokenizer.fromFolder(folder.root()));
      }
    }
    return null;
  }
}
