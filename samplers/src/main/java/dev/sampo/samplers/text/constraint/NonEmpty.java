package dev.sampo.samplers.text.constraint;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rewrites repetitions of what may be empty: {@code (a?){5}} becomes {@code a{0,5}}. Otherwise each of the empty readings would be kept apart, of which
 * there are as many as subsets.
 */
final class NonEmpty {
  /** Sequences of more parts that may all be empty have a rule for what follows each, which would otherwise be written out for each. */
  private static final int WRITTEN_OUT = 32;

  private final Map<String, Expr> rules;
  private final Set<String> nullable = new HashSet<>();
  private final Map<String, Expr> made = new LinkedHashMap<>();
  private final ArrayDeque<String> wanted = new ArrayDeque<>();

  /** What was made of an expression: where one is wanted both with and without its empty text at each of n levels, it would be made 2^n times. */
  private final Map<Expr, Expr> rewritten = new IdentityHashMap<>();

  private final Map<Expr, Expr> filled = new IdentityHashMap<>();
  private int tails;

  NonEmpty(Map<String, Expr> rules) {
    this.rules = rules;
    findNullable();
  }

  /** All rules, and those that were needed for their texts but the empty one. */
  Map<String, Expr> rewritten() {
    rules.forEach((name, expr) -> made.put(name, rewrite(expr)));
    while (!wanted.isEmpty()) {
      String name = wanted.poll();
      made.put(filled(name), withoutEmpty(rules.get(name)));
    }
    return made;
  }

  /** Rules that may be empty, by working back from those that are found to be. */
  private void findNullable() {
    Map<String, List<String>> callers = new HashMap<>();
    rules.forEach((name, expr) -> calls(expr, name, callers));
    ArrayDeque<String> open = new ArrayDeque<>(rules.keySet());
    while (!open.isEmpty()) {
      String name = open.poll();
      if (!nullable.contains(name) && mayBeEmpty(rules.get(name))) {
        nullable.add(name);
        open.addAll(callers.getOrDefault(name, List.of()));
      }
    }
  }

  private static void calls(Expr expr, String caller, Map<String, List<String>> callers) {
    if (expr instanceof Expr.Ref) {
      callers.computeIfAbsent(((Expr.Ref) expr).rule(), k -> new ArrayList<>()).add(caller);
    } else if (expr instanceof Expr.Repeat) {
      calls(((Expr.Repeat) expr).body(), caller, callers);
    } else if (expr instanceof Expr.Seq) {
      ((Expr.Seq) expr).parts().forEach(part -> calls(part, caller, callers));
    } else if (expr instanceof Expr.Alt) {
      ((Expr.Alt) expr).options().forEach(option -> calls(option, caller, callers));
    }
  }

  private boolean mayBeEmpty(Expr expr) {
    if (expr instanceof Expr.Text) {
      return ((Expr.Text) expr).text().isEmpty();
    }
    if (expr instanceof Expr.Seq) {
      return ((Expr.Seq) expr).parts().stream().allMatch(this::mayBeEmpty);
    }
    if (expr instanceof Expr.Alt) {
      return ((Expr.Alt) expr).options().stream().anyMatch(this::mayBeEmpty);
    }
    if (expr instanceof Expr.Repeat) {
      return ((Expr.Repeat) expr).min() == 0 || mayBeEmpty(((Expr.Repeat) expr).body());
    }
    if (expr instanceof Expr.Language) {
      return ((Expr.Language) expr).texts().acceptsEmpty();
    }
    return expr instanceof Expr.Ref && nullable.contains(((Expr.Ref) expr).rule());
  }

  private Expr rewrite(Expr expr) {
    Expr known = rewritten.get(expr);
    if (known == null) {
      known = rewriteAnew(expr);
      rewritten.put(expr, known);
    }
    return known;
  }

  private Expr rewriteAnew(Expr expr) {
    if (expr instanceof Expr.Seq) {
      return new Expr.Seq(rewritten(((Expr.Seq) expr).parts()));
    }
    if (expr instanceof Expr.Alt) {
      return new Expr.Alt(rewritten(((Expr.Alt) expr).options()));
    }
    if (expr instanceof Expr.Repeat) {
      Expr.Repeat repeat = (Expr.Repeat) expr;
      return mayBeEmpty(repeat.body())
          ? repeat(withoutEmpty(repeat.body()), 0, repeat.max())
          : repeat(rewrite(repeat.body()), repeat.min(), repeat.max());
    }
    return expr;
  }

  /** A repetition; one of a repetition that counts from 0 or 1 is that again. */
  private static Expr repeat(Expr body, int min, int max) {
    if (body instanceof Expr.Repeat && max > 0) {
      Expr.Repeat inner = (Expr.Repeat) body;
      long most =
          inner.max() == Expr.UNBOUNDED || max == Expr.UNBOUNDED
              ? Expr.UNBOUNDED
              : (long) inner.max() * max;
      if (inner.min() == 1 && most <= Expr.UNBOUNDED) {
        return new Expr.Repeat(inner.body(), min, (int) most);
      }
    }
    return new Expr.Repeat(body, min, max);
  }

  private List<Expr> rewritten(List<Expr> parts) {
    List<Expr> all = new ArrayList<>();
    parts.forEach(part -> all.add(rewrite(part)));
    return all;
  }

  /** The texts of an expression but the empty one. */
  private Expr withoutEmpty(Expr expr) {
    Expr known = filled.get(expr);
    if (known == null) {
      known = withoutEmptyAnew(expr);
      filled.put(expr, known);
    }
    return known;
  }

  private Expr withoutEmptyAnew(Expr expr) {
    if (!mayBeEmpty(expr)) {
      return rewrite(expr);
    }
    if (expr instanceof Expr.Alt) {
      List<Expr> options = new ArrayList<>();
      for (Expr option : ((Expr.Alt) expr).options()) {
        Expr left = withoutEmpty(option);
        if (!(left instanceof Expr.Alt) || !((Expr.Alt) left).options().isEmpty()) {
          options.add(left);
        }
      }
      return options.size() == 1 ? options.get(0) : new Expr.Alt(options);
    }
    if (expr instanceof Expr.Repeat) {
      Expr.Repeat repeat = (Expr.Repeat) expr;
      return repeat.max() == 0
          ? new Expr.Alt(List.of())
          : repeat(withoutEmpty(repeat.body()), 1, repeat.max());
    }
    if (expr instanceof Expr.Ref) {
      String name = ((Expr.Ref) expr).rule();
      if (!made.containsKey(filled(name)) && !wanted.contains(name)) {
        wanted.add(name);
      }
      return new Expr.Ref(filled(name));
    }
    if (expr instanceof Expr.Language) {
      Expr.Language language = (Expr.Language) expr;
      return new Expr.Language(
          language.texts().minus(CharDfa.of(List.of(""))), language.spelling());
    }
    if (expr instanceof Expr.Seq) {
      return firstFilled(((Expr.Seq) expr).parts());
    }
    return new Expr.Alt(List.of());
  }

  /** A sequence of parts that may all be empty: the first that is not, and then the others as they are. */
  private Expr firstFilled(List<Expr> parts) {
    List<Expr> rest = rewritten(parts);
    List<Expr> options = new ArrayList<>();
    int last = parts.size() - 1;
    String rule = "tail " + tails++;
    for (int i = 0; i <= last; i++) {
      Expr first = withoutEmpty(parts.get(i));
      if (i == last) {
        options.add(first);
      } else if (last < WRITTEN_OUT) {
        options.add(Expr.seq(first, new Expr.Seq(rest.subList(i + 1, rest.size()))));
      } else {
        options.add(Expr.seq(first, new Expr.Ref(rule + " " + (i + 1))));
      }
    }
    for (int i = 1; i <= last && last >= WRITTEN_OUT; i++) {
      Expr next = i == last ? new Expr.Seq(List.of()) : new Expr.Ref(rule + " " + (i + 1));
      made.put(rule + " " + i, Expr.seq(rest.get(i), next));
    }
    return options.size() == 1 ? options.get(0) : new Expr.Alt(options);
  }

  private static String filled(String rule) {
    // No name of a rule has a space.
    return rule + " filled";
  }
}
