package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTextTest {
  private final List<String> told = new ArrayList<>();
  private final List<String> thought = new ArrayList<>();

  private AnswerText fed(List<String> stops, boolean mayCall, String text) {
    AnswerText answer = new AnswerText(stops, mayCall, told::add, thought::add);
    for (int i = 0; i < text.length(); i++) {
      answer.add(text.substring(i, i + 1));
    }
    return answer;
  }

  @Test
  void text_letterByLetter_isToldWithoutSpacesAtItsEnds() {
    AnswerText answer = fed(Collections.emptyList(), false, "  Hello  world \n");
    answer.end(true);
    assertEquals("Hello  world", answer.text());
    assertEquals("Hello  world", String.join("", told));
    assertNull(answer.thinking());
  }

  @Test
  void stop_thatComes_isNeverTold() {
    AnswerText answer = fed(Arrays.asList("STOP", "\n\n"), false, "One STO two STOP three");
    answer.end(true);
    assertEquals("One STO two", String.join("", told));
  }

  @Test
  void stop_thatOnlyBegins_isToldAtTheEnd() {
    AnswerText answer = fed(Collections.singletonList("STOP"), false, "One STO");
    assertEquals("One", String.join("", told));
    answer.end(true);
    assertEquals("One STO", String.join("", told));
  }

  @Test
  void thought_isToldApart() {
    AnswerText answer =
        fed(Collections.emptyList(), false, "<think>\nLet me see.\n</think>\n\nYes.");
    answer.end(true);
    assertEquals("Let me see.", String.join("", thought).trim());
    assertEquals("Yes.", String.join("", told));
  }

  @Test
  void call_isNotTold_butWhatOnlyLooksLikeOneIs() {
    AnswerText call =
        fed(Collections.emptyList(), true, "I look. <tool_call>{\"name\": 1}</tool_call>");
    call.end(false);
    assertEquals("I look.", String.join("", told));
    told.clear();
    AnswerText json = fed(Collections.emptyList(), true, "{\"a\": 1}");
    assertEquals("", String.join("", told));
    json.end(true);
    assertEquals("{\"a\": 1}", String.join("", told));
  }

  @Test
  void call_whoseMarkIsNotShown_isNotTold() {
    for (String text : new String[] {"call:f{a:1}", "functions.f:0{\"a\": 1}", "[f(a=1)]"}) {
      fed(Collections.emptyList(), true, text).end(false);
      assertEquals("", String.join("", told), text);
    }
    AnswerText prose = fed(Collections.emptyList(), true, "cable cars");
    assertEquals("cable cars", String.join("", told));
    prose.end(true);
    assertEquals("cable cars", prose.text());
    told.clear();
    fed(Collections.emptyList(), false, "call: me").end(true);
    assertEquals("call: me", String.join("", told));
  }
}
