package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.export.ExportResult;
import dev.sampo.export.GraphExport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo export}: graphs from weights. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Builds the ONNX graphs of a model that was saved as weights (config.json with"
          + " model.safetensors or shards).",
      "The weights stay as they are: they are linked into DIR and the graphs point into them. A"
          + " setting that is not known is an error, never a guess."
    })
final class ExportCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "MODEL", description = "A folder, or org/name[@revision] on the Hub.")
  private String model = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where the graphs go; may be the folder itself.")
  private Path out = Path.of("");

  @Option(
      names = "--plain",
      description = "Use standard operators only (opset 21), for other runtimes and for training.")
  private boolean plain;

  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description = "Merge a LoRA adapter of peft (adapter_config.json) into the weights.")
  private @Nullable Path adapter;

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  ExportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    long start = System.nanoTime();
    Path folder = ShippedModels.ofHome().resolve(model);
    ExportResult result = GraphExport.of(folder).plain(plain).adapter(adapter).to(out);
    double seconds = (System.nanoTime() - start) / 1e9;
    result
        .copied()
        .forEach(file -> console.note("sampo: copied, because it cannot be linked: " + file));
    if (json) {
      ObjectNode document = JsonNodeFactory.instance.objectNode();
      document.put("model", model).put("model_type", result.modelType()).put("plain", plain);
      result.graphs().forEach(file -> document.withArray("/files").add(file.toString()));
      document.withObject("/timing").put("export_ms", seconds * 1000);
      console.json(document);
    } else {
      result.graphs().forEach(file -> console.out().println(file));
      console.note(
          String.format(Locale.ROOT, "sampo: %s exported in %.1f s", result.modelType(), seconds));
    }
    return ExitCode.OK;
  }
}
