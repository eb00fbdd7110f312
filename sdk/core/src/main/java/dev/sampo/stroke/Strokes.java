package dev.sampo.stroke;

import dev.sampo.picture.Pixels;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a pen: points in pixels, y downwards, and where the pen is lifted. The pen comes to the first point without drawing. Immutable;
 * compares by content.
 */
public final class Strokes {
  private final float[] x;
  private final float[] y;
  private final boolean[] lifted;

  private Strokes(float[] x, float[] y, boolean[] lifted) {
    this.x = x;
    this.y = y;
    this.lifted = lifted;
  }

  /**
   * From sketch-RNN's format.
   *
   * @param offsets rows of {@code {dx, dy, 1 where the pen is lifted after the point}}, the first from 0, 0
   */
  public static Strokes ofOffsets(float[][] offsets) {
    int n = offsets.length;
    float[] x = new float[n];
    float[] y = new float[n];
    boolean[] lifted = new boolean[n];
    for (int i = 0; i < n; i++) {
      x[i] = (i == 0 ? 0 : x[i - 1]) + offsets[i][0];
      y[i] = (i == 0 ? 0 : y[i - 1]) + offsets[i][1];
      lifted[i] = offsets[i][2] != 0;
    }
    return new Strokes(x, y, lifted);
  }

  /** Number of points. */
  public int pointCount() {
    return x.length;
  }

  /** Place of a point. */
  public float x(int index) {
    return x[index];
  }

  /** Place of a point, downwards. */
  public float y(int index) {
    return y[index];
  }

  /** Whether the pen leaves the paper after a point. */
  public boolean lifted(int index) {
    return lifted[index];
  }

  /** sketch-RNN's format: rows of {@code {dx, dy, lifted}}. */
  public float[][] toOffsets() {
    float[][] out = new float[x.length][];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          new float[] {
            x[i] - (i == 0 ? 0 : x[i - 1]), y[i] - (i == 0 ? 0 : y[i - 1]), lifted[i] ? 1 : 0
          };
    }
    return out;
  }

  /** Side of the picture, or width and height by the extent, a pen's width around. */
  private int[] sizePx(int wanted, double penWidthPx) {
    if (wanted > 0) {
      return new int[] {wanted, wanted};
    }
    double margin = 2 * penWidthPx;
    return new int[] {
      (int) Math.min(16384, Math.ceil(max(x) - min(x) + margin + 1)),
      (int) Math.min(16384, Math.ceil(max(y) - min(y) + margin + 1))
    };
  }

  /**
   * A grey picture, white on black, of round pens with soft edges, the middle of the drawing in its middle.
   *
   * @param sizePx side of the picture; 0 for one that is as large as the drawing
   * @param penWidthPx width of the pen
   * @param zoom so many times as large, pen and all
   */
  public Pixels picture(int sizePx, double penWidthPx, int zoom) {
    int[] size = sizePx(sizePx, penWidthPx);
    int width = Math.multiplyExact(size[0], zoom);
    int height = Math.multiplyExact(size[1], zoom);
    double dx = (size[0] - 1) / 2.0 - middle(x);
    double dy = (size[1] - 1) / 2.0 - middle(y);
    byte[] ink = new byte[Math.multiplyExact(width, height)];
    double reach = zoom * penWidthPx / 2 + 0.5;
    double half = (zoom - 1) / 2.0;
    for (int i = 0; i < x.length; i++) {
      int from = i > 0 && !lifted[i - 1] ? i - 1 : i;
      double[] line = {
        (x[from] + dx) * zoom + half,
        (y[from] + dy) * zoom + half,
        (x[i] + dx) * zoom + half,
        (y[i] + dy) * zoom + half
      };
      draw(ink, width, height, line, reach);
    }
    return Pixels.ofBytes(width, height, 1, ink);
  }

  /** Each pixel gets the ink of the nearest line: reach - distance, within 0..1. */
  private static void draw(byte[] ink, int width, int height, double[] line, double reach) {
    double vx = line[2] - line[0];
    double vy = line[3] - line[1];
    double square = Math.max(vx * vx + vy * vy, 1e-9);
    int left = (int) Math.max(0, Math.floor(Math.min(line[0], line[2]) - reach));
    int right = (int) Math.min(width - 1.0, Math.ceil(Math.max(line[0], line[2]) + reach));
    int top = (int) Math.max(0, Math.floor(Math.min(line[1], line[3]) - reach));
    int bottom = (int) Math.min(height - 1.0, Math.ceil(Math.max(line[1], line[3]) + reach));
    for (int py = top; py <= bottom; py++) {
      for (int px = left; px <= right; px++) {
        double ox = px - line[0];
        double oy = py - line[1];
        double along = Math.min(1, Math.max(0, (ox * vx + oy * vy) / square));
        double far = Math.hypot(ox - along * vx, oy - along * vy);
        int grey = (int) Math.rint(255 * Math.min(1, Math.max(0, reach - far)));
        int at = py * width + px;
        if (grey > (ink[at] & 0xff)) {
          ink[at] = (byte) grey;
        }
      }
    }
  }

  /**
   * An SVG document, black on nothing, one path a stroke.
   *
   * @param sizePx side of the picture; 0 for one that is as large as the drawing
   * @param penWidthPx width of the pen
   */
  public String svg(int sizePx, double penWidthPx) {
    int[] size = sizePx(sizePx, penWidthPx);
    double dx = size[0] / 2.0 - middle(x);
    double dy = size[1] / 2.0 - middle(y);
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" fill=\"none\""
                + " stroke=\"black\" stroke-width=\"%.2f\" stroke-linecap=\"round\""
                + " stroke-linejoin=\"round\">%n",
            size[0],
            size[1],
            penWidthPx));
    for (int i = 0; i < x.length; i++) {
      boolean first = i == 0 || lifted[i - 1];
      out.append(first ? "<path d=\"M" : " L");
      out.append(String.format(Locale.ROOT, "%.2f %.2f", x[i] + dx, y[i] + dy));
      if (first && (lifted[i] || i + 1 == x.length)) {
        // A line of no length still leaves a dot.
        out.append(" l0 0");
      }
      if (lifted[i] || i + 1 == x.length) {
        out.append("\"/>\n");
      }
    }
    return out.append("</svg>\n").toString();
  }

  private static double middle(float[] values) {
    return values.length == 0 ? 0 : (min(values) + max(values)) / 2.0;
  }

  private static float min(float[] values) {
    float least = values.length == 0 ? 0 : values[0];
    for (float value : values) {
      least = Math.min(least, value);
    }
    return least;
  }

  private static float max(float[] values) {
    float most = values.length == 0 ? 0 : values[0];
    for (float value : values) {
      most = Math.max(most, value);
    }
    return most;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Strokes s
        && Arrays.equals(x, s.x)
        && Arrays.equals(y, s.y)
        && Arrays.equals(lifted, s.lifted);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(x) + Arrays.hashCode(y);
  }

  @Override
  public String toString() {
    return "Strokes of " + x.length + " points";
  }
}
