package dev.sampo.cli;

import dev.sampo.runtime.CancellationToken;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/** Where the turns of a chat come from: a terminal with line editing and history, or a pipe. */
abstract class ChatInput implements AutoCloseable {
  /** The next turn; null at the end. */
  abstract @Nullable String read() throws IOException;

  /** What gives the answer up that comes next. */
  abstract CancellationToken cancellation();

  @Override
  public abstract void close() throws IOException;

  static ChatInput open(Console console) throws IOException {
    return console.isTerminal() ? new Lines(console) : new Piped(console);
  }

  /** A file or a pipe: a line is a turn. */
  private static final class Piped extends ChatInput {
    private final BufferedReader in = StandardStreams.in();
    private final Console console;

    Piped(Console console) throws IOException {
      this.console = console;
    }

    @Override
    @Nullable String read() throws IOException {
      return in.readLine();
    }

    @Override
    CancellationToken cancellation() {
      return console.cancellation();
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** JLine on the terminal. Ctrl-C at the prompt empties the line, while an answer comes it ends the answer. */
  private static final class Lines extends ChatInput {
    private final Console console;
    private final Terminal terminal;
    private final LineReader reader;
    private volatile CancellationToken current = new CancellationToken();

    Lines(Console console) throws IOException {
      this.console = console;
      terminal = TerminalBuilder.builder().name("sampo").system(true).build();
      terminal.handle(Terminal.Signal.INT, signal -> current.cancel());
      DefaultParser parser = new DefaultParser();
      parser.setEofOnEscapedNewLine(true);
      reader =
          LineReaderBuilder.builder()
              .terminal(terminal)
              .parser(parser)
              .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
              .variable(LineReader.SECONDARY_PROMPT_PATTERN, ". ")
              .variable(LineReader.HISTORY_FILE, history())
              .build();
    }

    /** What was typed is kept among the user's state, or not at all where that cannot be written. */
    private static Path history() {
      String state = System.getenv("XDG_STATE_HOME");
      Path folder =
          (state == null || state.isEmpty()
                  ? Path.of(System.getProperty("user.home"), ".local", "state")
                  : Path.of(state))
              .resolve("sampo");
      try {
        Files.createDirectories(folder);
        return folder.resolve("chat_history");
      } catch (IOException e) {
        return Path.of("/dev/null");
      }
    }

    @Override
    @Nullable String read() {
      while (true) {
        try {
          String line = reader.readLine("> ");
          return line.replace("\\\n", "\n");
        } catch (UserInterruptException e) {
          if (e.getPartialLine().isEmpty()) {
            console.note("(Ctrl-D or /exit ends the chat)");
          }
        } catch (EndOfFileException e) {
          return null;
        }
      }
    }

    @Override
    CancellationToken cancellation() {
      current = new CancellationToken();
      return current;
    }

    @Override
    public void close() throws IOException {
      reader.getHistory().save();
      terminal.close();
    }
  }
}
