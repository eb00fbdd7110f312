package dev.sampo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.embedding.ClipModel;
import dev.sampo.embedding.FillMask;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.error.ModelException;
import dev.sampo.model.Family;
import dev.sampo.picture.AutoencoderPipeline;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.ImageToImagePipeline;
import dev.sampo.picture.PixelCnnPipeline;
import dev.sampo.picture.StyleGanPipeline;
import dev.sampo.picture.Tiny;
import dev.sampo.picture.VaePipeline;
import dev.sampo.series.ForecastPipeline;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.text.Golden;
import dev.sampo.text.TextGenerator;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampoTest {
  private static Class<? extends Model> family(String name) {
    return switch (name) {
      case "autoencoder" -> AutoencoderPipeline.class;
      case "forecast" -> ForecastPipeline.class;
      case "gan" -> GanPipeline.class;
      case "image-to-image" -> ImageToImagePipeline.class;
      case "pixelcnn" -> PixelCnnPipeline.class;
      case "stylegan" -> StyleGanPipeline.class;
      case "vae" -> VaePipeline.class;
      case "wavenet" -> WaveNetPipeline.class;
      default -> throw new IllegalArgumentException(name);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "autoencoder,autoencoder",
    "forecast,forecast",
    "mlp-gan,gan",
    "super-resolution,image-to-image",
    "pixelcnn,pixelcnn",
    "stylegan,stylegan",
    "foreign-vae,vae",
    "wavenet,wavenet"
  })
  void open_whenFolderOfAFamily_thenThatFamily(String folder, String name) {
    try (Model model = Sampo.open(Tiny.folder(folder))) {
      assertInstanceOf(family(name), model);
      assertEquals(name, model.family().label());
      assertTrue(!model.name().isEmpty());
    }
  }

  @Test
  void open_whenTextModels_thenEachByItsOutputs() {
    Path text = Golden.folder("text");
    try (Model model = Sampo.open(text.resolve("generation/gpt2"))) {
      assertInstanceOf(TextGenerator.class, model);
      assertEquals(Family.DECODER_ONLY, model.family());
    }
    Path encoders = Golden.ownFolder("text/encoders");
    try (Model embedding = Sampo.open(encoders.resolve("embedding"));
        Model clip = Sampo.open(encoders.resolve("clip"));
        Model masked = Sampo.open(encoders.resolve("fill_mask"))) {
      assertInstanceOf(TextEncoder.class, embedding);
      assertInstanceOf(ClipModel.class, clip);
      assertInstanceOf(FillMask.class, masked);
    }
  }

  @Test
  void open_whenAnotherFamilyIsWanted_thenErrorNamesBoth() {
    ModelException e =
        assertThrows(
            ModelException.class, () -> Sampo.open(Tiny.folder("mlp-gan"), TextGenerator.class));
    assertTrue(e.getMessage().contains("is no TextGenerator but a GanPipeline"), e.getMessage());
    assertEquals(Tiny.folder("mlp-gan"), e.path());
  }
}
