package dev.sampo.text.decoding;

import dev.sampo.runtime.Tensor;
import java.io.IOException;

/** What is done with a block of keys or values. */
@FunctionalInterface
public interface BlockReader {
  /** Reads one; it is good during the call only. */
  void read(Tensor block) throws IOException;
}
