package dev.sampo.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void text_whenControlCharacters_thenWrittenOutButForLinesAndTabs() {
    assertEquals(
        "a\\x1b]0;title\\x07b\n\tc\\r\\x00\\x7f\\u009b31m\\u202e",
        Printable.text("a\u001b]0;title\u0007b\n\tc\r\u0000\u007f\u009b31m\u202e"));
  }

  @Test
  void line_whenALineBreak_thenWrittenOut() {
    assertEquals("a\\nb\\tc", Printable.line("a\nb\tc"));
  }

  @Test
  void text_whenPlain_thenTheSameObject() {
    String plain = "Zürich 😀 שלום";
    assertSame(plain, Printable.text(plain));
    assertEquals("\\ud83d!", Printable.text("\ud83d!"));
  }
}
