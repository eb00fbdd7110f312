package dev.sampo.stroke;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.picture.Pixels;
import dev.sampo.samplers.random.TorchGenerator;
import org.junit.jupiter.api.Test;

class StrokesTest {
  private static final float[][] TWO = {{1, 2, 0}, {4, 0, 1}, {0, 3, 1}};

  @Test
  void ofOffsets_whenTurnedBack_thenSame() {
    Strokes strokes = Strokes.ofOffsets(TWO);
    assertArrayEquals(TWO, strokes.toOffsets());
    assertEquals(5, strokes.x(2));
    assertEquals(5, strokes.y(2));
    assertEquals(strokes, Strokes.ofOffsets(strokes.toOffsets()));
  }

  @Test
  void svg_whenTwoStrokes_thenTwoPathsInTheMiddle() {
    String svg = Strokes.ofOffsets(TWO).svg(10, 2);
    assertEquals(2, svg.split("<path", -1).length - 1, svg);
    // x from 1 to 5, y from 2 to 5: middles 3 and 3.5 come to 5.
    assertTrue(svg.contains("M3.00 3.50 L7.00 3.50\""), svg);
    assertTrue(svg.contains("M7.00 6.50 l0 0\""), svg);
  }

  @Test
  void picture_whenALine_thenInkOnItOnly() {
    Pixels pixels = Strokes.ofOffsets(new float[][] {{0, 0, 0}, {4, 0, 1}}).picture(9, 1, 1);
    assertEquals(255, pixels.at(2, 4, 0));
    assertEquals(255, pixels.at(6, 4, 0));
    assertEquals(0, pixels.at(1, 4, 0));
    assertEquals(0, pixels.at(4, 5, 0));
    assertEquals(18, Strokes.ofOffsets(TWO).picture(9, 1, 2).widthPx());
  }

  @Test
  void draw_whenHighBias_thenMeanOfTheLikeliestPart() {
    PenMixture pen = new PenMixture(2, 50, 1, new TorchGenerator(3));
    float[] logits = {1, 0, 0, 1};
    float[] mean = {1, 2, 3, 4, 5, 6, 7, 8};
    pen.draw(logits, mean, new float[8], new float[4], new float[] {0, 2, 1, 0, 1, 2});
    assertArrayEquals(new double[] {1, 2}, pen.offsets[0], 1e-9);
    assertArrayEquals(new double[] {7, 8}, pen.offsets[1], 1e-9);
    assertArrayEquals(new int[] {1, 2}, pen.states);
  }

  @Test
  void draw_whenCorrelated_thenOffsetsAre() {
    int n = 4000;
    PenMixture pen = new PenMixture(n, 0, 1, new TorchGenerator(5));
    float[] rho = new float[n];
    java.util.Arrays.fill(rho, 0.6f);
    pen.draw(new float[n], new float[2 * n], new float[2 * n], rho, new float[n]);
    double xy = 0;
    double yy = 0;
    double lifts = 0;
    for (int i = 0; i < n; i++) {
      xy += pen.offsets[i][0] * pen.offsets[i][1] / n;
      yy += pen.offsets[i][1] * pen.offsets[i][1] / n;
      lifts += pen.states[i] / (double) n;
    }
    assertEquals(0.6, xy, 0.06);
    assertEquals(1, yy, 0.09);
    assertEquals(0.5, lifts, 0.03);
  }
}
