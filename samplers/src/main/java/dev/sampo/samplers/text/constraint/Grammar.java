package dev.sampo.samplers.text.constraint;

import java.util.LinkedHashMap;
import java.util.Map;

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

  Grammar(Map<String, Expr> rules, String root) {
    this.rules = new LinkedHashMap<>(rules);
    this.root = root;
  }

  /**
   * A regular expression that the whole text matches. Literals, classes, {@code . \d \w \s \D \W \S \n \t \r \f \xHH}, {@code \}{@code uHHHH}, groups,
   * {@code | * + ? {m} {m,} {m,n}} (lazy marks change nothing), and {@code ^ $} at the ends.
   *
   * @throws IllegalArgumentException with the position, for look-around, back references and anything else that is not regular
   */
  public static Grammar regex(String pattern) {
    Map<String, Expr> rules = new LinkedHashMap<>();
    rules.put("root", RegexParser.parse(pattern, false));
    return new Grammar(rules, "root");
  }

  /**
   * A grammar in llama.cpp's GBNF notation; the rule {@code root} is where it begins.
   *
   * @throws IllegalArgumentException with the position, if it cannot be read, a rule is missing or is left-recursive
   */
  public static Grammar gbnf(String text) {
    Grammar grammar = new Grammar(GbnfParser.parse(text), "root");
    GrammarAutomaton.of(grammar, false);
    return grammar;
  }

  /**
   * JSON that a schema accepts, properties in the order of the schema. Additional properties appear only where {@code additionalProperties} asks for
   * them.
   *
   * @throws IllegalArgumentException if it is not JSON, or uses a keyword that cannot be guaranteed; the message names it
   */
  public static Grammar jsonSchema(String schema) {
    return JsonSchemaCompiler.compile(schema);
  }

  /** Any JSON value. */
  public static Grammar json() {
    return jsonSchema("{}");
  }

  Map<String, Expr> rules() {
    return rules;
  }

  String root() {
    return root;
  }

  /** Whether the whole text is in the language; what is generated under this grammar always is. */
  public boolean matches(String text) {
    GrammarAutomaton automaton = GrammarAutomaton.of(this, false);
    GrammarAutomaton.State state = automaton.start();
    for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      state = state == null ? null : automaton.next(state, b & 0xff);
    }
    return state != null && state.accepts();
  }
}
