package dev.sampo.cli;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The process's own streams, of which each may be closed before it starts. */
final class StandardStreams {
  private StandardStreams() {}

  /** stdout or stderr in UTF-8; what cannot be written is a {@link LostOutputException} where {@code strict}, and dropped otherwise. */
  static PrintStream utf8(FileDescriptor descriptor, boolean autoFlush, boolean strict) {
    OutputStream file = new FileOutputStream(descriptor);
    return new PrintStream(strict ? new Strict(file) : file, autoFlush, StandardCharsets.UTF_8);
  }

  /** Whether a descriptor of this process (1 is stdout, 2 stderr) leads to a terminal. */
  static boolean isTerminal(int descriptor) {
    try {
      String aim = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return aim.startsWith("/dev/pts/")
          || aim.startsWith("/dev/tty")
          || aim.equals("/dev/console");
    } catch (IOException | UnsupportedOperationException e) {
      return System.console() != null; // not on Linux
    }
  }

  /** Whether stdin is a pipe or a file, and open. */
  static boolean isPiped() {
    Path open = Path.of("/proc/self/fd/0");
    try {
      if (!Files.isDirectory(open.getParent())) {
        return System.console() == null && System.in.available() > 0; // not on Linux
      }
      return !isClosed()
          && (Files.readSymbolicLink(open).toString().startsWith("pipe:")
              || Files.isRegularFile(open));
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** stdin as lines of UTF-8. Close it. */
  static BufferedReader in() throws IOException {
    if (isClosed()) {
      throw new IOException("stdin is closed; give it a file or a pipe, such as </dev/null");
    }
    return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  }

  /**
   * A process that is started without a stdin gives its number to the first file that it opens, and that is one of the JVM's own: reading
   * would give 100 MB of class files.
   */
  private static boolean isClosed() {
    try {
      Path open = Path.of("/proc/self/fd/0");
      if (!Files.isSymbolicLink(open)) {
        return Files.isDirectory(open.getParent());
      }
      Path aim = Files.readSymbolicLink(open);
      return aim.startsWith(Path.of(System.getProperty("java.home")).toRealPath())
          || aim.toString().endsWith(".jsa")
          || aim.toString().startsWith("/proc/self")
          || System.getProperty("java.class.path", "").contains(aim.toString());
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** Turns a failed write into what no {@code PrintStream} hides. */
  private static final class Strict extends OutputStream {
    private final OutputStream out;

    Strict(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        throw new LostOutputException(e);
      }
    }

    @Override
    public void flush() {
      try {
        out.flush();
      } catch (IOException e) {
        throw new LostOutputException(e);
      }
    }
  }
}
