package dev.sampo.cli.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IllegalFormatException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The help of a command in place of picocli's own: as wide as the terminal, broken between words only, options in groups; of a command with
 * many options the ten that are used first, and all of them with {@code --help-all}.
 */
public final class HelpPage {
  private static final String ALL = "--help-all";
  private static final String SECTION = "sampo";

  /** Narrower than that, a description stands below its option. */
  private static final int BESIDE = 72;

  private static final int NAMES = 26;

  private final CommandSpec command;
  private final Help.ColorScheme colours;
  private final int width;
  private final boolean all;
  private final StringBuilder out = new StringBuilder();

  private HelpPage(Help help, int width, boolean all) {
    this.command = help.commandSpec();
    this.colours = help.colorScheme();
    this.width = width;
    this.all = all;
  }

  /**
   * Prints the help of a command and of all below it this way, and gives those with many options {@code --help-all}.
   *
   * @param width columns, asked for when help is printed
   */
  public static void install(
      CommandLine root, java.util.function.IntSupplier width, boolean allOptions) {
    List<CommandLine> commands = new ArrayList<>(List.of(root));
    for (int i = 0; i < commands.size(); i++) {
      CommandLine each = commands.get(i);
      commands.addAll(each.getSubcommands().values());
      if (HelpGroups.hasShortHelp(each.getCommandSpec())
          && each.getCommandSpec().findOption(ALL) == null) {
        each.getCommandSpec()
            .addOption(
                OptionSpec.builder(ALL)
                    .type(boolean.class)
                    .description("Show all options, in groups.")
                    .build());
      }
      each.setHelpSectionKeys(List.of(SECTION));
      each.getHelpSectionMap()
          .put(SECTION, help -> new HelpPage(help, width.getAsInt(), allOptions).render());
    }
  }

  /** Whether a command line asks for the long help: the words before a lone {@code --}. */
  public static boolean asksForAll(String[] args) {
    for (String arg : args) {
      if (arg.equals("--")) {
        return false;
      }
      if (arg.equals(ALL)) {
        return true;
      }
    }
    return false;
  }

  /** The same command line with {@code --help}, which is found whatever else is missing. */
  public static String[] withHelp(String[] args) {
    return Arrays.stream(args).map(a -> a.equals(ALL) ? "--help" : a).toArray(String[]::new);
  }

  private String render() {
    for (String line : command.usageMessage().header()) {
      paragraph(line, 0);
    }
    usage();
    for (String line : command.usageMessage().description()) {
      paragraph(line, 0);
    }
    positionals();
    if (HelpGroups.hasShortHelp(command) && !all) {
      options("Used first", HelpGroups.first(command));
      others();
    } else {
      HelpGroups.all(command).forEach(this::options);
    }
    commands();
    for (String line : command.usageMessage().footer()) {
      paragraph(line, 0);
    }
    return out.toString();
  }

  private void usage() {
    List<String> words = new ArrayList<>();
    words.add(colours.commandText(command.qualifiedName()).toString());
    for (PositionalParamSpec each : command.positionalParameters()) {
      String label = each.paramLabel();
      boolean several = each.arity().max() > 1 || each.index().isVariable();
      boolean optional = each.arity().min() == 0;
      String word = label + (several ? "..." : "");
      words.add(optional ? "[" + word + "]" : colours.parameterText(word).toString());
    }
    for (OptionSpec option : command.options()) {
      if (option.required()) {
        words.add(names(option).trim());
      }
    }
    if (!command.subcommands().isEmpty()) {
      String label = command.usageMessage().synopsisSubcommandLabel();
      words.add(label);
    }
    words.add("[OPTIONS]");
    out.append(Words.wrapped("Usage: " + String.join(" ", words), width, 7)).append('\n');
  }

  private void positionals() {
    List<PositionalParamSpec> shown =
        command.positionalParameters().stream()
            .filter(p -> !p.hidden())
            .collect(Collectors.toList());
    if (shown.isEmpty()) {
      return;
    }
    out.append('\n').append("Arguments:").append('\n');
    for (PositionalParamSpec each : shown) {
      item("      " + colours.parameterText(each.paramLabel()), description(each));
    }
  }

  private void options(String heading, List<OptionSpec> options) {
    if (options.isEmpty()) {
      return;
    }
    out.append('\n').append(heading).append(":\n");
    for (OptionSpec option : options) {
      item(names(option), description(option));
    }
  }

  /** What a short help leaves out: names by group. */
  private void others() {
    List<OptionSpec> first = HelpGroups.first(command);
    out.append('\n');
    paragraph("More options (" + command.qualifiedName() + " " + ALL + " explains them):", 0);
    for (Map.Entry<String, List<OptionSpec>> group : HelpGroups.all(command).entrySet()) {
      String names =
          group.getValue().stream()
              .filter(o -> !first.contains(o))
              .map(OptionSpec::longestName)
              .collect(Collectors.joining(" "));
      if (!names.isEmpty()) {
        out.append(Words.wrapped("  " + group.getKey() + ": " + names, width, 4)).append('\n');
      }
    }
  }

  private void commands() {
    Map<String, CommandLine> commands = command.subcommands();
    List<String> shown = new ArrayList<>();
    commands.forEach(
        (name, each) -> {
          if (!each.getCommandSpec().usageMessage().hidden()) {
            shown.add(name);
          }
        });
    if (shown.isEmpty()) {
      return;
    }
    out.append("\nCommands:\n");
    TextTable table = new TextTable();
    for (String name : shown) {
      CommandSpec spec = commands.get(name).getCommandSpec();
      String[] header = spec.usageMessage().header();
      String[] lines = header.length > 0 ? header : spec.usageMessage().description();
      table.row("  " + colours.commandText(name), firstSentence(String.join(" ", lines)));
    }
    out.append(table.render(width));
  }

  private static String firstSentence(String description) {
    String text = plain(description);
    int end = text.indexOf(". ");
    return end < 0 ? text : text.substring(0, end + 1);
  }

  /** {@code -h, --help}, or {@code --seed=N} where its short names would stand. */
  private String names(OptionSpec option) {
    List<String> shortNames = new ArrayList<>();
    List<String> longNames = new ArrayList<>();
    for (String name : option.names()) {
      (name.startsWith("--") ? longNames : shortNames).add(name);
    }
    String head = shortNames.isEmpty() ? "      " : "  " + String.join(", ", shortNames) + ", ";
    String value = "";
    if (option.arity().max() > 0) {
      value = "=" + option.paramLabel();
      value = option.arity().min() == 0 ? "[" + value + "]" : value;
    }
    return head + colours.optionText(String.join(", ", longNames)) + value;
  }

  private static String description(ArgSpec arg) {
    return Arrays.stream(arg.description()).map(HelpPage::plain).collect(Collectors.joining(" "));
  }

  /** As picocli reads a description: a format without arguments. */
  private static String plain(String text) {
    try {
      return String.format(Locale.ROOT, text);
    } catch (IllegalFormatException e) {
      return text;
    }
  }

  private void item(String names, String description) {
    if (width < BESIDE) {
      out.append(names).append('\n');
      out.append(" ".repeat(10)).append(Words.wrapped(description, width, 10)).append('\n');
      return;
    }
    int used = Words.columns(names);
    if (used + 1 >= NAMES) {
      out.append(names).append('\n').append(" ".repeat(NAMES));
    } else {
      out.append(Words.padded(names, NAMES));
    }
    out.append(Words.wrapped(description, width, NAMES)).append('\n');
  }

  private void paragraph(String text, int indent) {
    out.append(Words.wrapped(plain(text), width, indent)).append('\n');
  }
}
