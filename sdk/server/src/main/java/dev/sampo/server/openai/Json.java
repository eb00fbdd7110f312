package dev.sampo.server.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reading and writing JSON. */
final class Json {
  private static final int MAX_NESTING = 128;
  private static final ObjectMapper MAPPER = mapper();

  private Json() {}

  private static ObjectMapper mapper() {
    ObjectMapper mapper = new ObjectMapper();
    mapper
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_NESTING)
                .maxStringLength(Integer.MAX_VALUE)
                .build());
    return mapper.enable(
        com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  }

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  static byte[] bytes(JsonNode json) {
    try {
      return MAPPER.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A JSON tree could not be written", e);
    }
  }

  /** A body that has to be an object. */
  static ObjectNode read(byte[] body) {
    JsonNode json;
    try {
      json = MAPPER.readTree(body);
    } catch (IOException e) {
      String message =
          e instanceof JsonProcessingException malformed
              ? malformed.getOriginalMessage()
              : e.getMessage();
      throw ApiException.badRequest(null, "The body is no JSON: " + message, e);
    }
    if (json instanceof ObjectNode object) {
      return object;
    }
    throw ApiException.badRequest(null, "The body has to be a JSON object.");
  }

  /** An object as a map of plain values. */
  static Map<String, Object> map(JsonNode json) {
    Map<String, Object> map = new LinkedHashMap<>();
    ((Map<?, ?>) MAPPER.convertValue(json, Map.class))
        .forEach((k, v) -> map.put(String.valueOf(k), v));
    return map;
  }
}
