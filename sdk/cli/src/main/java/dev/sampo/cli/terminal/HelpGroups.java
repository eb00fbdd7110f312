package dev.sampo.cli.terminal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** In which groups the help of a command with many options shows them, and which of them come first. */
final class HelpGroups {
  /** Commands with fewer options show them all. */
  private static final int FEW = 24;

  private static final String REST = "More";

  /** The first ten of each command, in the order of use. */
  private static final Map<String, List<String>> FIRST =
      Map.of(
          "text",
          words(
              "--prompt --max-new-tokens --do-sample --temperature --top-p --top-k --stream --seed --chat"
                  + " --json"),
          "chat",
          words(
              "--system --max-new-tokens --do-sample --temperature --top-p --top-k --repetition-penalty"
                  + " --seed --chat --chat-template"),
          "image",
          words(
              "--prompt --negative-prompt --class-label --num-inference-steps --guidance-scale --scheduler"
                  + " --num-images --seed --out --show"));

  private static final Map<String, List<String>> GROUPS = new LinkedHashMap<>();

  static {
    GROUPS.put(
        "Prompt",
        words(
            "--prompt --lines --ids --chat --system --chat-template --require-tool-call --prompt-cache"
                + " --score --generation-config --negative-prompt --prompt-2 --prompt-3 --negative-prompt-2"
                + " --negative-prompt-3 --class-label --clip-skip --init-image --mask --strength --latents"));
    GROUPS.put(
        "Sampling",
        words(
            "--do-sample --temperature --top-p --top-k --min-p --typical-p --top-h --epsilon-cutoff"
                + " --eta-cutoff --repetition-penalty --frequency-penalty --presence-penalty"
                + " --encoder-repetition-penalty --guidance-scale --renormalize-logits"
                + " --remove-invalid-values --seed --num-inference-steps --scheduler --scheduler-option --eta"
                + " --guidance-rescale --use-clipped-model-output"));
    GROUPS.put(
        "Search",
        words(
            "--num-beams --num-beam-groups --diversity-penalty --length-penalty --early-stopping"
                + " --num-return-sequences --penalty-alpha --assistant --num-assistant-tokens"
                + " --assistant-confidence-threshold --prompt-lookup-num-tokens"
                + " --max-matching-ngram-size"));
    GROUPS.put(
        "Length and constraints",
        words(
            "--max-new-tokens --max-length --min-new-tokens --min-length --max-time --stop --stop-strings"
                + " --regex --json-schema --lenient-schema --grammar --bad-words-ids --sequence-bias --suppress-tokens"
                + " --begin-suppress-tokens --forced-bos-token-id --forced-eos-token-id"
                + " --no-repeat-ngram-size --encoder-no-repeat-ngram-size"
                + " --exponential-decay-length-penalty --eos-token-id --bos-token-id --pad-token-id"
                + " --decoder-start-token-id"));
    GROUPS.put(
        "Size",
        words(
            "--width --height --original-size --crops-coords-top-left --target-size"
                + " --negative-original-size --negative-crops-coords-top-left --negative-target-size"));
    GROUPS.put(
        "Speech (Whisper)",
        words(
            "--audio --language --task --return-timestamps --temperatures --compression-ratio-threshold"
                + " --logprob-threshold --no-speech-threshold --condition-on-prev-tokens"
                + " --initial-prompt --carry-initial-prompt"
                + " --max-initial-timestamp-index --no-timestamps-token-id"));
    GROUPS.put(
        "Output",
        words(
            "--stream --json --raw --out --force --scale --show --num-images --output-type --output-scores"
                + " --output-logits"));
    GROUPS.put(
        "Device",
        words(
            "--device --threads --provider-option --device-tensors --variant --use-cache"
                + " --prefill-chunk-size"));
  }

  private HelpGroups() {}

  private static List<String> words(String text) {
    return List.of(text.split(" ", -1));
  }

  /** Whether the command has a short and a long help. */
  static boolean hasShortHelp(CommandSpec command) {
    return FIRST.containsKey(command.name()) && command.options().size() > FEW;
  }

  /** The options that a short help explains. */
  static List<OptionSpec> first(CommandSpec command) {
    return named(command, FIRST.getOrDefault(command.name(), List.of()));
  }

  /** All options that are shown, by heading. A command with few of them has one group. */
  static Map<String, List<OptionSpec>> all(CommandSpec command) {
    List<OptionSpec> left = new ArrayList<>(command.options());
    left.removeIf(o -> o.hidden());
    left.sort((a, b) -> Boolean.compare(isGeneral(a), isGeneral(b)));
    Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
    if (!hasShortHelp(command)) {
      groups.put("Options", left);
      return groups;
    }
    GROUPS.forEach(
        (heading, names) -> {
          List<OptionSpec> found = named(command, names);
          found.retainAll(left);
          left.removeAll(found);
          if (!found.isEmpty()) {
            groups.put(heading, found);
          }
        });
    if (!left.isEmpty()) {
      groups.put(REST, left);
    }
    return groups;
  }

  /** What every command has comes last. */
  private static boolean isGeneral(OptionSpec option) {
    return option.usageHelp()
        || option.versionHelp()
        || List.of("--debug", "--help-all").contains(option.longestName());
  }

  private static List<OptionSpec> named(CommandSpec command, List<String> names) {
    List<OptionSpec> found = new ArrayList<>();
    for (String name : names) {
      OptionSpec option = command.findOption(name);
      if (option != null && !option.hidden() && !found.contains(option)) {
        found.add(option);
      }
    }
    return found;
  }
}
