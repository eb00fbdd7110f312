package dev.sampo.diffusion.staged;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.io.NpyArray;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.video.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every case under {@code cascade/} and {@code unclip/}: every step of both stages, what goes between them, and the pictures. */
class StagedGoldenTest {
  private static final double BOUND = 1e-3;

  private static List<DynamicTest> tests(
      String kind, java.util.function.BiConsumer<Path, Path> check) {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Golden.folders(kind, "case.json")) {
      Path model = folder.getParent().resolveSibling("model");
      String name = model.getParent().getFileName() + "/" + folder.getFileName();
      tests.add(DynamicTest.dynamicTest(name, () -> check.accept(model, folder)));
    }
    return tests;
  }

  @TestFactory
  List<DynamicTest> cascade_whenSeeded_thenTheReferencesPictures() {
    return tests("cascade", StagedGoldenTest::checkCascade);
  }

  @TestFactory
  List<DynamicTest> unclip_whenSeeded_thenTheReferencesPictures() {
    return tests("unclip", StagedGoldenTest::checkUnClip);
  }

  /** Samples of each step, by stage. */
  private static final class Steps {
    final List<List<float[]>> samples = List.of(new ArrayList<>(), new ArrayList<>());
    final List<List<Double>> times = List.of(new ArrayList<>(), new ArrayList<>());

    void on(StageStep step) {
      samples.get(step.stage() - 1).add(step.sample().toArray());
      times.get(step.stage() - 1).add(step.timestep());
    }

    void check(int stage, Path file, JsonNode wantedTimes) {
      float[] all = Golden.npy(file).toFloats();
      List<float[]> got = samples.get(stage);
      assertEquals(wantedTimes.size(), got.size(), "steps of stage " + (stage + 1));
      int n = all.length / got.size();
      for (int i = 0; i < got.size(); i++) {
        assertEquals(wantedTimes.get(i).asDouble(), times.get(stage).get(i), "timestep " + i);
        float[] one = Arrays.copyOfRange(all, i * n, (i + 1) * n);
        Golden.close(file.getFileName() + " step " + i, one, got.get(i), BOUND);
      }
    }
  }

  private static void argument(StagedRequest.Builder b, Map.Entry<String, JsonNode> arg) {
    JsonNode v = arg.getValue();
    switch (arg.getKey()) {
      case "prompt" -> b.prompt(Golden.strings(v));
      case "negative_prompt" -> b.negativePrompt(Golden.strings(v));
      case "num_images_per_prompt" -> b.count(v.asInt());
      case "noise_level" -> b.noiseLevel(v.asInt());
      case "num_inference_steps", "guidance_scale", "height", "width" -> {}
      default -> fail("No test knows the argument " + arg);
    }
  }

  private static StagedRequest.Builder request(JsonNode g, String first, String second) {
    StagedRequest.Builder b = StagedRequest.builder();
    JsonNode one = g.get(first + "_arguments");
    JsonNode two = g.get(second + "_arguments");
    if (g.hasNonNull("seed_list")) {
      long[] seeds = new long[g.get("seed_list").size()];
      for (int i = 0; i < seeds.length; i++) {
        seeds[i] = g.get("seed_list").get(i).asLong();
      }
      b.seeds(seeds);
    } else {
      b.seed(g.get("seed").asLong());
    }
    for (JsonNode arguments : List.of(one, two)) {
      arguments.properties().forEach(arg -> argument(b, arg));
    }
    if (g.has("text")) {
      g.get("text").properties().forEach(arg -> argument(b, arg));
      b.count(g.path("num_images_per_prompt").asInt(1));
    }
    if (two.has("height")) {
      b.size(two.get("width").asInt(), two.get("height").asInt());
    }
    return b.numInferenceSteps(
            one.get("num_inference_steps").asInt(), two.get("num_inference_steps").asInt())
        .guidanceScale(
            one.path("guidance_scale").asDouble(first.equals("stage_1") ? 7 : 4),
            two.path("guidance_scale").asDouble(4))
        .schedulerConfigs(
            SchedulerConfig.parse(g.get(first + "_scheduler_config").toString()),
            SchedulerConfig.parse(g.get(second + "_scheduler_config").toString()));
  }

  private static void checkImage(Path file, PictureBatch pictures) {
    NpyArray image = Golden.npy(file);
    long[] shape = {pictures.count(), pictures.heightPx(), pictures.widthPx(), pictures.channels()};
    assertArrayEquals(image.shape(), shape);
    Golden.close("image", image.toFloats(), Golden.channelsLast(List.of(pictures)), BOUND);
  }

  private static void checkCascade(Path model, Path folder) {
    JsonNode g = Golden.json(folder.resolve("case.json"));
    Steps steps = new Steps();
    try (CascadePipeline pipeline = CascadePipeline.open(model)) {
      assertEquals(2, pipeline.stageCount());
      StagedResult result =
          pipeline.generate(request(g, "stage_1", "stage_2").progress(steps::on).build());
      steps.check(0, folder.resolve("stage_1_steps.npy"), g.get("stage_1_timesteps_run"));
      steps.check(1, folder.resolve("stage_2_steps.npy"), g.get("stage_2_timesteps_run"));
      float[] between = Golden.npy(folder.resolve("stage_1_sample.npy")).toFloats();
      Golden.close("stage 1", between, result.stages().get(0).toArray(), BOUND);
      checkImage(folder.resolve("image_small.npy"), Pictures.unit(result.stages().get(0)));
      checkImage(folder.resolve("image.npy"), result.pictures());
    }
  }

  private static void checkUnClip(Path model, Path folder) {
    JsonNode g = Golden.json(folder.resolve("case.json"));
    Steps steps = new Steps();
    try (UnClipPipeline pipeline = UnClipPipeline.open(model)) {
      StagedRequest request = request(g, "prior", "decoder").progress(steps::on).build();
      StagedResult result = pipeline.generate(request);
      steps.check(0, folder.resolve("prior_step_latents.npy"), g.get("prior_timesteps_run"));
      steps.check(1, folder.resolve("step_latents.npy"), g.get("decoder_timesteps_run"));
      Embeddings embeddings = pipeline.prior(request);
      float[] wanted = Golden.npy(folder.resolve("image_embeds.npy")).toFloats();
      Golden.close("image_embeds", wanted, embeddings.positive(), BOUND);
      float[] against = Golden.npy(folder.resolve("negative_image_embeds.npy")).toFloats();
      Golden.close("negative_image_embeds", against, embeddings.negative(), BOUND);
      float[] last = Golden.npy(folder.resolve("final_latents.npy")).toFloats();
      Golden.close("latents", last, result.stages().get(1).toArray(), BOUND);
      checkImage(folder.resolve("image.npy"), result.pictures());
    }
  }

  private static Path model(String kind) {
    return Golden.folders(kind, "case.json").get(0).getParent().resolveSibling("model");
  }

  @Test
  void unclip_whenEmbeddingsAreOfAPictureOrMixed_thenVariations() {
    try (UnClipPipeline pipeline = UnClipPipeline.open(model("unclip"))) {
      Embeddings red = pipeline.encode(Pixels.filled(40, 30, 200, 20, 20));
      Embeddings blue = pipeline.encode(Pixels.filled(40, 30, 20, 20, 200));
      assertEquals(red, red.mixed(1, blue, 0));
      StagedRequest request =
          StagedRequest.builder()
              .embeddings(red.mixed(0.3, blue, 0.7))
              .count(2)
              .seed(1)
              .size(32, 32)
              .numInferenceSteps(1, 2)
              .build();
      StagedResult result = pipeline.generate(request);
      assertEquals(2, result.pictures().count());
      assertEquals(2, result.timings().steps());
      assertTrue(
          !result
              .pictures()
              .equals(pipeline.generate(request.toBuilder().embeddings(red).build()).pictures()));
    }
  }

  @Test
  void cascade_whenCancelledInTheSecondStage_thenTheFirstIsLeft() {
    try (CascadePipeline pipeline = CascadePipeline.open(model("cascade"))) {
      CancellationToken token = new CancellationToken();
      StagedRequest request =
          StagedRequest.builder()
              .prompt("a boat")
              .numInferenceSteps(2, 2)
              .cancellation(token)
              .progress(
                  step -> {
                    assertEquals(4, step.total());
                    if (step.done() == 3) {
                      token.cancel();
                    }
                  })
              .build();
      CancelledException e =
          assertThrows(CancelledException.class, () -> pipeline.generate(request));
      assertEquals("Cancelled in stage 2 of 2", e.getMessage());
      StagedResult left = e.partial(StagedResult.class);
      assertEquals(1, left.stages().size());
      assertEquals(0, left.pictures().count());
    }
  }

  @Test
  void cascade_whenASizeIsAskedFor_thenErrorNamesTheOption() {
    try (CascadePipeline pipeline = CascadePipeline.open(model("cascade"))) {
      RequestException e =
          assertThrows(
              RequestException.class,
              () -> pipeline.generate(StagedRequest.builder().prompt("a").size(32, null).build()));
      assertEquals("widthPx", e.option());
    }
  }
}
