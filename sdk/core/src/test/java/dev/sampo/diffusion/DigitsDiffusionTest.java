package dev.sampo.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The shipped class-conditional model, seen by the judge. */
class DigitsDiffusionTest {
  private static final Path HOME = Path.of(System.getProperty("sampo.home", "../.."));
  private static DiffusionPipeline pipeline;
  private static Graph judge;

  @BeforeAll
  static void open() {
    pipeline = DiffusionPipeline.open(HOME.resolve("exporter-specs/models/digits-diffusion"));
    judge =
        Graph.load(
            HOME.resolve("exporter-specs/src/test/resources/judge/judge.onnx"),
            SessionConfig.defaults());
  }

  @AfterAll
  static void close() {
    pipeline.close();
    judge.close();
  }

  private static DiffusionRequest.Builder seven() {
    return DiffusionRequest.builder().classLabel(7).numInferenceSteps(6).seed(3);
  }

  /** The digit that the judge sees in each picture. */
  private static int[] judged(PictureBatch pictures) {
    Shape shape = Shape.of(pictures.count(), 1, 28, 28);
    try (Tensor sample = Tensor.ofFloats(shape, pictures.toArray());
        Outputs out = judge.run(Collections.singletonMap("sample", sample))) {
      float[] logits = out.get("logits").toFloats();
      int[] digits = new int[pictures.count()];
      for (int b = 0; b < digits.length; b++) {
        for (int k = 1; k < 10; k++) {
          if (logits[b * 10 + k] > logits[b * 10 + digits[b]]) {
            digits[b] = k;
          }
        }
      }
      return digits;
    }
  }

  @Test
  void generate_whenSevenByDpmSolverIn12Steps_thenAllSevens() {
    DiffusionRequest request =
        DiffusionRequest.builder()
            .classLabel(7)
            .scheduler("DPMSolverMultistep")
            .numInferenceSteps(12)
            .count(8)
            .seed(1)
            .build();
    DiffusionResult result = pipeline.generate(request);
    int right = 0;
    for (int digit : judged(result.pictures())) {
      right += digit == 7 ? 1 : 0;
    }
    assertTrue(right >= 7, right + " of 8 are sevens");
    assertEquals(28, result.pictures().pixels(0).widthPx());
    assertEquals("DPMSolverMultistepScheduler", result.settings().get("scheduler"));
    assertEquals("7", result.settings().get("class_label"));
    assertEquals(12, result.timings().steps());
  }

  @Test
  void generate_whenAnyCompatibleScheduler_thenAPicture() {
    SchedulerConfig config = pipeline.schedulerConfig();
    for (String name : Schedulers.compatible(config)) {
      if (name.equals("RePaintScheduler") || name.equals("DDIMInverseScheduler")) {
        continue;
      }
      DiffusionResult result = pipeline.generate(seven().scheduler(name).build());
      for (float value : result.pictures().toArray()) {
        assertTrue(value >= 0 && value <= 1, name + " gave " + value);
      }
    }
  }

  @Test
  void generate_whenGuidanceIsSplit_thenSamePicture() {
    DiffusionResult whole = pipeline.generate(seven().guidanceScale(3.0).build());
    DiffusionResult split =
        pipeline.generate(seven().guidanceScale(3.0).splitGuidance(true).build());
    Fixtures.close("split", whole.pictures().toArray(), split.pictures().toArray(), 1e-4);
    assertEquals(6, split.timings().steps());
  }

  @Test
  void generate_whenResumedFromAnyStep_thenSamePicture() {
    List<DiffusionState> states = new ArrayList<>();
    DiffusionRequest request =
        seven()
            .scheduler("DPMSolverMultistep")
            .schedulerOption("algorithm_type", "sde-dpmsolver++")
            .progress(step -> states.add(step.state()))
            .build();
    DiffusionResult whole = pipeline.generate(request);
    for (int k : new int[] {0, 3}) {
      DiffusionRequest rest =
          request.toBuilder().progress(step -> {}).resume(states.get(k)).build();
      assertEquals(whole.latents(), pipeline.generate(rest).latents());
    }
  }

  @Test
  void generate_whenSeedsAreListed_thenEachPictureAsAlone() {
    DiffusionResult both =
        pipeline.generate(seven().classLabel(7, 2).seeds(10, 11).guidanceScale(1.0).build());
    DiffusionResult second =
        pipeline.generate(seven().classLabel(2).seed(11).guidanceScale(1.0).build());
    float[] half = new float[784];
    System.arraycopy(both.pictures().toArray(), 784, half, 0, 784);
    Fixtures.close("second", second.pictures().toArray(), half, 1e-4);
  }

  @Test
  void generate_whenStartedFromAPicture_thenStaysNearIt() {
    Pixels seven = pipeline.generate(seven().numInferenceSteps(12).build()).pictures().pixels(0);
    DiffusionRequest.Builder again = seven().image(seven).numInferenceSteps(20);
    float[] wanted = seven.toChw(0, 1);
    double little = distance(wanted, pipeline.generate(again.strength(0.1).build()));
    double much = distance(wanted, pipeline.generate(again.strength(0.9).build()));
    assertTrue(little < much, little + " against " + much);
    assertTrue(little < 0.1, "strength 0.1 moved by " + little);
  }

  @Test
  void generate_whenMasked_thenTheRestIsKept() {
    Pixels seven = pipeline.generate(seven().numInferenceSteps(12).build()).pictures().pixels(0);
    byte[] lower = new byte[784];
    java.util.Arrays.fill(lower, 392, 784, (byte) 255);
    DiffusionRequest request = seven().image(seven).mask(Pixels.ofBytes(28, 28, 1, lower)).build();
    float[] got = pipeline.generate(request).pictures().toArray();
    float[] wanted = seven.toChw(0, 1);
    Fixtures.close(
        "upper half",
        java.util.Arrays.copyOf(wanted, 392),
        java.util.Arrays.copyOf(got, 392),
        1e-5);
  }

  @Test
  void invert_whenRunForwardAgain_thenThePictureComesBack() {
    Pixels seven = pipeline.generate(seven().numInferenceSteps(12).build()).pictures().pixels(0);
    DiffusionRequest request =
        seven().image(seven).numInferenceSteps(50).guidanceScale(1.0).build();
    PictureBatch noise = pipeline.invert(request);
    DiffusionResult back =
        pipeline.generate(
            seven().numInferenceSteps(50).guidanceScale(1.0).initialNoise(noise).build());
    double error = distance(seven.toChw(0, 1), back);
    assertTrue(error < 0.1, "came back to within " + error);
  }

  @Test
  void listener_whenTold_thenPreviewsAndCounts() {
    List<Long> done = new ArrayList<>();
    List<PictureBatch> previews = new ArrayList<>();
    DiffusionResult result =
        pipeline.generate(
            seven()
                .progress(
                    step -> {
                      done.add(step.done());
                      previews.add(step.preview());
                    })
                .build());
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L), done);
    // The last step ends at the first time of training, not quite at the clean sample.
    double error = distance(pipeline.decode(previews.get(5)).get(0).toChw(0, 1), result);
    assertTrue(error < 0.02, "the last preview is off by " + error);
  }

  @Test
  void generate_whenCancelledAtAnyStep_thenWhatIsLeftGoesOnToTheSamePicture() {
    DiffusionRequest request = seven().seed(null).scheduler("EulerAncestralDiscrete").build();
    for (long last : new long[] {1, 4, 6}) {
      CancellationToken token = new CancellationToken();
      CancelledException e =
          assertThrows(
              CancelledException.class,
              () ->
                  pipeline.generate(
                      request.toBuilder()
                          .cancellation(token)
                          .progress(
                              step -> {
                                if (step.done() == last) {
                                  token.cancel();
                                }
                              })
                          .build()));
      DiffusionResult left = e.partial(DiffusionResult.class);
      assertEquals("Cancelled at step " + last + " of 6", e.getMessage());
      assertEquals(0, left.pictures().count());
      assertEquals(last, left.timings().steps());
      DiffusionResult whole = pipeline.generate(request.toBuilder().seed(left.seed()).build());
      DiffusionResult rest = pipeline.generate(request.toBuilder().resume(left.state()).build());
      assertEquals(whole.latents(), rest.latents());
      assertEquals(whole.pictures(), rest.pictures());
      assertEquals(left.seed(), rest.seed());
    }
  }

  @Test
  void generate_whenSeedIsLeftOut_thenDrawnAndTold() {
    DiffusionRequest request = seven().seed(null).build();
    DiffusionResult first = pipeline.generate(request);
    assertTrue(first.seed() != pipeline.generate(request).seed(), "the same seed twice");
    assertEquals(
        first.pictures(),
        pipeline.generate(request.toBuilder().seed(first.seed()).build()).pictures());
    assertEquals(String.valueOf(first.seed()), first.settings().get("seed"));
  }

  @Test
  void generate_whenClassIsLeftOut_thenAllInTurn() {
    DiffusionRequest.Builder twelve = DiffusionRequest.builder().numInferenceSteps(3).seed(5);
    int[] labels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1};
    assertEquals(
        pipeline.generate(twelve.classLabel(labels).build()).pictures(),
        pipeline.generate(twelve.classLabel().count(12).build()).pictures());
  }

  private static double distance(float[] wanted, DiffusionResult result) {
    float[] got = result.pictures().toArray();
    double sum = 0;
    for (int j = 0; j < wanted.length; j++) {
      sum += Math.abs(wanted[j] - got[j]);
    }
    return sum / wanted.length;
  }

  // ---- errors

  private static String message(DiffusionRequest.Builder request) {
    return assertThrows(RequestException.class, () -> pipeline.generate(request.build()))
        .getMessage();
  }

  @Test
  void generate_whenStrengthIsOutside_thenError() {
    assertEquals("strength lies between 0 and 1, got 1.1.", message(seven().strength(1.1)));
  }

  @Test
  void generate_whenNoSteps_thenError() {
    assertEquals("numInferenceSteps is at least 1, got 0.", message(seven().numInferenceSteps(0)));
  }

  @Test
  void generate_whenMaskHasAnotherSize_thenErrorShowsBoth() {
    assertEquals(
        "The mask is 14x14, the image 28x28. Give a mask of the image's size.",
        message(seven().image(Pixels.filled(28, 28, 0)).mask(Pixels.filled(14, 14, 255))));
  }

  @Test
  void generate_whenMaskWithoutImage_thenError() {
    assertEquals(
        "A mask says what to repaint of a picture: give an image too.",
        message(seven().mask(Pixels.filled(14, 14, 255))));
  }

  @Test
  void generate_whenPromptIsGiven_thenErrorPointsToClasses() {
    assertEquals(
        "The model digits-diffusion takes no prompts: it has no text encoder. Give a class label.",
        message(DiffusionRequest.builder().prompt("a seven")));
  }

  @Test
  void generate_whenClassIsUnknown_thenErrorShowsTheRange() {
    assertEquals(
        "The model digits-diffusion has the classes 0 to 9, got 12.",
        message(DiffusionRequest.builder().classLabel(12)));
  }

  @Test
  void generate_whenStrengthLeavesNoStep_thenError() {
    assertEquals(
        "A strength of 0.1 of 6 steps leaves none. Ask for more steps or a higher strength.",
        message(seven().image(Pixels.filled(28, 28, 0)).strength(0.1)));
  }

  @Test
  void generate_whenSeedsDoNotFit_thenError() {
    assertEquals(
        "There are 2 seeds for 1 pictures. Give one, or one for each.",
        message(seven().seeds(1, 2)));
  }

  @Test
  void generate_whenSchedulerIsOfAnotherKind_thenErrorListsTheRightOnes() {
    SchedulerException e =
        assertThrows(
            SchedulerException.class,
            () -> pipeline.generate(seven().scheduler("EDMEuler").build()));
    assertTrue(
        e.getMessage()
            .startsWith("EDMEulerScheduler: the configuration is that of a DDIMScheduler"),
        e.getMessage());
  }
}
