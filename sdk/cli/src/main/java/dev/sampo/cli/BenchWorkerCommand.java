package dev.sampo.cli;

import dev.sampo.Model;
import dev.sampo.text.TextGenerator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * One contender of {@code sampo bench --against}, in a process of its own so that its memory can be told: answers each line of the standard input
 * with a line of {@code name=value}. {@code context N} reads a prompt of N ids and goes on, {@code pictures} makes some, {@code memory} tells the
 * peak so far.
 */
@Command(name = "bench-worker", hidden = true)
final class BenchWorkerCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(index = "0", paramLabel = "MODEL")
  private String model = "";

  BenchWorkerCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    long start = System.nanoTime();
    try (Model opened = BenchFigures.open(ShippedModels.ofHome().resolve(model), common);
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      answer(Map.of("load_ms", (System.nanoTime() - start) / 1e6));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        answer(measured(opened, line.split(" ", -1)));
      }
    }
    return ExitCode.OK;
  }

  private Map<String, Double> measured(Model opened, String[] words) {
    switch (words[0]) {
      case "context" -> {
        TextGenerator generator = (TextGenerator) opened;
        return BenchFigures.context(generator, Integer.parseInt(words[1]), console.cancellation());
      }
      case "pictures" -> {
        return BenchFigures.pictures(opened, console.cancellation());
      }
      case "memory" -> {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("peak_mb", BenchFigures.peakBytes() / 1e6);
        return figures;
      }
      default -> throw new UsageException("'" + words[0] + "' is not measured");
    }
  }

  private void answer(Map<String, Double> figures) {
    StringJoiner line = new StringJoiner(" ");
    figures.forEach((name, value) -> line.add(String.format(Locale.ROOT, "%s=%.4f", name, value)));
    console.out().println(line);
    console.out().flush();
  }
}
