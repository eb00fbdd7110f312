package dev.sampo.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.random.TorchGenerator;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The layouts beyond Stable Diffusion 1, on graphs of a few operations (see make_tiny.py beside them): each network answers with a weighted
 * sum of means of its inputs, so what it was given is worked out by hand. The prompt "a b" has the ids 1, 2, 0, 0, 0, 0, 0, 0.
 */
class LayoutsTest {

  private static Path folder(String name) {
    try {
      return Path.of(LayoutsTest.class.getResource("/diffusion/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static DiffusionResult generate(String name, DiffusionRequest.Builder request) {
    try (DiffusionPipeline pipeline = DiffusionPipeline.open(folder(name))) {
      return pipeline.generate(request.build());
    }
  }

  private static DiffusionRequest.Builder prompt() {
    return DiffusionRequest.builder().prompt("a b").numInferenceSteps(2).seed(1);
  }

  private static void assertAll(double wanted, float[] got, double bound) {
    float[] all = new float[got.length];
    Arrays.fill(all, (float) wanted);
    Fixtures.close("latents", all, got, bound);
  }

  @Test
  void xl_whenGuided_thenBothEncodersSizesAndZerosForNoNegative() {
    // Features 3/8 (1 + 3) / 2 = 0.75, pooled 10 * 9/8 = 11.25, sizes 8 and 12: 0.12892; the
    // negative half has the sizes only.
    DiffusionResult result = generate("tiny_xl", prompt().size(12, 8).guidanceScale(2.0));
    assertAll(0.12892 + 2 * 12.0, result.latents().toArray(), 1e-4);
    assertEquals(12, result.pictures().pixels(0).widthPx());
  }

  @Test
  void xl_whenNegativePromptIsGiven_thenEncoded() {
    // "b": 2/8 (1 + 3) / 2 + 10 * 6/8 = 8; guided 8 + 2 (12 - 8) = 16.
    DiffusionResult result =
        generate("tiny_xl", prompt().negativePrompt("b").size(12, 8).guidanceScale(2.0));
    assertAll(16.12892, result.latents().toArray(), 1e-4);
  }

  @Test
  void xl_whenSecondPromptIsGiven_thenForTheSecondEncoderOnly() {
    // (3/8 * 1 + 2/8 * 3) / 2 + 10 * 6/8 of "a b" and "b".
    DiffusionResult result =
        generate("tiny_xl", prompt().prompt2("b").size(12, 8).guidanceScale(1.0));
    assertAll(0.5625 + 7.5 + 0.12892, result.latents().toArray(), 1e-4);
  }

  @Test
  void xl_whenSizesAreGiven_thenToldToBothHalvesUnlessTheNegativeHasItsOwn() {
    SizeConditions sizes = SizeConditions.DEFAULT.withOriginal(20, 30).withCrop(1, 2);
    // 0.02 + 0.3 + 1 + 2 + 8e-4 + 1.2e-4
    DiffusionRequest.Builder request = prompt().size(12, 8).guidanceScale(2.0).sizes(sizes);
    assertAll(3.32092 + 2 * 12.0, generate("tiny_xl", request).latents().toArray(), 1e-4);
    request.negativeSizes(SizeConditions.DEFAULT.withTarget(8, 12));
    double half = 3.32092 + 12.0;
    assertAll(
        0.12892 + 2 * (half - 0.12892), generate("tiny_xl", request).latents().toArray(), 1e-4);
  }

  @Test
  void clipSkip_whenTheEncoderHasFewerLayers_thenErrorCountsThem() {
    RequestException e =
        assertThrows(
            RequestException.class, () -> generate("tiny_xl", prompt().size(12, 8).clipSkip(40)));
    assertEquals("clipSkip", e.option());
    assertTrue(e.getMessage().contains(" layers, so so many cannot be skipped"), e.getMessage());
  }

  @Test
  void xl_whenSeveralPictures_thenEachWithItsPrompt() {
    DiffusionResult result =
        generate("tiny_xl", prompt().prompt("a b", "b").size(12, 8).guidanceScale(1.0).count(2));
    float[] got = result.latents().toArray();
    int half = got.length / 2;
    assertAll(12.12892, Arrays.copyOf(got, half), 1e-4);
    assertAll(8.12892, Arrays.copyOfRange(got, half, 2 * half), 1e-4);
  }

  @Test
  void sd3_whenGuided_thenFlowFromNoiseToTheAnswer() {
    // 16 positions of 6: sum 3 (1 + 1 + 3 + 3) / 96 = 0.25; pooled (3.75 + 11.25) / 2; guided twice
    // 7.75.
    DiffusionResult result = generate("tiny_sd3", prompt().size(8, 8).guidanceScale(2.0));
    float[] noise = new float[4 * 4 * 4];
    new TorchGenerator(1).randn(noise);
    for (int j = 0; j < noise.length; j++) {
      noise[j] -= 15.5f;
    }
    Fixtures.close("latents", noise, result.latents().toArray(), 1e-4);
    // Decoded: latents / 0.5 + 0.25, far below zero: black.
    assertEquals(0, result.pictures().pixels(0).at(0, 0, 0));
  }

  @Test
  void flux_whenPacked_thenPlacesAndBuiltInGuidance() {
    // T5 features 2 * 3 / 512, pooled 3.75, guidance 3.5 * 100, 1000 a row and 10000 a column of
    // patches.
    DiffusionResult result = generate("tiny_flux", prompt().size(8, 8).guidanceScale(3.5));
    float[] wanted = new float[4 * 4 * 4];
    new TorchGenerator(1).randn(wanted);
    for (int j = 0; j < wanted.length; j++) {
      int row = j / 4 % 4 / 2;
      int column = j % 4 / 2;
      wanted[j] -= (float) (6.0 / 512 + 3.75 + 350 + 1000 * row + 10000 * column);
    }
    Fixtures.close("latents", wanted, result.latents().toArray(), 2e-2);
    assertEquals(2, result.timings().steps());
  }

  private static Pixels leftHalf() {
    byte[] mask = new byte[64];
    for (int p = 0; p < 64; p++) {
      mask[p] = (byte) (p % 8 < 4 ? 255 : 0);
    }
    return Pixels.ofBytes(8, 8, 1, mask);
  }

  @Test
  void inpaint_whenNetworkHasNineChannels_thenMaskAndMaskedPictureBehindTheSample() {
    // The last layer is -id: features -3/8; painted part 100 and a grey picture (0); kept part 0.5
    // (191 / 127.5 - 1).
    DiffusionResult result =
        generate(
            "tiny_inpaint",
            prompt().image(Pixels.filled(8, 8, 191, 191, 191)).mask(leftHalf()).guidanceScale(1.0));
    float[] wanted = new float[4 * 4 * 4];
    for (int j = 0; j < wanted.length; j++) {
      wanted[j] = (float) (j % 4 < 2 ? 99.625 : -0.375 + 0.5 * (191 / 127.5 - 1));
    }
    Fixtures.close("latents", wanted, result.latents().toArray(), 1e-4);
  }

  @Test
  void inpaint_whenGuided_thenBothHalvesHaveTheMask() {
    // "" has features 0: 0 + 3 (-3/8).
    DiffusionResult result =
        generate(
            "tiny_inpaint",
            prompt().image(Pixels.filled(8, 8, 191, 191, 191)).mask(leftHalf()).guidanceScale(3.0));
    assertEquals(98.875f, result.latents().toArray()[0], 1e-4);
  }

  @Test
  void inpaint_whenNoMaskIsGiven_thenErrorAsksForOne() {
    RequestException e =
        assertThrows(RequestException.class, () -> generate("tiny_inpaint", prompt().size(8, 8)));
    assertEquals("This is an inpainting model: give an image and a mask.", e.getMessage());
  }

  @Test
  void controlNet_whenGraphTakesResiduals_thenAddedInOrder() {
    // Features -3/8; residual 0.5 * 2; middle residual 100 * -3/8.
    float[] grey = new float[3 * 8 * 8];
    Arrays.fill(grey, 0.5f);
    try (Graph graph =
            Graph.load(
                folder("tiny_control").resolve("controlnet/model.onnx"), SessionConfig.defaults());
        Tensor condition = Tensor.ofFloats(Shape.of(1, 3, 8, 8), grey);
        ControlNet.GraphControlNet control = ControlNet.ofGraph(graph, condition, 2.0)) {
      DiffusionResult result =
          generate("tiny_control", prompt().size(8, 8).guidanceScale(1.0).controlNet(control));
      assertAll(-36.875, result.latents().toArray(), 1e-4);
    }
  }

  @Test
  void controlNet_whenMissing_thenErrorNamesTheInputs() {
    RequestException e =
        assertThrows(
            RequestException.class,
            () -> generate("tiny_control", prompt().size(8, 8).guidanceScale(1.0)));
    assertTrue(
        e.getMessage()
            .endsWith(
                "wants the residuals of a ControlNet [down_block_additional_residual.0,"
                    + " mid_block_additional_residual]; give one."),
        e.getMessage());
  }

  @Test
  void float16_whenGuidedByClass_thenConvertedBothWays() {
    // Class 3 answers 3/8, no class 4/8: 1/2 + 3 (3/8 - 1/2).
    DiffusionResult result =
        generate(
            "tiny_fp16",
            DiffusionRequest.builder().classLabel(3).numInferenceSteps(2).guidanceScale(3.0));
    assertAll(0.125, result.latents().toArray(), 1e-3);
  }

  @Test
  void card_whenItsRangeIsAnother_thenPicturesAreReadAndMadeByIt(@TempDir Path folder)
      throws IOException {
    Path from = folder("tiny_fp16");
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = folder.resolve(from.relativize(file).toString());
        Files.createDirectories(to.getParent());
        Files.copy(file, to);
      }
    }
    Path card = folder.resolve("sampo-card.json");
    String text = Files.readString(card);
    String image = "\"image\": {\"channels\": 3, \"range\": [0, 4]}, ";
    Files.writeString(card, text.replaceFirst("\\{", "{" + image));
    try (DiffusionPipeline pipeline = DiffusionPipeline.open(folder)) {
      DiffusionRequest request =
          DiffusionRequest.builder()
              .classLabel(3)
              .numInferenceSteps(2)
              .guidanceScale(3.0)
              .seed(1)
              .build();
      DiffusionResult result = pipeline.generate(request);
      // As in the test above: 0.125 in 0..4.
      assertAll(0.125, result.latents().toArray(), 1e-3);
      assertAll(0.125 / 4, result.pictures().toArray(), 1e-3);
      Pixels white = Pixels.filled(result.pictures().widthPx(), result.pictures().heightPx(), 255);
      DiffusionRequest kept =
          request.toBuilder()
              .image(white.withChannels(result.pictures().channels()))
              .strength(0)
              .build();
      assertAll(4.0, pipeline.generate(kept).latents().toArray(), 1e-5);
    }
  }

  @Test
  void card_whenItNamesClasses_thenTheyAreListed() {
    try (DiffusionPipeline pipeline = DiffusionPipeline.open(folder("tiny_fp16"))) {
      assertEquals(java.util.List.of("n", "e", "s", "w"), pipeline.classes());
      assertTrue(pipeline.takesClasses());
    }
  }
}
