package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;

/** Settings of a model of several parts. */
final class Parts {
  private Parts() {}

  /** The settings of a part, which must be there. */
  static Config part(Config config, String key) {
    Config part = config.part(key);
    if (part == null) {
      throw config.refuse("'" + key + "' is missing.");
    }
    return part;
  }
}
