package dev.sampo.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.error.SampoException;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a latent model can be asked for beyond the golden cases, on the tiny one of random weights (factor 4). */
class TextToImageTest {
  private static DiffusionPipeline pipeline;

  @BeforeAll
  static void open() {
    pipeline = DiffusionPipeline.open(Fixtures.model("tiny_sd"));
  }

  @AfterAll
  static void close() {
    pipeline.close();
  }

  private static DiffusionRequest.Builder boat() {
    return DiffusionRequest.builder()
        .prompt("a red boat")
        .size(32, 32)
        .numInferenceSteps(3)
        .scheduler("DDIM")
        .seed(4);
  }

  private static float[] values(DiffusionRequest.Builder request) {
    return pipeline.generate(request.build()).pictures().toArray();
  }

  private static String words(int count) {
    return String.join(" ", java.util.Collections.nCopies(count, "boat"));
  }

  @Test
  void generate_whenSizeIsNoMultiple_thenErrorSaysWhichOnesAre() {
    RequestException e =
        assertThrows(RequestException.class, () -> pipeline.generate(boat().size(30, 32).build()));
    assertEquals(
        "This model makes pictures whose widthPx is a multiple of 4, got 30. Use 28 or 32.",
        e.getMessage());
    assertEquals("widthPx", e.option());
  }

  @Test
  void generate_whenPromptIsTooLong_thenErrorCountsTokens() {
    RequestException e =
        assertThrows(
            RequestException.class, () -> pipeline.generate(boat().prompt(words(90)).build()));
    assertTrue(
        e.getMessage().startsWith("The prompt has ")
            && e.getMessage().contains(" tokens, the text encoder takes 77. Shorten it, or set"),
        e.getMessage());
  }

  @Test
  void generate_whenPromptMayBeCut_thenItsEndIsLost() {
    DiffusionRequest.Builder one = boat().cutLongPrompts(true).prompt(words(90));
    DiffusionRequest.Builder other = boat().cutLongPrompts(true).prompt(words(90) + " house");
    Fixtures.close("cut", values(one), values(other), 0);
  }

  @Test
  void generate_whenNoPrompt_thenError() {
    assertEquals(
        "The model model wants a prompt.",
        assertThrows(
                RequestException.class, () -> pipeline.generate(DiffusionRequest.builder().build()))
            .getMessage());
  }

  @Test
  void generate_whenNegativePromptsDoNotFit_thenError() {
    assertEquals(
        "There are 2 negative prompts for 1 prompts. Give one, or one for each.",
        assertThrows(
                RequestException.class,
                () -> pipeline.generate(boat().negativePrompt("a", "b").build()))
            .getMessage());
  }

  @Test
  void generate_whenGuidanceIsSplit_thenSamePicture() {
    Fixtures.close("split", values(boat()), values(boat().splitGuidance(true)), 1e-4);
  }

  @Test
  void generate_whenFeaturesAreGiven_thenAsTheirPrompt() {
    PromptFeatures features = pipeline.encode("a red boat");
    Fixtures.close("features", values(boat()), values(boat().prompt().features(features)), 1e-5);
  }

  @Test
  void towards_whenHalfWay_thenBetweenBothPrompts() {
    PromptFeatures a = pipeline.encode("a red boat");
    PromptFeatures b = pipeline.encode("two cats");
    float[] mixed = a.towards(b, 0.5).features();
    assertEquals((a.features()[40] + b.features()[40]) / 2, mixed[40], 1e-6);
    assertEquals(a, a.towards(b, 0));
  }

  @Test
  void generate_whenSeveralForOnePrompt_thenEachAsWithItsSeed() {
    float[] both = values(boat().count(2).seeds(4, 5));
    float[] second = values(boat().seed(5));
    float[] half = java.util.Arrays.copyOfRange(both, both.length / 2, both.length);
    Fixtures.close("second", second, half, 1e-4);
  }

  @Test
  void generate_whenLatentsAreUpscaled_thenALargerPicture() {
    PictureBatch small = pipeline.generate(boat().build()).latents();
    PictureBatch large = small.resized(16, 16);
    DiffusionResult result =
        pipeline.generate(
            boat().size(null, null).imageLatents(large).strength(0.5).numInferenceSteps(6).build());
    assertEquals(64, result.pictures().pixels(0).widthPx());
    assertEquals(3, result.timings().steps());
  }

  @Test
  void generate_whenTiled_thenCloseToTheWhole() {
    DiffusionRequest.Builder large = boat().size(64, 48);
    float[] whole = values(large);
    float[] tiled = values(large.tilePx(32));
    assertEquals(whole.length, tiled.length);
    double sum = 0;
    for (int j = 0; j < whole.length; j++) {
      sum += Math.abs(whole[j] - tiled[j]);
    }
    assertTrue(sum / whole.length < 0.1, "tiles differ by " + sum / whole.length);
  }

  @Test
  void generate_whenContrastIsTakenBack_thenAnotherPicture() {
    float[] plain = values(boat().guidanceScale(12.0));
    float[] rescaled = values(boat().guidanceScale(12.0).guidanceRescale(0.7));
    assertTrue(!java.util.Arrays.equals(plain, rescaled));
  }

  @Test
  void generate_whenNoiseIsBetweenTwo_thenEndsAreTheTwo() {
    float[] zeros = new float[4 * 8 * 8];
    new dev.sampo.samplers.random.TorchGenerator(4).randn(zeros);
    PictureBatch a = PictureBatch.of(1, 4, 8, 8, zeros);
    new dev.sampo.samplers.random.TorchGenerator(5).randn(zeros);
    PictureBatch b = PictureBatch.of(1, 4, 8, 8, zeros);
    Fixtures.close("end", values(boat()), values(boat().initialNoise(a.slerp(b, 0))), 1e-4);
    Fixtures.close(
        "other", values(boat().seed(5)), values(boat().initialNoise(a.slerp(b, 1))), 1e-4);
  }

  @Test
  void generate_whenControlNetIsGiven_thenErrorSaysTheGraphTakesNone() {
    RequestException e =
        assertThrows(
            RequestException.class,
            () ->
                pipeline.generate(boat().controlNet((s, t, f, c) -> java.util.List.of()).build()));
    assertTrue(
        e.getMessage().contains("has no inputs down_block_additional_residual.N"), e.getMessage());
  }

  @Test
  void generate_whenAStepGivesNoNumber_thenErrorNamesTheStep() {
    float[] noise = new float[4 * 8 * 8];
    noise[7] = Float.NaN;
    PictureBatch broken = PictureBatch.of(1, 4, 8, 8, noise);
    SampoException e =
        assertThrows(
            SampoException.class, () -> pipeline.generate(boat().initialNoise(broken).build()));
    assertTrue(e.getMessage().startsWith("Step 1 of 3 (timestep "), e.getMessage());
    assertTrue(e.getMessage().contains("with DDIMScheduler gave NaN"), e.getMessage());
  }

  @Test
  void generate_whenClipSkipWantsLayersThatTheGraphLacks_thenErrorSaysHowToExport() {
    RequestException e =
        assertThrows(RequestException.class, () -> pipeline.generate(boat().clipSkip(1).build()));
    assertTrue(e.getMessage().contains("Export it with output_hidden_states"), e.getMessage());
  }

  @Test
  void generate_whenASchedulerKeyIsMisspelt_thenErrorNamesIt() {
    RequestException e =
        assertThrows(
            RequestException.class,
            () -> pipeline.generate(boat().schedulerOption("timestep_spacin", "leading").build()));
    assertEquals("schedulerOption", e.option());
  }

  @Test
  void generate_whenImageHasAnotherSize_thenErrorShowsBoth() {
    assertEquals(
        "The image's heightPx is 64, the request's 32. Resize the image, or leave the size out.",
        assertThrows(
                RequestException.class,
                () -> pipeline.generate(boat().image(Pixels.filled(64, 64, 0, 0, 0)).build()))
            .getMessage());
  }
}
