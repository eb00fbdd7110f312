package dev.sampo.cli;

import dev.sampo.cli.terminal.Completion;
import dev.sampo.cli.terminal.HelpPage;
import dev.sampo.cli.terminal.Suggestions;
import dev.sampo.cli.terminal.UsageAdvice;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.Option;

/** {@code sampo}: the root of the command line. */
@Command(
    name = "sampo",
    header =
        "Generates with GAN, VAE, recurrent, Transformer and diffusion models on ONNX Runtime.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {
      "",
      "MODEL is the name of a model that ships with the project (sampo models), a model folder,"
          + " an .onnx file, or org/name[@revision][:variant] on the Hugging Face Hub. Results go to"
          + " stdout, everything else to stderr.",
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled, 141 the reader of stdout has"
          + " gone."
    },
    subcommands = {
      DemoCommand.class,
      ModelsCommand.class,
      PullCommand.class,
      CacheCommand.class,
      ExportCommand.class,
      OptimizeCommand.class,
      QuantizeCommand.class,
      InspectCommand.class,
      TextCommand.class,
      ChatCommand.class,
      ImageCommand.class,
      AudioCommand.class,
      ComposeCommand.class,
      SpeakCommand.class,
      VideoCommand.class,
      WriteCommand.class,
      MoleculesCommand.class,
      EmbedCommand.class,
      RankCommand.class,
      BenchCommand.class,
      LatentCommand.class,
      ImageToImageCommand.class,
      ForecastCommand.class,
      TokenizeCommand.class,
      TrainCommand.class,
      DoctorCommand.class,
      ServeCommand.class,
      CompareCommand.class,
      BenchWorkerCommand.class,
      WarmUpCommand.class,
      GenerateCompletion.class,
      CommandLine.HelpCommand.class
    })
final class SampoCommand {
  @Option(
      names = "--debug",
      scope = CommandLine.ScopeType.INHERIT,
      description = "Show stack traces of failures.")
  private boolean debug;

  private SampoCommand() {}

  /**
   * Runs one command line.
   *
   * @return the exit code, see {@link ExitCode}
   */
  static int run(Console console, String... args) {
    try {
      String[] words = LatentCommand.inOrder(args);
      boolean all = HelpPage.asksForAll(words);
      CommandLine commandLine = commandLine(console, all);
      if (words.length > 0 && words[0].equals("generate-completion")) {
        Completion.addCandidates(commandLine, ShippedModels.ofHome().names());
      }
      int exitCode = commandLine.execute(all ? HelpPage.withHelp(words) : words);
      console.out().flush();
      return exitCode;
    } catch (LostOutputException e) {
      return lost(console, e);
    } catch (Error e) {
      return exhausted(console, e, Arrays.asList(args).contains("--debug"));
    }
  }

  private static int lost(Console console, LostOutputException failure) {
    if (failure.brokenPipe()) {
      return ExitCode.BROKEN_PIPE;
    }
    console.note("sampo: " + failure.getMessage());
    return ExitCode.FAILED;
  }

  /** What is no exception: one line and exit code 1 as well. */
  private static int exhausted(Console console, Error failure, boolean debug) {
    if (debug) {
      failure.printStackTrace(console.err());
    }
    if (failure instanceof OutOfMemoryError) {
      console.note(
          "sampo: out of memory ("
              + failure.getMessage()
              + "); this JVM may use "
              + Runtime.getRuntime().maxMemory() / (1 << 20)
              + " MB. Give it more: SAMPO_JAVA_OPTS=-Xmx4g sampo ...");
    } else if (failure instanceof StackOverflowError) {
      console.note(
          "sampo: the stack overflowed: something in the input is nested too deep. --debug shows"
              + " where");
    } else {
      console.note("sampo: " + failure + "; --debug shows where it happened");
    }
    return ExitCode.FAILED;
  }

  /**
   * The parser with every subcommand, bound to a console.
   *
   * @param allOptions whether help shows the options that are seldom used as well
   */
  private static CommandLine commandLine(Console console, boolean allOptions) {
    SampoCommand root = new SampoCommand();
    CommandLine commandLine = new CommandLine(root, new ConsoleFactory(console));
    commandLine.setOut(new PrintWriter(console.rawOut(), true));
    commandLine.setErr(new PrintWriter(console.err(), true));
    if (System.getenv("NO_COLOR") != null) {
      commandLine.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
    }
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setExecutionStrategy(
        parsed -> {
          try {
            new OutputGuard(console).check(parsed);
            return new CommandLine.RunLast().execute(parsed);
          } catch (CommandFailure e) {
            console.note("sampo: " + e.getMessage());
            return ExitCode.FAILED;
          } catch (LostOutputException e) {
            // From --help and --version, which no handler sees.
            return lost(console, e);
          }
        });
    commandLine.setParameterExceptionHandler(
        (failure, args) ->
            misused(console, failure.getCommandLine(), UsageAdvice.message(failure)));
    commandLine.setExecutionExceptionHandler(
        (failure, cmd, parsed) -> root.report(console, failure, cmd));
    OutputGuard.install(commandLine);
    HelpPage.install(commandLine, console::proseWidth, allOptions);
    return commandLine;
  }

  /** Wrong usage: one line that says what is wrong, one that says where the options are listed. */
  private static int misused(Console console, CommandLine command, String message) {
    console.note("sampo: " + message);
    console.note("Try: " + command.getCommandSpec().qualifiedName() + " --help");
    return ExitCode.USAGE;
  }

  private int report(Console console, Exception failure, CommandLine command) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof LostOutputException lost) {
        return lost(console, lost);
      }
      if (cause instanceof OutOfMemoryError || cause instanceof StackOverflowError) {
        return exhausted(console, (Error) cause, debug);
      }
    }
    if (debug) {
      failure.printStackTrace(console.err());
    }
    boolean option = failure instanceof RequestException request && request.option() != null;
    if (failure instanceof UsageException || option) {
      return misused(console, command, spelled(failure, command) + suggestion(command));
    }
    if (failure instanceof CancelledException || console.cancellation().isCancelled()) {
      console.note("sampo: cancelled");
      return ExitCode.CANCELLED;
    }
    console.note("sampo: " + message(failure));
    if (!debug && !isExpected(failure)) {
      console.note(
          "sampo: this looks like a fault of sampo itself; --debug shows where it happened");
    }
    return ExitCode.FAILED;
  }

  /** The message with the option as it is typed, where the library named it as its builder or a JSON file spells it. */
  private static String spelled(Exception failure, CommandLine command) {
    String message = message(failure);
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RequestException request && request.option() != null) {
        String option = String.valueOf(request.option());
        String snake = option.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
        String typed = "--" + snake.replace('_', '-');
        if (command.getCommandSpec().findOption(typed) != null && !message.contains(typed)) {
          return message.replaceFirst("\\b(" + option + "|" + snake + ")\\b", typed);
        }
      }
    }
    return message;
  }

  /** For an option whose value is one of a few names, and was none of them: what was probably meant. */
  private static String suggestion(CommandLine command) {
    for (CommandLine.Model.OptionSpec option : command.getParseResult().matchedOptions()) {
      List<String> names = Completion.values(option.longestName());
      List<String> given = option.originalStringValues();
      if (names != null && !given.isEmpty() && !contains(names, given.get(0))) {
        return Suggestions.question(given.get(0), names);
      }
    }
    return "";
  }

  private static boolean contains(List<String> names, String given) {
    return names.stream()
        .anyMatch(n -> given.equalsIgnoreCase(n) || given.equalsIgnoreCase(n + "Scheduler"));
  }

  private static boolean isExpected(Exception failure) {
    return failure.getClass().getName().startsWith("dev.sampo.")
        || failure instanceof IOException
        || failure instanceof UncheckedIOException
        || failure instanceof IllegalArgumentException
        || failure instanceof IllegalStateException;
  }

  private static String message(Exception failure) {
    String message = failure.getMessage();
    if (failure instanceof java.nio.file.NoSuchFileException) {
      return "there is no file " + message;
    }
    if (failure instanceof java.nio.file.AccessDeniedException) {
      return "no permission to open " + message;
    }
    if (message == null || message.isEmpty()) {
      return failure.getClass().getSimpleName();
    }
    return isExpected(failure) ? message : failure.getClass().getSimpleName() + ": " + message;
  }

  /** Makes subcommands, handing each the console where its constructor asks for it. */
  private record ConsoleFactory(Console console) implements IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      try {
        return type.getDeclaredConstructor(Console.class).newInstance(console);
      } catch (NoSuchMethodException e) {
        return CommandLine.defaultFactory().create(type);
      }
    }
  }
}
