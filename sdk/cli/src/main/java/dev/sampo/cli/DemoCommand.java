package dev.sampo.cli;

import dev.sampo.imaging.Animations;
import dev.sampo.imaging.ContactSheet;
import dev.sampo.imaging.Pictures;
import dev.sampo.imaging.Plots;
import dev.sampo.io.AtomicFile;
import dev.sampo.io.Pixels;
import dev.sampo.latent.GanPipeline;
import dev.sampo.latent.GanRequest;
import dev.sampo.latent.LatentResult;
import dev.sampo.latent.PictureBatch;
import dev.sampo.latent.VaePipeline;
import dev.sampo.latent.VaeRequest;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.Interpolation;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.specs.Properties;
import dev.sampo.text.GeneratedSequence;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo demo}: generates with every family from the models that ship. One method a family; long for that. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Generates with every family from the models that ship, writes pictures and texts, prints a summary.")
final class DemoCommand implements Callable<Integer> {
  /** The seed of the demo that the README shows. */
  private static final long SEED = 2026;

  private static final List<String> DIGITS =
      List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");

  private final Console console;
  private final ShippedModels models = ShippedModels.ofHome();
  private final List<Made> made = new ArrayList<>();
  private final StringBuilder texts = new StringBuilder();

  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "demo",
      description = "Where to write. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("demo");

  DemoCommand(Console console) {
    this.console = console;
  }

  /** A row of the summary. */
  private record Made(String model, String what, String speed, Path file) {}

  @FunctionalInterface
  private interface Step {
    void run(String model) throws IOException;
  }

  @Override
  public Integer call() throws IOException {
    long start = System.nanoTime();
    Files.createDirectories(out);
    List<Map.Entry<String, Step>> steps =
        List.of(
            Map.entry("digits-gan", this::gan),
            Map.entry("digits-vae", this::vae),
            Map.entry("scripture-lstm", this::lstm),
            Map.entry("scripture-gpt", this::gpt),
            Map.entry("numbers-en-fr", this::translate));
    try (Console.Progress bar = console.progress("demo", steps.size())) {
      for (Map.Entry<String, Step> step : steps) {
        console.cancellation().throwIfCancelled();
        console.note("sampo: " + step.getKey() + " ...");
        step.getValue().run(step.getKey());
        bar.step();
      }
    } finally {
      writeTexts();
    }
    summary((System.nanoTime() - start) / 1e9);
    return ExitCode.OK;
  }

  private long seed() {
    return common.seedOr(SEED);
  }

  private SessionConfig session() {
    return common.sessionConfig();
  }

  private void gan(String model) throws IOException {
    long start = System.nanoTime();
    int rows = 6;
    try (GanPipeline pipeline = GanPipeline.open(models.path(model), session())) {
      GanRequest request = GanRequest.builder().seed(seed()).count(10 * rows).build();
      LatentResult result = pipeline.sample(request);
      Path file = out.resolve("gan.png");
      sheet(file, result.pictures().pixels(), 10, model);
      noteMade(model, 10 * rows + " digits, a column a class", start, 10 * rows, "pictures", file);
    }
  }

  private void vae(String model) throws IOException {
    long start = System.nanoTime();
    try (VaePipeline pipeline = VaePipeline.open(models.path(model), session())) {
      LatentResult result = pipeline.sample(VaeRequest.of(seed(), 60));
      Path file = out.resolve("vae.png");
      sheet(file, result.pictures().pixels(), 10, model);
      noteMade(model, "60 digits from the prior", start, 60, "pictures", file);
      long walkStart = System.nanoTime();
      List<Pixels> frames = new ArrayList<>();
      float[][] z = result.latents();
      for (int i = 0; i < 5; i++) {
        PictureBatch way = pipeline.decode(Interpolation.SPHERICAL.path(z[i], z[(i + 1) % 5], 12));
        for (Pixels frame : way.pixels()) {
          frames.add(frame.enlarged(6));
        }
      }
      Path walk = out.resolve("vae-walk.gif");
      Animations.writeGif(walk, frames, 80);
      noteMade(model, "a walk through the latents", walkStart, frames.size(), "frames", walk);
    }
  }

  private void lstm(String model) throws IOException {
    GenerationConfig config =
        GenerationConfig.builder()
            .doSample(true)
            .temperature(0.6)
            .topK(0)
            .maxNewTokens(400)
            .build();
    text(model, "And it came to pass", config, "400 characters, drawn at temperature 0.6");
  }

  private void gpt(String model) throws IOException {
    GenerationConfig config =
        GenerationConfig.builder()
            .doSample(true)
            .temperature(0.8)
            .topP(0.95)
            .maxNewTokens(120)
            .build();
    text(model, "And it came to pass", config, "120 tokens, drawn at temperature 0.8, top-p 0.95");
  }

  private void text(String model, String prompt, GenerationConfig config, String what) {
    try (TextGenerator generator = TextGenerator.load(models.path(model), session())) {
      GenerationResult result =
          generator.generate(
              GenerationRequest.builder()
                  .prompt(prompt)
                  .config(config)
                  .seed(seed())
                  .cancellation(console.cancellation())
                  .build());
      console.cancellation().throwIfCancelled();
      append(model, what + ", seed " + seed(), prompt + result.text());
      String speed = String.format(Locale.ROOT, "%.0f tokens/s", result.timing().tokensPerSecond());
      made.add(new Made(model, what, speed, out.resolve("texts.txt")));
    }
  }

  private void translate(String model) throws IOException {
    List<String> english =
        List.of(
            "eighty-one",
            "seventy-one",
            "two hundred",
            "two hundred thousand",
            "nine hundred and ninety-nine thousand nine hundred and ninety-nine");
    try (TextGenerator generator = TextGenerator.load(models.path(model), session())) {
      GenerationResult result =
          generator.generate(
              GenerationRequest.builder()
                  .prompts(english)
                  .attention(true)
                  .cancellation(console.cancellation())
                  .build());
      console.cancellation().throwIfCancelled();
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < english.size(); i++) {
        String french = result.prompts().get(i).sequences().get(0).text();
        lines.append(english.get(i)).append(" = ").append(french).append('\n');
      }
      append(model, "greedy", lines.toString().trim());
      String speed = String.format(Locale.ROOT, "%.0f tokens/s", result.timing().tokensPerSecond());
      made.add(
          new Made(model, english.size() + " numbers translated", speed, out.resolve("texts.txt")));
      attention(model, result.prompts().get(english.size() - 1));
    }
  }

  /** What the decoder looked at while it wrote each word. */
  private void attention(String model, GenerationResult.PromptResult prompt) throws IOException {
    GeneratedSequence sequence = prompt.sequences().get(0);
    float[][] weights = sequence.attention();
    if (weights == null) {
      throw new IllegalStateException(model + " gave no attention weights");
    }
    Properties vocabularies =
        Objects.requireNonNull(ModelFolder.open(models.path(model)).sampoJson()).properties();
    List<String> columns =
        words(
            vocabularies.strings("source_vocab"), prompt.ids().stream().mapToInt(i -> i).toArray());
    List<String> rows = words(vocabularies.strings("target_vocab"), sequence.ids());
    float[][] cut = new float[rows.size()][];
    for (int i = 0; i < cut.length; i++) {
      cut[i] = Arrays.copyOf(weights[i], columns.size());
    }
    Path file = out.resolve("attention.png");
    Pictures.writePng(file, Plots.heatMap("Attention of " + model, columns, rows, cut));
    made.add(new Made(model, "its attention", "", file));
  }

  private static List<String> words(List<String> vocabulary, int[] ids) {
    return Arrays.stream(ids).mapToObj(vocabulary::get).collect(Collectors.toList());
  }

  private void sheet(Path file, List<Pixels> pictures, int columns, String model)
      throws IOException {
    Pixels sheet =
        ContactSheet.builder(pictures)
            .columns(columns)
            .enlarge(2)
            .title(model)
            .columnLabels(model.equals("digits-vae") ? List.of() : DIGITS)
            .build()
            .render();
    Pictures.writePng(
        file,
        sheet,
        Map.of(
            "Software",
            "sampo " + Version.sampo(),
            "model",
            model,
            "seed",
            String.valueOf(seed())));
  }

  private void noteMade(
      String model, String what, long startNanos, int count, String unit, Path file) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    made.add(
        new Made(
            model, what, String.format(Locale.ROOT, "%.0f %s/s", count / seconds, unit), file));
  }

  private void append(String model, String how, String text) {
    texts
        .append("== ")
        .append(model)
        .append(": ")
        .append(how)
        .append('\n')
        .append(text)
        .append("\n\n");
  }

  private void writeTexts() throws IOException {
    if (texts.length() > 0) {
      byte[] bytes = texts.toString().getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(out.resolve("texts.txt"), stream -> stream.write(bytes));
    }
  }

  private void summary(double seconds) {
    console.out().print(texts);
    console.out().printf(Locale.ROOT, "%-18s %-52s %-18s %s%n", "MODEL", "MADE", "SPEED", "FILE");
    for (Made row : made) {
      console
          .out()
          .printf(Locale.ROOT, "%-18s %-52s %-18s %s%n", row.model, row.what, row.speed, row.file);
    }
    console
        .out()
        .printf(
            Locale.ROOT,
            "%nAll from seed %d in %.1f s; the same seed gives the same results. Files are in %s.%n",
            seed(),
            seconds,
            out.toAbsolutePath().normalize());
  }
}
