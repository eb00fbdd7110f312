package dev.sampo.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.internal.PromptTokens;
import dev.sampo.io.NpyArray;
import dev.sampo.picture.Pixels;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every case of the golden folder {@code pipelines}: tokens, features, starting latents, every step, and the picture. */
class DiffusionPipelineGoldenTest {
  private static final double RELATIVE_BOUND = 1e-3;
  private static final double IMAGE_BOUND = 1.0 / 255;

  @TestFactory
  List<DynamicTest> pipelines_whenSeeded_thenMakeTheReferencesPictures() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Fixtures.cases()) {
      Path pipeline = folder.getParent().getParent();
      String name = pipeline.getFileName() + "/" + folder.getFileName();
      tests.add(DynamicTest.dynamicTest(name, () -> check(pipeline.resolve("model"), folder)));
    }
    return tests;
  }

  @TestFactory
  List<DynamicTest> prompts_whenPadded_thenIdsOfTheReference() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Fixtures.cases()) {
      Path expected = folder.getParent();
      Path tokens = expected.resolve("tokens.json");
      String name = expected.getParent().getFileName().toString();
      if (Files.exists(tokens) && tests.stream().noneMatch(t -> t.getDisplayName().equals(name))) {
        Path tokenizer = expected.resolveSibling("model").resolve("tokenizer");
        tests.add(DynamicTest.dynamicTest(name, () -> checkTokens(tokens, tokenizer)));
      }
    }
    return tests;
  }

  private static void checkTokens(Path tokens, Path folder) {
    Tokenizer tokenizer = Tokenizer.fromFolder(folder);
    for (JsonNode entry : Fixtures.json(tokens)) {
      JsonNode ids = entry.get("input_ids");
      PromptTokens prompt = new PromptTokens(tokenizer, ids.size());
      long[] wanted = new long[ids.size()];
      for (int i = 0; i < wanted.length; i++) {
        wanted[i] = ids.get(i).asLong();
      }
      long[] got = prompt.encode(entry.get("text").asText(), true, new long[ids.size()]);
      assertArrayEquals(wanted, got, entry.get("text").asText());
    }
  }

  private static void check(Path model, Path folder) {
    JsonNode g = Fixtures.json(folder.resolve("case.json"));
    try (DiffusionPipeline pipeline = DiffusionPipeline.open(model)) {
      boolean pixels = !pipeline.takesText();
      List<float[]> steps = new ArrayList<>();
      List<Double> times = new ArrayList<>();
      DiffusionRequest request =
          request(g, folder)
              .progress(
                  step -> {
                    times.add(step.timestep());
                    steps.add(step.sample().toArray());
                  })
              .build();
      if (!pixels) {
        checkFeatures(pipeline, request, folder);
      }
      DiffusionResult result = pipeline.generate(request);
      checkTimes(g, times);
      checkSteps(folder, pixels, steps);
      String last = pixels ? "final_sample.npy" : "final_latents.npy";
      compare(folder, last, result.latents().toArray());
      float[] image = Fixtures.npy(folder.resolve("image.npy")).toFloats();
      Fixtures.close("image", image, Fixtures.channelsLast(result.pictures()), IMAGE_BOUND);
      checkPictures(folder, result.pictures().pixels());
    }
  }

  private static DiffusionRequest.Builder request(JsonNode g, Path folder) {
    DiffusionRequest.Builder b = DiffusionRequest.builder();
    b.schedulerConfig(SchedulerConfig.parse(g.get("scheduler_config").toString()));
    if (g.hasNonNull("seed_list")) {
      b.seeds(longs(g.get("seed_list")));
    } else {
      b.seed(g.get("seed").asLong());
    }
    if (g.has("image_size_h_w")) {
      b.size(g.get("image_size_h_w").get(1).asInt(), g.get("image_size_h_w").get(0).asInt());
    }
    for (Map.Entry<String, JsonNode> arg : g.get("arguments").properties()) {
      JsonNode v = arg.getValue();
      switch (arg.getKey()) {
        case "prompt" -> b.prompt(strings(v));
        case "negative_prompt" -> b.negativePrompt(strings(v));
        case "guidance_scale" -> b.guidanceScale(v.asDouble());
        case "guidance_rescale" -> b.guidanceRescale(v.asDouble());
        case "num_inference_steps" -> b.numInferenceSteps(v.asInt());
        case "num_images_per_prompt", "batch_size" -> b.count(v.asInt());
        case "eta" -> b.eta(v.asDouble());
        case "strength" -> b.strength(v.asDouble());
        case "height", "width" -> {}
        case "timesteps" -> b.timesteps(doubles(v));
        case "sigmas" -> b.sigmas(doubles(v));
        case "class_labels" -> {
          long[] labels = v.isArray() ? longs(v) : new long[] {v.asLong()};
          b.classLabel(java.util.Arrays.stream(labels).mapToInt(Math::toIntExact).toArray());
        }
        default -> fail("No test knows the argument " + arg);
      }
    }
    switch (g.get("mode").asText()) {
      case "txt2img", "ddpm", "ddim" -> {}
      case "img2img" -> b.image(Fixtures.picture(folder.resolve("input_image.png")));
      case "inpaint" -> {
        b.image(Fixtures.picture(folder.resolve("input_image.png")));
        b.mask(Fixtures.picture(folder.resolve("input_mask.png")).withChannels(1));
      }
      default -> fail("No test knows the mode " + g.get("mode"));
    }
    return b;
  }

  private static void checkFeatures(
      DiffusionPipeline pipeline, DiffusionRequest request, Path folder) {
    PromptFeatures features = pipeline.encode(request.prompts().toArray(new String[0]));
    compare(folder, "prompt_embeds.npy", features.repeated(request.count()).features());
    if (Files.exists(folder.resolve("negative_prompt_embeds.npy"))) {
      List<String> texts = request.negativePrompts();
      float[] wanted = Fixtures.npy(folder.resolve("negative_prompt_embeds.npy")).toFloats();
      if (texts.isEmpty() && java.util.Arrays.equals(wanted, new float[wanted.length])) {
        // XL: zeros stand for no negative prompt; the steps show whether they were used.
        return;
      }
      String[] negative = texts.isEmpty() ? new String[] {""} : texts.toArray(new String[0]);
      PromptFeatures plain = pipeline.encode(negative);
      compare(folder, "negative_prompt_embeds.npy", plain.repeated(request.count()).features());
    }
  }

  private static void checkTimes(JsonNode g, List<Double> times) {
    JsonNode wanted = g.get("timesteps_run");
    assertEquals(wanted.size(), times.size(), "model calls");
    for (int i = 0; i < times.size(); i++) {
      assertEquals(wanted.get(i).asDouble(), times.get(i), 1e-6 * 1000, "timestep " + i);
    }
  }

  private static void checkSteps(Path folder, boolean pixels, List<float[]> steps) {
    NpyArray wanted =
        Fixtures.npy(folder.resolve(pixels ? "step_samples.npy" : "step_latents.npy"));
    assertEquals(wanted.shape()[0], steps.size(), "steps");
    float[] all = wanted.toFloats();
    int n = all.length / steps.size();
    for (int i = 0; i < steps.size(); i++) {
      float[] one = java.util.Arrays.copyOfRange(all, i * n, (i + 1) * n);
      Fixtures.close("step " + i, one, steps.get(i), RELATIVE_BOUND * scale(one));
    }
  }

  private static void checkPictures(Path folder, List<Pixels> pictures) {
    for (int k = 0; k < pictures.size(); k++) {
      Pixels wanted = Fixtures.picture(folder.resolve("image_" + k + ".png"));
      byte[] a = wanted.toBytes();
      byte[] b = pictures.get(k).toBytes();
      assertEquals(a.length, b.length);
      for (int i = 0; i < a.length; i++) {
        if (Math.abs((a[i] & 0xff) - (b[i] & 0xff)) > 1) {
          fail(
              "image_"
                  + k
                  + ".png byte "
                  + i
                  + ": wanted "
                  + (a[i] & 0xff)
                  + ", got "
                  + (b[i] & 0xff));
        }
      }
    }
  }

  private static void compare(Path folder, String file, float[] got) {
    float[] wanted = Fixtures.npy(folder.resolve(file)).toFloats();
    Fixtures.close(file, wanted, got, RELATIVE_BOUND * scale(wanted));
  }

  private static double scale(float[] values) {
    double max = 1;
    for (float value : values) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }

  private static String[] strings(JsonNode node) {
    if (!node.isArray()) {
      return new String[] {node.asText()};
    }
    String[] out = new String[node.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = node.get(i).asText();
    }
    return out;
  }

  private static double[] doubles(JsonNode node) {
    double[] out = new double[node.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = node.get(i).asDouble();
    }
    return out;
  }

  private static long[] longs(JsonNode node) {
    long[] out = new long[node.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = node.get(i).asLong();
    }
    return out;
  }
}
