package dev.sampo.text;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Keys and values of a conversation: a request with it reads only what its prompt adds to what was read before. Made by
 * {@link TextGenerator#newPromptCache()}, for decoder-only models; one generation at a time. Close it.
 */
public interface PromptCache extends AutoCloseable {
  /** The ids that were read. */
  int[] ids();

  /**
   * Writes ids, keys and values to a file, which appears whole or not at all. The file knows its model: no other one takes it.
   *
   * @throws IOException if it cannot be written
   * @throws dev.sampo.error.RequestException if a generation is using the cache
   */
  void save(Path file) throws IOException;

  /**
   * Goes on from a file that {@link #save} wrote; what was read before is forgotten.
   *
   * @throws IOException if the file cannot be read, is damaged or is of another model; the cache stays as it was
   * @throws dev.sampo.error.RequestException if a generation is using the cache
   */
  void load(Path file) throws IOException;

  /** Frees the keys and values; a generation that uses them goes on to its end. */
  @Override
  void close();
}
