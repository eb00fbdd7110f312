package dev.sampo.training.recipe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.SampoException;
import dev.sampo.io.NpyArray;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.Pixels;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.graph.LoraConfig;
import dev.sampo.training.graph.Trainable;
import dev.sampo.training.graph.TrainingState;
import dev.sampo.training.loss.DiffusionLoss;
import dev.sampo.training.loss.GanLosses;
import dev.sampo.training.loss.NoiseSchedule;
import dev.sampo.training.run.Job;
import dev.sampo.training.run.StepRandom;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recipes on the models that ship: a few steps on the same batches, then a model folder that meets its spec. */
class RecipesTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static final Path MODELS =
      Path.of(System.getProperty("sampo.home", "."), "exporter-specs", "models");
  @TempDir Path folder;

  private void trains(String model, RecipeOptions options) throws Exception {
    Recipe recipe = Recipes.of(MODELS.resolve(model), options);
    float first;
    float last;
    Map<String, TrainingState> states;
    try (Job job = recipe.open(Map.of())) {
      first = job.step(0, 1e-3).get("loss");
      last = first;
      for (int i = 0; i < 3; i++) {
        last = job.step(0, 1e-3).get("loss");
      }
      assertEquals(recipe.fingerprint(), job.fingerprint());
      states = job.states();
    }
    assertTrue(Float.isFinite(first) && Float.isFinite(last), first + " -> " + last);
    if (!model.endsWith("gan")) {
      assertTrue(last < first, model + ": " + first + " -> " + last);
    }
    Path out = folder.resolve("tuned");
    recipe.export(states, out);
    ModelFolder tuned = ModelFolder.open(out);
    assertEquals(ModelFolder.open(MODELS.resolve(model)).family(), tuned.family());
    assertEquals(List.of(), tuned.check());
    Path graph = tuned.graphFiles().get(0);
    Path original = MODELS.resolve(model).resolve(out.toRealPath().relativize(graph.toRealPath()));
    assertFalse(java.util.Arrays.equals(Files.readAllBytes(original), Files.readAllBytes(graph)));
  }

  private Path pictures() throws Exception {
    StepRandom random = new StepRandom(3, "pictures", 0);
    byte[] bytes = new byte[8 * 28 * 28];
    long[] labels = new long[8];
    for (int i = 0; i < bytes.length; i++) {
      int x = i % 28;
      int y = i / 28 % 28;
      bytes[i] = (byte) (x + y > 20 && x + y < 30 ? 200 + random.nextInt(50) : 0);
    }
    for (int i = 0; i < 8; i++) {
      labels[i] = i;
    }
    Path file = folder.resolve("pictures.npy");
    NpyArray.ofBytes(bytes, 8, 28, 28).write(file);
    NpyArray.ofLongs(labels, 8).write(folder.resolve("pictures-labels.npy"));
    return file;
  }

  private Path text(String name, String text) throws Exception {
    Path file = folder.resolve(name);
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    return file;
  }

  @Test
  void vae_onDigits_trainsAndExports() throws Exception {
    trains("digits-vae", RecipeOptions.of(pictures()).withBatch(4));
  }

  @Test
  void gan_onDigits_trainsAndExports() throws Exception {
    trains("digits-gan", RecipeOptions.of(pictures()).withBatch(4));
  }

  @Test
  void diffusion_onDigits_trainsAndExports() throws Exception {
    trains("digits-diffusion", RecipeOptions.of(pictures()).withBatch(2));
  }

  @Test
  void diffusion_withBalancedWeights_startsAtALossOfOne() throws Exception {
    RecipeOptions options = RecipeOptions.of(pictures()).withBatch(7);
    Recipe recipe = Recipes.of(MODELS.resolve("digits-diffusion"), options);
    try (Job job = recipe.open(Map.of())) {
      double mean = 0;
      for (int i = 0; i < 8; i++) {
        mean += job.step(i, 1e-12).get("loss") / 8;
      }
      assertEquals(1, mean, 0.15);
    }
  }

  @Test
  void timestepWeights_minSnr_areThoseOfThePaper() {
    NoiseSchedule schedule = NoiseSchedule.ofBetas(0.1, 0.5, 0.9);
    TimestepWeights weights = TimestepWeights.minSnr(schedule, DiffusionLoss.EPSILON, 5);
    // The signal's share is 0.9, 0.45 and 0.045; the first one's ratio to the noise is 9.
    assertEquals(5.0 / 9, weights.at(0), 1e-12);
    assertEquals(1, weights.at(1), 1e-12);
    assertEquals(1, weights.at(2), 1e-12);
  }

  @Test
  void draw_ofTimesteps_takesOneOfEachRange() {
    NoiseSchedule schedule = NoiseSchedule.cosine(1000);
    int[] t = schedule.draw(new StepRandom(1, "t", 0), 10);
    for (int i = 0; i < t.length; i++) {
      assertEquals(i, t[i] / 100, "timestep " + t[i]);
    }
  }

  @Test
  void recurrent_onText_trainsAndExports() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      text.append("the cat sat on the mat and the dog lay by the log. ");
    }
    trains(
        "scripture-lstm",
        RecipeOptions.of(text("cats.txt", text.toString())).withBatch(2).withLength(16));
  }

  @Test
  void recurrent_withLora_exportsWhatWasTrained() throws Exception {
    String words = "the cat sat on the mat and the dog lay by the log. ".repeat(20);
    RecipeOptions options =
        RecipeOptions.of(text("cats.txt", words)).withBatch(2).withLength(16).withSeed(1);
    Trainable lora = Trainable.lora(LoraConfig.ofRank(4).on("LSTM"));
    Recipe recipe = Recipes.of(MODELS.resolve("scripture-lstm"), options.withTrainable(lora));
    assertEquals(4 * (1792 + 64) + 4 * (1792 + 448), recipe.graphs().get("model").parameterCount());
    float trained;
    try (Job job = recipe.open(Map.of())) {
      float first = job.step(0, 1e-2).get("loss");
      job.step(0, 1e-2);
      recipe.export(job.states(), folder.resolve("tuned"));
      trained = job.step(0, 1e-12).get("loss");
      assertTrue(trained < first, first + " -> " + trained);
    }
    Recipe again = Recipes.of(folder.resolve("tuned"), options);
    try (Job job = again.open(Map.of())) {
      assertEquals(trained, job.step(0, 1e-12).get("loss"), 1e-5);
    }
  }

  @Test
  void defaultSchedule_withLora_isFourTimesAsHigh() throws Exception {
    Path text = text("cats.txt", "the cat sat on the mat. ".repeat(20));
    RecipeOptions options = RecipeOptions.of(text).withBatch(2).withLength(16);
    Path model = MODELS.resolve("scripture-lstm");
    Trainable lora = Trainable.lora(LoraConfig.ofRank(4));
    double full = Recipes.of(model, options).defaultSchedule(100).peak();
    double low = Recipes.of(model, options.withTrainable(lora)).defaultSchedule(100).peak();
    assertEquals(4 * full, low, 1e-12);
  }

  @Test
  void transformer_onIdsWithLora_trainsAndExports() throws Exception {
    long[] ids = new long[400];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = i * 7L % 50;
    }
    Path file = folder.resolve("ids.npy");
    NpyArray.ofLongs(ids, ids.length).write(file);
    trains(
        "scripture-gpt",
        RecipeOptions.of(file)
            .withBatch(2)
            .withLength(16)
            .withTrainable(Trainable.lora(LoraConfig.ofRank(4))));
  }

  @Test
  void transformer_onPromptsAndAnswers_trainsOnTheAnswers() throws Exception {
    StringBuilder lines = new StringBuilder("prompt,answer\n");
    for (int i = 0; i < 12; i++) {
      lines.append("abc").append(i).append(",xyz").append(i).append('\n');
    }
    RecipeOptions options =
        RecipeOptions.of(text("answers.csv", lines.toString()))
            .withBatch(2)
            .withLength(12)
            .withColumns(List.of("prompt", "answer"));
    Recipe recipe = Recipes.of(MODELS.resolve("scripture-gpt"), options);
    try (Job job = recipe.open(Map.of())) {
      float before = job.evaluate().get("loss");
      for (int i = 0; i < 5; i++) {
        job.step(i, 1e-3);
      }
      assertTrue(job.evaluate().get("loss") < before);
    }
  }

  @Test
  void promptWindows_endEachAnswerWithTheEndOfText() throws Exception {
    RecipeOptions options =
        RecipeOptions.of(text("pairs.csv", "prompt,answer\nab,xy\nab,x\n"))
            .withColumns(List.of("prompt", "answer"));
    ModelFolder gpt = ModelFolder.open(MODELS.resolve("scripture-gpt"));
    assertEquals(0, LanguageRecipes.endOfText(gpt.root()));
    PromptWindows windows = PromptWindows.of(options, gpt.requireTokenizer(), 12, 99);
    int prompt = gpt.requireTokenizer().encodeToIds("ab").length;
    int answer = gpt.requireTokenizer().encodeToIds("xy", false).length;
    long[] labels = new long[12];
    windows
        .batch(new int[] {0})
        .value("labels")
        .bytes()
        .duplicate()
        .order(java.nio.ByteOrder.nativeOrder())
        .asLongBuffer()
        .get(labels);
    assertEquals(99, labels[prompt + answer - 1]);
    assertEquals(-100, labels[prompt + answer]);
  }

  @Test
  void promptWindows_maskPromptAndPadding() {
    PromptWindows windows = new PromptWindows(5);
    assertTrue(windows.add(new int[] {7, 8}, new int[] {1, 2}));
    assertTrue(windows.add(new int[] {7, 8, 9}, new int[] {1, 2, 3, 4}));
    assertFalse(windows.add(new int[] {1, 2, 3, 4, 5, 6}, new int[] {1}));
    assertFalse(windows.add(new int[] {1}, new int[] {}));
    var batch = windows.batch(new int[] {0, 1});
    long[] in = new long[10];
    long[] labels = new long[10];
    batch
        .value("input_ids")
        .bytes()
        .duplicate()
        .order(java.nio.ByteOrder.nativeOrder())
        .asLongBuffer()
        .get(in);
    batch
        .value("labels")
        .bytes()
        .duplicate()
        .order(java.nio.ByteOrder.nativeOrder())
        .asLongBuffer()
        .get(labels);
    assertArrayEquals(new long[] {7, 8, 1, 2, 0, 7, 8, 9, 1, 2}, in);
    assertArrayEquals(new long[] {-100, 1, 2, -100, -100, -100, -100, 1, 2, 3}, labels);
  }

  @Test
  void seq2seq_onPairs_trainsAndExports() throws Exception {
    StringBuilder pairs = new StringBuilder();
    for (String line : List.of("one\tdeux", "two\tun", "twenty-one\tvingt deux", "ten\tdix")) {
      for (int i = 0; i < 3; i++) {
        pairs.append(line).append('\n');
      }
    }
    trains("numbers-en-fr", RecipeOptions.of(text("pairs.tsv", pairs.toString())).withBatch(4));
  }

  @Test
  void recurrent_onACharacterThatTheModelLacks_saysWhich() throws Exception {
    Path file = text("greek.txt", "In the beginning \u03c0");
    SampoException e =
        assertThrows(
            SampoException.class,
            () -> Recipes.of(MODELS.resolve("scripture-lstm"), RecipeOptions.of(file)));
    assertTrue(
        String.valueOf(e.getMessage())
            .startsWith(file + ": The model does not know '\u03c0', and has no token for"));
  }

  @Test
  void recurrent_onTooLittleText_saysHowMuchIsNeeded() throws Exception {
    Path file = text("short.txt", "too short");
    SampoException e =
        assertThrows(
            SampoException.class,
            () ->
                Recipes.of(
                    MODELS.resolve("scripture-lstm"),
                    RecipeOptions.of(file).withBatch(4).withLength(16)));
    assertEquals(
        "The text has 8 tokens; a batch of 4 windows of 16 needs 65. Give more text, a smaller"
            + " batch or a shorter length.",
        e.getMessage());
  }

  @Test
  void autoencoder_onDigits_trainsAndExports() throws Exception {
    trains("digits-autoencoder", RecipeOptions.of(pictures()).withBatch(4));
  }

  @Test
  void gan_withWassersteinLoss_keepsTheCriticClippedOnBothBackends() throws Exception {
    for (Backend backend : Backend.values()) {
      RecipeOptions options =
          RecipeOptions.of(pictures())
              .withBatch(4)
              .withBackend(backend)
              .withGanLoss(GanLosses.WASSERSTEIN);
      Recipe recipe = Recipes.of(MODELS.resolve("digits-gan"), options);
      try (Job job = recipe.open(Map.of())) {
        assertTrue(Float.isFinite(job.step(0, 1e-3).get("loss")));
        for (float[] weight : job.states().get("discriminator").values().values()) {
          for (float w : weight) {
            assertTrue(Math.abs(w) <= 0.01f, backend + ": " + w);
          }
        }
      }
    }
  }

  @Test
  void vae_onAFolderOfPictures_trains() throws Exception {
    Path set = folder.resolve("set");
    for (int i = 0; i < 9; i++) {
      Path file = set.resolve(String.valueOf(i % 2)).resolve(i + ".png");
      Files.createDirectories(file.getParent());
      Files.write(file, new byte[] {(byte) (20 * i)});
    }
    RecipeOptions options =
        RecipeOptions.of(set)
            .withBatch(2)
            .withValidation(0.3)
            .withPictures(f -> Pixels.filled(28, 28, Files.readAllBytes(f)[0] & 0xff));
    Recipe recipe = Recipes.of(MODELS.resolve("digits-vae"), options);
    try (Job job = recipe.open(Map.of())) {
      float before = job.evaluate().get("loss");
      for (int i = 0; i < 5; i++) {
        job.step(i, 1e-3);
      }
      assertTrue(job.evaluate().get("loss") < before);
    }
    RecipeOptions small = options.withPictures(f -> Pixels.filled(14, 28, 7));
    SampoException e =
        assertThrows(SampoException.class, () -> Recipes.of(MODELS.resolve("digits-vae"), small));
    assertTrue(e.getMessage().contains("is 14x28, the model wants 28x28."), e.getMessage());
  }

  @Test
  void vae_onPicturesOfAnotherSize_saysWhatIsWanted() throws Exception {
    Path file = folder.resolve("small.npy");
    NpyArray.ofBytes(new byte[8 * 14 * 14], 8, 14, 14).write(file);
    SampoException e =
        assertThrows(
            SampoException.class,
            () -> Recipes.of(MODELS.resolve("digits-vae"), RecipeOptions.of(file)));
    assertEquals(
        "The pictures of "
            + file
            + " are [1, 14, 14] (channels, height, width), the model wants [1, 28, 28]. Scale or"
            + " convert them first.",
        e.getMessage());
  }
}
