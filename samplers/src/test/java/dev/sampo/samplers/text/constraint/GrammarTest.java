package dev.sampo.samplers.text.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class GrammarTest {
  private static final String PERSON =
      """
      {"type":"object","properties":{"name":{"type":"string","maxLength":12},"age":{"type":"integer","minimum":-3,"maximum":120},
       "tags":{"type":"array","items":{"enum":["a","b",3,null]},"minItems":1,"maxItems":3},"next":{"$ref":"#"},
       "when":{"type":"string","format":"date"},"code":{"type":"string","pattern":"^[A-Z]{2}[0-9]+$"}},
       "required":["name","age"]}
      """;

  @Test
  void matches_whenRegex_thenAsJavaDoes() {
    String[] patterns = {
      "a|b*c",
      "(ab){2,3}x?",
      "[^a-c]\\d+",
      "\\w+@\\w+\\.(com|org)",
      ".é[α-ω]?",
      "x{0,2}y",
      "a(b|)c",
      "[\\]\\-z]+"
    };
    String[] texts = {
      "a",
      "bbc",
      "c",
      "abab",
      "abababx",
      "ababababx",
      "d12",
      "a1",
      "me@x.com",
      "me@x.net",
      "qé",
      "qéβ",
      "y",
      "xxy",
      "xxxy",
      "abc",
      "ac",
      "]-z",
      ""
    };
    for (String pattern : patterns) {
      Grammar grammar = Grammar.regex(pattern);
      for (String text : texts) {
        assertEquals(
            Pattern.matches(pattern, text), grammar.matches(text), pattern + " on " + text);
      }
    }
  }

  @Test
  void regex_whenNotRegular_thenErrorNamesPosition() {
    GrammarException e = assertThrows(GrammarException.class, () -> Grammar.regex("a(?=b)"));
    assertEquals(
        "Regular expression a(?=b), position 3: only '(?:' is supported of the groups that begin"
            + " with '(?'.",
        e.getMessage());
  }

  @Test
  void matches_whenGbnfIsRecursive_thenNestingCounts() {
    Grammar grammar =
        Grammar.gbnf(
            """
            # sums
            root ::= term ("+" term)*   # comment
            term ::= [0-9]+ | "(" root ")"
            """);
    assertTrue(grammar.matches("1+(2+(30+4))+5"));
    assertFalse(grammar.matches("1+(2"));
    assertFalse(grammar.matches("1+"));
    assertTrue(grammar.matches("(".repeat(200) + "7" + ")".repeat(200)));
  }

  @Test
  void gbnf_whenLeftRecursive_thenErrorNamesRule() {
    GrammarException e =
        assertThrows(
            GrammarException.class,
            () -> Grammar.gbnf("root ::= list\nlist ::= list \",\" \"x\" | \"x\""));
    assertEquals(
        "Rule 'list' is left-recursive: it can call itself before anything is read. Write the"
            + " repetition with * or +.",
        e.getMessage());
  }

  @Test
  void gbnf_whenRuleIsMissing_thenErrorNamesIt() {
    GrammarException e = assertThrows(GrammarException.class, () -> Grammar.gbnf("root ::= other"));
    assertEquals("The grammar has no rule 'other'. It has [root].", e.getMessage());
  }

  @Test
  void jsonSchema_whenKeywordCannotBeKept_thenErrorNamesIt() {
    GrammarException e =
        assertThrows(GrammarException.class, () -> Grammar.jsonSchema("{\"uniqueItems\":true}"));
    assertTrue(
        e.getMessage().startsWith("JSON schema at #: 'uniqueItems' of other than a few values"),
        e.getMessage());
  }

  @Test
  void matches_whenJsonSchema_thenOnlyWhatItAccepts() {
    Grammar grammar = Grammar.jsonSchema(PERSON);
    assertTrue(grammar.matches("{\"name\":\"Ann\", \"age\":7}"));
    assertTrue(grammar.matches("{\"name\":\"\\u00e9\\\"\",\"age\":-3,\"tags\":[\"a\",3,null]}"));
    assertTrue(
        grammar.matches(
            "{\"name\":\"A\",\"age\":120,\"next\":{\"name\":\"B\",\"age\":0},\"code\":\"AB12\"}"));
    assertFalse(grammar.matches("{\"name\":\"Ann\",\"age\":121}"));
    assertFalse(grammar.matches("{\"name\":\"Ann\",\"age\":-4}"));
    assertFalse(grammar.matches("{\"age\":7}"));
    assertFalse(grammar.matches("{\"name\":\"Ann\",\"age\":7,\"tags\":[]}"));
    assertFalse(grammar.matches("{\"name\":\"1234567890123\",\"age\":7}"));
    assertFalse(grammar.matches("{\"name\":\"Ann\",\"age\":7,\"code\":\"ab1\"}"));
    for (String json : List.of("[1, 2.5e-3, {\"a\":[true]}]", "null", "\"x\"", "-0.5", "{}")) {
      assertTrue(Grammar.json().matches(json), json);
    }
    assertFalse(Grammar.json().matches("01"));
    assertFalse(Grammar.json().matches("{\"a\":}"));
  }

  @Test
  void matches_whenIntegerRange_thenExactlyThoseNumbers() {
    Grammar grammar = Grammar.jsonSchema("{\"type\":\"integer\",\"minimum\":-15,\"maximum\":1234}");
    for (int i = -2000; i < 2000; i++) {
      assertEquals(i >= -15 && i <= 1234, grammar.matches(Integer.toString(i)), "" + i);
    }
  }

  @Test
  void additionalProperties_whenAsked_thenOtherKeysOnly() {
    Grammar grammar =
        Grammar.jsonSchema(
            "{\"properties\":{\"ab\":{\"type\":\"null\"}},\"additionalProperties\":{\"type\":\"integer\"}}");
    assertTrue(grammar.matches("{\"ab\":null,\"abc\":1,\"a\":2,\"x\":3}"));
    assertTrue(grammar.matches("{\"x\":3}"));
    assertFalse(grammar.matches("{\"ab\":1}"));
    assertFalse(grammar.matches("{\"ab\":null,\"ab\":1}"));
  }

  // ---- tokens

  private static TokenTable table() {
    List<byte[]> tokens = new ArrayList<>();
    tokens.add(new byte[0]); // the end token
    for (int b = 1; b < 256; b++) {
      tokens.add(new byte[] {(byte) b});
    }
    for (String text :
        List.of(
            "{\"",
            "\":",
            "\",",
            "name",
            "age",
            "12",
            "345",
            "\"}",
            "null",
            "[\"",
            "é",
            "a\"",
            "tags\":[",
            "}}",
            ", ",
            "next")) {
      tokens.add(text.getBytes(StandardCharsets.UTF_8));
    }
    return new TokenTable(tokens.toArray(new byte[0][]));
  }

  /** Draws tokens at random under a constraint, with a fixed budget. */
  private static String generate(Grammar grammar, TokenTable table, Random random, int budget) {
    TokenConstraint constraint = new TokenConstraint(grammar, table, new int[] {0}, false);
    LogitsProcessor processor = constraint.processor(budget + 1);
    TokenRow row = new TokenRow(0, new int[] {5});
    java.io.ByteArrayOutputStream text = new java.io.ByteArrayOutputStream();
    while (row.length() <= budget) {
      float[] scores = new float[table.size() + 3];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = (float) random.nextGaussian() * 3;
      }
      processor.process(row, scores, 0, scores.length);
      int best = Rows.argmax(scores, 0, scores.length);
      assertTrue(scores[best] > Float.NEGATIVE_INFINITY, "nothing is allowed");
      row.append(best);
      if (best == 0) {
        break;
      }
      text.writeBytes(table.bytes(best));
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  @Test
  void processor_whenAnyTokensAreDrawn_thenTextIsAlwaysComplete() throws Exception {
    TokenTable table = table();
    Random random = new Random(3);
    for (int i = 0; i < 60; i++) {
      int budget = 40 + random.nextInt(80);
      String json = generate(Grammar.jsonSchema(PERSON), table, random, budget);
      assertTrue(Grammar.jsonSchema(PERSON).matches(json), json);
      JsonNode parsed = new ObjectMapper().readTree(json);
      assertTrue(parsed.has("name") && parsed.has("age"), json);
      String any = generate(Grammar.json(), table, random, budget);
      new ObjectMapper().readTree(any);
      String date =
          generate(Grammar.regex("(19|20)\\d\\d-[01]\\d(, é{1,4})*"), table, random, budget);
      assertTrue(date.matches("(19|20)\\d\\d-[01]\\d(, é{1,4})*"), date);
    }
  }

  @Test
  void constraint_whenVocabularyCannotWriteIt_thenError() {
    TokenTable letters = new TokenTable(new byte[][] {{'a'}, {'b'}});
    GrammarException e =
        assertThrows(
            GrammarException.class,
            () -> new TokenConstraint(Grammar.regex("[0-9]+"), letters, new int[0], false));
    assertEquals(
        "No text of the grammar can be written with this vocabulary: characters that it needs are"
            + " in no token.",
        e.getMessage());
  }

  @Test
  void completion_whenThereIsNoEndToken_thenStopsWhereNothingCanBeAdded() {
    TokenTable letters = new TokenTable(new byte[][] {{'a'}, {'b'}});
    StoppingCriterion completion =
        new TokenConstraint(Grammar.regex("ab?"), letters, new int[0], false).completion();
    assertEquals(null, completion.check(TokenRow.of(0, 0, 0)));
    assertEquals(FinishReason.STOP, completion.check(TokenRow.of(0, 0, 0, 1)));
  }

  @Test
  void processor_whenGrammarAsksForTokens_thenThoseAsAWhole() {
    byte[][] tokens = {{}, {'a'}, {'b'}, {}, {}, {'a', 'b'}, {'<', 'x', '>'}};
    TokenTable table = new TokenTable(tokens, java.util.Map.of("<think>", 3, "</think>", 4));
    Grammar grammar = Grammar.gbnf("root ::= <think> !</think>{,2} </think> \"a\" (<[2]> | <x>)");
    TokenConstraint constraint = new TokenConstraint(grammar, table, new int[] {0}, false);
    assertEquals(List.of(3), allowed(constraint, table, 5));
    // Any token that has a text, but not the special ones.
    assertEquals(List.of(1, 2, 4, 5, 6), allowed(constraint, table, 5, 3));
    assertEquals(List.of(1, 2, 4, 5, 6), allowed(constraint, table, 5, 3, 5));
    assertEquals(List.of(4), allowed(constraint, table, 5, 3, 5, 1));
    assertEquals(List.of(1), allowed(constraint, table, 5, 3, 4));
    // "ab" is not "a" and the token 2.
    assertEquals(List.of(2, 6), allowed(constraint, table, 5, 3, 4, 1));
    assertEquals(List.of(0), allowed(constraint, table, 5, 3, 4, 1, 6));
    GrammarException e =
        assertThrows(
            GrammarException.class,
            () ->
                new TokenConstraint(Grammar.gbnf("root ::= <tool>"), table, new int[] {0}, false));
    assertEquals(
        "The grammar asks for the token <tool>, which the vocabulary does not have.",
        e.getMessage());
  }

  @Test
  void processor_whenTokenAndTextAreBothOpen_thenBothGoOn() {
    TokenTable table = new TokenTable(new byte[][] {{}, {'a'}, {'b'}, {'a', 'b'}});
    Grammar grammar = Grammar.gbnf("root ::= <[3]> \"a\" | \"abb\"");
    TokenConstraint constraint = new TokenConstraint(grammar, table, new int[] {0}, false);
    assertEquals(List.of(1, 3), allowed(constraint, table, 1));
    assertEquals(List.of(1, 2), allowed(constraint, table, 1, 3));
    assertEquals(List.of(2), allowed(constraint, table, 1, 1));
  }

  @Test
  void gbnf_whenTokensAreMalformed_thenErrorNamesPosition() {
    for (String token : List.of("<", "<>", "!", "!x", "<[]>", "<[1>", "<[x]>", "<[99999999999]>")) {
      GrammarException e =
          assertThrows(GrammarException.class, () -> Grammar.gbnf("root ::= " + token));
      assertTrue(e.getMessage().startsWith("Grammar, line 1, column "), e.getMessage());
    }
    assertThrows(GrammarException.class, () -> Grammar.gbnf("root ::= \"a\"{,}"));
    assertTrue(Grammar.gbnf("root ::= \"a\"{,2}").matches("aa"));
    assertFalse(Grammar.gbnf("root ::= \"a\"{,2}").matches("aaa"));
    assertTrue(Grammar.gbnf("root ::= <b> \"a\"").matches("<b>a"));
  }

  /** The ids that may follow after a prompt of one id and the ids given. */
  private static List<Integer> allowed(TokenConstraint constraint, TokenTable table, int... ids) {
    TokenRow row = new TokenRow(0, new int[] {ids[0]});
    for (int i = 1; i < ids.length; i++) {
      row.append(ids[i]);
    }
    float[] scores = new float[table.size()];
    constraint.processor(100).process(row, scores, 0, scores.length);
    List<Integer> allowed = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] > Float.NEGATIVE_INFINITY) {
        allowed.add(i);
      }
    }
    return allowed;
  }
}
