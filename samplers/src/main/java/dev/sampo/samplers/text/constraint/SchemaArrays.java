package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.samplers.text.constraint.Branch.Literal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Arrays of a schema. */
final class SchemaArrays {
  private static final int MAX_STATES = 5_000;
  private static final int MAX_UNIQUE = 10;

  private final SchemaGrammar grammar;

  SchemaArrays(SchemaGrammar grammar) {
    this.grammar = grammar;
  }

  Expr written(Branch branch) {
    int first = 0;
    for (Branch.Items items : branch.items) {
      first = Math.max(first, items.first.size());
    }
    int max = branch.maxItems;
    for (int i = 0; i <= first; i++) {
      // Nothing can stand where no value is right.
      if (goal(branch, i).stream().anyMatch(Literal::isFalse)) {
        max = Math.min(max, i);
      }
    }
    if (branch.minItems > max) {
      return new Expr.Alt(List.of());
    }
    Expr body;
    if (branch.unique != null && max > 1) {
      if (!branch.contains.isEmpty()) {
        throw branch.unique.refuse(
            "uniqueItems", "'uniqueItems' beside 'contains' is not supported");
      }
      body = unique(branch, first, max);
    } else if (!branch.contains.isEmpty()) {
      body = new Counting(branch, first, max).state(0, new int[branch.contains.size()]);
    } else {
      body = plain(branch, first, max);
    }
    return Expr.seq(Expr.text("["), body, Expr.text("]"));
  }

  private static Set<Literal> goal(Branch branch, int index) {
    return SchemaExpander.itemGoal(branch, index);
  }

  private static Expr comma(int index, Expr item) {
    return index == 0 ? item : Expr.seq(JsonTexts.comma(), item);
  }

  private Expr plain(Branch branch, int first, int max) {
    if (first == 0) {
      return JsonTexts.list(grammar.rule(goal(branch, 0)), branch.minItems, max);
    }
    Expr rest = Expr.text("");
    if (max > first) {
      Expr other = Expr.seq(JsonTexts.comma(), grammar.rule(goal(branch, first)));
      rest =
          new Expr.Repeat(
              other,
              Math.max(0, branch.minItems - first),
              max == Expr.UNBOUNDED ? max : max - first);
    }
    Expr body = rest;
    for (int i = Math.min(first, max) - 1; i >= 0; i--) {
      Expr one = Expr.seq(comma(i, grammar.rule(goal(branch, i))), body);
      body = grammar.share(branch.minItems <= i ? Expr.optional(one) : one);
    }
    return body;
  }

  // ---- unique items of few values

  private Expr unique(Branch branch, int first, int max) {
    Schema from = java.util.Objects.requireNonNull(branch.unique);
    Map<String, Integer> numbers = new LinkedHashMap<>();
    List<JsonNode> values = new ArrayList<>();
    List<List<Integer>> allowed = new ArrayList<>();
    int last = Math.min(first, max - 1);
    for (int i = 0; i <= last; i++) {
      Map<String, JsonNode> few = grammar.fewValues(goal(branch, i), MAX_UNIQUE);
      if (few == null) {
        throw from.refuse(
            "uniqueItems",
            "'uniqueItems' of other than a few values (at most "
                + MAX_UNIQUE
                + ") is not supported");
      }
      List<Integer> here = new ArrayList<>();
      for (Map.Entry<String, JsonNode> value : few.entrySet()) {
        here.add(
            numbers.computeIfAbsent(
                value.getKey(),
                k -> {
                  values.add(value.getValue());
                  return values.size() - 1;
                }));
      }
      allowed.add(here);
    }
    if (values.size() > MAX_UNIQUE) {
      throw from.refuse(
          "uniqueItems", "'uniqueItems' of more than " + MAX_UNIQUE + " values is not supported");
    }
    return uniqueState(branch, max, 0, values, allowed, new HashMap<>());
  }

  private Expr uniqueState(
      Branch branch,
      int max,
      int used,
      List<JsonNode> values,
      List<List<Integer>> allowed,
      Map<Integer, Expr> known) {
    Expr before = known.get(used);
    if (before != null) {
      return before;
    }
    int count = Integer.bitCount(used);
    List<Expr> options = new ArrayList<>();
    if (count >= branch.minItems) {
      options.add(Expr.text(""));
    }
    if (count < max) {
      for (int v : allowed.get(Math.min(count, allowed.size() - 1))) {
        if ((used >> v & 1) == 0) {
          Expr rest = uniqueState(branch, max, used | 1 << v, values, allowed, known);
          options.add(Expr.seq(comma(count, JsonTexts.constant(values.get(v))), rest));
        }
      }
    }
    Expr made = grammar.share(new Expr.Alt(options));
    known.put(used, made);
    return made;
  }

  // ---- contains

  /** Arrays in which so many items are of a kind: a state is a position and the counts so far. */
  private final class Counting {
    private final Branch branch;
    private final int first;
    private final int max;

    /** From here on, positions do not differ any more. */
    private final int same;

    private final Map<List<Integer>, Expr> known = new HashMap<>();
    private final boolean[] divisible;

    Counting(Branch branch, int first, int max) {
      this.branch = branch;
      this.first = first;
      this.max = max;
      // At least 1: the first item has no comma before it.
      this.same =
          Math.max(Math.max(1, first), Math.max(branch.minItems, max == Expr.UNBOUNDED ? 0 : max));
      divisible = new boolean[branch.contains.size()];
      for (int k = 0; k < divisible.length; k++) {
        divisible[k] = hasOpposite(branch.contains.get(k));
      }
      long states = same + 1L;
      for (Branch.Contains each : branch.contains) {
        states *= cap(each) + 1L;
      }
      if (states > MAX_STATES || branch.contains.size() > 3) {
        Schema from = branch.contains.get(0).from;
        throw from.refuse("contains", "'contains' with such large bounds is not supported");
      }
    }

    private int cap(Branch.Contains each) {
      return each.max == Expr.UNBOUNDED ? each.min : Math.max(each.min, each.max) + 1;
    }

    /** Whether the items that are not of the kind can be told; with a maximum they have to be. */
    private boolean hasOpposite(Branch.Contains each) {
      try {
        Set<Literal> opposite = new LinkedHashSet<>();
        SchemaExpander.add(opposite, new Literal(each.kind.schema, !each.kind.wanted));
        for (Branch one : grammar.expander().expand(opposite)) {
          one.checkRefused(one.types);
        }
        return true;
      } catch (SchemaRefusal e) {
        if (each.max != Expr.UNBOUNDED) {
          throw each.from.refuse(
              "maxContains",
              "'maxContains' would need the opposite of 'contains' (" + e.getMessage() + ")");
        }
        return false;
      }
    }

    Expr state(int index, int[] counts) {
      int at = Math.min(index, same);
      List<Integer> key = new ArrayList<>();
      key.add(at);
      for (int count : counts) {
        key.add(count);
      }
      Expr before = known.get(key);
      if (before != null) {
        return before;
      }
      String name = grammar.reserve();
      known.put(key, JsonTexts.ref(name));
      List<Expr> options = new ArrayList<>();
      if (index >= branch.minItems && enough(counts)) {
        options.add(Expr.text(""));
      }
      if (index < max) {
        for (int kinds = 0; kinds < 1 << counts.length; kinds++) {
          Expr next = next(at, counts, kinds);
          if (next != null) {
            options.add(next);
          }
        }
      }
      grammar.put(name, new Expr.Alt(options));
      return JsonTexts.ref(name);
    }

    private boolean enough(int[] counts) {
      for (int k = 0; k < counts.length; k++) {
        if (counts[k] < branch.contains.get(k).min) {
          return false;
        }
      }
      return true;
    }

    /** An item of just these kinds, and what follows; null where it would be one too many. */
    private @Nullable Expr next(int index, int[] counts, int kinds) {
      Set<Literal> goal = new LinkedHashSet<>(goal(branch, Math.min(index, first)));
      int[] after = counts.clone();
      for (int k = 0; k < counts.length; k++) {
        Branch.Contains each = branch.contains.get(k);
        boolean is = (kinds >> k & 1) != 0;
        if (is) {
          SchemaExpander.add(goal, each.kind);
          after[k] = Math.min(cap(each), counts[k] + 1);
          if (after[k] > each.max) {
            return null;
          }
        } else if (divisible[k]) {
          SchemaExpander.add(goal, new Literal(each.kind.schema, !each.kind.wanted));
        }
      }
      if (goal.stream().anyMatch(Literal::isFalse)) {
        return null;
      }
      return Expr.seq(comma(index, grammar.rule(goal)), state(index + 1, after));
    }
  }
}
