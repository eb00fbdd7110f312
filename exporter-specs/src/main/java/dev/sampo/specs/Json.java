package dev.sampo.specs;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A JSON object with its place, read strictly: wrong types and unknown keys are errors that name the file and the key. */
final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final String source;
  private final String path;
  private final JsonNode node;

  private Json(String source, String path, JsonNode node) {
    this.source = source;
    this.path = path;
    this.node = node;
  }

  static Json parse(String text, String source) {
    JsonNode node;
    try {
      node = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new SpecException(source, "is not valid JSON: " + e.getOriginalMessage(), e);
    }
    if (node == null || !node.isObject()) {
      throw new SpecException(source, "is not a JSON object. It must begin with { and end with }.");
    }
    return new Json(source, "", node);
  }

  SpecException error(String message) {
    return new SpecException(source, message);
  }

  String path(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  void allowOnly(String... keys) {
    allowOnly(Arrays.asList(keys));
  }

  void allowOnly(List<String> keys) {
    Set<String> unknown = new TreeSet<>();
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!keys.contains(name)) {
        unknown.add(name);
      }
    }
    if (!unknown.isEmpty()) {
      throw error(
          "unknown key"
              + (unknown.size() == 1 ? "" : "s")
              + " "
              + unknown
              + (path.isEmpty() ? "" : " in '" + path + "'")
              + "; known: "
              + keys);
    }
  }

  boolean has(String key) {
    return node.has(key) && !node.get(key).isNull();
  }

  List<String> keys() {
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  private JsonNode require(String key) {
    JsonNode value = node.get(key);
    if (value == null || value.isNull()) {
      throw error("key '" + path(key) + "' is missing");
    }
    return value;
  }

  private SpecException wrongType(String key, String wanted, JsonNode actual) {
    String text = actual.toString();
    return error(
        "'"
            + path(key)
            + "' must be "
            + wanted
            + ", but is "
            + (text.length() > 60 ? text.substring(0, 60) + "..." : text));
  }

  String string(String key) {
    JsonNode value = require(key);
    if (!value.isTextual()) {
      throw wrongType(key, "a string", value);
    }
    return value.textValue();
  }

  @Nullable String optionalString(String key) {
    return has(key) ? string(key) : null;
  }

  boolean bool(String key) {
    JsonNode value = require(key);
    if (!value.isBoolean()) {
      throw wrongType(key, "true or false", value);
    }
    return value.booleanValue();
  }

  long integer(String key) {
    JsonNode value = require(key);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrongType(key, "a whole number", value);
    }
    return value.longValue();
  }

  int positive(String key) {
    long value = integer(key);
    if (value < 1 || value > Integer.MAX_VALUE) {
      throw error("'" + path(key) + "' must be a positive number, but is " + value);
    }
    return (int) value;
  }

  /** A whole number that may be 0. */
  int index(String key) {
    long value = integer(key);
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw error("'" + path(key) + "' must be a number from 0 on, but is " + value);
    }
    return (int) value;
  }

  double number(String key) {
    JsonNode value = require(key);
    if (!value.isNumber()) {
      throw wrongType(key, "a number", value);
    }
    return value.doubleValue();
  }

  Json object(String key) {
    JsonNode value = require(key);
    if (!value.isObject()) {
      throw wrongType(key, "an object", value);
    }
    return new Json(source, path(key), value);
  }

  List<Json> objects(String key) {
    List<Json> all = new ArrayList<>();
    JsonNode array = array(key);
    for (int i = 0; i < array.size(); i++) {
      if (!array.get(i).isObject()) {
        throw wrongType(key + "[" + i + "]", "an object", array.get(i));
      }
      all.add(new Json(source, path(key) + "[" + i + "]", array.get(i)));
    }
    return all;
  }

  private JsonNode array(String key) {
    JsonNode value = require(key);
    if (!value.isArray()) {
      throw wrongType(key, "a list", value);
    }
    return value;
  }

  List<String> strings(String key) {
    List<String> all = new ArrayList<>();
    for (JsonNode value : array(key)) {
      if (!value.isTextual()) {
        throw wrongType(key, "a list of strings", value);
      }
      all.add(value.textValue());
    }
    return all;
  }

  List<List<String>> stringLists(String key) {
    List<List<String>> all = new ArrayList<>();
    for (JsonNode row : array(key)) {
      all.add(texts(key, row));
    }
    return all;
  }

  /** A list of strings and numbers, as strings. */
  List<String> texts(String key) {
    return texts(key, array(key));
  }

  private List<String> texts(String key, JsonNode row) {
    if (!row.isArray()) {
      throw wrongType(key, "a list", row);
    }
    List<String> all = new ArrayList<>();
    for (JsonNode value : row) {
      if (!value.isTextual() && !value.isIntegralNumber()) {
        throw wrongType(key, "a list of strings and whole numbers", value);
      }
      all.add(value.asText());
    }
    return all;
  }

  List<Double> numbers(String key) {
    return numbers(key, array(key));
  }

  private List<Double> numbers(String key, JsonNode row) {
    List<Double> all = new ArrayList<>();
    for (JsonNode value : row) {
      if (!value.isNumber()) {
        throw wrongType(key, "a list of numbers", value);
      }
      all.add(value.doubleValue());
    }
    return all;
  }

  List<List<Double>> numberRows(String key) {
    List<List<Double>> all = new ArrayList<>();
    for (JsonNode row : array(key)) {
      if (!row.isArray()) {
        throw wrongType(key, "a list of lists of numbers", row);
      }
      all.add(numbers(key, row));
    }
    return all;
  }

  Map<String, String> stringMap(String key) {
    Map<String, String> map = new LinkedHashMap<>();
    if (has(key)) {
      Json object = object(key);
      for (String k : object.keys()) {
        map.put(k, object.string(k));
      }
    }
    return map;
  }
}
