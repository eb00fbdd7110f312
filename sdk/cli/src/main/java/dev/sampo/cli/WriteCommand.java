package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.imaging.ContactSheet;
import dev.sampo.imaging.Pictures;
import dev.sampo.io.AtomicFile;
import dev.sampo.picture.Pixels;
import dev.sampo.stroke.HandwritingPipeline;
import dev.sampo.stroke.HandwritingRequest;
import dev.sampo.stroke.HandwritingResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo write}: handwriting as strokes. */
@Command(
    name = "write",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Writes by hand: strokes of a pen, as SVG or PNG.",
    footer = {"", "Example: sampo write strokes-digits --class 7 --out seven.svg"})
final class WriteCommand implements Callable<Integer> {
  private static final int ZOOM = 4;

  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(index = "0", paramLabel = "MODEL", description = "Name of a model, or a folder.")
  private String model = "";

  @Option(
      names = {"--class", "--class-label"},
      paramLabel = "N",
      split = ",",
      description = "The class, for a model with classes; repeatable, a drawing each.")
  private List<Integer> classLabels = new ArrayList<>();

  @Option(names = "--text", paramLabel = "TEXT", description = "The text, for a model with text.")
  private @Nullable String text;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "How many drawings. Default: one for each class given, or 1.")
  private @Nullable Integer count;

  @Option(
      names = "--bias",
      paramLabel = "X",
      description = "How neat, 0 or more. Default: the model's own.")
  private @Nullable Double bias;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      defaultValue = "1",
      description = "How wild. Default: ${DEFAULT-VALUE}.")
  private double temperature = 1;

  @Option(
      names = "--max-points",
      paramLabel = "N",
      description = "Points after which a drawing ends. Default: the model's own.")
  private @Nullable Integer maxPoints;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where to write: .svg (one numbered file a drawing if there are several) or .png.")
  private @Nullable Path out;

  WriteCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Path file = out != null ? out : Path.of("handwriting-" + common.seed() + ".svg");
    String ending = Outputs.ending(file);
    if (!ending.equals("svg") && !ending.equals("png")) {
      throw new UsageException("--out is '" + file + "'; handwriting is written as .svg or .png");
    }
    HandwritingRequest.Builder request =
        HandwritingRequest.builder()
            .count(count != null ? count : Math.max(1, classLabels.size()))
            .classLabels(classLabels)
            .text(text)
            .bias(bias)
            .temperature(temperature)
            .maxPoints(maxPoints)
            .seed(common.seed())
            .cancellation(console.cancellation());
    request.build();
    try (HandwritingPipeline net =
        Commands.open(
            common.open(ShippedModels.ofHome().resolve(model)),
            common.sessionConfig(),
            HandwritingPipeline.class,
            "write")) {
      HandwritingResult result = net.write(request.build());
      Outputs outputs = new Outputs();
      Outputs.makeFolder(file);
      if (ending.equals("svg")) {
        svg(outputs, file, result);
      } else {
        png(outputs, file, result);
      }
      report(outputs, result);
    }
    return ExitCode.OK;
  }

  private static void svg(Outputs outputs, Path file, HandwritingResult result) throws IOException {
    int n = result.drawings().size();
    String name = String.valueOf(file.getFileName());
    String stem = name.substring(0, name.length() - ".svg".length());
    for (int i = 0; i < n; i++) {
      Path one = n == 1 ? file : file.resolveSibling(stem + "-" + i + ".svg");
      byte[] bytes = result.svg(i).getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(one, stream -> stream.write(bytes));
      outputs.wrote(one);
    }
  }

  private void png(Outputs outputs, Path file, HandwritingResult result) throws IOException {
    List<Pixels> pictures = new ArrayList<>();
    for (int i = 0; i < result.drawings().size(); i++) {
      pictures.add(result.picture(i, ZOOM));
    }
    Pixels all =
        pictures.size() == 1
            ? pictures.get(0)
            : ContactSheet.builder(pictures)
                .columns(Math.min(10, pictures.size()))
                .build()
                .render();
    Pictures.writePng(file, all, Map.of("model", model, "seed", String.valueOf(result.seed())));
    outputs.wrote(file);
  }

  private void report(Outputs outputs, HandwritingResult result) {
    if (common.json()) {
      Pixels first = result.picture(0);
      ObjectNode document =
          outputs.toJson(
              model, result.seed(), result.drawings().size(), 1, first.heightPx(), first.widthPx());
      document
          .putObject("timing")
          .put("load_ms", result.timings().loadMillis())
          .put("total_ms", result.timings().totalMillis());
      console.json(document);
      return;
    }
    outputs.files().forEach(console.out()::println);
    console.note("seed " + result.seed());
  }
}
