package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.cli.terminal.Words;
import dev.sampo.hub.HubCache;
import dev.sampo.hub.HubConfig;
import dev.sampo.model.ModelFolder;
import dev.sampo.specs.Card;
import dev.sampo.specs.SampoCard;
import dev.sampo.specs.SampoJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo models}: the models that ship. */
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    description =
        "Lists the models that ship: family, what it makes, size, licence, measured quality.")
final class ModelsCommand implements Callable<Integer> {
  private static final int INDENT = 4;

  private final Console console;

  @Parameters(arity = "0..*", paramLabel = "NAME", description = "Only these.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--measure",
      description =
          "Measure them again on kept-back data and show the figures beside those of the cards;"
              + " takes minutes.")
  private boolean measure;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Samples that --measure draws from a generator. Default: ${DEFAULT-VALUE}.")
  private int samples = 1000;

  @Option(
      names = "--kept-back",
      paramLabel = "DIR",
      description =
          "What --measure measures with, laid out as exporter-specs/src/test/resources/judge, which"
              + " is the default.")
  private @Nullable Path keptBack;

  @Option(names = "--cached", description = "List those in the cache of the Hub in their place.")
  private boolean cached;

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  ModelsCommand(Console console) {
    this.console = console;
  }

  /** A row of the list. */
  private record Row(String name, Card card, long sizeBytes, Map<String, Double> measured) {}

  @Override
  public Integer call() throws IOException {
    if (cached) {
      HubConfig config = HubConfig.fromEnvironment();
      CacheCommand.list(console, new HubCache(config.cache()).list(), json);
      return ExitCode.OK;
    }
    List<Row> rows = rows(ShippedModels.ofHome());
    if (json) {
      ArrayNode document = JsonNodeFactory.instance.arrayNode();
      for (Row row : rows) {
        document.add(toJson(row));
      }
      console.json(document);
      return ExitCode.OK;
    }
    int width = console.width();
    for (Row row : rows) {
      String size = HubModels.bytes(row.sizeBytes);
      String head =
          String.format(
              Locale.ROOT,
              "%s: %s, %s, %,d parameters, %s",
              row.name,
              row.card.family(),
              size,
              row.card.parameters(),
              row.card.licence());
      console.out().println(Words.wrapped(head, width, INDENT));
      detail(row.card.makes(), width);
      detail(quality(row.card.quality()), width);
      if (measure) {
        detail("measured now: " + quality(row.measured), width);
      }
      console.out().println();
    }
    console
        .out()
        .println(
            Words.wrapped(
                "Run one with: sampo text|image|latent NAME; all about one: sampo inspect NAME",
                width,
                0));
    return ExitCode.OK;
  }

  private void detail(String text, int width) {
    String margin = " ".repeat(INDENT);
    console.out().println(margin + Words.wrapped(text, width, INDENT));
  }

  private List<Row> rows(ShippedModels models) throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String name : names.isEmpty() ? models.names() : names) {
      Path folder = models.resolve(name);
      Card card = card(folder);
      if (card != null) {
        rows.add(new Row(name, card, sizeBytes(folder), measured(name, folder)));
      }
    }
    if (rows.isEmpty()) {
      throw new CommandFailure(
          "no models found in "
              + models.path("").toAbsolutePath().normalize()
              + ". Start sampo from a checkout of the project, or point -Dsampo.home at one.");
    }
    return rows;
  }

  private Map<String, Double> measured(String name, Path folder) throws IOException {
    if (!measure) {
      return Map.of();
    }
    console.note("sampo: measuring " + name + " ...");
    return new Measuring(console, samples, keptBack).measure(name, folder);
  }

  /** What a model folder says about itself, or null where it says nothing. */
  static @Nullable Card card(Path folder) throws IOException {
    Path own = folder.resolve("sampo.json");
    if (Files.isRegularFile(own)) {
      return SampoJson.parse(text(own), own.toString()).card();
    }
    Path beside = folder.resolve("sampo-card.json");
    if (Files.isRegularFile(beside)) {
      return SampoCard.parse(text(beside), beside.toString()).card();
    }
    return null;
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  /** As sampo inspect tells it: the graphs with their weights. */
  private static long sizeBytes(Path folder) {
    return ModelFolder.locate(folder, "").inspect().sizeBytes();
  }

  private static String quality(Map<String, Double> quality) {
    List<String> parts = new ArrayList<>();
    quality.forEach((name, value) -> parts.add(name.replace('_', ' ') + " " + number(value)));
    return parts.isEmpty() ? "not measured" : String.join(", ", parts);
  }

  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%.4f", value);
    return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
  }

  private ObjectNode toJson(Row row) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("name", row.name)
        .put("family", row.card.family())
        .put("makes", row.card.makes())
        .put("licence", row.card.licence())
        .put("parameters", row.card.parameters())
        .put("size_bytes", row.sizeBytes);
    ObjectNode quality = node.putObject("quality");
    row.card.quality().forEach(quality::put);
    if (measure) {
      ObjectNode measured = node.putObject("measured");
      row.measured.forEach(measured::put);
    }
    return node;
  }
}
