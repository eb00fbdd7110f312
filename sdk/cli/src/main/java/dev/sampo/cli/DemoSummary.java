package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The JSON document of {@code sampo demo --json}. */
final class DemoSummary {
  private DemoSummary() {}

  static ObjectNode toJson(Demo demo) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("seed", demo.seed());
    ArrayNode made = document.putArray("made");
    for (Demo.Made row : demo.made()) {
      made.addObject()
          .put("model", row.model())
          .put("what", row.what())
          .put("speed", row.speed())
          .put("file", row.file().toString());
    }
    return document.put("texts", demo.texts());
  }
}
