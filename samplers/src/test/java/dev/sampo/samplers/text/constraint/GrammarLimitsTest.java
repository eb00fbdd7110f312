package dev.sampo.samplers.text.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Small inputs that would cost much: each is followed in little time, or is an error that says why. */
@Timeout(60)
class GrammarLimitsTest {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private static String integer(String bounds) {
    return "{\"type\":\"integer\"," + bounds + "}";
  }

  private static long bestMillis(Runnable work) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 40; i++) {
      long begin = THREADS.getCurrentThreadCpuTime();
      work.run();
      best = Math.min(best, THREADS.getCurrentThreadCpuTime() - begin);
    }
    return best / 1_000_000;
  }

  @Test
  void jsonSchema_whenBoundsHave400Digits_thenCompilesInMillis() {
    String high = "9".repeat(200) + "1".repeat(200);
    String low = "-" + "7".repeat(400);
    String schema = integer("\"minimum\":" + low + ",\"maximum\":" + high);
    assertTrue(bestMillis(() -> Grammar.jsonSchema(schema)) < 20);
    Grammar grammar = Grammar.jsonSchema(schema);
    assertTrue(grammar.matches(high));
    assertTrue(grammar.matches(low));
    assertFalse(grammar.matches(new BigInteger(high).add(BigInteger.ONE).toString()));
    assertFalse(grammar.matches(new BigInteger(low).subtract(BigInteger.ONE).toString()));
    assertTrue(grammar.matches("0"));
  }

  @Test
  void jsonSchema_whenDigitsOfBoundsDouble_thenAutomatonDoubles() {
    int[] nodes = new int[2];
    for (int i = 0; i < 2; i++) {
      String bound = "8".repeat(100 << i);
      nodes[i] = Grammar.jsonSchema(integer("\"minimum\":3,\"maximum\":" + bound)).nodeCount();
    }
    assertTrue(nodes[1] < 2.2 * nodes[0], Arrays.toString(nodes));
  }

  @Test
  void jsonSchema_whenBoundsAreOfUsualTypes_thenExact() {
    long[][] ranges = {
      {0, Long.MAX_VALUE},
      {Long.MIN_VALUE, Long.MAX_VALUE},
      {-9007199254740991L, 9007199254740991L},
      {0, Integer.MAX_VALUE},
    };
    for (long[] range : ranges) {
      Grammar grammar =
          Grammar.jsonSchema(integer("\"minimum\":" + range[0] + ",\"maximum\":" + range[1]));
      for (int d = -2; d <= 2; d++) {
        for (long end : range) {
          BigInteger value = BigInteger.valueOf(end).add(BigInteger.valueOf(d));
          boolean within =
              value.compareTo(BigInteger.valueOf(range[0])) >= 0
                  && value.compareTo(BigInteger.valueOf(range[1])) <= 0;
          assertEquals(
              within, grammar.matches(value.toString()), value + " in " + Arrays.toString(range));
        }
      }
    }
  }

  @Test
  void jsonSchema_whenBoundsAreWrittenWithHugeExponents_thenNothingIsWrittenOut() {
    Grammar large = Grammar.jsonSchema(integer("\"minimum\":-1e308,\"maximum\":1e308"));
    assertTrue(large.matches(new BigDecimal("9e307").toBigInteger().toString()));
    assertFalse(large.matches(new BigDecimal("1.1e308").toBigInteger().toString()));
    assertTrue(Grammar.jsonSchema(integer("\"maximum\":1e1000000000")).matches("123"));
    GrammarException e =
        assertThrows(
            GrammarException.class, () -> Grammar.jsonSchema(integer("\"minimum\":1e1000000000")));
    assertEquals("JSON schema at #: 'minimum' has more than 400 digits.", e.getMessage());
    Grammar tiny = Grammar.jsonSchema("{\"type\":\"number\",\"exclusiveMinimum\":1e-1000000000}");
    assertFalse(tiny.matches("0"));
    assertTrue(tiny.matches("0.001"));
    assertTrue(Grammar.jsonSchema("{\"const\":1e1000000000}").matches("1E+1000000000"));
    assertThrows(
        GrammarException.class, () -> Grammar.jsonSchema(integer("\"multipleOf\":1e1000000000")));
  }

  @Test
  void jsonSchema_whenNestedTooDeep_thenError() {
    for (String[] each :
        new String[][] {{"{\"not\":", "}"}, {"{\"items\":", "}"}, {"{\"allOf\":[", "]}"}}) {
      for (int depth : new int[] {150, 300, 20_000}) {
        String schema = each[0].repeat(depth) + "{}" + each[1].repeat(depth);
        if (depth == 150) {
          try {
            Grammar.jsonSchema(schema);
          } catch (GrammarException refusedForItsMeaning) {
            assertTrue(refusedForItsMeaning.getMessage().contains("no value"));
          }
        } else {
          assertThrows(GrammarException.class, () -> Grammar.jsonSchema(schema));
        }
      }
    }
  }

  @Test
  void jsonSchema_whenReferencesRunInACircle_thenError() {
    for (String schema :
        List.of(
            "{\"$ref\":\"#\"}",
            "{\"allOf\":[{\"$ref\":\"#\"}]}",
            "{\"not\":{\"$ref\":\"#\"}}",
            "{\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/b\"}]},\"b\":{\"oneOf\":[{\"$ref\":\"#/$defs/a\"}]}},\"$ref\":\"#/$defs/a\"}")) {
      GrammarException e = assertThrows(GrammarException.class, () -> Grammar.jsonSchema(schema));
      assertTrue(e.getMessage().contains("refers to itself without end"), e.getMessage());
    }
  }

  @Test
  void jsonSchema_whenCombinationsMultiply_thenError() {
    StringBuilder all = new StringBuilder("{\"allOf\":[");
    for (int i = 0; i < 20; i++) {
      all.append(i == 0 ? "" : ",")
          .append("{\"anyOf\":[{\"required\":[\"a")
          .append(i)
          .append("\"]},{\"required\":[\"b")
          .append(i)
          .append("\"]}]}");
    }
    GrammarException e =
        assertThrows(GrammarException.class, () -> Grammar.jsonSchema(all.append("]}").toString()));
    assertTrue(e.getMessage().contains("combinations"), e.getMessage());
  }

  @Test
  void jsonSchema_whenLengthsAreLarge_thenFewRules() {
    Grammar grammar =
        Grammar.jsonSchema("{\"type\":\"string\",\"minLength\":3,\"maxLength\":1000000}");
    assertTrue(grammar.matches("\"" + "x".repeat(5000) + "\""));
    assertFalse(grammar.matches("\"xx\""));
  }

  // ---- regular expressions and GBNF

  @Test
  void regex_whenNestedTooDeep_thenErrorNamesPosition() {
    String deep = "(".repeat(100_000) + "a" + ")".repeat(100_000);
    GrammarException e = assertThrows(GrammarException.class, () -> Grammar.regex(deep));
    assertTrue(e.getMessage().contains("position 201: groups are nested"), e.getMessage());
    e =
        assertThrows(
            GrammarException.class, () -> Grammar.gbnf("root ::= " + deep.replace("a", "\"a\"")));
    assertTrue(e.getMessage().contains("nested more than 200 deep"), e.getMessage());
    assertThrows(GrammarException.class, () -> Grammar.regex("a" + "*".repeat(100_000)));
    assertThrows(
        GrammarException.class, () -> Grammar.gbnf("root ::= \"a\"" + "*".repeat(100_000)));
  }

  @Test
  void gbnf_whenManyOptionalsAreRepeated_thenFollowed() {
    Grammar grammar = Grammar.gbnf("root ::= item{99999}\nitem ::= \"a\"?");
    assertTrue(grammar.matches("a".repeat(3000)));
    assertTrue(grammar.matches(""));
    assertFalse(grammar.matches("ab"));
    Grammar both = Grammar.gbnf("root ::= (a b)*\na ::= \"a\"?\nb ::= \"b\"*");
    assertTrue(both.matches("abba".repeat(200)));
    assertTrue(Grammar.regex("(x{500}){3}").matches("x".repeat(1500)));
    assertFalse(Grammar.regex("(x{500}){3}").matches("x".repeat(1499)));
  }

  @Test
  void regex_whenAlternativesAreMany_thenInTimeThatGrowsWithTheirNumber() {
    Grammar empty = Grammar.regex("(?<n>ab)" + "|".repeat(100_000) + "c");
    assertTrue(empty.matches("ab"));
    assertTrue(empty.matches(""));
    assertFalse(empty.matches("ac"));
    StringBuilder words = new StringBuilder("(w0");
    for (int i = 1; i < 20_000; i++) {
      words.append("|w").append(i);
    }
    Grammar grammar = Grammar.regex(words + ")x");
    assertTrue(grammar.matches("w19999x"));
    assertFalse(grammar.matches("w20000x"));
    assertThrows(GrammarException.class, () -> Grammar.regex("(^" + words + ")*)*").matches("w1"));
  }

  @Test
  void regex_whenWhatMayBeEmptyIsRepeatedAtEachLevel_thenNotTwiceTheWorkALevel() {
    StringBuilder levels = new StringBuilder("a?");
    for (int i = 0; i < 150; i++) {
      levels.insert(0, '(').append("b?)*");
    }
    try {
      assertTrue(Grammar.regex(levels.toString()).matches("abba"));
    } catch (GrammarException tooLarge) {
      assertTrue(tooLarge.getMessage().contains("too"), tooLarge.getMessage());
    }
    String empty = "((((){999999}){999999}){999999}|^)a";
    assertThrows(GrammarException.class, () -> Grammar.regex(empty));
  }

  @Test
  void regex_whenManyPartsThatMayBeEmptyAreRepeated_thenFollowed() {
    StringBuilder parts = new StringBuilder();
    for (char c = 'A'; c <= 'Z'; c++) {
      parts.append(c).append('?').append((char) (c + 32)).append('?');
    }
    Grammar grammar = Grammar.regex("(" + parts + ")*");
    assertTrue(grammar.matches("ABbzGEDaA"));
    assertTrue(grammar.matches(""));
    assertFalse(grammar.matches("AB1"));
    assertFalse(Grammar.regex("(" + parts + ")").matches("BA"));
    assertTrue(Grammar.regex("(" + "a?".repeat(20_000) + ")*c").matches("c"));
  }

  @Test
  void regex_whenCountsAreLarge_thenExact() {
    Grammar grammar = Grammar.regex("a{70,300}");
    for (int n = 0; n < 400; n++) {
      assertEquals(n >= 70 && n <= 300, grammar.matches("a".repeat(n)), "" + n);
    }
  }

  @Test
  void gbnf_whenRulesAreChained_thenFollowed() {
    StringBuilder down = new StringBuilder("root ::= r0\n");
    StringBuilder up = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      down.append('r').append(i).append(" ::= r").append(i + 1).append('\n');
      up.insert(0, "r" + i + " ::= \"x\" r" + (i + 1) + "\n");
    }
    assertTrue(Grammar.gbnf(down + "r20000 ::= \"x\"").matches("x"));
    Grammar long_ = Grammar.gbnf(up + "r20000 ::= \"y\"\nroot ::= r19000");
    assertTrue(long_.matches("x".repeat(1000) + "y"));
  }

  @Test
  void gbnf_whenTooAmbiguous_thenErrorAndNotSlow() {
    String[] grammars = {
      "root ::= (a b){0,50000}\na ::= \"a\"?\nb ::= \"a\"*",
      "root ::= s*\ns ::= \"a\" | s2 s2\ns2 ::= \"a\" s2 | \"a\" | \"a\" s2 s2 | \"a\" \"a\" s2 s2 s2",
      "root ::= a\na ::= \"x\" a a | \"x\" b a | \"x\"\nb ::= \"x\" a b b | \"x\" b | \"x\"",
    };
    for (String text : grammars) {
      Grammar grammar = Grammar.gbnf(text);
      GrammarException e =
          assertThrows(
              GrammarException.class,
              () -> grammar.matches((text.contains("\"a\"") ? "a" : "x").repeat(1_000_000)));
      assertTrue(e.getMessage().startsWith("The grammar is too ambiguous"), e.getMessage());
    }
  }

  @Test
  void processor_whenEachTokenOpensManyStates_thenError() {
    Grammar grammar = Grammar.regex("[a-z]*x[a-z]{200}");
    byte[][] tokens = new byte[20_000][];
    Random random = new Random(5);
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = new byte[1 + random.nextInt(6)];
      for (int j = 0; j < tokens[i].length; j++) {
        tokens[i][j] = (byte) ("xyxz".charAt(random.nextInt(4)));
      }
    }
    TokenConstraint constraint =
        new TokenConstraint(grammar, new TokenTable(tokens), new int[0], false);
    LogitsProcessor processor = constraint.processor(2_000);
    TokenRow row = new TokenRow(0, new int[] {1});
    GrammarException e =
        assertThrows(
            GrammarException.class,
            () -> {
              for (int i = 0; i < 1500; i++) {
                float[] scores = new float[tokens.length];
                processor.process(row, scores, 0, scores.length);
                row.append(random.nextInt(tokens.length));
              }
            });
    assertTrue(e.getMessage().startsWith("The grammar is too ambiguous"), e.getMessage());
  }

  @Test
  void readers_whenTextIsCutOrMangled_thenGrammarExceptionOnly() {
    String[] regexes = {"a(b|c)*[^\\d-]{2,3}\\x41\\u0042\\p{Lu}$", "(?<n>a)|^b+?\\.", "[]a]\\cA"};
    String[] gbnfs = {
      "root ::= \"a\\x41\" [^a-z\\u0042] item{2,} # c\nitem ::= ( \"b\" | . )? | root-2 {3}\nroot-2 ::= [-]"
    };
    String[] schemas = {
      "{\"type\":[\"object\"],\"properties\":{\"a\":{\"enum\":[1,\"x\"]},\"b\":{\"items\":{\"pattern\":\"^a\"}}},\"required\":[\"a\"],\"minProperties\":1,\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"minLength\":2}},\"allOf\":[{\"not\":{\"const\":3}}]}"
    };
    Random random = new Random(11);
    String odd = "{}[]()|*+?^$\\.,:\"'0a-<>!#\u0000\ud800 \n";
    for (int i = 0; i < 20_000; i++) {
      String[][] all = {regexes, gbnfs, schemas};
      int kind = i % 3;
      StringBuilder text = new StringBuilder(all[kind][random.nextInt(all[kind].length)]);
      for (int k = random.nextInt(3); k >= 0 && text.length() > 0; k--) {
        int at = random.nextInt(text.length());
        if (random.nextBoolean()) {
          text.deleteCharAt(at);
        } else {
          text.setCharAt(at, odd.charAt(random.nextInt(odd.length())));
        }
      }
      String input =
          random.nextInt(4) == 0
              ? text.substring(0, random.nextInt(text.length() + 1))
              : text.toString();
      try {
        Grammar made =
            kind == 0
                ? Grammar.regex(input)
                : kind == 1 ? Grammar.gbnf(input) : Grammar.jsonSchema(input);
        made.matches("a");
      } catch (GrammarException e) {
        assertTrue(e.getMessage().length() > 10);
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("On " + input, e);
      }
    }
  }

  @Test
  void schema_numberWithAnExponentBeyondAll_isRefused() {
    for (String number : new String[] {"1e9999999999999", "-1E-9999999999999"}) {
      assertThrows(
          GrammarException.class, () -> Grammar.jsonSchema(integer("\"minimum\":" + number)));
    }
  }
}
