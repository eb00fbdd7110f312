package dev.sampo.samplers.text.constraint;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A regular language of texts as a deterministic automaton over code points. Surrogates are in no text. State 0 is the start; every other state is
 * reached from it, and from every state a text of the language can be finished.
 */
final class CharDfa {
  private static final int MAX_STATES = 30_000;
  private static final int MAX_WORK = 6_000_000;

  /** The language needs more states than are worth having. */
  static final class TooLargeException extends GrammarException {
    private static final long serialVersionUID = 1;

    TooLargeException() {
      super("The language needs too many states; lower its bounds.");
    }
  }

  /** How two languages are put together. */
  private enum Join {
    AND,
    OR,
    MINUS
  }

  /** For each state: first code point, last code point and target of each edge in turn, ascending. */
  private final int[][] edges;

  private final boolean[] accepts;

  private CharDfa(int[][] edges, boolean[] accepts) {
    this.edges = edges;
    this.accepts = accepts;
  }

  /** Collects states and edges. */
  static final class Builder {
    private final List<List<int[]>> edges = new ArrayList<>();
    private final List<Boolean> accepts = new ArrayList<>();

    int state(boolean accepting) {
      if (edges.size() >= MAX_STATES) {
        throw new TooLargeException();
      }
      edges.add(new ArrayList<>());
      accepts.add(accepting);
      return edges.size() - 1;
    }

    void accept(int state) {
      accepts.set(state, true);
    }

    void edge(int from, int low, int high, int to) {
      if (low <= high) {
        edges.get(from).add(new int[] {low, high, to});
      }
    }

    CharDfa build() {
      int[][] all = new int[edges.size()][];
      boolean[] ends = new boolean[edges.size()];
      for (int s = 0; s < all.length; s++) {
        List<int[]> sorted = edges.get(s);
        sorted.sort((a, b) -> Integer.compare(a[0], b[0]));
        all[s] = joined(sorted);
        ends[s] = accepts.get(s);
      }
      return new CharDfa(all, ends).trimmed();
    }

    private static int[] joined(List<int[]> sorted) {
      int[] flat = new int[3 * sorted.size()];
      int n = 0;
      for (int[] edge : sorted) {
        if (n > 0 && flat[n - 1] == edge[2] && flat[n - 2] + 1 == edge[0]) {
          flat[n - 2] = edge[1];
        } else {
          flat[n++] = edge[0];
          flat[n++] = edge[1];
          flat[n++] = edge[2];
        }
      }
      return Arrays.copyOf(flat, n);
    }
  }

  // ---- making

  /** All texts. */
  static CharDfa all() {
    Builder builder = new Builder();
    builder.state(true);
    builder.edge(0, 0, 0xd7ff, 0);
    builder.edge(0, 0xe000, Character.MAX_CODE_POINT, 0);
    return builder.build();
  }

  /** Texts of so many code points. */
  static CharDfa length(int min, int max) {
    Builder builder = new Builder();
    boolean open = max == Expr.UNBOUNDED;
    int last = open ? min : max;
    if (last >= MAX_STATES) {
      throw new TooLargeException();
    }
    for (int i = 0; i <= last; i++) {
      builder.state(i >= min);
    }
    for (int i = 0; i < last || (open && i == last); i++) {
      int to = Math.min(last, i + 1);
      builder.edge(i, 0, 0xd7ff, to);
      builder.edge(i, 0xe000, Character.MAX_CODE_POINT, to);
    }
    return builder.build();
  }

  /** Just these texts. */
  static CharDfa of(Iterable<String> texts) {
    Builder builder = new Builder();
    builder.state(false);
    Map<Long, Integer> children = new HashMap<>();
    for (String text : texts) {
      int state = 0;
      for (int c : text.codePoints().toArray()) {
        int from = state;
        state =
            children.computeIfAbsent(
                (long) from << 32 | c,
                k -> {
                  int made = builder.state(false);
                  builder.edge(from, c, c, made);
                  return made;
                });
      }
      builder.accept(state);
    }
    return builder.build();
  }

  /**
   * The texts that an expression without references matches as a whole; {@link Expr.Anchor} is understood.
   *
   * @throws TooLargeException if it takes too many states
   */
  static CharDfa of(Expr expr) {
    return new CharNfa(expr).determinise();
  }

  // ---- asking

  boolean isEmpty() {
    return edges.length == 0;
  }

  int size() {
    return edges.length;
  }

  boolean contains(String text) {
    int state = isEmpty() ? -1 : 0;
    for (int i = 0; i < text.length() && state >= 0; ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      state = next(state, c);
    }
    return state >= 0 && accepts[state];
  }

  private int next(int state, int c) {
    int[] out = edges[state];
    for (int e = 0; e < out.length; e += 3) {
      if (c >= out[e] && c <= out[e + 1]) {
        return out[e + 2];
      }
    }
    return -1;
  }

  /** The length of the shortest text; the language is not empty. */
  int shortest() {
    int[] depth = new int[edges.length];
    Arrays.fill(depth, -1);
    depth[0] = 0;
    ArrayDeque<Integer> open = new ArrayDeque<>();
    open.add(0);
    while (!open.isEmpty()) {
      int state = open.poll();
      if (accepts[state]) {
        return depth[state];
      }
      for (int e = 2; e < edges[state].length; e += 3) {
        if (depth[edges[state][e]] < 0) {
          depth[edges[state][e]] = depth[state] + 1;
          open.add(edges[state][e]);
        }
      }
    }
    throw new IllegalStateException("The language is empty.");
  }

  /** The length of the longest text, {@link Expr#UNBOUNDED} where there is none. */
  int longest() {
    int[] in = new int[edges.length];
    for (int[] out : edges) {
      for (int e = 2; e < out.length; e += 3) {
        in[out[e]]++;
      }
    }
    int[] depth = new int[edges.length];
    ArrayDeque<Integer> open = new ArrayDeque<>();
    if (!isEmpty() && in[0] == 0) {
      open.add(0);
    }
    int done = 0;
    int best = 0;
    while (!open.isEmpty()) {
      int state = open.poll();
      done++;
      best = Math.max(best, depth[state]);
      for (int e = 2; e < edges[state].length; e += 3) {
        int to = edges[state][e];
        depth[to] = Math.max(depth[to], depth[state] + 1);
        if (--in[to] == 0) {
          open.add(to);
        }
      }
    }
    return done == edges.length ? best : Expr.UNBOUNDED;
  }

  // ---- putting together

  CharDfa and(CharDfa other) {
    return join(other, Join.AND);
  }

  CharDfa or(CharDfa other) {
    return join(other, Join.OR);
  }

  CharDfa minus(CharDfa other) {
    return join(other, Join.MINUS);
  }

  CharDfa complement() {
    return all().minus(this);
  }

  private CharDfa join(CharDfa other, Join join) {
    Builder builder = new Builder();
    Map<Long, Integer> known = new HashMap<>();
    List<int[]> pairs = new ArrayList<>();
    pair(isEmpty() ? -1 : 0, other.isEmpty() ? -1 : 0, other, join, builder, known, pairs);
    int work = 0;
    for (int s = 0; s < pairs.size(); s++) {
      int p = pairs.get(s)[0];
      int q = pairs.get(s)[1];
      int[] a = p < 0 ? new int[0] : edges[p];
      int[] b = q < 0 ? new int[0] : other.edges[q];
      work += a.length + b.length;
      if (work > MAX_WORK) {
        throw new TooLargeException();
      }
      int[] cuts = cuts(a, b);
      int i = 0;
      int j = 0;
      for (int c = 0; c + 1 < cuts.length; c++) {
        int low = cuts[c];
        while (i < a.length && a[i + 1] < low) {
          i += 3;
        }
        while (j < b.length && b[j + 1] < low) {
          j += 3;
        }
        int x = i < a.length && a[i] <= low ? a[i + 2] : -1;
        int y = j < b.length && b[j] <= low ? b[j + 2] : -1;
        boolean alive =
            join == Join.AND ? x >= 0 && y >= 0 : join == Join.OR ? x >= 0 || y >= 0 : x >= 0;
        if (alive) {
          int to = pair(x, y, other, join, builder, known, pairs);
          builder.edge(s, low, cuts[c + 1] - 1, to);
        }
      }
    }
    return builder.build();
  }

  private int pair(
      int p,
      int q,
      CharDfa other,
      Join join,
      Builder builder,
      Map<Long, Integer> known,
      List<int[]> pairs) {
    return known.computeIfAbsent(
        (long) p << 32 | (q & 0xffffffffL),
        k -> {
          boolean a = p >= 0 && accepts[p];
          boolean b = q >= 0 && other.accepts[q];
          pairs.add(new int[] {p, q});
          return builder.state(join == Join.AND ? a && b : join == Join.OR ? a || b : a && !b);
        });
  }

  /** Where any edge begins or has just ended, ascending. */
  private static int[] cuts(int[] a, int[] b) {
    int[] cuts = new int[(a.length + b.length) / 3 * 2];
    int n = 0;
    for (int[] out : new int[][] {a, b}) {
      for (int e = 0; e < out.length; e += 3) {
        cuts[n++] = out[e];
        cuts[n++] = out[e + 1] + 1;
      }
    }
    return Arrays.stream(cuts).sorted().distinct().toArray();
  }

  /** Without states from which nothing can be finished. */
  private CharDfa trimmed() {
    int n = edges.length;
    List<List<Integer>> back = new ArrayList<>(Collections.nCopies(n, List.of()));
    ArrayDeque<Integer> open = new ArrayDeque<>();
    boolean[] alive = new boolean[n];
    for (int s = 0; s < n; s++) {
      for (int e = 2; e < edges[s].length; e += 3) {
        int to = edges[s][e];
        if (back.get(to).isEmpty()) {
          back.set(to, new ArrayList<>(4));
        }
        back.get(to).add(s);
      }
      if (accepts[s]) {
        alive[s] = true;
        open.add(s);
      }
    }
    while (!open.isEmpty()) {
      for (int s : back.get(open.poll())) {
        if (!alive[s]) {
          alive[s] = true;
          open.add(s);
        }
      }
    }
    if (n == 0 || !alive[0]) {
      return new CharDfa(new int[0][], new boolean[0]);
    }
    int[] number = new int[n];
    int left = 0;
    for (int s = 0; s < n; s++) {
      number[s] = alive[s] ? left++ : -1;
    }
    int[][] kept = new int[left][];
    boolean[] ends = new boolean[left];
    for (int s = 0; s < n; s++) {
      if (alive[s]) {
        int[] out = new int[edges[s].length];
        int m = 0;
        for (int e = 0; e < edges[s].length; e += 3) {
          if (alive[edges[s][e + 2]]) {
            out[m++] = edges[s][e];
            out[m++] = edges[s][e + 1];
            out[m++] = number[edges[s][e + 2]];
          }
        }
        kept[number[s]] = Arrays.copyOf(out, m);
        ends[number[s]] = accepts[s];
      }
    }
    return new CharDfa(kept, ends);
  }

  // ---- going through it

  boolean acceptsEmpty() {
    return !isEmpty() && accepts[0];
  }

  boolean accepts(int state) {
    return accepts[state];
  }

  /** The edges of a state by their target: ranges of code points, first and last in turn. */
  Map<Integer, List<Integer>> edges(int state) {
    Map<Integer, List<Integer>> byTarget = new java.util.TreeMap<>();
    for (int e = 0; e < edges[state].length; e += 3) {
      List<Integer> ranges = byTarget.computeIfAbsent(edges[state][e + 2], k -> new ArrayList<>());
      ranges.add(edges[state][e]);
      ranges.add(edges[state][e + 1]);
    }
    return byTarget;
  }

  /** Fewer states where several go on alike; all of them are found where there are no circles. */
  CharDfa merged() {
    int n = edges.length;
    int[] number = new int[n];
    Arrays.fill(number, -1);
    Map<List<Integer>, Integer> known = new HashMap<>();
    List<int[]> kept = new ArrayList<>();
    List<Boolean> ends = new ArrayList<>();
    for (int state : postorder()) {
      List<Integer> like = new ArrayList<>();
      like.add(accepts[state] ? 1 : 0);
      int[] out = edges[state].clone();
      boolean whole = true;
      for (int e = 0; e < out.length; e += 3) {
        int to = number[out[e + 2]];
        whole &= to >= 0;
        like.add(out[e]);
        like.add(out[e + 1]);
        like.add(to);
      }
      Integer same = whole ? known.get(like) : null;
      if (same == null) {
        same = kept.size();
        kept.add(out);
        ends.add(accepts[state]);
        if (whole) {
          known.put(like, same);
        }
      }
      number[state] = same;
    }
    return renumbered(number, kept, ends);
  }

  /** With the start first, and all targets by their new numbers. */
  private static CharDfa renumbered(int[] number, List<int[]> kept, List<Boolean> ends) {
    int n = kept.size();
    int[][] all = new int[n][];
    boolean[] accepting = new boolean[n];
    int start = n == 0 ? 0 : number[0];
    for (int s = 0; s < n; s++) {
      int[] out = kept.get(s);
      List<int[]> joined = new ArrayList<>();
      for (int e = 0; e < out.length; e += 3) {
        int to = number[out[e + 2]];
        joined.add(new int[] {out[e], out[e + 1], to == start ? 0 : to == 0 ? start : to});
      }
      int at = s == start ? 0 : s == 0 ? start : s;
      all[at] = Builder.joined(joined);
      accepting[at] = ends.get(s);
    }
    return new CharDfa(all, accepting);
  }

  private List<Integer> postorder() {
    List<Integer> order = new ArrayList<>();
    int[] edge = new int[edges.length];
    boolean[] seen = new boolean[edges.length];
    ArrayDeque<Integer> path = new ArrayDeque<>();
    if (!isEmpty()) {
      path.push(0);
      seen[0] = true;
    }
    while (!path.isEmpty()) {
      int state = path.peek();
      if (edge[state] < edges[state].length) {
        int to = edges[state][edge[state] + 2];
        edge[state] += 3;
        if (!seen[to]) {
          seen[to] = true;
          path.push(to);
        }
      } else {
        order.add(path.pop());
      }
    }
    return order;
  }
}
