package dev.sampo.cli;

import dev.sampo.error.SampoException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Looks at the files that a command will write before it begins: one that is there already is overwritten with {@code --force} or after a
 * question only; where nothing can be written, the message names what was asked for; in a folder, files are numbered.
 */
final class OutputGuard {
  private static final String FORCE = "--force";
  private static final List<String> WRITES = List.of("--out", "--plot", "--codes");

  /** What a command writes where {@code --out} names a folder. */
  private static final Map<String, String> ENDINGS =
      Map.of(
          "image", ".png",
          "image-to-image", ".png",
          "video", ".gif",
          "audio", ".wav",
          "speak", ".wav",
          "write", ".svg",
          "embed", ".npy",
          "encode", ".npy",
          "score", ".npy",
          "forecast", ".npy");

  private final Console console;

  OutputGuard(Console console) {
    this.console = console;
  }

  /** Gives each command that writes a file the option {@code --force}. */
  static void install(CommandLine root) {
    for (CommandLine each : root.getSubcommands().values()) {
      CommandSpec spec = each.getCommandSpec();
      OptionSpec out = spec.findOption("--out");
      if (out != null && out.paramLabel().startsWith("FILE") && spec.findOption(FORCE) == null) {
        spec.addOption(
            OptionSpec.builder(FORCE)
                .type(boolean.class)
                .description("Overwrite a file that is there already.")
                .build());
      }
      install(each);
    }
  }

  /**
   * Checks what a parsed command line wants to write.
   *
   * @throws CommandFailure if a file is there and shall stay, or cannot be written
   */
  void check(ParseResult parsed) {
    ParseResult last = parsed;
    while (last.subcommand() != null) {
      last = last.subcommand();
    }
    if (last.isUsageHelpRequested()
        || last.isVersionHelpRequested()
        || last.commandSpec().findOption(FORCE) == null) {
      return;
    }
    boolean force = last.matchedOptionValue(FORCE, false);
    for (String name : WRITES) {
      OptionSpec option = last.matchedOption(name);
      Object value = option == null ? null : option.getValue();
      if (value instanceof Path file) {
        check(name, inFolder(last, option, file), force);
      } else if (value instanceof Collection<?> several) {
        for (Object each : several) {
          if (each instanceof Path file) {
            check(name, file, force);
          }
        }
      }
    }
  }

  private void check(String option, Path file, boolean force) {
    Path parent = file.toAbsolutePath().getParent();
    while (parent != null && !Files.exists(parent)) {
      parent = parent.getParent();
    }
    if (parent != null && !Files.isDirectory(parent)) {
      throw new CommandFailure(
          "cannot write "
              + file
              + ": "
              + parent
              + " is a file, no folder. Choose another "
              + option);
    }
    if (parent != null && !Files.isWritable(parent)) {
      throw new CommandFailure(
          "cannot write "
              + file
              + ": no permission to write in "
              + parent
              + ". Choose another "
              + option);
    }
    for (Path there : written(file)) {
      if (!force && Files.isRegularFile(there) && !overwrite(there)) {
        throw new CommandFailure(
            there
                + " exists already. Give --force to overwrite it, or another "
                + option
                + "; nothing was written.");
      }
    }
  }

  /** The file itself, and the first of its numbered kin that commands write in its place. */
  private static List<Path> written(Path file) {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    List<Path> files = new ArrayList<>(List.of(file));
    if (dot > 0) {
      for (String number : List.of("-0", "-0000")) {
        files.add(file.resolveSibling(name.substring(0, dot) + number + name.substring(dot)));
      }
    }
    return files;
  }

  private boolean overwrite(Path file) {
    if (!console.isTerminal() || console.isPiped()) {
      return false;
    }
    console.err().print(file + " exists already. Overwrite it? [y/N] ");
    console.err().flush();
    try {
      BufferedReader in = console.in(); // stays open: it is the terminal
      String answer = in.readLine();
      return answer != null && answer.trim().toLowerCase(java.util.Locale.ROOT).startsWith("y");
    } catch (IOException e) {
      return false;
    }
  }

  /** A folder becomes the next free numbered file in it. */
  private static Path inFolder(ParseResult parsed, OptionSpec option, Path file) {
    String written =
        option.originalStringValues().isEmpty() ? "" : option.originalStringValues().get(0);
    if (!Files.isDirectory(file) && !written.endsWith("/")) {
      return file;
    }
    String model =
        parsed.matchedPositionals().isEmpty()
            ? ""
            : String.valueOf((Object) parsed.matchedPositionals().get(0).getValue());
    String stem = model.replaceFirst("[/\\\\]+$", "").replaceFirst(".*[/\\\\]", "");
    String ending = ending(parsed.commandSpec().name(), model);
    for (int n = 1; ; n++) {
      Path numbered = file.resolve((stem.isEmpty() ? "sampo" : stem) + "-" + n + ending);
      if (written(numbered).stream().noneMatch(Files::exists)) {
        set(option, numbered);
        return numbered;
      }
    }
  }

  private static String ending(String command, String model) {
    String ending = ENDINGS.get(command);
    if (ending != null) {
      return ending;
    }
    Family family = familyOf(model);
    return family == Family.WAVENET ? ".wav" : ".png";
  }

  private static @Nullable Family familyOf(String model) {
    try {
      return ModelFolder.locate(ShippedModels.ofHome().resolve(model), "").family();
    } catch (SampoException e) {
      return null; // the command itself will say so
    }
  }

  private static void set(OptionSpec option, Path file) {
    try {
      option.setter().set(file);
    } catch (Exception e) {
      throw new IllegalStateException("Option " + option.longestName() + " could not be set", e);
    }
  }
}
