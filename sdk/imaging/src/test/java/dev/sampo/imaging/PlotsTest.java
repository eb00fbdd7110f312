package dev.sampo.imaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlotsTest {
  @Test
  void lines_whenALoss_thenAPictureWithAColouredLine() {
    Pixels plot = Plots.lines("loss", "step", "loss", Map.of("train", new double[] {3, 2, 1.5}));
    assertPicture(plot);
  }

  @Test
  void scatter_whenTwoClasses_thenAPicture() {
    assertPicture(
        Plots.scatter(
            "latent",
            "z0",
            "z1",
            Map.of("a", new double[][] {{0, 1}, {1, 0}}, "b", new double[][] {{2, 2}})));
  }

  @Test
  void heatMap_whenTokensRepeatOrAreEmpty_thenAPictureAllTheSame() {
    float[][] weights = {{1, 0, 0}, {0, .5f, .5f}};
    assertPicture(Plots.heatMap("attention", List.of("a", "b", "a"), List.of("x", ""), weights));
  }

  @Test
  void heatMap_whenSizesDoNotFit_thenErrorNamesBoth() {
    RequestException e =
        assertThrows(
            RequestException.class,
            () -> Plots.heatMap("a", List.of("a"), List.of("x"), new float[][] {{1, 2}}));
    assertEquals("The map has labels for 1x1 weights, got 1x2.", e.getMessage());
  }

  private static void assertPicture(Pixels plot) {
    assertEquals(900, plot.widthPx());
    assertEquals(600, plot.heightPx());
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < 600; y++) {
      for (int x = 0; x < 900; x++) {
        colours.add(plot.at(x, y, 0) << 16 | plot.at(x, y, 1) << 8 | plot.at(x, y, 2));
      }
    }
    assertTrue(colours.size() > 5, "only " + colours.size() + " colours");
  }
}
