package dev.sampo.samplers.text.constraint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What may be generated: a regular expression, a GBNF grammar or a JSON schema. Immutable. {@link TokenConstraint} turns it into a processor for
 * a vocabulary.
 *
 * <pre>{@code
 * Grammar.regex("[0-9]{4}-[0-9]{2}-[0-9]{2}");
 * Grammar.gbnf("root ::= \"yes\" | \"no\"");
 * Grammar.jsonSchema("{\"type\":\"object\",\"properties\":{\"age\":{\"type\":\"integer\"}},\"required\":[\"age\"]}");
 * }</pre>
 */
public final class Grammar {
  private final Map<String, Expr> rules;
  private final String root;
  private final List<String> leftOut;
  private volatile @Nullable GrammarAutomaton automaton;

  Grammar(Map<String, Expr> rules, String root) {
    this(rules, root, List.of());
  }

  Grammar(Map<String, Expr> rules, String root, List<String> leftOut) {
    this.leftOut = new ArrayList<>(leftOut);
    this.rules = new LinkedHashMap<>(rules);
    this.root = root;
  }

  /**
   * A regular expression that the whole text matches. Literals, classes, {@code . \d \w \s \D \W \S \n \t \r \f \xHH}, {@code \}{@code uHHHH},
   * {@code \p{L}} and other general categories, groups, {@code | * + ? {m} {m,} {m,n}} (lazy marks change nothing), and {@code ^ $}.
   *
   * @throws GrammarException with the position, for look-around, back references and anything else that is not regular, and for what is too large
   */
  public static Grammar regex(String pattern) {
    Map<String, Expr> rules = new LinkedHashMap<>();
    Expr body = withoutEnds(RegexParser.parse(pattern, RegexParser.Reading.PLAIN));
    if (hasAnchor(body)) {
      body = new Expr.Language(CharDfa.of(body), chars -> chars);
    }
    rules.put("root", body);
    return new Grammar(rules, "root");
  }

  /** Without marks of the beginning and the end where they say nothing. */
  private static Expr withoutEnds(Expr body) {
    if (!(body instanceof Expr.Seq)) {
      return body;
    }
    List<Expr> parts = new ArrayList<>(((Expr.Seq) body).parts());
    while (!parts.isEmpty() && parts.get(0).equals(new Expr.Anchor(true))) {
      parts.remove(0);
    }
    while (!parts.isEmpty() && parts.get(parts.size() - 1).equals(new Expr.Anchor(false))) {
      parts.remove(parts.size() - 1);
    }
    return new Expr.Seq(parts);
  }

  private static boolean hasAnchor(Expr expr) {
    if (expr instanceof Expr.Seq) {
      return ((Expr.Seq) expr).parts().stream().anyMatch(Grammar::hasAnchor);
    }
    if (expr instanceof Expr.Alt) {
      return ((Expr.Alt) expr).options().stream().anyMatch(Grammar::hasAnchor);
    }
    return expr instanceof Expr.Anchor
        || (expr instanceof Expr.Repeat && hasAnchor(((Expr.Repeat) expr).body()));
  }

  /**
   * A grammar in llama.cpp's GBNF notation; the rule {@code root} is where it begins. Tokens of the vocabulary are {@code <[5]>} (by id), {@code <think>}
   * (by text, special tokens too), {@code !<think>} (any other that has a text).
   *
   * @throws GrammarException with the position, if it cannot be read, a rule is missing or is left-recursive
   */
  public static Grammar gbnf(String text) {
    Grammar grammar = new Grammar(GbnfParser.parse(text), "root");
    grammar.automaton();
    return grammar;
  }

  /**
   * JSON that a schema accepts: {@link #jsonSchema(String, SchemaMode)}, strictly.
   *
   * @throws GrammarException if it is not JSON, or uses a keyword that cannot be guaranteed; the message names it
   */
  public static Grammar jsonSchema(String schema) {
    return jsonSchema(schema, SchemaMode.STRICT);
  }

  /**
   * JSON that a schema accepts (drafts 7 and 2020-12; the keywords of 4, 6 and 2019-09 are understood), properties in the order of the schema.
   * Whatever the grammar allows is valid, formats included. Not all that is valid is allowed: properties keep their order, other properties appear only
   * where {@code additionalProperties}, {@code patternProperties} or {@code unevaluatedProperties} asks for them, there is no white space but one
   * optional space after a colon or a comma, integers are written without a point or an exponent, and a schema without a type is taken to mean the types
   * that its keywords speak of.
   *
   * @param mode what is done about keywords that no grammar can keep
   * @throws GrammarException if it is not JSON, no value satisfies it, or (strictly) it uses a keyword that cannot be guaranteed; the message names it
   */
  public static Grammar jsonSchema(String schema, SchemaMode mode) {
    return SchemaGrammar.compile(schema, mode);
  }

  /** What another grammar allows, with a text before it and one behind it, either of which may be empty. */
  public static Grammar between(String before, Grammar inner, String after) {
    Map<String, Expr> rules = new LinkedHashMap<>(inner.rules);
    String root = inner.root;
    while (rules.containsKey(root)) {
      root += "'";
    }
    List<Expr> parts = new ArrayList<>();
    if (!before.isEmpty()) {
      parts.add(Expr.text(before));
    }
    parts.add(new Expr.Ref(inner.root));
    if (!after.isEmpty()) {
      parts.add(Expr.text(after));
    }
    rules.put(root, new Expr.Seq(parts));
    return new Grammar(rules, root, inner.leftOut);
  }

  /** One text. */
  public static Grammar text(String text) {
    return new Grammar(Collections.singletonMap("root", Expr.text(text)), "root");
  }

  /** One after the other. */
  public static Grammar sequence(List<Grammar> parts) {
    return combined(parts, Expr.Seq::new);
  }

  /** One of them. */
  public static Grammar anyOf(List<Grammar> options) {
    return combined(options, Expr.Alt::new);
  }

  /** It, or nothing. */
  public static Grammar optional(Grammar inner) {
    return combined(Collections.singletonList(inner), parts -> Expr.optional(parts.get(0)));
  }

  private static Grammar combined(List<Grammar> parts, Function<List<Expr>, Expr> join) {
    Map<String, Expr> rules = new LinkedHashMap<>();
    List<Expr> roots = new ArrayList<>();
    List<String> leftOut = new ArrayList<>();
    for (Grammar part : parts) {
      String prefix = roots.size() + "/";
      part.rules.forEach((name, expr) -> rules.put(prefix + name, renamed(expr, prefix)));
      roots.add(new Expr.Ref(prefix + part.root));
      leftOut.addAll(part.leftOut);
    }
    rules.put("root", join.apply(roots));
    return new Grammar(rules, "root", leftOut);
  }

  /** An expression whose rules have got other names. */
  private static Expr renamed(Expr expr, String prefix) {
    if (expr instanceof Expr.Ref) {
      return new Expr.Ref(prefix + ((Expr.Ref) expr).rule());
    }
    if (expr instanceof Expr.Seq) {
      return new Expr.Seq(renamed(((Expr.Seq) expr).parts(), prefix));
    }
    if (expr instanceof Expr.Alt) {
      return new Expr.Alt(renamed(((Expr.Alt) expr).options(), prefix));
    }
    if (expr instanceof Expr.Repeat) {
      Expr.Repeat repeat = (Expr.Repeat) expr;
      return new Expr.Repeat(renamed(repeat.body(), prefix), repeat.min(), repeat.max());
    }
    if (expr instanceof Expr.Language) {
      Expr.Language language = (Expr.Language) expr;
      return new Expr.Language(
          language.texts(), chars -> renamed(language.spelling().apply(chars), prefix));
    }
    return expr;
  }

  private static List<Expr> renamed(List<Expr> parts, String prefix) {
    List<Expr> renamed = new ArrayList<>();
    parts.forEach(part -> renamed.add(renamed(part, prefix)));
    return renamed;
  }

  /** Any JSON value. */
  public static Grammar json() {
    return jsonSchema("{}");
  }

  /** What a lenient reading of a JSON schema has left out: a line a keyword, with its place and the reason. */
  public List<String> leftOut() {
    return Collections.unmodifiableList(leftOut);
  }

  /** This grammar, once it is known that it has a text. */
  Grammar checked(String message) {
    if (automaton().start().distance() >= GrammarAutomaton.FAR) {
      throw new GrammarException(message);
    }
    return this;
  }

  Map<String, Expr> rules() {
    return rules;
  }

  String root() {
    return root;
  }

  /**
   * Whether the whole text is in the language; what is generated under this grammar always is. A token that the grammar names counts as its name here,
   * and one that it gives by id, or excludes, as nothing that a text can have.
   */
  public boolean matches(String text) {
    GrammarAutomaton automaton = automaton();
    GrammarAutomaton.State state = automaton.start();
    for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      automaton.refill();
      state = automaton.next(state, b & 0xff);
      if (state == null) {
        return false;
      }
    }
    return state.accepts();
  }

  /** Size of the automaton. */
  int nodeCount() {
    return automaton().nodeCount();
  }

  private GrammarAutomaton automaton() {
    GrammarAutomaton known = automaton;
    if (known == null) {
      known = GrammarAutomaton.of(this, false);
      automaton = known;
    }
    return known;
  }
}
