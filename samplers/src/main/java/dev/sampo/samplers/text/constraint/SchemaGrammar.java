package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.samplers.text.constraint.Branch.Literal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns a JSON schema into a grammar. Every text of the grammar is accepted by the schema; not the other way round: properties keep their order, there
 * is no white space but one optional space after a colon or a comma, and numbers have at most 15 digits a part unless their bounds ask for more.
 *
 * <p>A rule stands for a set of schemas that have to hold together (or whose opposites have to); {@link SchemaExpander} gives its branches, and each
 * branch is written type by type. There are finitely many such sets, so recursive schemas end as recursive rules.
 */
final class SchemaGrammar {
  private static final int MAX_RULES = 100_000;
  private static final int MAX_LEFT_OUT = 500;

  private final SchemaExpander expander;
  private final SchemaValidator validator = new SchemaValidator();
  private final Map<String, Expr> rules = new LinkedHashMap<>();
  private final Map<Set<Literal>, String> goals = new HashMap<>();
  private final ArrayDeque<Set<Literal>> wanted = new ArrayDeque<>();
  private final SchemaObjects objects = new SchemaObjects(this);
  private final SchemaArrays arrays = new SchemaArrays(this);
  private final Schema root;

  private SchemaGrammar(SchemaDocument document) {
    this.root = document.root();
    this.expander = new SchemaExpander(document);
  }

  static Grammar compile(String text, SchemaMode mode) {
    JsonNode json = SchemaDocument.read(text);
    List<String> leftOut = new ArrayList<>();
    while (true) {
      try {
        return new SchemaGrammar(new SchemaDocument(json)).compile(leftOut);
      } catch (SchemaRefusal e) {
        if (mode == SchemaMode.STRICT || leftOut.size() >= MAX_LEFT_OUT || !leaveOut(e)) {
          throw e;
        }
        leftOut.add(String.valueOf(e.getMessage()));
      }
    }
  }

  /** Takes the keyword away that was refused; says whether there was one. */
  private static boolean leaveOut(SchemaRefusal refusal) {
    if (!refusal.schema().node().isObject()) {
      return false;
    }
    ObjectNode node = (ObjectNode) refusal.schema().node();
    JsonNode before = node.remove(refusal.keyword());
    if (refusal.keyword().equals("oneOf") && before instanceof ArrayNode) {
      node.set(node.has("anyOf") ? "oneOf is left out" : "anyOf", before);
    }
    if (refusal.keyword().equals("if")) {
      node.remove("then");
      node.remove("else");
    }
    return before != null;
  }

  private Grammar compile(List<String> leftOut) {
    JsonTexts.addRules(rules);
    Set<Literal> goal = new LinkedHashSet<>();
    SchemaExpander.add(goal, new Literal(root, true));
    rules.put("root", rule(goal));
    while (!wanted.isEmpty()) {
      Set<Literal> next = wanted.poll();
      rules.put(goals.get(next), written(next));
      if (rules.size() > MAX_RULES) {
        throw new GrammarException("The JSON schema needs more than " + MAX_RULES + " rules.");
      }
    }
    return new Grammar(rules, "root", leftOut).checked("JSON schema at #: no value satisfies it.");
  }

  SchemaExpander expander() {
    return expander;
  }

  /** The rule of a set of schemas. */
  Expr rule(Set<Literal> goal) {
    if (goal.isEmpty()) {
      return JsonTexts.ref("value");
    }
    String name = goals.get(goal);
    if (name == null) {
      name = "goal-" + goals.size();
      goals.put(goal, name);
      wanted.add(goal);
    }
    return JsonTexts.ref(name);
  }

  /** Puts an expression into a rule of its own, so that it is compiled once however often it is used. */
  Expr share(Expr body) {
    if (body instanceof Expr.Ref) {
      return body;
    }
    String name = "part-" + rules.size();
    rules.put(name, body);
    return JsonTexts.ref(name);
  }

  /** Keeps a place for a rule that is still to be written. */
  String reserve() {
    String name = "part-" + rules.size();
    rules.put(name, Expr.text(""));
    return name;
  }

  void put(String name, Expr body) {
    rules.put(name, body);
  }

  // ---- one set of schemas

  private Expr written(Set<Literal> goal) {
    Set<Expr> options = new LinkedHashSet<>();
    Set<String> values = new LinkedHashSet<>();
    for (Branch branch : expander.expand(goal)) {
      if (branch.values != null) {
        constants(goal, branch, values, options);
      } else {
        types(branch, options);
      }
    }
    return options.size() == 1 ? options.iterator().next() : new Expr.Alt(new ArrayList<>(options));
  }

  private void constants(Set<Literal> goal, Branch branch, Set<String> known, Set<Expr> options) {
    for (JsonNode value : validated(goal, branch)) {
      if (known.add(SchemaNumbers.canonical(value))) {
        options.add(JsonTexts.constant(value));
      }
    }
  }

  /** The values of a branch that satisfy all schemas of a goal for certain. */
  private List<JsonNode> validated(Set<Literal> goal, Branch branch) {
    List<JsonNode> kept = new ArrayList<>();
    for (JsonNode value : java.util.Objects.requireNonNull(branch.values).values()) {
      int all = 1;
      for (Literal literal : goal) {
        int one = validator.check(literal.schema, value);
        all = Math.min(all, literal.wanted ? one : -one);
      }
      if (all == 0) {
        throw unsure(goal, value);
      }
      if (all > 0) {
        kept.add(value);
      }
    }
    return kept;
  }

  private static SchemaRefusal unsure(Set<Literal> goal, JsonNode value) {
    Schema schema = goal.iterator().next().schema;
    String key = schema.has("enum") ? "enum" : schema.has("const") ? "const" : "$ref";
    String shown = value.toString();
    return schema.refuse(
        key,
        "it cannot be told whether the value "
            + (shown.length() > 60 ? shown.substring(0, 60) + "..." : shown)
            + " satisfies all that stands here");
  }

  private void types(Branch branch, Set<Expr> options) {
    int types = branch.types;
    if (!branch.typed && (types & branch.hinted) != 0) {
      // Who writes 'properties' means objects.
      types &= branch.hinted;
    }
    branch.checkRefused(types);
    excludedContainers(branch, types);
    if ((types & Branch.NULL) != 0) {
      options.add(JsonTexts.ref("null"));
    }
    if ((types & Branch.BOOLEAN) != 0) {
      options.add(booleans(branch));
    }
    if ((types & Branch.NUMBER) != 0) {
      options.add(SchemaNumberRules.written(branch, types));
    }
    if ((types & Branch.STRING) != 0) {
      options.add(string(branch));
    }
    if ((types & Branch.ARRAY) != 0) {
      options.add(arrays.written(branch));
    }
    if ((types & Branch.OBJECT) != 0) {
      options.add(objects.written(branch));
    }
  }

  private static void excludedContainers(Branch branch, int types) {
    for (JsonNode value : branch.excluded.values()) {
      int type = Branch.typeOf(value);
      if ((type & types) != 0 && (type == Branch.ARRAY || type == Branch.OBJECT)) {
        Schema from = java.util.Objects.requireNonNull(branch.excluder);
        throw from.refuse(
            from.has("enum") ? "enum" : "const",
            "arrays and objects that are excluded as a whole are not supported");
      }
    }
  }

  private static Expr booleans(Branch branch) {
    if (branch.excluded.containsKey("true")) {
      return Expr.text("false");
    }
    return branch.excluded.containsKey("false") ? Expr.text("true") : JsonTexts.ref("boolean");
  }

  // ---- strings

  private Expr string(Branch branch) {
    Expr quote = Expr.text("\"");
    if (branch.texts.isEmpty() && !excludesTexts(branch)) {
      if (branch.minLength == 0 && branch.maxLength == Expr.UNBOUNDED) {
        return JsonTexts.ref("string");
      }
      Expr body = new Expr.Repeat(JsonTexts.ref("char"), branch.minLength, branch.maxLength);
      return Expr.seq(quote, body, quote);
    }
    return Expr.seq(quote, spelled(texts(branch)), quote);
  }

  /** The texts of a language, written as in a JSON string. */
  static Expr spelled(CharDfa texts) {
    return new Expr.Language(texts, JsonTexts::spelled);
  }

  private static boolean excludesTexts(Branch branch) {
    return branch.excluded.values().stream().anyMatch(JsonNode::isTextual);
  }

  /** The strings of a branch as a language. */
  static CharDfa texts(Branch branch) {
    CharDfa texts = CharDfa.all();
    for (Branch.TextRule rule : branch.texts) {
      try {
        texts = restricted(texts, rule);
      } catch (CharDfa.TooLargeException e) {
        throw Patterns.tooLarge(rule.from, rule.keyword);
      }
    }
    List<String> excluded = new ArrayList<>();
    for (JsonNode value : branch.excluded.values()) {
      if (value.isTextual()) {
        excluded.add(value.textValue());
      }
    }
    try {
      texts = excluded.isEmpty() ? texts : texts.minus(CharDfa.of(excluded));
      return withLength(texts, branch.minLength, branch.maxLength);
    } catch (CharDfa.TooLargeException e) {
      if (branch.texts.isEmpty()) {
        throw e;
      }
      Branch.TextRule rule = branch.texts.get(0);
      throw Patterns.tooLarge(rule.from, rule.keyword);
    }
  }

  private static CharDfa restricted(CharDfa texts, Branch.TextRule rule) {
    String text = rule.from.text(rule.keyword);
    if (rule.keyword.equals("format")) {
      CharDfa format = StringFormats.of(text);
      if (format == null) {
        throw rule.from.refuse("format", "format '" + text + "' is not supported");
      }
      return texts.and(format);
    }
    return rule.wanted
        ? texts.and(Patterns.narrow(rule.from, rule.keyword, text))
        : texts.minus(Patterns.wide(rule.from, rule.keyword, text));
  }

  private static CharDfa withLength(CharDfa texts, int min, int max) {
    if (texts.isEmpty()) {
      return texts;
    }
    int from = texts.shortest() >= min ? 0 : min;
    int to = texts.longest() <= max ? Expr.UNBOUNDED : max;
    return from == 0 && to == Expr.UNBOUNDED ? texts : texts.and(CharDfa.length(from, to));
  }

  /** The strings that satisfy schemas, as a language; null where all do. */
  @Nullable CharDfa language(Set<Literal> goal) {
    if (goal.isEmpty()) {
      return null;
    }
    CharDfa all = CharDfa.of(Collections.emptyList());
    for (Branch branch : expander.expand(goal)) {
      if ((branch.types & Branch.STRING) == 0) {
        continue;
      }
      if (branch.values == null) {
        branch.checkRefused(Branch.STRING);
        all = all.or(texts(branch));
      } else {
        List<String> texts = new ArrayList<>();
        for (JsonNode value : validated(goal, branch)) {
          if (value.isTextual()) {
            texts.add(value.textValue());
          }
        }
        all = all.or(CharDfa.of(texts));
      }
    }
    return all;
  }

  // ---- few values

  /** All values that satisfy schemas, by their canonical text, or null where there are more than so many, or they cannot be told. */
  @Nullable Map<String, JsonNode> fewValues(Set<Literal> goal, int most) {
    Map<String, JsonNode> all = new LinkedHashMap<>();
    if (goal.isEmpty()) {
      return null;
    }
    for (Branch branch : expander.expand(goal)) {
      Branch with = branch;
      if (branch.values == null) {
        Map<String, JsonNode> values = few(branch, most);
        if (values == null) {
          return null;
        }
        Branch copy = Branch.of(branch.types);
        copy.values = values;
        with = copy;
      }
      for (JsonNode value : validated(goal, with)) {
        all.put(SchemaNumbers.canonical(value), value);
      }
    }
    return all.size() > most ? null : all;
  }

  private static @Nullable Map<String, JsonNode> few(Branch branch, int most) {
    if ((branch.types & ~(Branch.NULL | Branch.BOOLEAN | Branch.INTEGER)) != 0) {
      return null;
    }
    com.fasterxml.jackson.databind.node.JsonNodeFactory make =
        com.fasterxml.jackson.databind.node.JsonNodeFactory.instance;
    List<JsonNode> values = new ArrayList<>();
    if ((branch.types & Branch.NULL) != 0) {
      values.add(make.nullNode());
    }
    if ((branch.types & Branch.BOOLEAN) != 0) {
      values.add(make.booleanNode(true));
      values.add(make.booleanNode(false));
    }
    if ((branch.types & Branch.INTEGER) != 0) {
      if (branch.low == null
          || branch.high == null
          || !SchemaNumbers.isShort(branch.low.value)
          || !SchemaNumbers.isShort(branch.high.value)) {
        return null;
      }
      java.math.BigInteger low = SchemaNumbers.ceiling(branch.low.value);
      java.math.BigInteger high = SchemaNumbers.floor(branch.high.value);
      if (high.subtract(low).bitLength() > 8) {
        return null;
      }
      for (; low.compareTo(high) <= 0; low = low.add(java.math.BigInteger.ONE)) {
        values.add(make.numberNode(low));
      }
    }
    Map<String, JsonNode> all = new LinkedHashMap<>();
    values.forEach(value -> all.put(SchemaNumbers.canonical(value), value));
    return all.size() > 4 * most ? null : all;
  }
}
