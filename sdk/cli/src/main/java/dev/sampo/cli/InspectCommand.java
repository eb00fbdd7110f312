package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.model.Family;
import dev.sampo.model.Inspection;
import dev.sampo.model.ModelFolder;
import dev.sampo.model.ModelGraph;
import dev.sampo.specs.Card;
import dev.sampo.specs.Difference;
import dev.sampo.specs.SpecException;
import dev.sampo.specs.TensorDescription;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo inspect}: what a model is, and whether it meets its spec. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = {
      "Says what a model is: family, files, inputs and outputs with types and shapes, parameter count, which spec it meets or exactly how it fails it.",
      "Exit code 1 when it fails its spec."
    })
final class InspectCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Name of a model that ships, a folder, or an .onnx file.")
  private String model = "";

  @Option(
      names = "--variant",
      paramLabel = "SUFFIX",
      defaultValue = "",
      description = "Which files to take where a folder holds several, such as fp16 or int8.")
  private String variant = "";

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Path path = ShippedModels.ofHome().resolve(model);
    Inspection inspection = ModelFolder.locate(path, variant).inspect();
    if (json) {
      console.json(toJson(inspection));
    } else {
      print(inspection);
    }
    boolean fails =
        !inspection.notLoaded().isEmpty() || (inspection.spec() != null && !inspection.meetsSpec());
    return fails ? ExitCode.FAILED : ExitCode.OK;
  }

  private void print(Inspection inspection) {
    PrintStream out = console.out();
    ModelFolder folder = inspection.model();
    boolean single = folder.family() == Family.GRAPH;
    out.printf(
        Locale.ROOT, "%s: %s%n", folder.name(), single ? "one graph" : folder.family().label());
    out.println(counts(inspection));
    for (ModelGraph graph : folder.graphs().values()) {
      Path root = folder.root().toAbsolutePath().normalize();
      Path file = graph.path().toAbsolutePath().normalize();
      out.printf(
          Locale.ROOT,
          "%n%s (%s)%n",
          graph.name(),
          file.equals(root) ? file.getFileName() : root.relativize(file));
      print(out, "in ", graph.file().description().inputs());
      print(out, "out", graph.file().description().outputs());
    }
    out.println();
    inspection.notLoaded().forEach((graph, why) -> out.printf("Not loaded: %s. %s%n", graph, why));
    for (ModelGraph graph : folder.graphs().values()) {
      if (!graph.file().randomOperators().isEmpty()) {
        out.printf(
            "%s draws random numbers inside (%s): --seed sets them when the graph is loaded;"
                + " without it results do not repeat.%n",
            graph.name(), String.join(", ", graph.file().randomOperators()));
      }
    }
    if (single) {
      out.println(
          inspection.candidates().isEmpty()
              ? "Meets no spec on its own."
              : "Could be in a model folder: " + String.join(", ", inspection.candidates()));
    } else if (inspection.meetsSpec()) {
      out.printf("Meets spec '%s'.%n", inspection.spec());
    } else if (!inspection.differences().isEmpty()) {
      out.printf("Fails spec '%s':%n", inspection.spec());
      for (Difference difference : inspection.differences()) {
        out.printf("  %s%n", difference);
      }
    }
  }

  /** Parameters as the model's card counts them, where it has one; a graph can store fewer (folded) or more (constants). */
  private static String counts(Inspection inspection) {
    long stored = inspection.parameterCount();
    long said = parameters(inspection);
    String also =
        said == stored ? "" : String.format(Locale.ROOT, " (the graphs store %,d numbers)", stored);
    return String.format(
        Locale.ROOT, "%,d parameters%s, %s", said, also, HubModels.bytes(inspection.sizeBytes()));
  }

  private static long parameters(Inspection inspection) {
    try {
      Card card = ModelsCommand.card(inspection.model().root());
      return card == null || inspection.model().family() == Family.GRAPH
          ? inspection.parameterCount()
          : card.parameters();
    } catch (IOException | SpecException e) {
      return inspection.parameterCount();
    }
  }

  private static void print(PrintStream out, String head, Map<String, TensorDescription> tensors) {
    tensors.forEach((name, tensor) -> out.printf("  %s  %-32s %s%n", head, name, tensor));
  }

  private static ObjectNode toJson(Inspection inspection) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document
        .put("model", inspection.model().root().toString())
        .put("family", inspection.model().family().label())
        .put("parameters", parameters(inspection))
        .put("stored_numbers", inspection.parameterCount())
        .put("size_bytes", inspection.sizeBytes())
        .put("spec", inspection.spec())
        .put("meets_spec", inspection.meetsSpec());
    ObjectNode notLoaded = document.putObject("not_loaded");
    inspection.notLoaded().forEach(notLoaded::put);
    ArrayNode differences = document.putArray("differences");
    inspection.differences().forEach(d -> differences.add(d.toString()));
    ArrayNode candidates = document.putArray("candidates");
    inspection.candidates().forEach(candidates::add);
    ArrayNode graphs = document.putArray("graphs");
    for (ModelGraph graph : inspection.model().graphs().values()) {
      ObjectNode node =
          graphs
              .addObject()
              .put("name", graph.name())
              .put("file", graph.path().toString())
              .put("opset", graph.file().opset())
              .put("ir_version", graph.file().irVersion());
      ArrayNode random = node.putArray("random_operators");
      graph.file().randomOperators().forEach(random::add);
      tensors(node.putArray("inputs"), graph.file().description().inputs());
      tensors(node.putArray("outputs"), graph.file().description().outputs());
    }
    return document;
  }

  private static void tensors(ArrayNode array, Map<String, TensorDescription> tensors) {
    tensors.forEach(
        (name, tensor) -> {
          ObjectNode node = array.addObject().put("name", name).put("type", tensor.type());
          ArrayNode dims = node.putArray("shape");
          tensor.dims().forEach(dims::add);
        });
  }
}
