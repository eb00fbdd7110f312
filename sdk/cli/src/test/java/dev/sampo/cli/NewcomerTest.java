package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.cli.terminal.Words;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What newcomers type gives the exit code and the sentence that {@code newcomer/commands.txt} lists; scripts/newcomer does the same in a terminal. */
class NewcomerTest {
  @TempDir Path folder;

  @Test
  void commands_whenTypedByANewcomer_endAsListed() throws Exception {
    List<String> wrong = new ArrayList<>();
    String command = null;
    int count = 0;
    for (String line : list()) {
      if (line.startsWith("% ")) {
        shell(line.substring(2));
      } else if (line.startsWith("$ ")) {
        command = line.substring(2);
      } else if (command != null && !line.isBlank()) {
        CommandRun run = run(command);
        int code = Integer.parseInt(line.substring(0, line.indexOf(' ')));
        String sentence = line.substring(line.indexOf(' ') + 1);
        String screen = (run.out() + run.err()).replaceAll("\\s+", " ");
        if (run.exitCode() != code || !screen.contains(sentence)) {
          wrong.add(command + "\n  wanted " + line + "\n  got " + run.exitCode() + " " + screen);
        }
        command = null;
        count++;
      }
    }
    assertTrue(wrong.isEmpty(), String.join("\n", wrong));
    assertTrue(count >= 60, "only " + count + " command lines");
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 80, 120})
  void help_atAnyWidth_fitsAndBreaksNoWord(int width) {
    for (String command : List.of("", "text", "image", "latent sample", "train", "serve")) {
      String wide = help(10_000, command);
      String narrow = help(width, command);
      assertEquals(words(wide), words(narrow), command);
      for (String line : narrow.split("\n", -1)) {
        boolean oneWord = !line.trim().contains(" ");
        assertTrue(Words.columns(line) <= width || oneWord, width + " columns: " + line);
      }
    }
  }

  /** What stands on the screen, whatever the lines. */
  private static String words(String text) {
    return text.replaceAll("\\s+", " ").trim();
  }

  private static String help(int width, String command) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(out, true, StandardCharsets.UTF_8);
    List<String> words = new ArrayList<>(List.of(command.split(" ", -1)));
    words.removeIf(String::isEmpty);
    words.add("--help-all");
    int code = SampoCommand.run(new Console(to, to, width), words.toArray(new String[0]));
    assertEquals(ExitCode.OK, code, out.toString(StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8);
  }

  private static List<String> list() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(NewcomerTest.class.getResourceAsStream("/newcomer/commands.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .toList();
    }
  }

  private CommandRun run(String line) throws Exception {
    String command = line.replace(" </dev/null", "");
    String piped = null;
    int pipe = command.indexOf(" | sampo ");
    if (pipe >= 0) {
      piped = shell(command.substring(0, pipe));
      command = command.substring(pipe + 3);
    }
    List<String> words = split(command);
    return exactly(piped, words.subList(1, words.size()));
  }

  private static CommandRun exactly(@Nullable String piped, List<String> words) {
    return CommandRun.exactly(piped, words.toArray(new String[0]));
  }

  /** Words as a shell takes them, with double quotes. */
  private List<String> split(String command) {
    List<String> words = new ArrayList<>();
    boolean quoted = false;
    StringBuilder word = new StringBuilder();
    for (char c : command.replace("$T", folder.toString()).toCharArray()) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ' ' && !quoted) {
        words.add(word.toString());
        word.setLength(0);
      } else {
        word.append(c);
      }
    }
    words.add(word.toString());
    return words;
  }

  private String shell(String command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true);
    builder.environment().put("T", folder.toString());
    builder.environment().put("H", ShippedModels.home().toAbsolutePath().toString());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), command + ": " + out);
    return out;
  }
}
