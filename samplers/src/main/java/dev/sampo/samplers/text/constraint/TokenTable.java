package dev.sampo.samplers.text.constraint;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The tokens of a vocabulary as bytes, in a trie: what starts alike is walked through once. Immutable, shared by threads. */
public final class TokenTable {
  private final byte[][] tokens;
  private final Map<String, Integer> special;

  /** Node n has the children {@code first[n] .. first[n + 1] - 1}. Node 0 is the root. */
  private final int[] first;

  private final byte[] label;

  /** Tokens that end at node n: {@code tokenIds[tokenStart[n] .. tokenStart[n + 1] - 1]}. */
  private final int[] tokenStart;

  private final int[] tokenIds;

  /**
   * @param tokens the bytes (UTF-8) that each id adds to a text; empty for special tokens and ids that are none
   */
  public TokenTable(byte[][] tokens) {
    this(tokens, Map.of());
  }

  /**
   * A vocabulary with special tokens that grammars may ask for by name.
   *
   * @param tokens the bytes (UTF-8) that each id adds to a text; empty for special tokens and ids that are none
   * @param special the ids of special tokens by their text, such as {@code <think>}
   */
  public TokenTable(byte[][] tokens, Map<String, Integer> special) {
    this.tokens = tokens.clone();
    this.special = new HashMap<>(special);
    Integer[] order = new Integer[tokens.length];
    int used = 0;
    long bytes = 1;
    for (int id = 0; id < tokens.length; id++) {
      if (tokens[id].length > 0) {
        order[used++] = id;
        bytes += tokens[id].length;
      }
    }
    Arrays.sort(order, 0, used, (a, b) -> Arrays.compareUnsigned(tokens[a], tokens[b]));
    Builder builder = new Builder((int) Math.min(Integer.MAX_VALUE - 8, bytes), used);
    builder.build(tokens, order, used);
    first = Arrays.copyOf(builder.first, builder.nodes + 1);
    label = Arrays.copyOf(builder.label, builder.nodes);
    tokenStart = Arrays.copyOf(builder.tokenStart, builder.nodes + 1);
    tokenIds = builder.tokenIds;
  }

  /** Lays the nodes out level by level, so that children lie side by side. */
  private static final class Builder {
    final int[] first;
    final byte[] label;
    final int[] tokenStart;
    final int[] tokenIds;
    int nodes = 1;
    private int placed;

    Builder(int capacity, int used) {
      first = new int[capacity + 1];
      label = new byte[capacity];
      tokenStart = new int[capacity + 1];
      tokenIds = new int[used];
    }

    void build(byte[][] tokens, Integer[] order, int used) {
      int[] from = new int[first.length];
      int[] to = new int[first.length];
      int[] depth = new int[first.length];
      to[0] = used;
      for (int n = 0; n < nodes; n++) {
        int at = from[n];
        tokenStart[n] = placed;
        while (at < to[n] && tokens[order[at]].length == depth[n]) {
          tokenIds[placed++] = order[at++];
        }
        first[n] = nodes;
        while (at < to[n]) {
          byte b = tokens[order[at]][depth[n]];
          int end = at;
          while (end < to[n] && tokens[order[end]][depth[n]] == b) {
            end++;
          }
          label[nodes] = b;
          from[nodes] = at;
          to[nodes] = end;
          depth[nodes] = depth[n] + 1;
          nodes++;
          at = end;
        }
      }
      first[nodes] = nodes;
      tokenStart[nodes] = placed;
    }
  }

  /** Number of ids. */
  public int size() {
    return tokens.length;
  }

  /** The id of a token by its text, special ones first; -1 where there is none. */
  int named(String text) {
    Integer id = special.get(text);
    if (id != null) {
      return id;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < tokens.length; i++) {
      if (Arrays.equals(tokens[i], bytes)) {
        return i;
      }
    }
    return -1;
  }

  /** For each byte whether some token has it. */
  boolean[] writableBytes() {
    boolean[] writable = new boolean[256];
    for (byte[] token : tokens) {
      for (byte b : token) {
        writable[b & 0xff] = true;
      }
    }
    return writable;
  }

  /** The bytes of an id; not to be changed. */
  byte[] bytes(int id) {
    return tokens[id];
  }

  int firstChild(int node) {
    return first[node];
  }

  int endOfChildren(int node) {
    return first[node + 1];
  }

  int label(int node) {
    return label[node] & 0xff;
  }

  int firstToken(int node) {
    return tokenStart[node];
  }

  int endOfTokens(int node) {
    return tokenStart[node + 1];
  }

  int token(int index) {
    return tokenIds[index];
  }
}
