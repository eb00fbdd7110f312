package dev.sampo.text;

import java.util.Iterator;
import java.util.stream.Stream;

/**
 * The text of one sequence, piece by piece as it is generated in a thread of its own. The generation waits for its reader. Closing it, or
 * cancelling, gives the generation up, and the stream just ends; after the last piece {@link #result()} is there. A stream that nobody can read any
 * more gives itself up.
 *
 * <pre>{@code
 * try (TextStream stream = generator.stream(GenerationRequest.of("In the beginning"))) {
 *   while (stream.hasNext()) {
 *     System.out.print(stream.next());
 *   }
 * }
 * }</pre>
 */
public interface TextStream extends Iterator<String>, AutoCloseable {
  /**
   * Whether there is another piece; waits for it.
   *
   * @throws RuntimeException what the generation threw, unless it was cancelled
   */
  @Override
  boolean hasNext();

  @Override
  String next();

  /** The pieces as a stream; close this, or the stream, when done. */
  Stream<String> stream();

  /**
   * The whole result; waits for the end.
   *
   * @throws dev.sampo.error.CancelledException if it was cancelled or closed before; where it was cancelled, it has
   *     what was there by then
   */
  GenerationResult result();

  /** Gives the generation up if it has not ended. */
  @Override
  void close();
}
