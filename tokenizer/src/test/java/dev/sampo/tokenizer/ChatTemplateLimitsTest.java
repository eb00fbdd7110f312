package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.tokenizer.chat.ChatTemplate;
import dev.sampo.tokenizer.chat.ChatTemplateException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Templates of a few bytes that would take all memory, all time or all stack. */
class ChatTemplateLimitsTest {
  private static final long SMALL_STACK = 512 * 1024;

  private static String refused(String template) {
    ChatTemplateException e =
        assertThrows(
            ChatTemplateException.class,
            () -> ChatTemplate.compile(template).render(Map.of()),
            template.length() > 200 ? template.substring(0, 200) : template);
    return String.valueOf(e.getMessage());
  }

  @Test
  void render_whenMuchWouldBeBuilt_thenTheErrorNamesWhat() {
    String grow = "{% for i in range(100) %}{% set ns.s = ";
    String[][] cases = {
      {"{{ 'a' * 1000000000 }}", "repeating a string"},
      {"{{ [0] * 1000000000 }}", "'*'"},
      {"{{ 'a'.ljust(2000000000) }}", "repeating a string"},
      {"{{ 2 ** 100000000 }}", "'**' gives a number"},
      {"{{ ('a' * 1000000)|replace('a', 'b' * 1000) }}", "replace()"},
      {"{{ [1]|batch(2000000000, 1)|list }}", "'batch'"},
      {"{{ [1]|tojson(indent=1000000000) }}", "repeating a string"},
      {"{% for i in range(100000) %}{{ range(100000)|list|length }}{% endfor %}", "range()"},
      {"{% set ns = namespace(s='a') %}" + grow + "ns.s ~ ns.s %}{% endfor %}", "'~'"},
      {"{% set ns = namespace(s=[1]) %}" + grow + "ns.s + ns.s %}{% endfor %}", "'+'"},
      {
        "{% set ns = namespace(s=1) %}" + grow + "[ns.s, ns.s] %}{% endfor %}{{ ns.s }}", "printing"
      },
      {
        "{% set ns = namespace(s=1) %}" + grow + "[ns.s, ns.s] %}{% endfor %}{{ ns.s|tojson }}",
        "tojson"
      },
      {"{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}", "deep"},
      {
        "{% macro f(n) %}{% if n %}{{ f(n - 1) ~ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
        "steps"
      }
    };
    for (String[] c : cases) {
      String message = refused(c[0]);
      assertTrue(message.contains(c[1]), c[0] + ": " + message);
      assertTrue(message.startsWith("Chat template, line 1: "), message);
    }
  }

  @Test
  void render_whenLongOrDeep_thenTheStackHolds() throws InterruptedException {
    int n = 100_000;
    List<String> chains = new ArrayList<>();
    for (String[] c :
        new String[][] {
          {"{{ 1", " + 1", " }}"},
          {"{{ 'a'", " ~ 'a'", " }}"},
          {"{{ 'a'", "|lower", " }}"},
          {"{{ a", ".a", " }}"},
          {"{{ a", "[0]", " }}"},
          {"{{ a", "()", " }}"},
          {"{{ ", "not ", "1 }}"},
          {"{{ ", "-", "1 }}"},
          {"{{ ", "(", "1 }}"},
          {"{{ ", "[", "1 }}"},
          {"{{ 1", " if 0 else 1", " }}"},
          {"{{ 0", " or 0", " }}"},
          {"{{ 1", " < 1", " }}"},
          {"{{ 1", " ** 1", " }}"},
          {"{% if 0 %}", "{% elif 0 %}", "{% endif %}"},
          {"", "{% if 1 %}", ""},
          {"", "{% for i in [1] %}", ""},
          {"{% set ", "(", "a = 1 %}"}
        }) {
      StringBuilder text = new StringBuilder(c[0]);
      for (int i = 0; i < n; i++) {
        text.append(c[1]);
      }
      chains.add(text.append(c[2]).toString());
    }
    chains.add("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}");
    chains.add("{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}");
    List<Throwable> wrong = new ArrayList<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              for (String chain : chains) {
                try {
                  String unused = ChatTemplate.compile(chain).render(Map.of());
                } catch (ChatTemplateException e) {
                  if (e.getCause() != null) {
                    wrong.add(e);
                  }
                } catch (Throwable t) {
                  wrong.add(t);
                }
              }
            },
            "small stack",
            SMALL_STACK);
    thread.start();
    thread.join();
    assertEquals(List.of(), wrong);
  }

  @Test
  void render_whenAnArgumentIsUnknown_thenErrorNamesIt() {
    assertTrue(refused("{{ [1]|tojson(colour=1) }}").contains("knows no argument 'colour'"));
    assertTrue(refused("{{ 'a'.find('a', 0, 1, 2) }}").contains("takes at most 3 arguments"));
    assertTrue(refused("{% macro f(a) %}{% endmacro %}{{ f(z=1) }}").contains("'z'"));
    assertTrue(
        refused("\n{{ 'a'|wordwrap }}").contains("line 2: filter 'wordwrap' is not supported"));
  }

  @Test
  void number_withTwoExponents_isAnErrorOfTheTemplate() {
    assertThrows(
        ChatTemplateException.class, () -> ChatTemplate.compile("{{ 1e5e5 }}").render(Map.of()));
  }
}
