package dev.sampo.picture;

import dev.sampo.error.RequestException;

/**
 * How a large picture is cut into tiles.
 *
 * @param tilePx side of a tile of the input; 0 for the whole picture at once
 * @param overlapPx pixels of the input that neighbouring tiles share, blended across them; four times the reach of the net leaves no seam
 */
public record Tiling(int tilePx, int overlapPx) {
  /** The whole picture at once. */
  public static final Tiling NONE = new Tiling(0, 0);

  /** Checks the numbers. */
  public Tiling {
    if (tilePx < 0 || overlapPx < 0 || (tilePx > 0 && 2 * overlapPx >= tilePx)) {
      throw new RequestException(
          "tiling",
          "Tiles are larger than twice their overlap, got tilePx "
              + tilePx
              + " and overlapPx "
              + overlapPx
              + ".");
    }
  }

  /** Where the tiles of one axis begin: evenly, the last one ending with the picture. */
  static int[] starts(int sizePx, int tilePx, int overlapPx) {
    if (sizePx <= tilePx) {
      return new int[] {0};
    }
    int pitch = tilePx - overlapPx;
    int count = (sizePx - overlapPx + pitch - 1) / pitch;
    int[] starts = new int[count];
    for (int i = 0; i < count; i++) {
      starts[i] = Math.min(i * pitch, sizePx - tilePx);
    }
    return starts;
  }
}
