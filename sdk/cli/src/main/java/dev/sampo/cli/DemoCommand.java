package dev.sampo.cli;

import dev.sampo.cli.terminal.TextTable;
import dev.sampo.io.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo demo}: generates with every family from the models that ship. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Generates with every family from the models that ship, writes pictures and texts, prints a summary.")
final class DemoCommand implements Callable<Integer> {
  /** The seed of the demo that the README shows. */
  private static final long SEED = 2026;

  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "demo",
      description = "Where to write. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("demo");

  @Option(names = "--open", description = "Show the page of all that was made in the browser.")
  private boolean open;

  DemoCommand(Console console) {
    this.console = console;
  }

  @FunctionalInterface
  private interface Part {
    void run(String model) throws IOException;
  }

  @Override
  public Integer call() throws IOException {
    long start = System.nanoTime();
    Files.createDirectories(out);
    Demo demo = new Demo(out, common.seedOr(SEED), common.sessionConfig(), console.cancellation());
    Map<String, Part> parts = parts(demo);
    try (Console.Progress bar = console.progress("demo", parts.size())) {
      for (Map.Entry<String, Part> part : parts.entrySet()) {
        console.cancellation().throwIfCancelled();
        console.note("sampo: " + part.getKey() + " ...");
        part.getValue().run(part.getKey());
        bar.step();
      }
    } finally {
      writeTexts(demo);
    }
    Path page = DemoPage.write(demo);
    if (common.json()) {
      console.json(DemoSummary.toJson(demo));
    } else {
      print(demo, (System.nanoTime() - start) / 1e9);
    }
    if (open && !DemoPage.open(page)) {
      console.note("sampo: no program here opens pages; the page is " + page.toAbsolutePath());
    }
    return ExitCode.OK;
  }

  private static Map<String, Part> parts(Demo demo) {
    DemoPictures pictures = new DemoPictures(demo);
    DemoTexts texts = new DemoTexts(demo);
    DemoMotion motion = new DemoMotion(demo);
    Map<String, Part> parts = new LinkedHashMap<>();
    parts.put("digits-gan", pictures::gan);
    parts.put("digits-vae", pictures::vae);
    parts.put("digits-diffusion", pictures::diffusion);
    parts.put("digits-autoencoder", pictures::denoise);
    parts.put("digits-pixelcnn", pictures::pixelCnn);
    parts.put("stylegan-digits", pictures::styleGan);
    parts.put("scripture-lstm", texts::lstm);
    parts.put("scripture-gpt", texts::gpt);
    parts.put("numbers-en-fr", texts::translate);
    DemoSound sound = new DemoSound(demo);
    parts.put("tones-wavenet", sound::waveNet);
    parts.put("tunes-lstm", sound::tune);
    parts.put("molecules-vae", new DemoMolecules(demo)::molecules);
    parts.put("digits-video", motion::video);
    parts.put("strokes-digits", motion::handwriting);
    parts.put("weather-lstm", motion::forecast);
    return parts;
  }

  private void writeTexts(Demo demo) throws IOException {
    if (!demo.texts().isEmpty()) {
      byte[] bytes = demo.texts().getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(demo.file("texts.txt"), stream -> stream.write(bytes));
    }
  }

  private void print(Demo demo, double seconds) {
    console.out().print(demo.texts());
    TextTable table = new TextTable().row("MODEL", "MADE", "SPEED", "FILE");
    for (Demo.Made made : demo.made()) {
      String file = String.valueOf(made.file().getFileName());
      table.row(made.model(), made.what(), made.speed(), file);
    }
    console.out().print(table.render(console.width()));
    console
        .out()
        .printf(
            Locale.ROOT,
            "%nAll from seed %d in %.1f s; the same seed gives the same results.%nFiles are in"
                + " %s%nLook at it: %s (sampo demo --open shows it)%n",
            demo.seed(),
            seconds,
            out.toAbsolutePath().normalize(),
            out.resolve("index.html").toAbsolutePath().normalize());
  }
}
