package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A schema at its place in a document. Compared by identity. */
final class Schema {
  private static final int MAX_COUNT = 100_000_000;

  private final JsonNode node;
  private final String path;
  private final String base;
  private final SchemaDocument document;

  Schema(JsonNode node, String path, String base, SchemaDocument document) {
    this.node = node;
    this.path = path;
    this.base = base;
    this.document = document;
  }

  JsonNode node() {
    return node;
  }

  /** A JSON pointer that begins with {@code #}. */
  String path() {
    return path;
  }

  /** The URI that references within are resolved against. */
  String base() {
    return base;
  }

  SchemaDocument document() {
    return document;
  }

  boolean isTrue() {
    return node.isBoolean() ? node.booleanValue() : node.isEmpty();
  }

  boolean isFalse() {
    return node.isBoolean() && !node.booleanValue();
  }

  boolean has(String key) {
    return node.has(key);
  }

  SchemaRefusal refuse(String keyword, String why) {
    return new SchemaRefusal(this, keyword, why);
  }

  // ---- keywords by their kind

  /** The schema under a keyword. */
  Schema schema(String key) {
    return document.schemaAt(this, node.path(key), path + "/" + key, key);
  }

  List<Schema> schemas(String key) {
    JsonNode array = node.path(key);
    if (!array.isArray()) {
      throw refuse(key, "'" + key + "' must be an array of schemas");
    }
    List<Schema> all = new ArrayList<>();
    for (JsonNode item : array) {
      all.add(document.schemaAt(this, item, path + "/" + key + "/" + all.size(), key));
    }
    return all;
  }

  Map<String, Schema> map(String key) {
    JsonNode object = node.path(key);
    if (!object.isObject()) {
      throw refuse(key, "'" + key + "' must be an object of schemas");
    }
    Map<String, Schema> all = new LinkedHashMap<>();
    object
        .fields()
        .forEachRemaining(
            e ->
                all.put(
                    e.getKey(),
                    document.schemaAt(
                        this,
                        e.getValue(),
                        path + "/" + key + "/" + SchemaDocument.escaped(e.getKey()),
                        key)));
    return all;
  }

  List<String> names(String key) {
    return names(key, node.path(key));
  }

  List<String> names(String key, JsonNode array) {
    if (!array.isArray()) {
      throw refuse(key, "'" + key + "' must be an array of names");
    }
    List<String> all = new ArrayList<>();
    for (JsonNode item : array) {
      if (!item.isTextual()) {
        throw refuse(key, "'" + key + "' must hold names only");
      }
      all.add(item.textValue());
    }
    return all;
  }

  String text(String key) {
    JsonNode value = node.path(key);
    if (!value.isTextual()) {
      throw refuse(key, "'" + key + "' must be a string");
    }
    return value.textValue();
  }

  boolean flag(String key) {
    JsonNode value = node.path(key);
    if (!value.isBoolean()) {
      throw refuse(key, "'" + key + "' must be true or false");
    }
    return value.booleanValue();
  }

  BigDecimal number(String key) {
    BigDecimal value = SchemaNumbers.decimal(node.path(key));
    if (value == null) {
      throw refuse(key, "'" + key + "' must be a number");
    }
    return value;
  }

  /** A count; what is beyond all bounds is {@link Expr#UNBOUNDED}. */
  int count(String key, @Nullable Integer missing) {
    if (missing != null && !node.has(key)) {
      return missing;
    }
    BigDecimal value = number(key);
    if (value.signum() < 0 || !SchemaNumbers.isInteger(value)) {
      throw refuse(key, "'" + key + "' must be an integer of at least 0");
    }
    return value.compareTo(BigDecimal.valueOf(MAX_COUNT)) > 0 ? Expr.UNBOUNDED : value.intValue();
  }
}
