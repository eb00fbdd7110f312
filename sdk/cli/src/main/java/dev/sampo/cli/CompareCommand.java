package dev.sampo.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.ExecutionProvider;
import dev.sampo.runtime.GraphRunException;
import dev.sampo.runtime.OnnxRuntime;
import dev.sampo.runtime.SessionConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sampo compare}: the same models on several execution providers, their results side by side. What {@code scripts/gpu-check} runs. */
@Command(
    name = "compare",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = {
      "Runs models on several execution providers, with tensors in host memory and on the device,"
          + " compares the results with those of the first provider and prints a Markdown table of"
          + " speeds.",
      "Exit code 1 when a result is further from the first one than --tolerance of its scale."
    })
final class CompareCommand implements Callable<Integer> {
  private static final double HALF_TOLERANCE_FACTOR = 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Console console;

  @Option(
      names = "--providers",
      split = ",",
      defaultValue = "cpu,cuda",
      description =
          "Devices as --device takes them, the reference first. Default: ${DEFAULT-VALUE}.")
  private List<String> providers = new ArrayList<>();

  @Option(
      names = "--models",
      split = ",",
      paramLabel = "MODEL",
      description = "Names or folders. Default: all that ship.")
  private List<String> models = new ArrayList<>();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Rounds that are timed, after one that warms up. Default: ${DEFAULT-VALUE}.")
  private int rounds = 3;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that one graph may use. Default: as many as there are cores.")
  private @Nullable Integer threads;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      defaultValue = "1e-3",
      description =
          "Largest difference of float32 nets, as a part of the largest number; 20 times that for"
              + " 16-bit nets. Default: ${DEFAULT-VALUE}.")
  private double tolerance = 1e-3;

  @Option(
      names = "--tf32",
      description =
          "Let CUDA round float32 products to TF32, as ONNX Runtime does by default; PyTorch's"
              + " matrix products do not.")
  private boolean tf32;

  @Option(
      names = "--torch",
      paramLabel = "FILE",
      description =
          "Speeds of the same nets in PyTorch, as scripts/gpu-check-torch.py writes them.")
  private @Nullable Path torch;

  @Option(names = "--out", paramLabel = "FILE", description = "Write the table there as well.")
  private @Nullable Path out;

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  CompareCommand(Console console) {
    this.console = console;
  }

  /**
   * A row of the table.
   *
   * @param difference largest difference to the reference over the reference's largest number
   * @param sameIds whether drawn ids are equal; null where none are drawn
   * @param failure why there is no result, or null
   */
  private record Row(
      String model,
      String family,
      String provider,
      boolean onDevice,
      double speed,
      String unit,
      boolean half,
      double ratio,
      @Nullable Double torchRatio,
      double difference,
      @Nullable Boolean sameIds,
      @Nullable String failure) {}

  @Override
  public Integer call() throws IOException {
    if (rounds < 1 || !(tolerance > 0)) {
      throw new UsageException("--rounds wants 1 or more and --tolerance a positive number");
    }
    List<ExecutionProvider> parsed = parse();
    JsonNode speeds = torch == null ? JSON.createObjectNode() : JSON.readTree(torch.toFile());
    ShippedModels shipped = ShippedModels.ofHome();
    List<String> names = models.isEmpty() ? shipped.names() : models;
    if (names.isEmpty()) {
      throw new CommandFailure("there is no model: give --models, or set -Dsampo.home");
    }
    List<Row> rows = new ArrayList<>();
    try (Console.Progress bar = console.progress("compare", 2L * names.size() * parsed.size())) {
      for (String name : names) {
        Path path = shipped.resolve(name);
        if (ProviderWork.knows(ModelFolder.open(path))) {
          rows.addAll(compare(name, path, parsed, speeds.path(name), bar));
        }
      }
    }
    boolean failed = rows.stream().anyMatch(row -> !isWithin(row));
    print(rows, failed);
    return failed ? ExitCode.FAILED : ExitCode.OK;
  }

  private List<ExecutionProvider> parse() {
    try {
      List<ExecutionProvider> parsed = new ArrayList<>();
      for (String provider : providers) {
        ExecutionProvider one = ExecutionProvider.parse(provider);
        if (one instanceof ExecutionProvider.Cuda) {
          int id = ((ExecutionProvider.Cuda) one).deviceId();
          one = ExecutionProvider.cudaBuilder().deviceId(id).useTf32(tf32).build();
        }
        parsed.add(one);
      }
      return parsed;
    } catch (RequestException e) {
      throw new UsageException("--providers: " + e.getMessage(), e);
    }
  }

  private List<Row> compare(
      String name,
      Path path,
      List<ExecutionProvider> parsed,
      JsonNode torchSpeed,
      Console.Progress bar) {
    List<Row> rows = new ArrayList<>();
    ProviderWork.Outcome reference = null;
    String family = ModelFolder.open(path).family().label();
    for (int i = 0; i < parsed.size(); i++) {
      for (boolean onDevice : new boolean[] {false, true}) {
        console.cancellation().throwIfCancelled();
        SessionConfig.Builder config = SessionConfig.builder().deviceTensors(onDevice);
        if (!(parsed.get(i) instanceof ExecutionProvider.Cpu)) {
          config.executionProvider(parsed.get(i));
        }
        if (threads != null) {
          config.intraOpThreads(threads);
        }
        try {
          ProviderWork.Outcome outcome =
              new ProviderWork(path, config.build(), rounds, console.cancellation()).run();
          if (reference == null) {
            reference = outcome;
          }
          rows.add(row(name, family, providers.get(i), onDevice, outcome, reference, torchSpeed));
        } catch (GraphRunException | ModelException e) {
          // Of one model on one provider: the others are to be seen all the same.
          rows.add(failed(name, family, providers.get(i), onDevice, e.getMessage()));
        }
        bar.step();
      }
    }
    return rows;
  }

  private static Row row(
      String name,
      String family,
      String provider,
      boolean onDevice,
      ProviderWork.Outcome outcome,
      ProviderWork.Outcome reference,
      JsonNode torchSpeed) {
    JsonNode speed = torchSpeed.path("speed");
    boolean sameUnit = torchSpeed.path("unit").asText().equals(outcome.unit());
    return new Row(
        name,
        family,
        provider,
        onDevice,
        outcome.speed(),
        outcome.unit(),
        outcome.half(),
        outcome.speed() / reference.speed(),
        speed.isNumber() && sameUnit ? outcome.speed() / speed.asDouble() : null,
        difference(outcome.values(), reference.values()),
        reference.ids().length == 0 ? null : Arrays.equals(outcome.ids(), reference.ids()),
        null);
  }

  private static Row failed(
      String name, String family, String provider, boolean onDevice, @Nullable String why) {
    return new Row(
        name,
        family,
        provider,
        onDevice,
        0,
        "none",
        false,
        0,
        null,
        Double.POSITIVE_INFINITY,
        null,
        String.valueOf(why));
  }

  /** The largest difference over the largest number of the reference; infinite where there is no number or the sizes differ. */
  static double difference(float[] values, float[] reference) {
    if (values.length != reference.length || values.length == 0) {
      return Double.POSITIVE_INFINITY;
    }
    double largest = 0;
    double scale = 0;
    for (int i = 0; i < values.length; i++) {
      // Scores that a processor has set to minus infinity are equal or they are not.
      double d = values[i] == reference[i] ? 0 : Math.abs((double) values[i] - reference[i]);
      if (Double.isNaN(d)) {
        return Double.POSITIVE_INFINITY;
      }
      largest = Math.max(largest, d);
      if (Float.isFinite(reference[i])) {
        scale = Math.max(scale, Math.abs(reference[i]));
      }
    }
    return largest == 0 ? 0 : largest / scale;
  }

  private boolean isWithin(Row row) {
    return row.difference <= (row.half ? HALF_TOLERANCE_FACTOR : 1) * tolerance;
  }

  // ---- printing

  private void print(List<Row> rows, boolean failed) throws IOException {
    String table = table(rows, failed);
    if (out != null) {
      Files.write(out, table.getBytes(StandardCharsets.UTF_8));
    }
    if (!json) {
      console.out().print(table);
      return;
    }
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("onnxruntime", OnnxRuntime.version()).put("within_tolerance", !failed);
    ArrayNode array = document.putArray("rows");
    for (Row row : rows) {
      ObjectNode node = array.addObject();
      node.put("model", row.model).put("family", row.family).put("provider", row.provider);
      node.put("device_tensors", row.onDevice).put("speed", row.speed).put("unit", row.unit);
      node.put("float16", row.half).put("ratio", row.ratio).put("torch_ratio", row.torchRatio);
      node.put("difference", Double.isInfinite(row.difference) ? null : row.difference);
      node.put("same_ids", row.sameIds).put("within_tolerance", isWithin(row));
      node.put("failure", row.failure);
    }
    console.json(document);
  }

  private String table(List<Row> rows, boolean failed) {
    StringBuilder text = new StringBuilder();
    String first = providers.get(0);
    text.append(
        String.format(
            Locale.ROOT,
            "ONNX Runtime %s, Java %s, %s %s, %d processors; medians of %d rounds; differences to"
                + " %s as parts of the largest number (wanted: %.0e, 16-bit nets %.0e); TF32"
                + " %s.%n%n",
            OnnxRuntime.version(),
            System.getProperty("java.version"),
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            Runtime.getRuntime().availableProcessors(),
            rounds,
            first,
            tolerance,
            HALF_TOLERANCE_FACTOR * tolerance,
            tf32 ? "on" : "off"));
    text.append("| model | family | provider | tensors | a second | to ").append(first);
    text.append(
        " | to PyTorch | difference | ids |\n"
            + "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s%s | %s | %s | %.1f %s | %.2f | %s | %.1e%s | %s |%n",
              row.model,
              row.family,
              row.half ? ", float16" : "",
              row.provider,
              row.onDevice ? "device" : "host",
              row.speed,
              row.unit,
              row.ratio,
              row.torchRatio == null ? "-" : String.format(Locale.ROOT, "%.2f", row.torchRatio),
              row.difference,
              isWithin(row) ? "" : " **TOO FAR**",
              row.sameIds == null ? "-" : row.sameIds ? "same" : "differ"));
    }
    for (Row row : rows) {
      if (row.failure != null) {
        text.append("\n").append(row.model).append(" on ").append(row.provider);
        text.append(row.onDevice ? ", device" : ", host").append(" failed: ");
        text.append(row.failure.replaceAll("\\s+", " ")).append("\n");
      }
    }
    text.append(
        failed
            ? "\nSome results differ by more than the tolerance.\n"
            : "\nAll results agree within the tolerance.\n");
    return text.toString();
  }
}
