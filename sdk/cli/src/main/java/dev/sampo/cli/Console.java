package dev.sampo.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.sampo.runtime.CancellationToken;
import java.io.FileDescriptor;
import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

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
  private final CancellationToken cancellation = new CancellationToken();

  Console(PrintStream out, PrintStream err, boolean terminal) {
    this(out, out, err, terminal);
  }

  private Console(PrintStream rawOut, PrintStream out, PrintStream err, boolean terminal) {
    this.rawOut = rawOut;
    this.out = out;
    this.err = err;
    this.terminal = terminal;
  }

  /** The process's own streams. Progress bars show where both ends are a terminal. */
  static Console system() {
    PrintStream raw = StandardStreams.utf8(FileDescriptor.out, false, true);
    PrintStream shown = StandardStreams.isTerminal(1) ? EscapingStream.over(raw, false) : raw;
    PrintStream err =
        EscapingStream.over(StandardStreams.utf8(FileDescriptor.err, true, false), true);
    return new Console(raw, shown, err, System.console() != null);
  }

  /** stdout as it is: for help with its colours, and for generated text that is wanted raw. */
  PrintStream rawOut() {
    return rawOut;
  }

  /** Whether somebody sits at both ends. */
  boolean isTerminal() {
    return terminal;
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
    err.println(line);
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
    private final @org.jspecify.annotations.Nullable ProgressBar bar;

    Progress(@org.jspecify.annotations.Nullable ProgressBar bar) {
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
