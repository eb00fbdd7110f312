package dev.sampo.samplers.text.constraint;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** An expression as a nondeterministic automaton, on the way to a {@link CharDfa}. Rabin and Scott 1959. */
final class CharNfa {
  private static final int MAX_NODES = 300_000;
  private static final int MAX_WORK = 6_000_000;
  private static final int CHARS = 0;
  private static final int SPLIT = 1;
  private static final int BEGIN = 2;
  private static final int END = 3;
  private static final int ACCEPT = 4;

  private final List<int[]> next = new ArrayList<>();
  private final List<int[]> ranges = new ArrayList<>();
  private final List<Integer> kinds = new ArrayList<>();
  private final int start;
  private int work;

  CharNfa(Expr expr) {
    int accept = node(ACCEPT);
    start = compile(expr, accept);
  }

  private int node(int kind, int... targets) {
    if (kinds.size() >= MAX_NODES) {
      throw new CharDfa.TooLargeException();
    }
    kinds.add(kind);
    next.add(targets);
    ranges.add(new int[0]);
    return kinds.size() - 1;
  }

  private int chars(List<Integer> set, int to) {
    int node = node(CHARS, to);
    ranges.set(node, Expr.normalise(set).stream().mapToInt(Integer::intValue).toArray());
    return node;
  }

  private int compile(Expr expr, int to) {
    // What makes no node, such as an empty group a million times, is work too.
    work(0);
    if (expr instanceof Expr.Text) {
      int[] points = ((Expr.Text) expr).text().codePoints().toArray();
      int node = to;
      for (int i = points.length - 1; i >= 0; i--) {
        node = chars(List.of(points[i], points[i]), node);
      }
      return node;
    }
    if (expr instanceof Expr.Chars) {
      return chars(((Expr.Chars) expr).ranges(), to);
    }
    if (expr instanceof Expr.Anchor) {
      return node(((Expr.Anchor) expr).begin() ? BEGIN : END, to);
    }
    if (expr instanceof Expr.Seq) {
      List<Expr> parts = ((Expr.Seq) expr).parts();
      int node = to;
      for (int i = parts.size() - 1; i >= 0; i--) {
        node = compile(parts.get(i), node);
      }
      return node;
    }
    if (expr instanceof Expr.Alt) {
      List<Expr> options = ((Expr.Alt) expr).options();
      int[] targets = new int[options.size()];
      for (int i = 0; i < targets.length; i++) {
        targets[i] = compile(options.get(i), to);
      }
      return node(SPLIT, targets);
    }
    if (expr instanceof Expr.Repeat) {
      return repeat((Expr.Repeat) expr, to);
    }
    throw new IllegalStateException("No rules here: " + expr);
  }

  private int repeat(Expr.Repeat repeat, int to) {
    int node = to;
    if (repeat.max() == Expr.UNBOUNDED) {
      int loop = node(SPLIT);
      int body = compile(repeat.body(), loop);
      next.set(loop, new int[] {body, to});
      node = loop;
    } else {
      for (int i = repeat.min(); i < repeat.max(); i++) {
        node = node(SPLIT, compile(repeat.body(), node), to);
      }
    }
    for (int i = 0; i < repeat.min(); i++) {
      node = compile(repeat.body(), node);
    }
    return node;
  }

  // ---- subset construction

  CharDfa determinise() {
    CharDfa.Builder builder = new CharDfa.Builder();
    Map<List<Integer>, Integer> known = new HashMap<>();
    List<List<Integer>> sets = new ArrayList<>();
    state(Collections.singletonList(start), true, builder, known, sets);
    for (int s = 0; s < sets.size(); s++) {
      List<Integer> set = sets.get(s);
      int[] cuts = cuts(set);
      for (int c = 0; c + 1 < cuts.length; c++) {
        List<Integer> moved = new ArrayList<>();
        for (int node : set) {
          if (kinds.get(node) == CHARS && covers(ranges.get(node), cuts[c])) {
            moved.add(next.get(node)[0]);
          }
        }
        work(set.size());
        if (!moved.isEmpty()) {
          edge(s, cuts[c], cuts[c + 1] - 1, state(moved, false, builder, known, sets), builder);
        }
      }
    }
    return builder.build();
  }

  /** An edge without surrogates. */
  private static void edge(int from, int low, int high, int to, CharDfa.Builder builder) {
    builder.edge(from, low, Math.min(high, 0xd7ff), to);
    builder.edge(from, Math.max(low, 0xe000), high, to);
  }

  private void work(int units) {
    work += units + 1;
    if (work > MAX_WORK) {
      throw new CharDfa.TooLargeException();
    }
  }

  private static boolean covers(int[] set, int c) {
    for (int i = 0; i < set.length; i += 2) {
      if (c >= set[i] && c <= set[i + 1]) {
        return true;
      }
    }
    return false;
  }

  private int[] cuts(List<Integer> set) {
    TreeSet<Integer> cuts = new TreeSet<>();
    for (int node : set) {
      int[] r = ranges.get(node);
      work(r.length);
      for (int i = 0; i < r.length; i += 2) {
        cuts.add(r[i]);
        cuts.add(r[i + 1] + 1);
      }
    }
    return cuts.stream().mapToInt(Integer::intValue).toArray();
  }

  private int state(
      List<Integer> from,
      boolean first,
      CharDfa.Builder builder,
      Map<List<Integer>, Integer> known,
      List<List<Integer>> sets) {
    List<Integer> set = close(from, first, false);
    // Whether position 0 is still ahead matters only in the first state, which no edge leads back
    // to unless it has no mark of the beginning.
    Integer before = first ? null : known.get(set);
    if (before != null) {
      return before;
    }
    boolean accepting = false;
    for (int node : close(set, first, true)) {
      accepting |= kinds.get(node) == ACCEPT;
    }
    int state = builder.state(accepting);
    sets.add(set);
    if (!first) {
      known.put(set, state);
    }
    return state;
  }

  /** What is reached without reading: through marks of the beginning and of the end as said. */
  private List<Integer> close(List<Integer> from, boolean begin, boolean end) {
    ArrayDeque<Integer> open = new ArrayDeque<>(from);
    TreeSet<Integer> seen = new TreeSet<>(from);
    while (!open.isEmpty()) {
      int node = open.poll();
      int kind = kinds.get(node);
      work(1);
      boolean through = kind == SPLIT || (kind == BEGIN && begin) || (kind == END && end);
      if (through) {
        work(next.get(node).length);
        for (int to : next.get(node)) {
          if (seen.add(to)) {
            open.add(to);
          }
        }
      }
    }
    seen.removeIf(node -> kinds.get(node) == SPLIT || kinds.get(node) == BEGIN);
    return new ArrayList<>(seen);
  }
}
