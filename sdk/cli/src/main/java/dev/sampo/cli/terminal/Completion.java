package dev.sampo.cli.terminal;

import dev.sampo.samplers.diffusion.solver.Schedulers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** What can stand behind an option or in the place of MODEL: for completion in a shell, and for suggestions. */
public final class Completion {
  private static final Map<String, Supplier<List<String>>> VALUES =
      Map.of(
          "--scheduler", Completion::schedulers,
          "--variant",
              () ->
                  List.of("fp16", "int8", "uint8", "q4", "q4f16", "bnb4", "quantized", "optimized"),
          "--device", () -> List.of("cpu", "cuda", "tensorrt", "coreml", "nnapi", "xnnpack"),
          "--pooling",
              () -> List.of("mean", "cls", "max", "last", "mean_sqrt_len", "weighted_mean"),
          "--output-type", () -> List.of("image", "latent"));

  private Completion() {}

  /** The values that an option knows by name, or null where it knows none. */
  public static @Nullable List<String> values(String option) {
    Supplier<List<String>> values = VALUES.get(option);
    return values == null ? null : values.get();
  }

  private static List<String> schedulers() {
    return Schedulers.names().stream()
        .map(name -> name.replaceFirst("Scheduler$", ""))
        .collect(Collectors.toList());
  }

  /**
   * Tells picocli's {@code generate-completion} what to offer, in a command and all below it.
   *
   * @param models names that can stand for MODEL
   */
  public static void addCandidates(CommandLine root, List<String> models) {
    for (CommandLine each : root.getSubcommands().values()) {
      CommandSpec spec = each.getCommandSpec();
      for (OptionSpec option : new ArrayList<>(spec.options())) {
        List<String> values = values(option.longestName());
        if (option.longestName().equals("--assistant")) {
          values = models;
        }
        if (values != null) {
          replace(spec, option, option.toBuilder().completionCandidates(values).build());
        }
      }
      for (PositionalParamSpec positional : new ArrayList<>(spec.positionalParameters())) {
        if (List.of("MODEL", "NAME").contains(positional.paramLabel())) {
          replace(spec, positional, positional.toBuilder().completionCandidates(models).build());
        }
      }
      addCandidates(each, models);
    }
  }

  private static void replace(CommandSpec spec, ArgSpec old, ArgSpec better) {
    spec.remove(old);
    spec.add(better);
  }
}
