package dev.sampo.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Values of {@code --scheduler-option}: JSON where they are (numbers, true, null, lists), words otherwise. */
final class SchedulerKeys {
  private static final JsonMapper JSON = new JsonMapper();

  private SchedulerKeys() {}

  static Object value(String text) {
    String json =
        text.equals("True") || text.equals("False")
            ? text.toLowerCase(java.util.Locale.ROOT)
            : text;
    try {
      JsonNode node = JSON.readTree(json);
      return node == null || node.isMissingNode() ? text : node;
    } catch (JsonProcessingException e) {
      return text;
    }
  }
}
