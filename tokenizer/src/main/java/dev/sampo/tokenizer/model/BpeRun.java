package dev.sampo.tokenizer.model;

import dev.sampo.tokenizer.TokenizerException;
import dev.sampo.tokenizer.text.ByteAlphabet;
import dev.sampo.tokenizer.text.Utf8;
import java.util.Arrays;
import java.util.Random;

/** Buffers and cache of a {@link BpeModel}: symbols as parallel arrays, a binary heap of packed longs for long pieces. */
final class BpeRun implements Model.Run {
  /** Up to here a scan over all pairs is faster than a heap. */
  private static final int SCAN_LIMIT = 40;

  private static final int NONE = Integer.MAX_VALUE;

  private final BpeModel model;
  private final PieceCache cache = new PieceCache();
  private final boolean cached;
  private final Random random = new Random();

  private int[] ids = new int[64];
  private int[] bytes = new int[64]; // length of each symbol in bytes of the normalized text
  private int[] ranks = new int[64]; // of the pair that begins here, NONE if there is no rule
  private int[] made = new int[64]; // id that the pair becomes
  private int[] next = new int[64];
  private int[] previous = new int[64];
  private long[] heap = new long[64];
  private int heapSize;
  private int count;
  private final byte[] utf8 = new byte[4];
  private char[] word = new char[64];

  BpeRun(BpeModel model) {
    this.model = model;
    cached = model.config.dropout() == 0;
  }

  @Override
  public void tokenize(char[] text, int from, int to, boolean byteLevel, TokenSink out) {
    if (byteLevel || model.cutBefore.size() == 0) {
      piece(text, from, to, byteLevel, out);
      return;
    }
    int start = from;
    for (int i = from + 1; i < to; i++) {
      if (text[i] == '\u2581' && text[i - 1] != '\u2581') {
        piece(text, start, i, false, out);
        start = i;
      }
    }
    piece(text, start, to, false, out);
  }

  private void piece(char[] text, int from, int to, boolean byteLevel, TokenSink out) {
    int length = to - from;
    if (!cached || length > PieceCache.MAX_PIECE) {
      encode(text, from, to, byteLevel, out);
      return;
    }
    int hash = PieceCache.hash(text, from, to);
    if (cache.find(text, from, to, hash)) {
      cache.emit(from, out);
      return;
    }
    int first = out.size();
    if (encode(text, from, to, byteLevel, out)) {
      cache.put(text, from, to, hash, out, first);
    }
  }

  /** Returns whether the tokens lie within the piece, so that they can be remembered. */
  private boolean encode(char[] text, int from, int to, boolean byteLevel, TokenSink out) {
    if (model.config.ignoreMerges()) {
      int whole =
          byteLevel ? wholeOfBytes(text, from, to) : model.vocabulary.id(text, from, to - from);
      if (whole >= 0) {
        out.add(whole, from, to);
        return true;
      }
    }
    reserve(4 * (to - from) + 8);
    count = 0;
    if (byteLevel) {
      addBytes(text, from, to);
    } else {
      addChars(text, from, to);
    }
    if (model.config.dropout() > 0) {
      mergeWithDropout();
    } else if (count <= SCAN_LIMIT) {
      mergeByScan();
    } else {
      mergeByHeap();
    }
    return emit(text, from, to, byteLevel, out);
  }

  private void reserve(int n) {
    if (n > ids.length) {
      int size = Math.max(n, ids.length * 2);
      ids = new int[size];
      bytes = new int[size];
      ranks = new int[size];
      made = new int[size];
      next = new int[size];
      previous = new int[size];
    }
  }

  private void add(int id, int byteLength) {
    if (count == ids.length) {
      int size = ids.length * 2;
      ids = Arrays.copyOf(ids, size);
      bytes = Arrays.copyOf(bytes, size);
      ranks = new int[size];
      made = new int[size];
      next = new int[size];
      previous = new int[size];
    }
    ids[count] = id;
    bytes[count++] = byteLength;
  }

  private void addBytes(char[] text, int from, int to) {
    int[] table = java.util.Objects.requireNonNull(model.byteIds);
    int lastByte = 0;
    for (int i = from; i < to; ) {
      char c = text[i];
      if (c < 0x80) {
        ids[count] = table[c];
        bytes[count++] = 1;
        lastByte = c;
        i++;
        continue;
      }
      int cp = Character.codePointAt(text, i, to);
      int n = Utf8.encode(cp, utf8, 0);
      for (int k = 0; k < n; k++) {
        lastByte = utf8[k] & 0xFF;
        ids[count] = table[lastByte];
        bytes[count++] = 1;
      }
      i += Character.charCount(cp);
    }
    if (count == 1) {
      ids[0] = model.onlyByteIds[lastByte];
    } else if (count > 1) {
      ids[0] =
          model
              .firstByteIds[
              Utf8.encode(Character.codePointAt(text, from, to), utf8, 0) == 0
                  ? 0
                  : utf8[0] & 0xFF];
      ids[count - 1] = model.lastByteIds[lastByte];
    }
  }

  private int wholeOfBytes(char[] text, int from, int to) {
    int n = 0;
    for (int i = from; i < to; ) {
      int cp = Character.codePointAt(text, i, to);
      int k = Utf8.encode(cp, utf8, 0);
      if (n + k > word.length) {
        word = Arrays.copyOf(word, word.length * 2);
      }
      for (int j = 0; j < k; j++) {
        word[n++] = ByteAlphabet.charOf(utf8[j]);
      }
      i += Character.charCount(cp);
    }
    return model.vocabulary.id(word, 0, n);
  }

  /** The symbols of a piece of characters: known ones, bytes of unknown ones, unknown tokens. */
  private void addChars(char[] text, int from, int to) {
    BpeConfig config = model.config;
    boolean plain =
        config.continuingSubwordPrefix().isEmpty() && config.endOfWordSuffix().isEmpty();
    int unkLength = 0; // bytes of an unknown that waits to be added; 0 if none waits
    for (int i = from; i < to; ) {
      int c = Character.codePointAt(text, i, to);
      int width = Character.charCount(c);
      int byteLength = Utf8.length(c);
      int id;
      int affixed = 0;
      if (plain) {
        id = model.vocabulary.id(text, i, width);
      } else {
        affixed = affix(text, i, width, i == from, i + width == to);
        id = model.vocabulary.id(word, 0, affixed);
      }
      if (id >= 0) {
        if (unkLength > 0) {
          add(model.unkId, unkLength);
          unkLength = 0;
        }
        add(id, byteLength);
      } else if (!(config.byteFallback()
          && (plain ? addFallback(text, i, width) : addFallback(word, 0, affixed)))) {
        if (config.unkToken() != null) {
          if (model.unkId < 0) {
            throw new TokenizerException(
                "The model's unk_token '" + config.unkToken() + "' is not in its vocabulary");
          }
          if (unkLength > 0 && !config.fuseUnk()) {
            add(model.unkId, unkLength);
            unkLength = 0;
          }
          unkLength += byteLength;
        }
      }
      i += width;
    }
    if (unkLength > 0) {
      add(model.unkId, unkLength);
    }
  }

  private int affix(char[] text, int i, int width, boolean first, boolean last) {
    String prefix = first ? "" : model.config.continuingSubwordPrefix();
    String suffix = last ? model.config.endOfWordSuffix() : "";
    int n = prefix.length() + width + suffix.length();
    if (n > word.length) {
      word = new char[n * 2];
    }
    prefix.getChars(0, prefix.length(), word, 0);
    System.arraycopy(text, i, word, prefix.length(), width);
    suffix.getChars(0, suffix.length(), word, prefix.length() + width);
    return n;
  }

  private boolean addFallback(char[] chars, int from, int length) {
    int before = count;
    for (int i = from; i < from + length; ) {
      int c = Character.codePointAt(chars, i, from + length);
      int n = Utf8.encode(c, utf8, 0);
      for (int k = 0; k < n; k++) {
        int id = model.fallbackIds[utf8[k] & 0xFF];
        if (id < 0) {
          count = before;
          return false;
        }
        add(id, 1);
      }
      i += Character.charCount(c);
    }
    return true;
  }

  private void rank(int i, int j) {
    long rule = model.merges.get(ids[i], ids[j]);
    ranks[i] = rule < 0 ? NONE : (int) (rule >>> 32);
    made[i] = (int) rule;
  }

  private void mergeByScan() {
    int n = count;
    if (n < 2) {
      return;
    }
    for (int i = 0; i < n - 1; i++) {
      rank(i, i + 1);
    }
    while (n > 1) {
      int best = NONE;
      int at = -1;
      for (int i = 0; i < n - 1; i++) {
        if (ranks[i] < best) {
          best = ranks[i];
          at = i;
        }
      }
      if (at < 0) {
        break;
      }
      ids[at] = made[at];
      bytes[at] += bytes[at + 1];
      int move = n - at - 2;
      if (move > 0) {
        System.arraycopy(ids, at + 2, ids, at + 1, move);
        System.arraycopy(bytes, at + 2, bytes, at + 1, move);
        System.arraycopy(ranks, at + 2, ranks, at + 1, move);
        System.arraycopy(made, at + 2, made, at + 1, move);
      }
      n--;
      if (at < n - 1) {
        rank(at, at + 1);
      }
      if (at > 0) {
        rank(at - 1, at);
      }
    }
    count = n;
  }

  private void link() {
    for (int i = 0; i < count; i++) {
      previous[i] = i - 1;
      next[i] = i + 1 < count ? i + 1 : -1;
    }
    heapSize = 0;
    for (int i = 0; i + 1 < count; i++) {
      offer(i, i + 1);
    }
  }

  /** Puts the pair on the heap, if there is a rule for it: rank above position, so that the leftmost of equals is first. */
  private void offer(int left, int right) {
    long rule = model.merges.get(ids[left], ids[right]);
    if (rule < 0) {
      return;
    }
    made[left] = (int) rule;
    push((rule >>> 32) << 32 | left);
  }

  private void push(long value) {
    if (heapSize == heap.length) {
      heap = Arrays.copyOf(heap, heap.length * 2);
    }
    int i = heapSize++;
    while (i > 0) {
      int parent = (i - 1) >>> 1;
      if (heap[parent] <= value) {
        break;
      }
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = value;
  }

  private long pop() {
    long top = heap[0];
    long value = heap[--heapSize];
    int i = 0;
    while (true) {
      int child = 2 * i + 1;
      if (child >= heapSize) {
        break;
      }
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= value) {
        break;
      }
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = value;
    return top;
  }

  private void mergeByHeap() {
    link();
    while (heapSize > 0) {
      mergeIfCurrent(pop());
    }
    compact();
  }

  private void mergeWithDropout() {
    link();
    long[] skipped = new long[8];
    int skippedCount = 0;
    while (heapSize > 0) {
      long top = pop();
      if (random.nextFloat() < model.config.dropout()) {
        if (skippedCount == skipped.length) {
          skipped = Arrays.copyOf(skipped, skippedCount * 2);
        }
        skipped[skippedCount++] = top;
        continue;
      }
      while (skippedCount > 0) {
        push(skipped[--skippedCount]);
      }
      mergeIfCurrent(top);
    }
    compact();
  }

  private void mergeIfCurrent(long entry) {
    int left = (int) entry;
    int right = bytes[left] == 0 ? -1 : next[left];
    if (right < 0) {
      return;
    }
    long rule = model.merges.get(ids[left], ids[right]);
    if (rule < 0 || rule >>> 32 != entry >>> 32) {
      return; // the pair that was meant is gone
    }
    ids[left] = (int) rule;
    bytes[left] += bytes[right];
    bytes[right] = 0;
    next[left] = next[right];
    if (next[left] >= 0) {
      previous[next[left]] = left;
      offer(left, next[left]);
    }
    if (previous[left] >= 0) {
      offer(previous[left], left);
    }
  }

  private void compact() {
    int n = 0;
    for (int i = 0; i < count; i++) {
      if (bytes[i] != 0) {
        ids[n] = ids[i];
        bytes[n++] = bytes[i];
      }
    }
    count = n;
  }

  /**
   * Adds the symbols as tokens. Their lengths are in bytes, the text is in UTF-16: a token that begins or ends within a
   * character takes all of it. Dropped characters shift what follows them, as in the reference.
   */
  private boolean emit(char[] text, int from, int to, boolean byteLevel, TokenSink out) {
    int unit = from; // first unit of the character that holds byte `at`
    int unitByte = 0; // first byte of that character
    int at = 0;
    boolean inside = true;
    for (int i = 0; i < count; i++) {
      int end = at + bytes[i];
      while (unit < to && unitByte + width(text, unit, to) <= at) {
        unitByte += width(text, unit, to);
        unit += units(text, unit, to);
      }
      int start = unit;
      int u = unit;
      int b = unitByte;
      while (u < to && b < end) {
        b += width(text, u, to);
        u += units(text, u, to);
      }
      inside &= b >= end;
      out.add(ids[i], start, u);
      at = end;
    }
    return inside;
  }

  private static int width(char[] text, int i, int to) {
    char c = text[i];
    return c < 0x80 ? 1 : Utf8.length(Character.codePointAt(text, i, to));
  }

  private static int units(char[] text, int i, int to) {
    return Character.isHighSurrogate(text[i]) && i + 1 < to && Character.isLowSurrogate(text[i + 1])
        ? 2
        : 1;
  }
}
