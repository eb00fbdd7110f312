package dev.sampo.model.spi;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Builds graphs for folders that hold weights and none. Found with {@link java.util.ServiceLoader}; {@code sampo-export} has one. */
public interface GraphMaker {
  /**
   * Makes graphs, or finds those that were made before.
   *
   * @param folder a folder without graphs
   * @return a folder with graphs that has the same name, or null where this is no folder of weights
   * @throws dev.sampo.error.ModelException if it is one and its graphs cannot be made
   */
  @Nullable Path make(Path folder);
}
