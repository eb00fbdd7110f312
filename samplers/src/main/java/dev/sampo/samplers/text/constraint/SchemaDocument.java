package dev.sampo.samplers.text.constraint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A JSON schema as a whole: where its parts are, by identifier, anchor and pointer, and which draft it follows. */
final class SchemaDocument {
  private static final int MAX_DEPTH = 200;
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .setNodeFactory(JsonNodeFactory.withExactBigDecimals(true));

  /** Which rules hold where drafts differ. */
  enum Draft {
    /** 4, 6 and 7: what stands beside {@code $ref} is ignored. */
    SEVEN,
    /** 2019-09 and 2020-12. */
    MODERN,
    /** The document does not say: only what holds by both is relied upon. */
    UNSAID
  }

  private static final Set<String> ONE =
      Set.of(
          "additionalItems",
          "additionalProperties",
          "contains",
          "contentSchema",
          "else",
          "if",
          "items",
          "not",
          "propertyNames",
          "then",
          "unevaluatedItems",
          "unevaluatedProperties");
  private static final Set<String> LIST = Set.of("allOf", "anyOf", "oneOf", "prefixItems");
  private static final Set<String> MAP =
      Set.of(
          "$defs",
          "definitions",
          "dependencies",
          "dependentSchemas",
          "patternProperties",
          "properties");

  private final JsonNode json;
  private final Schema root;
  private final Draft draft;
  private final Map<JsonNode, Schema> known = new IdentityHashMap<>();
  private final Map<String, Schema> resources = new HashMap<>();
  private final Map<String, Schema> anchors = new HashMap<>();
  private final Map<String, Integer> dynamicAnchors = new HashMap<>();
  private final Set<String> twice = new HashSet<>();

  /** Patterns as automata, once for each reading. */
  final Map<String, CharDfa> patterns = new HashMap<>();

  private boolean recursiveAnchors;
  private boolean unevaluated;

  SchemaDocument(JsonNode json) {
    this.json = json;
    this.draft = draft(json.path("$schema").asText(""));
    this.root = index(json, "#", "", 0);
    resources.putIfAbsent("", root);
  }

  /** Reads a schema; nothing is made of its numbers but what they say. */
  static JsonNode read(String text) {
    JsonNode json;
    try {
      json = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : ", line "
                  + e.getLocation().getLineNr()
                  + ", column "
                  + e.getLocation().getColumnNr();
      throw new GrammarException(
          "The schema is not JSON" + where + ": " + e.getOriginalMessage(), e);
    } catch (NumberFormatException e) {
      // Jackson's own parser of decimals lets it through.
      throw new GrammarException(
          "The schema has a number that is too large to be read: " + e.getMessage(), e);
    }
    if (json == null || !(json.isObject() || json.isBoolean())) {
      throw new GrammarException("The schema must be a JSON object, or true or false.");
    }
    return json;
  }

  private static Draft draft(String uri) {
    if (uri.contains("draft-07") || uri.contains("draft-06") || uri.contains("draft-04")) {
      return Draft.SEVEN;
    }
    return uri.contains("2020-12") || uri.contains("2019-09") ? Draft.MODERN : Draft.UNSAID;
  }

  Schema root() {
    return root;
  }

  Draft draft() {
    return draft;
  }

  /** Whether any part asks for what the others left over. */
  boolean hasUnevaluated() {
    return unevaluated;
  }

  static String escaped(String key) {
    return key.replace("~", "~0").replace("/", "~1");
  }

  // ---- finding the parts

  private Schema index(JsonNode node, String path, String base, int depth) {
    if (depth > MAX_DEPTH) {
      throw new GrammarException(
          "JSON schema at " + path + ": schemas are nested more than " + MAX_DEPTH + " deep.");
    }
    String own = ownBase(node, base);
    Schema schema = new Schema(node, path, own, this);
    if (!node.isObject()) {
      return schema;
    }
    known.put(node, schema);
    register(schema, base);
    unevaluated |= node.has("unevaluatedItems") || node.has("unevaluatedProperties");
    for (Iterator<Map.Entry<String, JsonNode>> it = node.fields(); it.hasNext(); ) {
      Map.Entry<String, JsonNode> field = it.next();
      String key = field.getKey();
      JsonNode value = field.getValue();
      String below = path + "/" + escaped(key);
      if (LIST.contains(key) || (key.equals("items") && value.isArray())) {
        for (int i = 0; i < value.size() && value.isArray(); i++) {
          index(value.get(i), below + "/" + i, own, depth + 1);
        }
      } else if (MAP.contains(key)) {
        value
            .fields()
            .forEachRemaining(
                e -> index(e.getValue(), below + "/" + escaped(e.getKey()), own, depth + 1));
      } else if (ONE.contains(key)) {
        index(value, below, own, depth + 1);
      }
    }
    return schema;
  }

  private String ownBase(JsonNode node, String base) {
    JsonNode id = node.path("$id");
    boolean counts =
        id.isTextual()
            && !id.textValue().startsWith("#")
            && (draft == Draft.MODERN || !node.has("$ref") || node == json);
    return counts ? resolved(base, withoutFragment(id.textValue())) : base;
  }

  private void register(Schema schema, String base) {
    JsonNode node = schema.node();
    JsonNode id = node.path("$id");
    if (id.isTextual() && id.textValue().startsWith("#") && draft != Draft.MODERN) {
      put(anchors, base + id.textValue(), schema);
    } else if (id.isTextual() && !schema.base().equals(base)) {
      put(resources, schema.base(), schema);
    } else if (schema.path().equals("#")) {
      put(resources, schema.base(), schema);
    }
    for (String key : new String[] {"$anchor", "$dynamicAnchor"}) {
      if (node.path(key).isTextual()) {
        put(anchors, schema.base() + "#" + node.path(key).textValue(), schema);
      }
    }
    if (node.path("$dynamicAnchor").isTextual()) {
      dynamicAnchors.merge(node.path("$dynamicAnchor").textValue(), 1, Integer::sum);
    }
    recursiveAnchors |= node.path("$recursiveAnchor").asBoolean(false);
  }

  private void put(Map<String, Schema> map, String key, Schema schema) {
    if (map.putIfAbsent(key, schema) != null) {
      twice.add(key);
    }
  }

  /** A part of a schema as a schema. */
  Schema schemaAt(Schema parent, JsonNode node, String path, String keyword) {
    if (!node.isObject() && !node.isBoolean()) {
      throw parent.refuse(keyword, "'" + keyword + "' must be a schema, or hold schemas");
    }
    Schema schema = known.get(node);
    if (schema == null || node.isBoolean()) {
      schema = new Schema(node, path, parent.base(), this);
      if (node.isObject()) {
        known.put(node, schema);
      }
    }
    return schema;
  }

  // ---- references

  private static String withoutFragment(String uri) {
    int hash = uri.indexOf('#');
    return hash < 0 ? uri : uri.substring(0, hash);
  }

  private static String resolved(String base, String reference) {
    if (reference.isEmpty()) {
      return base;
    }
    try {
      URI uri = new URI(reference);
      return base.isEmpty() || uri.isAbsolute()
          ? uri.toString()
          : new URI(base).resolve(uri).toString();
    } catch (java.net.URISyntaxException e) {
      return reference;
    }
  }

  /** What {@code $ref}, {@code $dynamicRef} or {@code $recursiveRef} of a schema means. */
  Schema target(Schema from, String keyword) {
    String reference = from.text(keyword);
    if (from.has("$id") && from != root && draft == Draft.UNSAID && keyword.equals("$ref")) {
      String id = from.node().path("$id").asText("");
      if (!id.startsWith("#") && !resolved(from.base(), id).equals(from.base())) {
        throw from.refuse(
            keyword,
            "'$id' beside '$ref' means different things in different drafts; give '$schema'");
      }
    }
    int hash = reference.indexOf('#');
    String document = resolved(from.base(), withoutFragment(reference));
    String fragment = hash < 0 ? "" : decoded(reference.substring(hash + 1));
    String full = document + "#" + fragment;
    Schema resource = resources.get(document);
    boolean ambiguous = twice.contains(document) || twice.contains(full);
    Schema target = null;
    if (fragment.isEmpty()) {
      target = resource;
    } else if (fragment.startsWith("/")) {
      target = resource == null ? null : pointer(resource, fragment);
    } else {
      target = anchors.get(full);
    }
    if (target == null || ambiguous) {
      throw from.refuse(
          keyword,
          "'"
              + keyword
              + "' "
              + reference
              + (ambiguous ? " leads to more than one schema" : " leads nowhere")
              + "; references within the document are supported, by pointer, anchor or identifier");
    }
    refuseDynamic(from, keyword, fragment, target);
    return target;
  }

  /** A dynamic reference that can mean one schema only is a plain one. */
  private void refuseDynamic(Schema from, String keyword, String fragment, Schema target) {
    boolean moves =
        keyword.equals("$dynamicRef")
            ? target.has("$dynamicAnchor") && dynamicAnchors.getOrDefault(fragment, 0) > 1
            : keyword.equals("$recursiveRef") && recursiveAnchors;
    if (moves) {
      throw from.refuse(
          keyword,
          "'" + keyword + "' depends on the way by which it is reached; that is not supported");
    }
  }

  private @Nullable Schema pointer(Schema resource, String pointer) {
    JsonNode node = resource.node();
    String base = resource.base();
    StringBuilder path = new StringBuilder(resource.path());
    String[] steps = pointer.substring(1).split("/", -1);
    for (String step : steps) {
      String key = step.replace("~1", "/").replace("~0", "~");
      JsonNode next =
          node.isArray() && key.matches("[0-9]{1,6}")
              ? node.path(Integer.parseInt(key))
              : node.path(key);
      if (next.isMissingNode()) {
        return null;
      }
      path.append('/').append(step);
      node = next;
      base = known.containsKey(node) ? known.get(node).base() : base;
    }
    if (!node.isObject() && !node.isBoolean()) {
      return null;
    }
    Schema schema = node.isObject() ? known.get(node) : null;
    if (schema == null) {
      schema = new Schema(node, path.toString(), base, this);
      if (node.isObject()) {
        known.put(node, schema);
      }
    }
    return schema;
  }

  private static String decoded(String fragment) {
    try {
      return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8.name());
    } catch (IllegalArgumentException | java.io.UnsupportedEncodingException e) {
      return fragment;
    }
  }

  JsonNode json() {
    return json;
  }
}
