package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.sampo.samplers.text.constraint.Branch.Literal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Objects of a schema: the properties that it names, in its order, and then others. */
final class SchemaObjects {
  private static final int MAX_PATTERNS = 6;

  private final SchemaGrammar grammar;

  SchemaObjects(SchemaGrammar grammar) {
    this.grammar = grammar;
  }

  Expr written(Branch branch) {
    Set<Literal> keys = new LinkedHashSet<>(branch.names);
    List<String> named = new ArrayList<>();
    List<Expr> members = new ArrayList<>();
    for (String name : names(branch)) {
      Set<Literal> goal = SchemaExpander.namedGoal(branch, name);
      boolean never =
          branch.forbidden.contains(name)
              || goal.stream().anyMatch(Literal::isFalse)
              || !isKey(keys, name);
      if (!never) {
        named.add(name);
        Expr key = Expr.text(JsonTexts.quoted(name));
        members.add(grammar.share(JsonTexts.member(key, grammar.rule(goal))));
      } else if (branch.required.contains(name)) {
        return new Expr.Alt(List.of());
      }
    }
    Expr others = others(branch, keys);
    return Expr.seq(
        Expr.text("{"), new Members(branch, named, members, others).from(0, 0), Expr.text("}"));
  }

  /** All names that a branch speaks of, declared ones first. */
  private static Set<String> names(Branch branch) {
    Set<String> names = new LinkedHashSet<>();
    branch.members.forEach(each -> names.addAll(each.named.keySet()));
    names.addAll(branch.required);
    return names;
  }

  private static boolean isKey(Set<Literal> keys, String name) {
    for (Literal literal : keys) {
      int answer = new SchemaValidator().check(literal.schema, TextNode.valueOf(name));
      answer = literal.wanted ? answer : -answer;
      if (answer == 0) {
        throw literal.schema.refuse(
            "propertyNames", "it cannot be told whether '" + name + "' is allowed as a name");
      }
      if (answer < 0) {
        return false;
      }
    }
    return true;
  }

  // ---- other properties

  /** A member under a name that the branch does not speak of; null where there is none. */
  private @Nullable Expr others(Branch branch, Set<Literal> keys) {
    Map<String, Schema> patterns = new LinkedHashMap<>();
    boolean asked = false;
    boolean speaks = !branch.required.isEmpty();
    for (Branch.Members members : branch.members) {
      members.patterns.keySet().forEach(pattern -> patterns.putIfAbsent(pattern, members.from));
      asked |= members.others != null && !members.others.isFalse();
      speaks |= members.named.values().stream().anyMatch(each -> true);
    }
    Schema from = patterns.isEmpty() ? null : patterns.values().iterator().next();
    if (from != null && patterns.size() > MAX_PATTERNS) {
      throw from.refuse(
          "patternProperties",
          "more than " + MAX_PATTERNS + " 'patternProperties' are not supported");
    }
    List<String> order = new ArrayList<>(patterns.keySet());
    CharDfa allowed = grammar.language(keys);
    Set<String> taken = new LinkedHashSet<>(names(branch));
    taken.addAll(branch.forbidden);
    List<Expr> options = new ArrayList<>();
    for (int chosen = 0; chosen < 1 << order.size(); chosen++) {
      if (chosen == 0 && !asked && speaks) {
        // As written: other properties appear only where the schema asks for them.
        continue;
      }
      Set<Literal> goal = goal(branch, order, chosen);
      if (goal.stream().anyMatch(Literal::isFalse)) {
        continue;
      }
      try {
        Expr key = key(patterns, order, chosen, allowed, taken);
        if (key != null) {
          options.add(JsonTexts.member(key, grammar.rule(goal)));
        }
      } catch (CharDfa.TooLargeException e) {
        Schema at =
            from == null
                ? (keys.isEmpty() ? branch.members.get(0).from : keys.iterator().next().schema)
                : from;
        throw Patterns.tooLarge(at, from == null ? "additionalProperties" : "patternProperties");
      }
    }
    return options.isEmpty() ? null : grammar.share(new Expr.Alt(options));
  }

  /** What has to hold for a member whose name matches just the chosen patterns. */
  private static Set<Literal> goal(Branch branch, List<String> order, int chosen) {
    Set<Literal> goal = new LinkedHashSet<>();
    for (Branch.Members members : branch.members) {
      boolean found = false;
      for (int p = 0; p < order.size(); p++) {
        Literal literal = members.patterns.get(order.get(p));
        if (literal != null && (chosen >> p & 1) != 0) {
          SchemaExpander.add(goal, literal);
          found = true;
        }
      }
      if (!found && members.others != null) {
        SchemaExpander.add(goal, members.others);
      }
    }
    return goal;
  }

  private @Nullable Expr key(
      Map<String, Schema> patterns,
      List<String> order,
      int chosen,
      @Nullable CharDfa allowed,
      Set<String> taken) {
    if (order.isEmpty() && allowed == null && taken.isEmpty()) {
      return JsonTexts.ref("string");
    }
    CharDfa names = allowed == null ? CharDfa.all() : allowed;
    for (int p = 0; p < order.size(); p++) {
      String pattern = order.get(p);
      Schema from = java.util.Objects.requireNonNull(patterns.get(pattern));
      names =
          (chosen >> p & 1) != 0
              ? names.and(Patterns.narrow(from, "patternProperties", pattern))
              : names.minus(Patterns.wide(from, "patternProperties", pattern));
    }
    names = names.minus(CharDfa.of(taken));
    if (names.isEmpty()) {
      return null;
    }
    return grammar.share(Expr.seq(Expr.text("\""), SchemaGrammar.spelled(names), Expr.text("\"")));
  }

  // ---- one after the other

  /** The members from one on, with so many written before; the count matters up to what the bounds ask for. */
  private final class Members {
    private final Branch branch;
    private final List<String> named;
    private final List<Expr> members;
    private final @Nullable Expr others;
    private final int cap;
    private final Map<List<Integer>, Expr> known = new HashMap<>();

    Members(Branch branch, List<String> named, List<Expr> members, @Nullable Expr others) {
      this.branch = branch;
      this.named = named;
      this.members = members;
      this.others = others;
      int bound =
          branch.maxProperties == Expr.UNBOUNDED ? branch.minProperties : branch.maxProperties;
      this.cap = Math.max(1, Math.min(bound, named.size() + 1));
    }

    /** Written from the last member on, so that no call is deep. */
    Expr from(int index, int count) {
      for (int i = named.size(); i > 0; i--) {
        for (int c = 0; c <= Math.min(cap, i); c++) {
          make(i, c);
        }
      }
      return make(index, count);
    }

    private Expr make(int index, int count) {
      List<Integer> key = List.of(index, count);
      Expr before = known.get(key);
      if (before != null) {
        return before;
      }
      Expr made = index == named.size() ? tail(count) : grammar.share(step(index, count));
      known.put(key, made);
      return made;
    }

    private Expr step(int index, int count) {
      List<Expr> options = new ArrayList<>();
      if (count < branch.maxProperties) {
        Expr member = members.get(index);
        options.add(
            Expr.seq(
                count == 0 ? member : Expr.seq(JsonTexts.comma(), member),
                make(index + 1, Math.min(cap, count + 1))));
      }
      if (!branch.required.contains(named.get(index))) {
        options.add(make(index + 1, count));
      }
      return new Expr.Alt(options);
    }

    /** Other members, at least as many as are still missing. */
    private Expr tail(int count) {
      int missing = Math.max(0, branch.minProperties - count);
      int room =
          branch.maxProperties == Expr.UNBOUNDED
              ? Expr.UNBOUNDED
              : Math.max(0, branch.maxProperties - count);
      if (others == null || room == 0) {
        return missing == 0 ? Expr.text("") : new Expr.Alt(List.of());
      }
      if (missing > 1) {
        throw java.util.Objects.requireNonNull(branch.minPropertiesFrom)
            .refuse(
                "minProperties",
                "'minProperties' that asks for more than one property without a name is not supported,"
                    + " as names must not repeat");
      }
      if (count == 0) {
        return JsonTexts.list(others, missing, room);
      }
      return new Expr.Repeat(Expr.seq(JsonTexts.comma(), others), missing, room);
    }
  }
}
