package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.export.optimize.OptimizeResult;
import dev.sampo.export.optimize.Optimizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo optimize}: a faster graph of the same model. */
@Command(
    name = "optimize",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a decoder's graph as Optimum exports it fast: attention whose caches stay in place"
          + " (GroupQueryAttention), norms in one node, scores of the last positions only.",
      "Both graphs are compared before the new one takes its place; what is not recognised stays as"
          + " it is, and the command says so."
    })
final class OptimizeCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      description = "Name of a model that ships, a folder, or org/name[@revision] on the Hub.")
  private String model = "";

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "A new folder.")
  private Path out = Path.of("");

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  OptimizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    OptimizeResult result = Optimizer.of(ShippedModels.ofHome().resolve(model)).to(out);
    if (json) {
      console.json(document(result));
    } else {
      print(result);
    }
    return ExitCode.OK;
  }

  private void print(OptimizeResult result) {
    console
        .out()
        .printf(
            Locale.ROOT,
            "%s: %d nodes, were %d; %d attentions with caches in place (%d with rotary positions"
                + " inside), %d norms, %d sums with their norm, scores of %s%n",
            out,
            result.nodesAfter(),
            result.nodesBefore(),
            result.attentions(),
            result.rotaries(),
            result.norms(),
            result.sums(),
            result.lastScores() ? "the last positions only" : "all positions");
    console
        .out()
        .printf(
            Locale.ROOT,
            "compared with the old graph: same ids, scores differ by at most %.1e%n",
            result.largestDifference());
    result.left().forEach(reason -> console.out().printf(Locale.ROOT, "left: %s%n", reason));
  }

  private ObjectNode document(OptimizeResult result) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document
        .put("model", model)
        .put("attentions", result.attentions())
        .put("rotaries", result.rotaries())
        .put("norms", result.norms())
        .put("sums", result.sums())
        .put("last_scores", result.lastScores())
        .put("nodes_before", result.nodesBefore())
        .put("nodes_after", result.nodesAfter())
        .put("largest_difference", result.largestDifference());
    result.left().forEach(document.putArray("left")::add);
    document.putArray("files").add(out.toString());
    return document;
  }
}
