package dev.sampo.cli;

import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The prompts of a command line: those given, and what comes through stdin. */
final class PromptTexts {
  private final Console console;
  private final List<String> given;
  private final boolean lines;

  /**
   * Prompts of a command.
   *
   * @param given as written; {@code -} is stdin
   * @param lines whether each line of stdin is a prompt, not all of it
   */
  PromptTexts(Console console, List<String> given, boolean lines) {
    this.console = console;
    this.given = given;
    this.lines = lines;
  }

  /**
   * All prompts.
   *
   * @param otherwise whether the model is told otherwise what to go on from; stdin is then left alone unless {@code -} names it
   */
  List<String> read(boolean otherwise) throws IOException {
    List<String> all = new ArrayList<>();
    if (given.stream().filter("-"::equals).count() > 1) {
      throw new UsageException("--prompt - reads all of stdin: give it once.");
    }
    if (given.isEmpty() && (lines || (!otherwise && console.isPiped()))) {
      all.addAll(stdin());
      all.removeIf(String::isEmpty);
      return all;
    }
    if (lines && !given.contains("-")) {
      throw new UsageException("--lines goes with --prompt - or with a pipe.");
    }
    for (String prompt : given) {
      if (prompt.equals("-")) {
        all.addAll(stdin());
      } else {
        all.add(prompt);
      }
    }
    return all;
  }

  private List<String> stdin() throws IOException {
    List<String> read = console.lines();
    return lines ? read : new ArrayList<>(List.of(String.join("\n", read)));
  }

  /**
   * Checks that a model can begin without a prompt.
   *
   * @throws UsageException if it turns one text into another
   */
  static void requireNone(ModelFolder folder) {
    Family family = folder.family();
    if (family == Family.ATTENTION_SEQ2SEQ || family == Family.ENCODER_DECODER) {
      throw new UsageException(
          folder.name()
              + " turns one text into another: give it one with --prompt TEXT"
              + (family == Family.ENCODER_DECODER ? ", or a sound with --audio FILE" : "")
              + ", or pipe it in.");
    }
  }
}
