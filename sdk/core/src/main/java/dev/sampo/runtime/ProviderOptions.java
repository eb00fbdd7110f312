package dev.sampo.runtime;

import dev.sampo.error.RequestException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Collects the options of a provider that are set, in ONNX Runtime's spelling. */
final class ProviderOptions {
  private final Map<String, String> map = new LinkedHashMap<>();

  void put(String key, @Nullable Object value) {
    if (value != null) {
      map.put(key, value instanceof Boolean ? ((Boolean) value ? "1" : "0") : value.toString());
    }
  }

  Map<String, String> with(Map<String, String> more) {
    Set<String> twice = new TreeSet<>(map.keySet());
    twice.retainAll(more.keySet());
    if (!twice.isEmpty()) {
      throw new RequestException(
          "options", "Options " + twice + " have a field of their own; set that instead");
    }
    map.putAll(more);
    return Collections.unmodifiableMap(map);
  }
}
