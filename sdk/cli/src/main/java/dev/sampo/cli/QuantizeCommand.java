package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.export.quantize.QuantizeResult;
import dev.sampo.export.quantize.Quantizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo quantize}: a smaller model. */
@Command(
    name = "quantize",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a model's weights in 4 or 8 bits, by blocks: products as MatMulNBits, embeddings as"
          + " GatherBlockQuantized.",
      "What is written was loaded, and for text models run, before it takes its place."
    })
final class QuantizeCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      description = "Name of a model that ships, a folder, or org/name[@revision] on the Hub.")
  private String model = "";

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "A new folder.")
  private Path out = Path.of("");

  @Option(
      names = "--bits",
      paramLabel = "N",
      defaultValue = "4",
      description = "4 or 8 (default ${DEFAULT-VALUE}).")
  private int bits;

  @Option(
      names = "--block",
      paramLabel = "N",
      defaultValue = "32",
      description = "Numbers that share a scale, 16 to 256 (default ${DEFAULT-VALUE}).")
  private int block;

  @Option(names = "--asymmetric", description = "Give each block a zero of its own.")
  private boolean asymmetric;

  @Option(
      names = "--accuracy-level",
      paramLabel = "N",
      defaultValue = "4",
      description = "4 multiplies in int8 (default), 1 in float32.")
  private int accuracyLevel;

  @Option(
      names = "--int8",
      description =
          "Products in int8 with a scale for each row in place of blocks: fastest for prompts and"
              + " batches. Takes 8 bits.")
  private boolean byRow;

  @Option(
      names = "--skip",
      paramLabel = "NAME",
      description = "Leave weights whose name holds NAME, such as lm_head; repeatable.")
  private List<String> skip = new ArrayList<>();

  @Option(
      names = "--measure",
      paramLabel = "FILE",
      description = "A text whose perplexity is measured before and after.")
  private @Nullable Path measure;

  @Option(
      names = "--max-loss",
      paramLabel = "PERCENT",
      description = "Write nothing where the perplexity grows by more; needs --measure.")
  private @Nullable Double maxLoss;

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  QuantizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (maxLoss != null && measure == null) {
      throw new UsageException("--max-loss needs --measure FILE, a text to measure with");
    }
    Quantizer quantizer =
        Quantizer.of(ShippedModels.ofHome().resolve(model))
            .bits(byRow ? 8 : bits)
            .byRow(byRow)
            .block(block)
            .symmetric(!asymmetric)
            .accuracyLevel(accuracyLevel)
            .skip(skip.toArray(new String[0]));
    if (measure != null) {
      quantizer.measure(Files.readString(measure));
    }
    if (maxLoss != null) {
      quantizer.maxLoss(maxLoss / 100);
    }
    QuantizeResult result = quantizer.to(out);
    if (json) {
      console.json(document(result));
    } else {
      print(result);
    }
    return ExitCode.OK;
  }

  private void print(QuantizeResult result) {
    console
        .out()
        .printf(
            Locale.ROOT,
            "%s: %.2f MB, was %.2f MB; %d weights in %d bits, %d left as they were%n",
            out,
            result.bytesAfter() / 1e6,
            result.bytesBefore() / 1e6,
            result.quantized(),
            byRow ? 8 : bits,
            result.left());
    if (measure != null) {
      console
          .out()
          .printf(
              Locale.ROOT,
              "perplexity %.4f, was %.4f (%+.2f %%)%n",
              result.perplexityAfter(),
              result.perplexityBefore(),
              100 * (result.perplexityAfter() / result.perplexityBefore() - 1));
    }
  }

  private ObjectNode document(QuantizeResult result) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document
        .put("model", model)
        .put("bits", byRow ? 8 : bits)
        .put("block", block)
        .put("quantized", result.quantized())
        .put("left", result.left())
        .put("bytes_before", result.bytesBefore())
        .put("bytes_after", result.bytesAfter());
    document.withArray("/files").add(out.toString());
    if (measure != null) {
      document
          .put("perplexity_before", result.perplexityBefore())
          .put("perplexity_after", result.perplexityAfter());
    }
    return document;
  }
}
