package dev.sampo.tokenizer.model;

import org.jspecify.annotations.Nullable;

/** Turns a piece of text into tokens of a vocabulary. Immutable and thread-safe; what is not is in a {@link Run}. */
public interface Model {
  /** Buffers and caches of one thread at a time. */
  interface Run {
    /**
     * Adds the tokens of units {@code from} to {@code to} of {@code text}.
     *
     * @param byteLevel if true, the units stand for their UTF-8 bytes in the byte-level alphabet; only asked of a model
     *     that {@link #takesBytes()}
     * @throws dev.sampo.tokenizer.TokenizerException if the model has no token for the piece
     */
    void tokenize(char[] text, int from, int to, boolean byteLevel, TokenSink out);
  }

  /** Fresh buffers. */
  Run start();

  /** Whether pieces may be given that stand for their bytes. */
  default boolean takesBytes() {
    return false;
  }

  /** Tokens and ids. */
  Vocabulary vocabulary();

  /** The id of {@code token}, or -1. */
  default int tokenToId(String token) {
    return vocabulary().id(token);
  }

  /** The token of {@code id}, or null. */
  default @Nullable String idToToken(int id) {
    return vocabulary().token(id);
  }
}
