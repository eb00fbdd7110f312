package dev.sampo.tokenizer.model;

import dev.sampo.tokenizer.text.ByteAlphabet;
import dev.sampo.tokenizer.text.CodePointSet;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Byte-pair encoding. Sennrich et al. 2016, arXiv:1508.07909; dropout: Provilkov et al. 2020, arXiv:1910.13267. Of all
 * pairs that have a merge rule the one of lowest rank, and of those the leftmost, is merged until none is left.
 */
public final class BpeModel implements Model {
  final Vocabulary vocabulary;
  final Merges merges;
  final BpeConfig config;

  /** Id of each byte's character in the byte-level alphabet; null unless all 256 are there in every form needed. */
  final int @Nullable [] byteIds;

  final int[] firstByteIds;
  final int[] lastByteIds;
  final int[] onlyByteIds;

  /** Ids of {@code <0x00>} to {@code <0xFF>}, or -1. */
  final int[] fallbackIds = new int[256];

  final int unkId;

  /**
   * Characters before which a piece can be cut without a change in the result: no token has one of them after another
   * character. Empty if it is not known to be safe.
   */
  final CodePointSet cutBefore;

  BpeModel(Vocabulary vocabulary, Merges merges, BpeConfig config) {
    this.vocabulary = vocabulary;
    this.merges = merges;
    this.config = config;
    String prefix = config.continuingSubwordPrefix();
    String suffix = config.endOfWordSuffix();
    onlyByteIds = bytes("", suffix);
    firstByteIds = bytes("", "");
    lastByteIds = bytes(prefix, suffix);
    int[] middle = bytes(prefix, "");
    boolean all = true;
    for (int b = 0; b < 256; b++) {
      all &= middle[b] >= 0 && firstByteIds[b] >= 0 && lastByteIds[b] >= 0 && onlyByteIds[b] >= 0;
      fallbackIds[b] = vocabulary.id(String.format("<0x%02X>", b));
    }
    byteIds = all ? middle : null;
    unkId = config.unkToken() == null ? -1 : vocabulary.id(config.unkToken());
    cutBefore = findCuts();
  }

  private int[] bytes(String prefix, String suffix) {
    int[] out = new int[256];
    for (int b = 0; b < 256; b++) {
      out[b] = vocabulary.id(prefix + ByteAlphabet.charOf((byte) b) + suffix);
    }
    return out;
  }

  /**
   * Only U+2581, the space of SentencePiece, is worth it: if no token has it after another character, no merge reaches
   * over the place before it, and the text can be taken word by word.
   */
  private CodePointSet findCuts() {
    char space = '\u2581';
    if (config.dropout() > 0
        || config.ignoreMerges()
        || !config.continuingSubwordPrefix().isEmpty()
        || !config.endOfWordSuffix().isEmpty()
        || vocabulary.id(String.valueOf(space)) < 0) {
      return CodePointSet.EMPTY;
    }
    char[] chars = vocabulary.characters();
    for (int e = 0; e < vocabulary.size(); e++) {
      for (int i = vocabulary.offset(e) + 1; i < vocabulary.offset(e + 1); i++) {
        if (chars[i] == space && chars[i - 1] != space) {
          return CodePointSet.EMPTY;
        }
      }
    }
    return CodePointSet.of(space);
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public boolean takesBytes() {
    return byteIds != null;
  }

  @Override
  public Run start() {
    return new BpeRun(this);
  }

  @Override
  public String toString() {
    return "BpeModel["
        + vocabulary.size()
        + " tokens, "
        + config
        + ", "
        + Arrays.toString(cutBefore.ranges())
        + "]";
  }
}
