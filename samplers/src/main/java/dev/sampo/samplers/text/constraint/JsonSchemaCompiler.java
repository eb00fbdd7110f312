package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns a JSON schema into a grammar. Every text of the grammar is accepted by the schema; not the other way round: properties keep their order, there
 * is no white space but one optional space after a colon or a comma, and numbers have at most 15 digits a part.
 */
final class JsonSchemaCompiler {
  /** Keywords that say nothing about which values are allowed, or that are looked at elsewhere. */
  private static final Set<String> QUIET =
      Set.of(
          "$schema",
          "$id",
          "$comment",
          "$defs",
          "definitions",
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly",
          "$anchor",
          "contentEncoding",
          "contentMediaType");

  private static final Set<String> KNOWN =
      Set.of(
          "type",
          "enum",
          "const",
          "properties",
          "required",
          "additionalProperties",
          "items",
          "prefixItems",
          "minItems",
          "maxItems",
          "minLength",
          "maxLength",
          "pattern",
          "format",
          "minimum",
          "maximum",
          "exclusiveMinimum",
          "exclusiveMaximum",
          "anyOf",
          "oneOf",
          "allOf",
          "$ref");

  private static final Expr SPACE = Expr.optional(Expr.text(" "));
  private static final Expr DIGIT = Expr.chars("0-9");
  private static final Expr HEX = Expr.chars("0-9a-fA-F");

  private final JsonNode root;
  private final Map<String, Expr> rules = new LinkedHashMap<>();
  private final Map<String, String> references = new HashMap<>();

  private JsonSchemaCompiler(JsonNode root) {
    this.root = root;
  }

  static Grammar compile(String schema) {
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(schema);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("The schema is not JSON: " + e.getMessage(), e);
    }
    JsonSchemaCompiler compiler = new JsonSchemaCompiler(root);
    compiler.addBasicRules();
    compiler.rules.put("root", compiler.value(root, "#"));
    return new Grammar(compiler.rules, "root");
  }

  private void addBasicRules() {
    Expr low = Expr.seq(Expr.chars("0-9a-cefA-CEF"), HEX, HEX, HEX);
    Expr belowSurrogates = Expr.seq(Expr.chars("dD"), Expr.chars("0-7"), HEX, HEX);
    Expr escape =
        Expr.seq(
            Expr.text("\\"),
            Expr.alt(
                Expr.chars("\"\\/bfnrt"),
                Expr.seq(Expr.text("u"), Expr.alt(low, belowSurrogates))));
    List<Integer> special =
        new ArrayList<>(List.of(0, 0x1f, (int) '"', (int) '"', (int) '\\', (int) '\\'));
    rules.put("char", Expr.alt(new Expr.Chars(Expr.negate(special)), escape));
    rules.put("string", Expr.seq(Expr.text("\""), Expr.many(ref("char")), Expr.text("\"")));
    rules.put("integer", Expr.seq(Expr.optional(Expr.text("-")), natural()));
    Expr digits = new Expr.Repeat(DIGIT, 1, 15);
    Expr fraction = Expr.optional(Expr.seq(Expr.text("."), digits));
    Expr exponent =
        Expr.optional(
            Expr.seq(
                Expr.chars("eE"),
                Expr.optional(Expr.alt(Expr.text("+"), Expr.text("-"))),
                new Expr.Repeat(DIGIT, 1, 2)));
    rules.put("number", Expr.seq(ref("integer"), fraction, exponent));
    rules.put("boolean", Expr.alt(Expr.text("true"), Expr.text("false")));
    rules.put("null", Expr.text("null"));
    rules.put(
        "value",
        Expr.alt(
            ref("object"),
            ref("array"),
            ref("string"),
            ref("number"),
            ref("boolean"),
            ref("null")));
    rules.put(
        "object",
        Expr.seq(
            Expr.text("{"),
            list(member(ref("string"), ref("value")), 0, Expr.UNBOUNDED),
            Expr.text("}")));
    rules.put(
        "array", Expr.seq(Expr.text("["), list(ref("value"), 0, Expr.UNBOUNDED), Expr.text("]")));
  }

  private static Expr natural() {
    return Expr.alt(Expr.text("0"), Expr.seq(Expr.chars("1-9"), new Expr.Repeat(DIGIT, 0, 14)));
  }

  private static Expr ref(String rule) {
    return new Expr.Ref(rule);
  }

  private static Expr member(Expr key, Expr value) {
    return Expr.seq(key, Expr.text(":"), SPACE, value);
  }

  private static Expr comma() {
    return Expr.seq(Expr.text(","), SPACE);
  }

  /** Items with commas between them. */
  private static Expr list(Expr item, int min, int max) {
    if (max == 0) {
      return Expr.text("");
    }
    Expr more =
        new Expr.Repeat(
            Expr.seq(comma(), item), Math.max(0, min - 1), max == Expr.UNBOUNDED ? max : max - 1);
    Expr some = Expr.seq(item, more);
    return min == 0 ? Expr.optional(some) : some;
  }

  // ---- schemas

  private Expr value(JsonNode schema, String path) {
    if (schema.isBoolean()) {
      if (!schema.booleanValue()) {
        throw error(path, "nothing is accepted by 'false'");
      }
      return ref("value");
    }
    if (!schema.isObject()) {
      throw error(path, "a schema is an object, true or false");
    }
    for (Iterator<String> keys = schema.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!KNOWN.contains(key) && !QUIET.contains(key)) {
        throw error(
            path,
            "keyword '" + key + "' is not supported. Supported: " + new java.util.TreeSet<>(KNOWN));
      }
    }
    if (schema.has("$ref")) {
      return reference(schema.get("$ref").asText(), path);
    }
    if (schema.has("const")) {
      return Expr.text(schema.get("const").toString());
    }
    if (schema.has("enum")) {
      return options(schema.get("enum"), node -> Expr.text(node.toString()));
    }
    if (schema.has("allOf")) {
      return value(merged(schema, path), path);
    }
    for (String key : List.of("anyOf", "oneOf")) {
      if (schema.has(key)) {
        return options(
            schema.get(key), option -> value(with(schema, key, option), path + "/" + key));
      }
    }
    if (schema.path("type").isArray()) {
      return options(schema.get("type"), type -> typed(schema, type.asText(), path));
    }
    return typed(schema, schema.path("type").asText(guessType(schema)), path);
  }

  private static Expr options(JsonNode array, java.util.function.Function<JsonNode, Expr> compile) {
    List<Expr> options = new ArrayList<>();
    array.forEach(item -> options.add(compile.apply(item)));
    return new Expr.Alt(options);
  }

  /** An option of anyOf with what stands beside the anyOf. */
  private static JsonNode with(JsonNode schema, String key, JsonNode option) {
    if (!option.isObject()) {
      return option;
    }
    com.fasterxml.jackson.databind.node.ObjectNode all =
        ((com.fasterxml.jackson.databind.node.ObjectNode) schema).deepCopy();
    all.remove(key);
    all.setAll((com.fasterxml.jackson.databind.node.ObjectNode) option);
    return all;
  }

  /** allOf of objects: properties and required of all of them. Other keywords may stand in one of them only. */
  private JsonNode merged(JsonNode schema, String path) {
    com.fasterxml.jackson.databind.node.ObjectNode all =
        ((com.fasterxml.jackson.databind.node.ObjectNode) schema).deepCopy();
    all.remove("allOf");
    for (JsonNode part : schema.get("allOf")) {
      JsonNode resolved = part.has("$ref") ? resolve(part.get("$ref").asText(), path) : part;
      for (Iterator<Map.Entry<String, JsonNode>> fields = resolved.fields(); fields.hasNext(); ) {
        Map.Entry<String, JsonNode> field = fields.next();
        JsonNode before = all.get(field.getKey());
        if (before == null || before.equals(field.getValue()) || QUIET.contains(field.getKey())) {
          all.set(field.getKey(), field.getValue());
        } else if (field.getKey().equals("properties")) {
          ((com.fasterxml.jackson.databind.node.ObjectNode) before)
              .setAll((com.fasterxml.jackson.databind.node.ObjectNode) field.getValue());
        } else if (field.getKey().equals("required")) {
          ((com.fasterxml.jackson.databind.node.ArrayNode) before)
              .addAll((com.fasterxml.jackson.databind.node.ArrayNode) field.getValue());
        } else {
          throw error(
              path,
              "'" + field.getKey() + "' differs between the parts of allOf; that cannot be merged");
        }
      }
    }
    return all;
  }

  private Expr reference(String pointer, String path) {
    String rule = references.get(pointer);
    if (rule == null) {
      rule = "ref-" + references.size();
      references.put(pointer, rule);
      rules.put(rule, Expr.text(""));
      rules.put(rule, value(resolve(pointer, path), pointer));
    }
    return ref(rule);
  }

  private JsonNode resolve(String pointer, String path) {
    JsonNode target =
        pointer.equals("#")
            ? root
            : pointer.startsWith("#/") ? root.at(pointer.substring(1)) : null;
    if (target == null || target.isMissingNode()) {
      throw error(
          path,
          "'$ref' "
              + pointer
              + " leads nowhere; references within the schema, such as #/$defs/name, are"
              + " supported");
    }
    return target;
  }

  private static String guessType(JsonNode schema) {
    if (schema.has("properties") || schema.has("required") || schema.has("additionalProperties")) {
      return "object";
    }
    if (schema.has("items") || schema.has("prefixItems")) {
      return "array";
    }
    if (schema.has("pattern") || schema.has("minLength") || schema.has("maxLength")) {
      return "string";
    }
    return schema.has("minimum") || schema.has("maximum") ? "number" : "value";
  }

  private Expr typed(JsonNode schema, String type, String path) {
    switch (type) {
      case "object":
        return object(schema, path);
      case "array":
        return array(schema, path);
      case "string":
        return string(schema, path);
      case "integer":
        return integer(schema, path);
      case "number":
        for (String key : List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")) {
          if (schema.has(key)) {
            throw error(path, "'" + key + "' is supported for integers only");
          }
        }
        return ref("number");
      case "boolean":
      case "null":
      case "value":
        return ref(type);
      default:
        throw error(path, "type '" + type + "' is unknown");
    }
  }

  // ---- objects and arrays

  private Expr object(JsonNode schema, String path) {
    List<String> names = new ArrayList<>();
    schema.path("properties").fieldNames().forEachRemaining(names::add);
    Set<String> required = new HashSet<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    for (String name : required) {
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    JsonNode additional = schema.path("additionalProperties");
    boolean open =
        additional.isObject()
            || additional.asBoolean(names.isEmpty() && additional.isMissingNode());
    Expr rest = Expr.text("");
    Expr restFirst = Expr.text("");
    if (open) {
      Expr extra =
          member(
              otherKeys(names),
              additional.isObject()
                  ? value(additional, path + "/additionalProperties")
                  : ref("value"));
      restFirst = list(extra, 0, Expr.UNBOUNDED);
      rest = Expr.many(Expr.seq(comma(), extra));
    }
    // after[i]: what may follow when a member has been written; before[i]: when none has.
    Expr after = rest;
    Expr before = restFirst;
    for (int i = names.size() - 1; i >= 0; i--) {
      String name = names.get(i);
      JsonNode property = schema.path("properties").path(name);
      Expr value =
          property.isMissingNode() ? ref("value") : value(property, path + "/properties/" + name);
      Expr one = rule(member(Expr.text(quoted(name)), value));
      Expr laterAfter = rule(after);
      Expr laterBefore = before;
      after = Expr.seq(comma(), one, laterAfter);
      before = Expr.seq(one, laterAfter);
      if (!required.contains(name)) {
        after = Expr.alt(after, laterAfter);
        before = Expr.alt(before, rule(laterBefore));
      }
    }
    return Expr.seq(Expr.text("{"), before, Expr.text("}"));
  }

  /** Puts an expression into a rule of its own, so that it is compiled once however often it is used. */
  private Expr rule(Expr body) {
    String name = "part-" + rules.size();
    rules.put(name, body);
    return ref(name);
  }

  private static String quoted(String name) {
    return com.fasterxml.jackson.databind.node.TextNode.valueOf(name).toString();
  }

  /** Any key, as a string; keys of the schema's own properties are passed over by starting with an underscore or letter that none has. */
  private Expr otherKeys(List<String> names) {
    if (names.isEmpty()) {
      return ref("string");
    }
    return Expr.seq(Expr.text("\""), rule(notOneOf(names, 0)));
  }

  /** The rest of a key that is none of the names, and the closing quote; letter by letter along the names. */
  private Expr notOneOf(List<String> names, int depth) {
    Map<Integer, List<String>> byFirst = new LinkedHashMap<>();
    boolean endsHere = false;
    for (String name : names) {
      int[] points = name.codePoints().toArray();
      if (points.length == depth) {
        endsHere = true;
      } else {
        byFirst.computeIfAbsent(points[depth], k -> new ArrayList<>()).add(name);
      }
    }
    List<Expr> options = new ArrayList<>();
    List<Integer> excluded =
        new ArrayList<>(List.of(0, 0x1f, (int) '"', (int) '"', (int) '\\', (int) '\\'));
    for (Map.Entry<Integer, List<String>> entry : byFirst.entrySet()) {
      int c = entry.getKey();
      excluded.add(c);
      excluded.add(c);
      if (c != '"' && c != '\\' && c > 0x1f) {
        options.add(
            Expr.seq(
                Expr.text(new String(Character.toChars(c))),
                notOneOf(entry.getValue(), depth + 1)));
      }
    }
    options.add(
        Expr.seq(
            new Expr.Chars(Expr.negate(excluded)),
            Expr.many(
                new Expr.Chars(
                    Expr.negate(
                        new ArrayList<>(
                            List.of(0, 0x1f, (int) '"', (int) '"', (int) '\\', (int) '\\'))))),
            Expr.text("\"")));
    if (!endsHere && depth > 0) {
      options.add(Expr.text("\""));
    }
    return new Expr.Alt(options);
  }

  private Expr array(JsonNode schema, String path) {
    int min = schema.path("minItems").asInt(0);
    int max = schema.path("maxItems").asInt(Expr.UNBOUNDED);
    List<Expr> first = new ArrayList<>();
    for (JsonNode item : schema.path("prefixItems")) {
      first.add(rule(value(item, path + "/prefixItems/" + first.size())));
    }
    JsonNode items = schema.path("items");
    boolean more = !(items.isBoolean() && !items.booleanValue());
    Expr item =
        !more
            ? Expr.text("")
            : rule(items.isMissingNode() ? ref("value") : value(items, path + "/items"));
    if (first.isEmpty()) {
      return Expr.seq(Expr.text("["), list(item, min, more ? max : 0), Expr.text("]"));
    }
    // prefixItems: all of them are written, and then others as the bounds allow.
    if (max < first.size()) {
      throw error(
          path, "'maxItems' is smaller than the number of prefixItems; that is not supported");
    }
    List<Expr> parts = new ArrayList<>();
    parts.add(Expr.text("["));
    for (int i = 0; i < first.size(); i++) {
      parts.add(i == 0 ? first.get(i) : Expr.seq(comma(), first.get(i)));
    }
    if (more && !items.isMissingNode() || min > first.size()) {
      parts.add(
          new Expr.Repeat(
              Expr.seq(comma(), item),
              Math.max(0, min - first.size()),
              max == Expr.UNBOUNDED ? max : max - first.size()));
    }
    parts.add(Expr.text("]"));
    return new Expr.Seq(parts);
  }

  // ---- strings and numbers

  private Expr string(JsonNode schema, String path) {
    if (schema.has("pattern")) {
      if (schema.has("minLength") || schema.has("maxLength")) {
        throw error(
            path,
            "'pattern' together with a length is not supported; put the length into the pattern");
      }
      Expr pattern = RegexParser.parse(schema.get("pattern").asText(), true);
      return Expr.seq(Expr.text("\""), escaped(pattern), Expr.text("\""));
    }
    Expr format = format(schema.path("format").asText());
    if (format != null) {
      return Expr.seq(Expr.text("\""), format, Expr.text("\""));
    }
    int min = schema.path("minLength").asInt(0);
    int max = schema.path("maxLength").asInt(Expr.UNBOUNDED);
    if (min == 0 && max == Expr.UNBOUNDED) {
      return ref("string");
    }
    return Expr.seq(Expr.text("\""), new Expr.Repeat(ref("char"), min, max), Expr.text("\""));
  }

  private static @org.jspecify.annotations.Nullable Expr format(String format) {
    String time =
        "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    String date = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])";
    switch (format) {
      case "date":
        return RegexParser.parse(date, false);
      case "time":
        return RegexParser.parse(time, false);
      case "date-time":
        return RegexParser.parse(date + "T" + time, false);
      case "uuid":
        return RegexParser.parse(
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", false);
      case "email":
        return RegexParser.parse(
            "[a-z0-9]+([._-][a-z0-9]+)*@[a-z0-9]+(-[a-z0-9]+)*(\\.[a-z0-9]+)*\\.[a-z]{2,8}", false);
      case "ipv4":
        String part = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
        return RegexParser.parse(part + "(\\." + part + "){3}", false);
      default:
        return null;
    }
  }

  /** An expression with every character written as JSON writes it in a string. */
  private static Expr escaped(Expr expr) {
    if (expr instanceof Expr.Chars) {
      return escaped((Expr.Chars) expr);
    }
    if (expr instanceof Expr.Text) {
      String quoted = quoted(((Expr.Text) expr).text());
      return Expr.text(quoted.substring(1, quoted.length() - 1));
    }
    if (expr instanceof Expr.Repeat) {
      Expr.Repeat repeat = (Expr.Repeat) expr;
      return new Expr.Repeat(escaped(repeat.body()), repeat.min(), repeat.max());
    }
    List<Expr> parts = new ArrayList<>();
    boolean sequence = expr instanceof Expr.Seq;
    for (Expr part : sequence ? ((Expr.Seq) expr).parts() : ((Expr.Alt) expr).options()) {
      parts.add(escaped(part));
    }
    return sequence ? new Expr.Seq(parts) : new Expr.Alt(parts);
  }

  private static Expr escaped(Expr.Chars chars) {
    List<Integer> plain = new ArrayList<>();
    List<Expr> options = new ArrayList<>();
    for (int i = 0; i < chars.ranges().size(); i += 2) {
      int low = chars.ranges().get(i);
      int high = chars.ranges().get(i + 1);
      for (int c : new int[] {'"', '\\', '\n', '\t', '\r'}) {
        if (c >= low && c <= high) {
          String quoted = quoted(new String(Character.toChars(c)));
          options.add(Expr.text(quoted.substring(1, quoted.length() - 1)));
        }
      }
      plain.add(low);
      plain.add(high);
    }
    List<Integer> forbidden = Expr.negate(plain);
    Collections.addAll(forbidden, 0, 0x1f, (int) '"', (int) '"', (int) '\\', (int) '\\');
    List<Integer> allowed = Expr.negate(forbidden);
    if (!allowed.isEmpty()) {
      options.add(new Expr.Chars(allowed));
    }
    return new Expr.Alt(options);
  }

  private static Expr integer(JsonNode schema, String path) {
    if (!schema.has("minimum")
        && !schema.has("maximum")
        && !schema.has("exclusiveMinimum")
        && !schema.has("exclusiveMaximum")) {
      return ref("integer");
    }
    long limit = 999_999_999_999_999L;
    long min = -limit;
    long max = limit;
    if (schema.has("minimum")) {
      min = (long) Math.ceil(schema.get("minimum").asDouble());
    }
    if (schema.has("exclusiveMinimum")) {
      min = Math.max(min, (long) Math.floor(schema.get("exclusiveMinimum").asDouble()) + 1);
    }
    if (schema.has("maximum")) {
      max = (long) Math.floor(schema.get("maximum").asDouble());
    }
    if (schema.has("exclusiveMaximum")) {
      max = Math.min(max, (long) Math.ceil(schema.get("exclusiveMaximum").asDouble()) - 1);
    }
    if (min > max) {
      throw error(path, "no integer lies between the bounds");
    }
    List<Expr> options = new ArrayList<>();
    if (min < 0) {
      options.add(Expr.seq(Expr.text("-"), IntegerRange.of(Math.max(1, -Math.min(max, -1)), -min)));
    }
    if (max >= 0) {
      options.add(IntegerRange.of(Math.max(0, min), max));
    }
    return new Expr.Alt(options);
  }

  private static IllegalArgumentException error(String path, String what) {
    return new IllegalArgumentException("JSON schema at " + path + ": " + what + ".");
  }
}
