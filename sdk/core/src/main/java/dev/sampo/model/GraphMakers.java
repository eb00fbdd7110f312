package dev.sampo.model;

import dev.sampo.model.spi.GraphMaker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** Asks whoever can make graphs from weights. */
final class GraphMakers {
  private GraphMakers() {}

  /** A folder with graphs made from the weights of this one, or null if nobody makes any. */
  static @Nullable Path make(Path folder) {
    for (GraphMaker maker :
        ServiceLoader.load(GraphMaker.class, GraphMaker.class.getClassLoader())) {
      Path made = maker.make(folder);
      if (made != null) {
        return made;
      }
    }
    return null;
  }

  /** What to add to an error about a folder without graphs. */
  static String hint(Path folder) {
    boolean weights =
        Files.isRegularFile(folder.resolve("config.json"))
            && (Files.isRegularFile(folder.resolve("model.safetensors"))
                || Files.isRegularFile(folder.resolve("model.safetensors.index.json")));
    return weights
        ? " It holds weights, from which the module sampo-export makes graphs: put it on the class"
            + " path, or run `sampo export`."
        : "";
  }
}
