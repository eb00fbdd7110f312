package dev.sampo.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** A JSON object together with its path, so that every error can say where it is. */
public final class Json {
  private final JsonNode node;
  private final String path;

  /** The node at {@code path} (written like {@code $.model.vocab}). */
  public Json(JsonNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** The node itself. */
  public JsonNode node() {
    return node;
  }

  /** Where the node is. */
  public String path() {
    return path;
  }

  /** An error at this place. */
  public TokenizerException error(String what) {
    return new TokenizerException(path + ": " + what);
  }

  /** Whether there is a field of that name that is not null. */
  public boolean has(String name) {
    JsonNode n = node.get(name);
    return n != null && !n.isNull();
  }

  /** The field of that name; an error if it is not there. */
  public Json get(String name) {
    JsonNode n = node.get(name);
    if (n == null || n.isNull()) {
      throw error("field '" + name + "' is missing");
    }
    return new Json(n, path + "." + name);
  }

  /** The element at {@code index}. */
  public Json at(int index) {
    return new Json(node.get(index), path + "[" + index + "]");
  }

  /** How many elements the array has; an error if it is none. */
  public int size() {
    if (!node.isArray()) {
      throw error("is not an array");
    }
    return node.size();
  }

  /** The text of this node; an error if it is none. */
  public String text() {
    if (!node.isTextual()) {
      throw error("is not a string");
    }
    return node.textValue();
  }

  /** The text of a field; an error if it is not there. */
  public String text(String name) {
    return get(name).text();
  }

  /** The text of a field, or null if it is not there. */
  public @Nullable String textOrNull(String name) {
    return has(name) ? get(name).text() : null;
  }

  /** The flag of a field, or {@code otherwise} if it is not there. */
  public boolean flag(String name, boolean otherwise) {
    if (!has(name)) {
      return otherwise;
    }
    Json field = get(name);
    if (!field.node.isBoolean()) {
      throw field.error("is not true or false");
    }
    return field.node.booleanValue();
  }

  /** The whole number of a field that is not negative; an error if it is something else. */
  public int number(String name) {
    Json field = get(name);
    if (!field.node.isIntegralNumber()
        || !field.node.canConvertToInt()
        || field.node.intValue() < 0) {
      throw field.error("is not a whole number from 0 to 2147483647");
    }
    return field.node.intValue();
  }

  /** The same, or {@code otherwise} if the field is not there. */
  public int number(String name, int otherwise) {
    return has(name) ? number(name) : otherwise;
  }

  /** The one code point of a field; an error if there are more or none. */
  public int codePoint(String name) {
    String text = text(name);
    if (text.isEmpty() || text.length() != Character.charCount(text.codePointAt(0))) {
      throw get(name).error("is not one character");
    }
    return text.codePointAt(0);
  }

  /** An error for a component whose type nobody knows. */
  public TokenizerException unknownType(String kind) {
    return error("unknown " + kind + " type '" + text("type") + "'");
  }
}
