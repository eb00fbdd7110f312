package dev.sampo.samplers.text.stop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopTextTest {
  @Test
  void add_whenAStopStringCouldBegin_thenHeldBackUntilKnown() {
    StopText text = new StopText(List.of("stop", "\n\n"), "");
    assertEquals("la", text.add("last"));
    assertEquals("st", text.add("st"));
    assertEquals("stir", text.add("ir"));
    assertEquals("", text.add("\n"));
    assertEquals("\nx", text.add("x"));
    assertEquals("", text.add("s"));
    assertEquals("s", text.finish("", false));
  }

  @Test
  void finish_whenStopped_thenCutWhereTheStopStringBegins() {
    StopText text = new StopText(List.of("stop", "topp"), "");
    assertEquals("la", text.add("las"));
    assertEquals("", text.finish("topper", true));
    StopText other = new StopText(List.of("stop"), "");
    assertEquals("la", other.add("la"));
    assertEquals("st", other.add("stst"));
    assertEquals("", other.finish("op", true));
    StopText whole = new StopText(List.of("stop"), "");
    assertEquals("a full ", whole.finish("a full stop here", true));
  }

  @Test
  void finish_whenItBeganInThePrompt_thenNothingIsLeft() {
    StopText text = new StopText(List.of("stop"), "please st");
    assertEquals("", text.add("o"));
    assertEquals("", text.finish("p it", true));
  }

  @Test
  void finish_whenEndedOtherwise_thenAllIsShown() {
    StopText text = new StopText(List.of("stop"), "");
    assertEquals("", text.add("sto"));
    assertEquals("stop", text.finish("p", false));
  }
}
