package dev.sampo.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.sampo.cli.terminal.TerminalWidth;
import dev.sampo.cli.terminal.Words;
import dev.sampo.runtime.CancellationToken;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Where a command writes: results to {@link #out()}, everything else to {@link #err()}. Both are UTF-8 whatever the
 * machine's locale. What goes to a terminal or to stderr shows control characters written out; a file or a pipe gets the bytes. A result that cannot be written ends the command with a {@link LostOutputException}.
 */
final class Console {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final PrintStream rawOut;
  private final PrintStream out;
  private final PrintStream err;
  private final boolean terminal;
  private final boolean notesToTerminal;
  private final @Nullable InputStream given;
  private final boolean mayBePiped;

  /** The width of the terminal, once it was asked for; 0 before. */
  private int asked;

  private final CancellationToken cancellation = new CancellationToken();

  /** A console over given streams, with the process's stdin, which is not read unless a command line says so. */
  Console(PrintStream out, PrintStream err, boolean terminal) {
    this(out, out, err, terminal, false, null, false);
  }

  /** A console over given streams, as wide as is said. */
  Console(PrintStream out, PrintStream err, int width) {
    this(out, err, false);
    this.asked = width;
  }

  /** A console over given streams, of which the input is a pipe. */
  Console(PrintStream out, PrintStream err, InputStream in) {
    this(out, out, err, false, false, in, true);
  }

  private Console(
      PrintStream rawOut,
      PrintStream out,
      PrintStream err,
      boolean terminal,
      boolean notesToTerminal,
      @Nullable InputStream given,
      boolean mayBePiped) {
    this.rawOut = rawOut;
    this.out = out;
    this.err = err;
    this.terminal = terminal;
    this.notesToTerminal = notesToTerminal;
    this.given = given;
    this.mayBePiped = mayBePiped;
  }

  /** The process's own streams. Progress bars show where both ends are a terminal. */
  static Console system() {
    PrintStream raw = StandardStreams.utf8(FileDescriptor.out, false, true);
    PrintStream shown = StandardStreams.isTerminal(1) ? EscapingStream.over(raw, false) : raw;
    PrintStream err =
        EscapingStream.over(StandardStreams.utf8(FileDescriptor.err, true, false), true);
    boolean notes = StandardStreams.isTerminal(2);
    return new Console(raw, shown, err, System.console() != null, notes, null, true);
  }

  /** stdout as it is: for help with its colours, and for generated text that is wanted raw. */
  PrintStream rawOut() {
    return rawOut;
  }

  /** Whether somebody sits at both ends. */
  boolean isTerminal() {
    return terminal;
  }

  /** stdin as lines of UTF-8. Close it. */
  BufferedReader in() throws IOException {
    return given == null
        ? StandardStreams.in()
        : new BufferedReader(new InputStreamReader(given, StandardCharsets.UTF_8));
  }

  /** The lines of stdin. */
  List<String> lines() throws IOException {
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = in()) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    }
    return lines;
  }

  /** Texts as an option gives them; {@code -} stands for the lines of stdin. */
  List<String> texts(List<String> given) throws IOException {
    List<String> all = new ArrayList<>();
    for (String text : given) {
      if (text.equals("-")) {
        all.addAll(lines());
      } else {
        all.add(text);
      }
    }
    return all;
  }

  /** Whether somebody sent something to stdin: it is a pipe or a file. */
  boolean isPiped() {
    return mayBePiped && (given != null || StandardStreams.isPiped());
  }

  /** The columns of the terminal. */
  int width() {
    if (asked == 0) {
      asked = TerminalWidth.columns(terminal || notesToTerminal);
    }
    return asked;
  }

  /** The same for help and other prose: no wider than can be read. */
  int proseWidth() {
    return mayBePiped ? Math.min(TerminalWidth.MOST_OF_PROSE, width()) : width();
  }

  /** Whether stdout is a terminal. */
  boolean showsPictures() {
    return mayBePiped && StandardStreams.isTerminal(1);
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  /** Cancelled by Ctrl-C. */
  CancellationToken cancellation() {
    return cancellation;
  }

  /** A line for the reader's eyes, on stderr. */
  void note(String line) {
    if (!notesToTerminal) {
      err.println(line);
      return;
    }
    // A terminal would break the line within a word.
    Words.lines(line, width()).forEach(err::println);
  }

  /** Prints one JSON document on stdout. */
  void json(JsonNode document) {
    try {
      out.println(JSON.writeValueAsString(document));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A JSON tree could not be written", e);
    }
  }

  /** A progress bar on a terminal; nothing at all elsewhere. */
  Progress progress(String task, long steps) {
    if (!terminal) {
      return new Progress(null);
    }
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(steps)
            .setStyle(ProgressBarStyle.ASCII)
            .setConsumer(new ConsoleProgressBarConsumer(err))
            .setUpdateIntervalMillis(200)
            .build();
    return new Progress(bar);
  }

  /** The same for bytes, with rate and time left. */
  Progress byteProgress(String task, long bytes) {
    if (!terminal) {
      return new Progress(null);
    }
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(bytes)
            .setUnit("MB", 1_000_000)
            .showSpeed()
            .setStyle(ProgressBarStyle.ASCII)
            .setConsumer(new ConsoleProgressBarConsumer(err))
            .setUpdateIntervalMillis(200)
            .build();
    return new Progress(bar);
  }

  void flush() {
    out.flush();
    rawOut.flush();
    err.flush();
  }

  /** A running progress bar, or none. */
  static final class Progress implements AutoCloseable {
    private final @Nullable ProgressBar bar;

    Progress(@Nullable ProgressBar bar) {
      this.bar = bar;
    }

    void step() {
      if (bar != null) {
        bar.step();
      }
    }

    void stepTo(long done) {
      if (bar != null) {
        bar.stepTo(done);
      }
    }

    /** The same, of work whose size was not known before. */
    void stepTo(long done, long total) {
      if (bar != null) {
        bar.maxHint(total);
        bar.stepTo(done);
      }
    }

    /** Shows something beside the bar, such as the loss. */
    void say(String text) {
      if (bar != null) {
        bar.setExtraMessage(text);
      }
    }

    @Override
    public void close() {
      if (bar != null) {
        bar.close();
      }
    }
  }
}
