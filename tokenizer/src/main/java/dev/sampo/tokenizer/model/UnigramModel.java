package dev.sampo.tokenizer.model;

import dev.sampo.tokenizer.TokenizerException;
import dev.sampo.tokenizer.text.Utf8;
import java.util.Arrays;

/**
 * Unigram language model: the most probable segmentation, by Viterbi. Kudo 2018, arXiv:1804.10959. Scores are added in
 * double from the beginning of the piece; of equals the first found stays. Neighbouring unknowns are one token.
 */
public final class UnigramModel implements Model {
  private static final double UNK_PENALTY = 10.0;

  private final Vocabulary vocabulary;
  private final double[] scores;
  private final int unkId;
  private final boolean byteFallback;
  private final double unkScore;
  private final CharTrie trie = new CharTrie();
  private final int[] fallbackIds = new int[256];

  /**
   * A model over tokens whose ids are their positions.
   *
   * @param vocabulary the tokens; a token that stands twice has the id of its last place
   * @param scores log probability by id
   * @param unkId id of the unknown token, or -1
   * @param byteFallback whether an unknown character becomes tokens of its bytes
   */
  public UnigramModel(Vocabulary vocabulary, double[] scores, int unkId, boolean byteFallback) {
    this.vocabulary = vocabulary;
    this.scores = scores.clone();
    this.unkId = unkId;
    this.byteFallback = byteFallback;
    double min = Double.POSITIVE_INFINITY;
    for (double s : scores) {
      min = Math.min(min, s);
    }
    unkScore = min - UNK_PENALTY;
    for (int e = 0; e < vocabulary.size(); e++) {
      trie.put(
          vocabulary.characters(),
          vocabulary.offset(e),
          vocabulary.offset(e + 1),
          vocabulary.idOfEntry(e));
    }
    for (int b = 0; b < 256; b++) {
      fallbackIds[b] = vocabulary.id(String.format("<0x%02X>", b));
    }
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public Run start() {
    return new UnigramRun();
  }

  private final class UnigramRun implements Run {
    private final PieceCache cache = new PieceCache();
    private double[] best = new double[64];
    private int[] startsAt = new int[64]; // -1: not reached
    private int[] bestId = new int[64];
    private int[] cuts = new int[64];
    private final byte[] utf8 = new byte[4];

    @Override
    public void tokenize(char[] text, int from, int to, boolean byteLevel, TokenSink out) {
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
      if (encode(text, from, to, out)) {
        cache.put(text, from, to, hash, out, first);
      }
    }

    /** Returns whether the tokens are all plain, so that they can be remembered. */
    private boolean encode(char[] text, int from, int to, TokenSink out) {
      int n = to - from;
      if (n + 1 > best.length) {
        int size = Math.max(n + 1, best.length * 2);
        best = new double[size];
        startsAt = new int[size];
        bestId = new int[size];
        cuts = new int[size];
      }
      viterbi(text, from, n);
      // back from the end; a fused unknown is one cut
      int count = 0;
      int end = n;
      while (end > 0) {
        cuts[count++] = end;
        boolean unknown = unkId >= 0 && bestId[end] == unkId;
        end = startsAt[end];
        while (unknown && end > 0 && bestId[end] == unkId) {
          end = startsAt[end];
        }
      }
      boolean plain = true;
      int start = from;
      for (int k = count - 1; k >= 0; k--) {
        int stop = from + cuts[k];
        plain &= emit(text, start, stop, out);
        start = stop;
      }
      return plain;
    }

    private void viterbi(char[] text, int from, int n) {
      Arrays.fill(startsAt, 0, n + 1, -1);
      best[0] = 0;
      for (int i = 0; i < n; ) {
        double here = best[i];
        int width = Character.charCount(Character.codePointAt(text, from + i, from + n));
        boolean single = false;
        int node = 0;
        for (int k = i; k < n; ) {
          node = trie.step(node, text[from + k]);
          if (node < 0) {
            break;
          }
          k++;
          int id = trie.value(node);
          if (id >= 0) {
            double candidate = scores[id] + here;
            if (startsAt[k] < 0 || candidate > best[k]) {
              best[k] = candidate;
              startsAt[k] = i;
              bestId[k] = id;
            }
            single |= k - i == width;
          }
        }
        if (!single) {
          int k = i + width;
          double candidate = unkScore + here;
          if (startsAt[k] < 0 || candidate > best[k]) {
            if (unkId < 0) {
              throw new TokenizerException(
                  "The Unigram model has no token for '"
                      + new String(text, from + i, width)
                      + "' and no unknown token (unk_id)");
            }
            best[k] = candidate;
            startsAt[k] = i;
            bestId[k] = unkId;
          }
        }
        i += width;
      }
    }

    private boolean emit(char[] text, int start, int stop, TokenSink out) {
      int id = vocabulary.id(text, start, stop - start);
      if (id >= 0) {
        out.add(id, start, stop);
        return true;
      }
      if (byteFallback && allBytesKnown(text, start, stop)) {
        for (int i = start; i < stop; ) {
          int c = Character.codePointAt(text, i, stop);
          int n = Utf8.encode(c, utf8, 0);
          for (int k = 0; k < n; k++) {
            out.add(fallbackIds[utf8[k] & 0xFF], start, stop);
          }
          i += Character.charCount(c);
        }
        return true;
      }
      if (unkId < 0) {
        throw new TokenizerException("The Unigram model has no unknown token (unk_id)");
      }
      out.add(unkId, start, stop, new String(text, start, stop - start));
      return false;
    }

    private boolean allBytesKnown(char[] text, int start, int stop) {
      for (int i = start; i < stop; ) {
        int c = Character.codePointAt(text, i, stop);
        int n = Utf8.encode(c, utf8, 0);
        for (int k = 0; k < n; k++) {
          if (fallbackIds[utf8[k] & 0xFF] < 0) {
            return false;
          }
        }
        i += Character.charCount(c);
      }
      return true;
    }
  }
}
