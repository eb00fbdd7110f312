package dev.sampo.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.latent.StyleMixing;
import java.util.List;
import org.junit.jupiter.api.Test;

class StyleGanPipelineTest {
  private static final String MODEL = "stylegan";

  @Test
  void sample_whenPsi_thenThePicturesOfPyTorch() {
    try (StyleGanPipeline gan = StyleGanPipeline.open(Tiny.folder(MODEL))) {
      PictureRequest request = PictureRequest.builder().seed(8).count(2).truncation(0.7).build();
      assertArrayEquals(
          Tiny.floats(MODEL, "expected"), gan.sample(request).pictures().toArray(), 1e-5f);
    }
  }

  @Test
  void sample_whenMixed_thenMiddleLayersComeFromTheDonor() {
    try (StyleGanPipeline gan = StyleGanPipeline.open(Tiny.folder(MODEL))) {
      PictureRequest request =
          PictureRequest.builder().seed(8).count(2).truncation(0.7).mix(9, 1, 3).build();
      assertArrayEquals(
          Tiny.floats(MODEL, "expected_mixed"), gan.sample(request).pictures().toArray(), 1e-5f);
    }
  }

  @Test
  void sample_whenPsiIsZero_thenEveryPictureIsTheMean() {
    try (StyleGanPipeline gan = StyleGanPipeline.open(Tiny.folder(MODEL))) {
      PictureBatch pictures =
          gan.sample(PictureRequest.builder().seed(1).count(3).truncation(0).build()).pictures();
      float[] mean = gan.synthesize(new float[][] {gan.meanStyle(-1)}, 0).picture(0);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(mean, pictures.picture(i), 1e-5f);
      }
    }
  }

  @Test
  void synthesize_whenStylesAreChanged_thenOnlyThosePicturesChange() {
    try (StyleGanPipeline gan = StyleGanPipeline.open(Tiny.folder(MODEL))) {
      float[][] w = gan.map(new float[][] {{1, 0, 0, 0, 0}, {0, 1, 0, 0, 0}}, List.of());
      assertEquals(gan.layers() * gan.styleSize(), w[0].length);
      float[] mixed = StyleMixing.mix(w[0], w[1], gan.styleSize(), 0, gan.layers());
      PictureBatch pictures = gan.synthesize(new float[][] {w[1], mixed}, 0);
      assertArrayEquals(pictures.picture(0), pictures.picture(1));
    }
  }

  @Test
  void synthesize_whenStylesHaveAnotherSize_thenError() {
    try (StyleGanPipeline gan = StyleGanPipeline.open(Tiny.folder(MODEL))) {
      RequestException e =
          assertThrows(RequestException.class, () -> gan.synthesize(new float[1][7], 0));
      assertEquals("stylegan wants styles of 4 layers of 6 values, got 7 values.", e.getMessage());
    }
  }
}
