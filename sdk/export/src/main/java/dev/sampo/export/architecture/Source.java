package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Net;
import dev.sampo.export.graph.WeightFiles;

/**
 * What an architecture builds from.
 *
 * @param plain whether only standard operators may be used
 */
public record Source(Config config, WeightFiles files, boolean plain) {
  /** A new, empty graph. */
  public Net net() {
    return new Net(config, files, plain);
  }

  /** The prefix that the weights of the body have, empty where the body alone was saved. */
  public String prefix(String usual) {
    return files.weights().hasPrefix(usual) ? usual : "";
  }
}
