package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** {@code sampo bench --against}: several models, and other programs, measured in turns; medians with their spread, and ratios to the first. */
final class Contest {
  private final Console console;
  private final List<String> models;
  private final Map<String, String> programs;
  private final List<Integer> contexts;
  private final int rounds;

  /**
   * @param programs commands of other programs by their names
   * @param contexts lengths of texts; empty for models of pictures
   */
  Contest(
      Console console,
      List<String> models,
      Map<String, String> programs,
      List<Integer> contexts,
      int rounds) {
    this.console = console;
    this.models = List.copyOf(models);
    this.programs = programs;
    this.contexts = List.copyOf(contexts);
    this.rounds = rounds;
  }

  /** Measures and prints. */
  void run(List<String> workerOptions, boolean json) throws IOException {
    List<Contender> all = new ArrayList<>();
    try {
      for (String model : models) {
        all.add(Contender.ofModel(model, workerOptions));
        all.get(all.size() - 1).start(); // one after the other: loading takes all cores
      }
      for (Map.Entry<String, String> program : programs.entrySet()) {
        all.add(Contender.ofCommand(program.getKey(), program.getValue()));
        all.get(all.size() - 1).start();
      }
      measure(all);
    } finally {
      all.forEach(Contender::close);
    }
    if (json) {
      console.json(document(all));
    } else {
      print(all);
    }
  }

  private void measure(List<Contender> all) throws IOException {
    List<String> questions = new ArrayList<>();
    contexts.forEach(length -> questions.add("context " + length));
    if (contexts.isEmpty()) {
      questions.add("pictures");
    }
    // The shortest is enough to warm up with.
    try (Console.Progress bar =
        console.progress("bench", ((long) rounds * questions.size() + 1) * all.size())) {
      for (int round = 0; round <= rounds; round++) {
        for (String question : round == 0 ? questions.subList(0, 1) : questions) {
          String suffix =
              contexts.isEmpty() ? "" : "@" + question.substring(question.indexOf(' ') + 1);
          for (Contender each : all) {
            console.cancellation().throwIfCancelled();
            each.measure(question, suffix, round > 0);
            bar.step();
          }
        }
      }
    }
    for (Contender each : all) {
      each.measure("memory", "", true);
    }
  }

  private static Set<String> names(List<Contender> all) {
    Set<String> names = new LinkedHashSet<>();
    all.forEach(each -> names.addAll(each.figures().keySet()));
    return names;
  }

  private void print(List<Contender> all) {
    Contender first = all.get(0);
    for (String name : names(all)) {
      console.out().println(name.replace("@", " at "));
      for (Contender each : all) {
        List<Double> values = each.figures().getOrDefault(name, List.of());
        if (values.isEmpty()) {
          continue;
        }
        double ratio = median(values) / median(first.figures().getOrDefault(name, values));
        console
            .out()
            .printf(
                Locale.ROOT,
                "  %-40s %10.2f   (%.2f to %.2f)   %5.2f%n",
                each.name(),
                median(values),
                least(values),
                most(values),
                ratio);
      }
    }
  }

  private ObjectNode document(List<Contender> all) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("rounds", rounds);
    for (Contender each : all) {
      ObjectNode one = document.withArray("/contenders").addObject();
      one.put("name", each.name());
      each.figures()
          .forEach(
              (name, values) ->
                  one.putObject(name)
                      .put("median", median(values))
                      .put("min", least(values))
                      .put("max", most(values)));
    }
    return document;
  }

  private static double median(List<Double> values) {
    return BenchFigures.median(values);
  }

  private static double least(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
  }

  private static double most(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }
}
