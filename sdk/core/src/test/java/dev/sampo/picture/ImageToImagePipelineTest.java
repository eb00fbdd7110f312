package dev.sampo.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ImageToImagePipelineTest {
  private static final String MODEL = "super-resolution";

  @Test
  void run_whenForeignNamesAndAnySize_thenThePictureOfPyTorch() {
    try (ImageToImagePipeline net = ImageToImagePipeline.open(Tiny.folder(MODEL))) {
      PictureBatch big = net.run(picture(net)).pictures();
      assertEquals(42, big.heightPx());
      assertEquals(34, big.widthPx());
      assertArrayEquals(Tiny.floats(MODEL, "expected"), big.toArray(), 1e-5f);
    }
  }

  @Test
  void run_whenTiles_thenNoSeam() {
    try (ImageToImagePipeline net = ImageToImagePipeline.open(Tiny.folder(MODEL))) {
      Tiling tiling = net.tiling(17);
      assertEquals(new Tiling(17, 8), tiling);
      int[] tiles = new int[1];
      PictureBatch big =
          net.run(
                  ImageToImageRequest.builder(picture(net))
                      .tiling(tiling)
                      .progress(step -> tiles[0]++)
                      .build())
              .pictures();
      assertEquals(2, tiles[0]);
      assertArrayEquals(Tiny.floats(MODEL, "expected"), big.toArray(), 1e-5f);
      PictureBatch small =
          net.run(ImageToImageRequest.builder(picture(net)).tiling(new Tiling(13, 6)).build())
              .pictures();
      // the overlap is less than four times the reach: nearly the same
      assertArrayEquals(Tiny.floats(MODEL, "expected"), small.toArray(), 0.1f);
    }
  }

  @Property(seed = "6")
  void starts_whenAnySize_thenTilesCoverItAndOverlap(
      @ForAll @IntRange(min = 1, max = 300) int size,
      @ForAll @IntRange(min = 3, max = 100) int tile,
      @ForAll @IntRange(max = 49) int overlap) {
    int shared = Math.min(overlap, (tile - 1) / 2);
    int[] starts = Tiling.starts(size, tile, shared);
    assertEquals(0, starts[0]);
    assertEquals(Math.max(size - tile, 0), starts[starts.length - 1]);
    for (int i = 1; i < starts.length; i++) {
      assertEquals(true, starts[i] > starts[i - 1] && starts[i] + shared <= starts[i - 1] + tile);
    }
  }

  @Test
  void tiling_whenOverlapIsTooLarge_thenError() {
    assertEquals(
        "Tiles are larger than twice their overlap, got tilePx 16 and overlapPx 8.",
        assertThrows(RequestException.class, () -> new Tiling(16, 8)).getMessage());
  }

  private static PictureBatch picture(ImageToImagePipeline net) {
    return PictureBatch.of(1, 21, 17, net.image(), Tiny.floats(MODEL, "x"));
  }
}
