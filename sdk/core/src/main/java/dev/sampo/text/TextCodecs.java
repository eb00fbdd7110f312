package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** The codec of a model folder. */
final class TextCodecs {
  private TextCodecs() {}

  /** The vocabulary that the configuration lists; null if there is none. */
  static @Nullable TextCodec of(FolderFiles files, JsonNode config) {
    return ListCodec.of(config);
  }
}
