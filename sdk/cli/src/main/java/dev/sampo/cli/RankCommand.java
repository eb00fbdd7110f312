package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.embedding.CrossEncoder;
import dev.sampo.embedding.CrossEncoderRequest;
import dev.sampo.embedding.CrossEncoderResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo rank}: documents by how well they answer a query. */
@Command(
    name = "rank",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Orders documents by how well they answer a query, with a reranker (cross-encoder), best"
            + " first. A classifier of text pairs with several labels gives the share of each, in the"
            + " order given.")
final class RankCommand implements Callable<Integer> {
  private final Console console;
  private final long start = System.nanoTime();

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A folder with a cross-encoder (...ForSequenceClassification).")
  private String model = "";

  @Option(
      names = "--query",
      paramLabel = "TEXT",
      required = true,
      description = "The query, or the first text of each pair.")
  private String query = "";

  @Option(
      names = "--document",
      paramLabel = "TEXT",
      description = "A document; repeatable. '-' reads lines of stdin.")
  private List<String> documents = new ArrayList<>();

  @Option(
      names = "--top-k",
      paramLabel = "N",
      description = "Print so many of the best. Default: all.")
  private @Nullable Integer topK;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "Most tokens of query and document together. Default: as the folder says.")
  private @Nullable Integer maxLength;

  RankCommand(Console console) {
    this.console = console;
  }

  /** A document with its scores. */
  private record Row(int index, float[] scores) {}

  @Override
  public Integer call() throws IOException {
    Integer most = topK;
    if (most != null && most < 1) {
      throw new UsageException("--top-k is at least 1, got " + most + ".");
    }
    List<String> all = console.texts(documents);
    if (all.isEmpty()) {
      throw new UsageException("Nothing to rank: give --document.");
    }
    List<CrossEncoder.Pair> pairs = new ArrayList<>();
    all.forEach(document -> pairs.add(new CrossEncoder.Pair(query, document)));
    Path path = ShippedModels.ofHome().resolve(model);
    CrossEncoderResult result;
    try (CrossEncoder encoder =
        Commands.open(common.open(path), common.sessionConfig(), CrossEncoder.class, "rank")) {
      result =
          encoder.predict(
              CrossEncoderRequest.builder(pairs)
                  .maxLength(maxLength)
                  .applySoftmax(true)
                  .cancellation(console.cancellation())
                  .build());
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      rows.add(new Row(i, result.scores().get(i)));
    }
    if (result.labels().size() == 1) {
      rows.sort((a, b) -> Float.compare(b.scores()[0], a.scores()[0]));
    }
    print(rows.subList(0, Math.min(rows.size(), most == null ? rows.size() : most)), all, result);
    return ExitCode.OK;
  }

  private void print(List<Row> rows, List<String> all, CrossEncoderResult result) {
    List<String> labels = result.labels();
    if (common.json()) {
      ObjectNode document = JsonNodeFactory.instance.objectNode();
      document.put("model", model);
      ArrayNode results = document.putArray("results");
      for (Row row : rows) {
        ObjectNode node = results.addObject().put("index", row.index());
        if (labels.size() == 1) {
          node.put("score", row.scores()[0]);
        } else {
          ObjectNode scores = node.putObject("scores");
          for (int k = 0; k < labels.size(); k++) {
            scores.put(labels.get(k), row.scores()[k]);
          }
        }
        node.put("document", all.get(row.index()));
      }
      document.putObject("timing").put("total_ms", (System.nanoTime() - start) / 1e6);
      console.json(document);
      return;
    }
    for (Row row : rows) {
      StringBuilder line = new StringBuilder();
      for (int k = 0; k < labels.size(); k++) {
        line.append(k == 0 ? "" : "  ").append(labels.size() == 1 ? "" : labels.get(k) + " ");
        line.append(String.format(Locale.ROOT, "%.4f", row.scores()[k]));
      }
      console.out().println(line + "  " + all.get(row.index()));
    }
  }
}
