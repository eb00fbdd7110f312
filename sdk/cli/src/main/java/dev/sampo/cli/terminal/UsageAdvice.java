package dev.sampo.cli.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What to say of a command line that cannot be read: what is wrong, and what was probably meant. */
public final class UsageAdvice {
  private UsageAdvice() {}

  /** One sentence or two. */
  public static String message(ParameterException failure) {
    CommandSpec command = failure.getCommandLine().getCommandSpec();
    if (failure instanceof UnmatchedArgumentException unmatched
        && !unmatched.getUnmatched().isEmpty()) {
      String word = unmatched.getUnmatched().get(0);
      return unmatched.isUnknownOption() || word.startsWith("-")
          ? unknownOption(command, word)
          : unknownWord(command, word);
    }
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof CommandLine.MissingParameterException && message.contains("'MODEL'")) {
      return message + "; sampo models lists those that ship";
    }
    return message;
  }

  private static String unknownOption(CommandSpec command, String word) {
    String name = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
    List<String> names = new ArrayList<>();
    for (OptionSpec option : command.options()) {
      if (!option.hidden()) {
        names.addAll(List.of(option.names()));
      }
    }
    String question = Suggestions.question(name, names);
    if (question.isEmpty()) {
      question = elsewhere(command, name);
    }
    return command.qualifiedName() + " has no option " + name + "." + question;
  }

  /** An option of another command, which the reader may have had in mind. */
  private static String elsewhere(CommandSpec command, String name) {
    List<String> owners = new ArrayList<>();
    for (Map.Entry<String, CommandLine> e : command.root().subcommands().entrySet()) {
      if (e.getValue().getCommandSpec().findOption(name) != null) {
        owners.add("sampo " + e.getKey());
      }
    }
    return owners.isEmpty() || owners.size() > 4
        ? ""
        : " " + String.join(" and ", owners) + (owners.size() == 1 ? " has it." : " have it.");
  }

  private static String unknownWord(CommandSpec command, String word) {
    if (command.subcommands().isEmpty()) {
      return "'"
          + word
          + "' is one word too many for "
          + command.qualifiedName()
          + ". Put a text of several words in quotes.";
    }
    List<String> names = new ArrayList<>();
    command
        .subcommands()
        .forEach(
            (name, each) -> {
              if (!each.getCommandSpec().usageMessage().hidden()) {
                names.add(name);
              }
            });
    String question = Suggestions.question(word, names);
    return command.qualifiedName()
        + " has no command '"
        + word
        + "'."
        + (question.isEmpty() ? " It has: " + String.join(", ", names) + "." : question);
  }
}
