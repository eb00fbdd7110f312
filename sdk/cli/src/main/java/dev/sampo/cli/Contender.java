package dev.sampo.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One of those that {@code sampo bench --against} measures in turns: a process that answers lines with lines of {@code name=value}. */
final class Contender implements AutoCloseable {
  private final String name;
  private final Process process;
  private final BufferedReader in;
  private final Writer out;
  private final Map<String, List<Double>> figures = new LinkedHashMap<>();

  private Contender(String name, List<String> command) throws IOException {
    this.name = name;
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    in = process.inputReader(StandardCharsets.UTF_8);
    out = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
  }

  /**
   * A model in a process like this one.
   *
   * @param options of the worker, as of this command
   */
  static Contender ofModel(String model, List<String> options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Main.class.getName(), "bench-worker", model));
    command.addAll(options);
    return new Contender(model, command);
  }

  /** Another program; its command is split at spaces. */
  static Contender ofCommand(String name, String command) throws IOException {
    return new Contender(name, List.of(command.split(" ", -1)));
  }

  String name() {
    return name;
  }

  /** All that was measured and counts, by name. */
  Map<String, List<Double>> figures() {
    return figures;
  }

  /** Waits until it has loaded. */
  void start() throws IOException {
    record(read(), "");
  }

  /**
   * Measures once.
   *
   * @param suffix added to the names of the figures
   * @param counts whether they are kept
   */
  void measure(String question, String suffix, boolean counts) throws IOException {
    out.write(question + "\n");
    out.flush();
    String answer = read();
    if (counts) {
      record(answer, suffix);
    }
  }

  private String read() throws IOException {
    String line = in.readLine();
    if (line == null || !line.contains("=")) {
      throw new CommandFailure(
          name + " ended" + (line == null ? "." : " with: " + line) + " Its own words are above.");
    }
    return line;
  }

  private void record(String answer, String suffix) {
    for (String part : answer.split(" ", -1)) {
      int at = part.indexOf('=');
      if (at < 0) {
        throw new CommandFailure(name + " answered '" + answer + "', wanted name=value ...");
      }
      figures
          .computeIfAbsent(part.substring(0, at) + suffix, key -> new ArrayList<>())
          .add(Double.valueOf(part.substring(at + 1)));
    }
  }

  @Override
  public void close() {
    try {
      out.close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroy();
      }
    } catch (IOException e) {
      process.destroy();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
    }
  }
}
