package dev.sampo.tokenizer.model;

import dev.sampo.tokenizer.TokenizerException;

/** One token a piece: the piece itself, or the unknown token. */
public final class WordLevelModel implements Model {
  private final Vocabulary vocabulary;
  private final String unkToken;

  /** A model over {@code vocabulary}; what it lacks becomes {@code unkToken}, if it has that. */
  public WordLevelModel(Vocabulary vocabulary, String unkToken) {
    this.vocabulary = vocabulary;
    this.unkToken = unkToken;
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public Run start() {
    int unkId = vocabulary.id(unkToken);
    return (text, from, to, byteLevel, out) -> {
      int id = vocabulary.id(text, from, to - from);
      if (id < 0) {
        id = unkId;
      }
      if (id < 0) {
        throw new TokenizerException(
            "The vocabulary lacks '"
                + new String(text, from, Math.min(to - from, 80))
                + "' and the unknown token '"
                + unkToken
                + "'");
      }
      out.add(id, from, to);
    };
  }
}
