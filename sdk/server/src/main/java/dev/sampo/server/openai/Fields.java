package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The fields of a request, each read once; what nobody asked for is refused at the end, so that no setting is passed over in silence. */
final class Fields {
  private final ObjectNode json;
  private final Set<String> known = new HashSet<>();

  Fields(ObjectNode json) {
    this.json = json;
  }

  /** A field as it is; null where it is missing or null. */
  @Nullable JsonNode any(String name) {
    known.add(name);
    JsonNode value = json.get(name);
    return value == null || value.isNull() ? null : value;
  }

  @Nullable String string(String name) {
    JsonNode value = any(name);
    if (value != null && !value.isTextual()) {
      throw wrong(name, value, "a string");
    }
    return value == null ? null : value.asText();
  }

  String string(String name, String otherwise) {
    String value = string(name);
    return value == null ? otherwise : value;
  }

  String required(String name) {
    String value = string(name);
    if (value == null) {
      throw ApiException.badRequest(
          name, "missing_required_parameter", "Missing required parameter: '" + name + "'.");
    }
    return value;
  }

  boolean bool(String name, boolean otherwise) {
    JsonNode value = any(name);
    if (value != null && !value.isBoolean()) {
      throw wrong(name, value, "a boolean");
    }
    return value == null ? otherwise : value.asBoolean();
  }

  @Nullable Integer integer(String name, int least, int most) {
    JsonNode value = any(name);
    if (value == null) {
      return null;
    }
    if (!value.isIntegralNumber()) {
      throw wrong(name, value, "an integer");
    }
    if (!value.canConvertToInt() || value.asInt() < least || value.asInt() > most) {
      throw range(name, value, least + " to " + most);
    }
    return value.asInt();
  }

  int integer(String name, int least, int most, int otherwise) {
    Integer value = integer(name, least, most);
    return value == null ? otherwise : value;
  }

  @Nullable Long longer(String name) {
    JsonNode value = any(name);
    if (value != null && (!value.isIntegralNumber() || !value.canConvertToLong())) {
      throw wrong(name, value, "an integer of 64 bits");
    }
    return value == null ? null : value.asLong();
  }

  @Nullable Double number(String name, double least, double most) {
    JsonNode value = any(name);
    if (value == null) {
      return null;
    }
    if (!value.isNumber()) {
      throw wrong(name, value, "a number");
    }
    double number = value.asDouble();
    if (!(number >= least && number <= most)) {
      throw range(name, value, least + " to " + most);
    }
    return number;
  }

  /** A string, or a list of them; empty where it is missing. */
  List<String> strings(String name) {
    JsonNode value = any(name);
    List<String> all = new ArrayList<>();
    if (value == null) {
      return all;
    }
    if (value.isTextual()) {
      all.add(value.asText());
      return all;
    }
    if (!value.isArray()) {
      throw wrong(name, value, "a string or an array of strings");
    }
    for (JsonNode each : value) {
      if (!each.isTextual()) {
        throw wrong(name, each, "an array of strings");
      }
      all.add(each.asText());
    }
    return all;
  }

  /** Fields of OpenAI's that mean nothing here, and change no result. */
  void ignore(String... names) {
    Collections.addAll(known, names);
  }

  /** Refuses what nobody asked for. */
  void finish() {
    Iterator<String> names = json.fieldNames();
    while (names.hasNext()) {
      String name = names.next();
      if (!known.contains(name) && !json.get(name).isNull()) {
        throw ApiException.badRequest(
            name,
            "unknown_parameter",
            "Unknown parameter: '" + name + "'. This server does not know it; leave it out.");
      }
    }
  }

  private static ApiException wrong(String name, JsonNode value, String wanted) {
    return ApiException.badRequest(
        name,
        "invalid_type",
        "Invalid type for '"
            + name
            + "': expected "
            + wanted
            + ", got "
            + value.getNodeType().name().toLowerCase(java.util.Locale.ROOT)
            + ".");
  }

  private static ApiException range(String name, JsonNode value, String wanted) {
    return ApiException.badRequest(
        name,
        "invalid_value",
        "Invalid value for '" + name + "': " + value + ". Wanted " + wanted + ".");
  }
}
