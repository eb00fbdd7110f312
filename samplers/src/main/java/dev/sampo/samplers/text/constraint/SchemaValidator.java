package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.samplers.text.constraint.SchemaDocument.Draft;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/** Says whether a value satisfies a schema: 1 for yes, -1 for no, 0 where that depends on the reader (or is not followed here). */
final class SchemaValidator {
  private static final int MAX_DEPTH = 300;
  private static final Set<String> UNFOLLOWED = Set.of("unevaluatedItems", "unevaluatedProperties");

  private int depth;

  /** The least of several answers holds for all of them together. */
  int check(Schema schema, JsonNode value) {
    if (schema.node().isBoolean()) {
      return schema.isTrue() ? 1 : -1;
    }
    if (depth > MAX_DEPTH) {
      return 0;
    }
    depth++;
    Draft draft = schema.document().draft();
    int all = 1;
    int reference = schema.has("$ref") ? keyword(schema, "$ref", value) : 1;
    if (schema.has("$ref") && draft == Draft.SEVEN) {
      depth--;
      return reference;
    }
    for (Iterator<String> it = schema.node().fieldNames(); it.hasNext() && all >= 0; ) {
      String key = it.next();
      int one = key.equals("$ref") ? reference : keyword(schema, key, value);
      all = Math.min(all, one);
    }
    depth--;
    // Beside $ref, older drafts look at nothing.
    boolean unsure = all < 0 && reference > 0 && schema.has("$ref") && draft == Draft.UNSAID;
    return unsure ? 0 : all;
  }

  private int keyword(Schema schema, String key, JsonNode value) {
    switch (key) {
      case "$ref":
      case "$dynamicRef":
      case "$recursiveRef":
        return check(schema.document().target(schema, key), value);
      case "allOf":
        return all(schema.schemas(key), value);
      case "anyOf":
        return any(schema.schemas(key), value);
      case "oneOf":
        return exactlyOne(schema.schemas(key), value);
      case "not":
        return -check(schema.schema(key), value);
      case "if":
        return conditional(schema, value);
      case "type":
        return type(schema, value) ? 1 : -1;
      case "enum":
      case "const":
        return equalsOne(schema, key, value) ? 1 : -1;
      default:
        if (UNFOLLOWED.contains(key)) {
          return value.isContainerNode() && value.size() > 0 ? 0 : 1;
        }
        if (value.isNumber()) {
          return number(schema, key, value.decimalValue());
        }
        if (value.isTextual()) {
          return text(schema, key, value.textValue());
        }
        if (value.isArray()) {
          return array(schema, key, value);
        }
        return value.isObject() ? object(schema, key, value) : 1;
    }
  }

  private int all(Collection<Schema> schemas, JsonNode value) {
    int all = 1;
    for (Schema schema : schemas) {
      all = Math.min(all, check(schema, value));
    }
    return all;
  }

  private int any(Collection<Schema> schemas, JsonNode value) {
    int any = -1;
    for (Schema schema : schemas) {
      any = Math.max(any, check(schema, value));
    }
    return any;
  }

  private int exactlyOne(Collection<Schema> schemas, JsonNode value) {
    int yes = 0;
    int unsure = 0;
    for (Schema schema : schemas) {
      int one = check(schema, value);
      yes += one > 0 ? 1 : 0;
      unsure += one == 0 ? 1 : 0;
    }
    if (yes > 1 || (yes == 0 && unsure == 0)) {
      return -1;
    }
    return unsure > 0 ? 0 : 1;
  }

  private int conditional(Schema schema, JsonNode value) {
    int condition = check(schema.schema("if"), value);
    int then = schema.has("then") && condition >= 0 ? check(schema.schema("then"), value) : 1;
    int otherwise = schema.has("else") && condition <= 0 ? check(schema.schema("else"), value) : 1;
    if (condition != 0) {
      return condition > 0 ? then : otherwise;
    }
    return then == otherwise ? then : 0;
  }

  private static boolean type(Schema schema, JsonNode value) {
    JsonNode type = schema.node().path("type");
    Collection<String> names =
        type.isTextual() ? Set.of(type.textValue()) : new HashSet<>(schema.names("type"));
    switch (Branch.typeOf(value)) {
      case Branch.NULL:
        return names.contains("null");
      case Branch.BOOLEAN:
        return names.contains("boolean");
      case Branch.INTEGER:
        return names.contains("integer") || names.contains("number");
      case Branch.FRACTION:
        return names.contains("number");
      case Branch.STRING:
        return names.contains("string");
      case Branch.ARRAY:
        return names.contains("array");
      default:
        return names.contains("object");
    }
  }

  private static boolean equalsOne(Schema schema, String key, JsonNode value) {
    String wanted = SchemaNumbers.canonical(value);
    JsonNode node = schema.node().path(key);
    if (key.equals("const")) {
      return SchemaNumbers.canonical(node).equals(wanted);
    }
    for (JsonNode option : node) {
      if (SchemaNumbers.canonical(option).equals(wanted)) {
        return true;
      }
    }
    return false;
  }

  private static int number(Schema schema, String key, BigDecimal value) {
    switch (key) {
      case "minimum":
      case "maximum":
      case "exclusiveMinimum":
      case "exclusiveMaximum":
        return bound(schema, key, value);
      case "multipleOf":
        BigDecimal factor = schema.number(key);
        if (factor.signum() <= 0
            || !SchemaNumbers.isShort(factor)
            || !SchemaNumbers.isShort(value)) {
          return 0;
        }
        boolean exact = value.remainder(factor).signum() == 0;
        // Many readers divide doubles.
        double ratio = value.doubleValue() / factor.doubleValue();
        boolean doubles = ratio == Math.rint(ratio) && !Double.isInfinite(ratio);
        boolean whole = SchemaNumbers.isInteger(factor) && SchemaNumbers.isInteger(value);
        return whole || exact == doubles ? (exact ? 1 : -1) : 0;
      default:
        return 1;
    }
  }

  private static int bound(Schema schema, String key, BigDecimal value) {
    if (schema.node().path(key).isBoolean()) {
      String other = key.equals("exclusiveMinimum") ? "minimum" : "maximum";
      boolean hit =
          schema.flag(key) && schema.has(other) && value.compareTo(schema.number(other)) == 0;
      return hit ? -1 : 1;
    }
    int order = value.compareTo(schema.number(key)) * (key.endsWith("inimum") ? 1 : -1);
    return order > 0 || (order == 0 && !key.startsWith("exclusive")) ? 1 : -1;
  }

  private static int text(Schema schema, String key, String value) {
    switch (key) {
      case "minLength":
        return value.codePointCount(0, value.length()) >= schema.count(key, null) ? 1 : -1;
      case "maxLength":
        return value.codePointCount(0, value.length()) <= schema.count(key, null) ? 1 : -1;
      case "pattern":
        if (Patterns.narrow(schema, key, schema.text(key)).contains(value)) {
          return 1;
        }
        return Patterns.wide(schema, key, schema.text(key)).contains(value) ? 0 : -1;
      case "format":
        String format = schema.text(key);
        CharDfa texts = StringFormats.of(format);
        boolean valid = !StringFormats.isKnown(format) || (texts != null && texts.contains(value));
        return valid ? 1 : 0;
      default:
        return 1;
    }
  }

  private int array(Schema schema, String key, JsonNode value) {
    switch (key) {
      case "minItems":
        return value.size() >= schema.count(key, null) ? 1 : -1;
      case "maxItems":
        return value.size() <= schema.count(key, null) ? 1 : -1;
      case "uniqueItems":
        Set<String> seen = new HashSet<>();
        boolean unique = true;
        for (JsonNode item : value) {
          unique &= seen.add(SchemaNumbers.canonical(item));
        }
        return unique || !schema.flag(key) ? 1 : -1;
      case "items":
      case "prefixItems":
        boolean list = schema.node().path(key).isArray();
        int from = key.equals("items") && !list ? schema.node().path("prefixItems").size() : 0;
        return items(schema, key, value, from);
      case "additionalItems":
        boolean old = schema.node().path("items").isArray();
        return old ? items(schema, key, value, schema.node().path("items").size()) : 1;
      case "contains":
        return contains(schema, value);
      default:
        return 1;
    }
  }

  private int items(Schema schema, String key, JsonNode value, int from) {
    int all = 1;
    boolean list = schema.node().path(key).isArray();
    int end = list ? Math.min(value.size(), schema.node().path(key).size()) : value.size();
    for (int i = from; i < end; i++) {
      Schema part = list ? schema.schemas(key).get(i) : schema.schema(key);
      all = Math.min(all, check(part, value.get(i)));
    }
    return all;
  }

  private int contains(Schema schema, JsonNode value) {
    int yes = 0;
    int unsure = 0;
    for (JsonNode item : value) {
      int one = check(schema.schema("contains"), item);
      yes += one > 0 ? 1 : 0;
      unsure += one == 0 ? 1 : 0;
    }
    boolean counted = schema.document().draft() != Draft.SEVEN;
    int min = counted ? schema.count("minContains", 1) : 1;
    int max = counted ? schema.count("maxContains", Expr.UNBOUNDED) : Expr.UNBOUNDED;
    if (yes + unsure < min || yes > max) {
      return -1;
    }
    return yes >= min && yes + unsure <= max ? 1 : 0;
  }

  private int object(Schema schema, String key, JsonNode value) {
    int all = 1;
    switch (key) {
      case "required":
        return schema.names(key).stream().allMatch(value::has) ? 1 : -1;
      case "minProperties":
        return value.size() >= schema.count(key, null) ? 1 : -1;
      case "maxProperties":
        return value.size() <= schema.count(key, null) ? 1 : -1;
      case "properties":
        for (Map.Entry<String, Schema> part : schema.map(key).entrySet()) {
          if (value.has(part.getKey())) {
            all = Math.min(all, check(part.getValue(), value.get(part.getKey())));
          }
        }
        return all;
      case "patternProperties":
      case "additionalProperties":
      case "propertyNames":
        for (Iterator<Map.Entry<String, JsonNode>> it = value.fields(); it.hasNext(); ) {
          all = Math.min(all, member(schema, key, it.next()));
        }
        return all;
      case "dependentRequired":
      case "dependentSchemas":
      case "dependencies":
        return dependent(schema, key, value);
      default:
        return 1;
    }
  }

  private int member(Schema schema, String key, Map.Entry<String, JsonNode> member) {
    if (key.equals("propertyNames")) {
      return check(
          schema.schema(key),
          com.fasterxml.jackson.databind.node.TextNode.valueOf(member.getKey()));
    }
    boolean matched = schema.node().path("properties").has(member.getKey());
    boolean unsure = false;
    int all = 1;
    Map<String, Schema> patterns =
        schema.has("patternProperties") ? schema.map("patternProperties") : Map.of();
    for (Map.Entry<String, Schema> pattern : patterns.entrySet()) {
      int matches = Patterns.matches(schema, pattern.getKey(), member.getKey());
      matched |= matches > 0;
      unsure |= matches == 0;
      if (key.equals("patternProperties") && matches >= 0) {
        int one = check(pattern.getValue(), member.getValue());
        all = Math.min(all, matches == 0 && one < 0 ? 0 : one);
      }
    }
    if (key.equals("patternProperties") || matched) {
      return all;
    }
    int one = check(schema.schema(key), member.getValue());
    return unsure && one < 0 ? 0 : one;
  }

  private int dependent(Schema schema, String key, JsonNode value) {
    Draft draft = schema.document().draft();
    boolean known = key.equals("dependencies") ? draft == Draft.SEVEN : draft == Draft.MODERN;
    if ((key.equals("dependencies") ? Draft.MODERN : Draft.SEVEN) == draft) {
      return 1;
    }
    int all = 1;
    for (Iterator<Map.Entry<String, JsonNode>> it = schema.node().path(key).fields();
        it.hasNext(); ) {
      Map.Entry<String, JsonNode> field = it.next();
      if (!value.has(field.getKey())) {
        continue;
      }
      if (field.getValue().isArray()) {
        boolean there = schema.names(key, field.getValue()).stream().allMatch(value::has);
        all = Math.min(all, there ? 1 : -1);
      } else {
        String path = schema.path() + "/" + key + "/" + SchemaDocument.escaped(field.getKey());
        all =
            Math.min(
                all, check(schema.document().schemaAt(schema, field.getValue(), path, key), value));
      }
    }
    return all < 0 && !known ? 0 : all;
  }
}
