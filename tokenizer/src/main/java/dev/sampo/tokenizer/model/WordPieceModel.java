package dev.sampo.tokenizer.model;

import dev.sampo.tokenizer.TokenizerException;

/**
 * WordPiece: from the left the longest token each time; a piece that cannot be covered is one unknown token. Schuster and
 * Nakajima 2012; BERT, arXiv:1810.04805.
 */
public final class WordPieceModel implements Model {
  private final Vocabulary vocabulary;
  private final String unkToken;
  private final String prefix;
  private final int maxChars;
  private final CharTrie trie = new CharTrie();
  private final int continuing;

  /**
   * A model over {@code vocabulary}.
   *
   * @param unkToken token for a piece that cannot be covered
   * @param prefix what tokens begin with that do not begin a piece
   * @param maxChars pieces with more code points are unknown
   */
  public WordPieceModel(Vocabulary vocabulary, String unkToken, String prefix, int maxChars) {
    this.vocabulary = vocabulary;
    this.unkToken = unkToken;
    this.prefix = prefix;
    this.maxChars = maxChars;
    for (int e = 0; e < vocabulary.size(); e++) {
      trie.put(
          vocabulary.characters(),
          vocabulary.offset(e),
          vocabulary.offset(e + 1),
          vocabulary.idOfEntry(e));
    }
    int node = 0;
    for (int i = 0; i < prefix.length() && node >= 0; i++) {
      node = trie.step(node, prefix.charAt(i));
    }
    continuing = node;
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public Run start() {
    PieceCache cache = new PieceCache();
    return (text, from, to, byteLevel, out) -> {
      if (to - from > PieceCache.MAX_PIECE) {
        encode(text, from, to, out);
        return;
      }
      int hash = PieceCache.hash(text, from, to);
      if (cache.find(text, from, to, hash)) {
        cache.emit(from, out);
        return;
      }
      int first = out.size();
      encode(text, from, to, out);
      cache.put(text, from, to, hash, out, first);
    };
  }

  private void encode(char[] text, int from, int to, TokenSink out) {
    if (Character.codePointCount(text, from, to - from) > maxChars || !cover(text, from, to, out)) {
      int id = vocabulary.id(unkToken);
      if (id < 0) {
        throw new TokenizerException(
            "The vocabulary lacks the unknown token '"
                + unkToken
                + "', needed for '"
                + new String(text, from, Math.min(to - from, 80))
                + "'");
      }
      out.add(id, from, to);
    }
  }

  private boolean cover(char[] text, int from, int to, TokenSink out) {
    // First see whether it works, then add: nothing must be left behind if it does not.
    for (int pass = 0; pass < 2; pass++) {
      int start = from;
      while (start < to) {
        int node = start == from ? 0 : continuing;
        int id = -1;
        int end = -1;
        for (int i = start; i < to && node >= 0; i++) {
          node = trie.step(node, text[i]);
          if (node >= 0 && trie.value(node) >= 0 && !splitsPair(text, i, to)) {
            id = trie.value(node);
            end = i + 1;
          }
        }
        if (id < 0) {
          return false;
        }
        if (pass == 1) {
          out.add(id, start, end);
        }
        start = end;
      }
    }
    return true;
  }

  private static boolean splitsPair(char[] text, int i, int to) {
    return Character.isHighSurrogate(text[i])
        && i + 1 < to
        && Character.isLowSurrogate(text[i + 1]);
  }

  @Override
  public String toString() {
    return "WordPieceModel[" + vocabulary.size() + " tokens, prefix " + prefix + "]";
  }
}
