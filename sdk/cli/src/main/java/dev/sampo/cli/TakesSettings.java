package dev.sampo.cli;

import dev.sampo.samplers.text.Setting;
import java.util.Map;

/** A command with an option for each key of {@code generation_config.json}. */
interface TakesSettings {
  /** What was given, as it was written. */
  Map<Setting<?>, String> settings();
}
