package dev.sampo.imaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContactSheetTest {
  @Test
  void render_whenTwoCells_thenGridWithPadding() {
    List<Pixels> cells = List.of(Pixels.filled(2, 1, 10), Pixels.filled(1, 1, 20));
    Pixels sheet = ContactSheet.builder(cells).columns(2).paddingPx(1).build().render();
    int w = 255;
    assertEquals(
        grey(7, 3, w, w, w, w, w, w, w, w, 10, 10, w, 20, w, w, w, w, w, w, w, w, w), sheet);
  }

  @Test
  void render_whenEnlargedInColour_thenSizeIsCellsPlusPadding() {
    List<Pixels> cells = List.of(Pixels.filled(2, 2, 1, 2, 3), Pixels.filled(2, 2, 9));
    Pixels sheet = ContactSheet.builder(cells).columns(1).enlarge(3).build().render();
    assertEquals(10, sheet.widthPx());
    assertEquals(18, sheet.heightPx());
    assertEquals(3, sheet.channels());
    assertEquals(2, sheet.at(7, 7, 1));
    assertEquals(9, sheet.at(2, 10, 1));
  }

  @Test
  void render_whenLabels_thenTextIsOnTheSheet() {
    Pixels label = TinyFont.render("I", 0, 255);
    Pixels sheet =
        ContactSheet.builder(List.of(Pixels.filled(9, 9, 128)))
            .rowLabels(List.of("I"))
            .build()
            .render();
    for (int y = 0; y < TinyFont.LINE_PX; y++) {
      for (int x = 0; x < label.widthPx(); x++) {
        assertEquals(label.at(x, y, 0), sheet.at(2 + x, 2 + y, 0));
      }
    }
  }

  @Test
  void build_whenLabelsDoNotFit_thenErrorCountsThem() {
    ContactSheet.Builder builder =
        ContactSheet.builder(List.of(Pixels.filled(2, 2, 0))).captions(List.of("a", "b"));
    assertEquals(
        "Got 2 captions, wanted 1 or none.",
        assertThrows(RequestException.class, builder::build).getMessage());
  }

  @Test
  void tinyFont_whenLetterL_thenSevenRowsOfFivePixels() {
    StringBuilder rows = new StringBuilder();
    Pixels letter = TinyFont.render("L", 1, 0);
    for (int y = 0; y < letter.heightPx(); y++) {
      for (int x = 0; x < letter.widthPx(); x++) {
        rows.append(letter.at(x, y, 0) == 1 ? '#' : '.');
      }
      rows.append('\n');
    }
    assertEquals(".....\n" + "#....\n".repeat(6) + "#####\n.....\n", rows.toString());
  }

  @Test
  void tinyFont_whenAccents_thenDropped() {
    assertEquals(TinyFont.render("ete ?", 0, 255), TinyFont.render("été 雪", 0, 255));
  }

  private static Pixels grey(int widthPx, int heightPx, int... shades) {
    byte[] data = new byte[shades.length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) shades[i];
    }
    return Pixels.ofBytes(widthPx, heightPx, 1, data);
  }
}
