package dev.sampo.fuzz;

import dev.sampo.error.SampoException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Counts what becomes of the inputs of one reader, and keeps the first input of each kind of fault with its stack in the folder {@code sampo.fuzz.out}.
 */
final class FuzzCounts {
  private static final long SLOW_NANOS = 5_000_000_000L;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int KEPT_FAULTS = 50;
  private static final Path OUT = Path.of(System.getProperty("sampo.fuzz.out"));
  private static final String[] COLUMNS = {
    "inputs", "clear errors", "wrong exceptions", "stack overflows", "out of memory", "over 5 s"
  };

  private final String name;
  private final FuzzReaders.Reader reader;
  private final long[] counts = new long[COLUMNS.length];
  private final Set<String> known = new LinkedHashSet<>();

  FuzzCounts(String name) {
    this.name = name;
    this.reader = FuzzReaders.all().get(name);
    if (reader == null) {
      throw new IllegalArgumentException(
          "No reader " + name + "; there are " + FuzzReaders.all().keySet());
    }
  }

  /** One input. */
  void take(byte[] input) {
    counts[0]++;
    // Time on the CPU: a machine that is busy with other things is no fault of the reader.
    long begin = THREADS.getCurrentThreadCpuTime();
    try {
      reader.read(input);
    } catch (SampoException | IOException e) {
      boolean clear = e.getMessage() != null && !(e instanceof NoSuchFileException);
      count(clear ? 1 : 2, e, input);
    } catch (StackOverflowError e) {
      count(3, e, input);
    } catch (OutOfMemoryError e) {
      count(4, e, input);
    } catch (Throwable e) {
      count(2, e, input);
    }
    if (THREADS.getCurrentThreadCpuTime() - begin > SLOW_NANOS) {
      count(5, new IllegalStateException("over 5 s"), input);
    }
    if (counts[0] % 2_000 == 0) {
      report();
    }
  }

  private void count(int column, Throwable e, byte[] input) {
    counts[column]++;
    if (column == 1 || known.size() >= KEPT_FAULTS) {
      return;
    }
    String where =
        Arrays.stream(e.getStackTrace())
            .filter(
                frame ->
                    frame.getClassName().startsWith("dev.sampo")
                        && !frame.getClassName().contains("fuzz"))
            .findFirst()
            .map(StackTraceElement::toString)
            .orElse("");
    if (known.add(COLUMNS[column] + e.getClass() + where)) {
      keep(column, e, input);
    }
  }

  private void keep(int column, Throwable e, byte[] input) {
    StringWriter stack = new StringWriter();
    if (e instanceof StackOverflowError) {
      stack.write(Arrays.toString(Arrays.copyOf(e.getStackTrace(), 12)));
    } else {
      e.printStackTrace(new PrintWriter(stack));
    }
    try {
      Path base = OUT.resolve(name + "-" + known.size());
      Files.createDirectories(OUT);
      Files.write(base.resolveSibling(base.getFileName() + ".input"), input);
      Files.write(
          base.resolveSibling(base.getFileName() + ".txt"),
          (COLUMNS[column] + "\n" + stack).getBytes(StandardCharsets.UTF_8));
    } catch (IOException io) {
      throw new UncheckedIOException(io);
    }
  }

  @Override
  public String toString() {
    StringBuilder line = new StringBuilder(String.format("%-18s", name));
    for (long count : counts) {
      line.append(String.format(" %10d", count));
    }
    return line.toString();
  }

  synchronized void report() {
    StringBuilder line = new StringBuilder(name);
    for (long count : counts) {
      line.append('\t').append(count);
    }
    try {
      Files.createDirectories(OUT);
      Files.write(
          OUT.resolve(name + ".counts"),
          line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
