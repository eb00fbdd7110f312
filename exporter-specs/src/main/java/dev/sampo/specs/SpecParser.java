package dev.sampo.specs;

import dev.sampo.specs.Spec.Layout;
import dev.sampo.specs.Spec.Presence;
import dev.sampo.specs.Spec.SampoJsonSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the files of {@code exporter-specs/specs}. */
final class SpecParser {
  private SpecParser() {}

  static Spec parse(String text, String source) {
    Json json = Json.parse(text, source);
    json.allowOnly(
        "spec", "title", "layout", "description", "layouts", "shared", "graphs", "sampo_json");
    Map<String, GraphSpec> graphs = new LinkedHashMap<>();
    Json graphsJson = json.object("graphs");
    for (String name : graphsJson.keys()) {
      graphs.put(name, graph(name, graphsJson.object(name)));
    }
    List<List<String>> layouts = json.stringLists("layouts");
    for (List<String> layout : layouts) {
      for (String name : layout) {
        if (!graphs.containsKey(name)) {
          throw json.error("layouts names the graph '" + name + "'; there are " + graphs.keySet());
        }
      }
    }
    return new Spec(
        json.string("spec"),
        json.string("title"),
        one(json, "layout", Layout.values()),
        json.string("description"),
        layouts,
        new LinkedHashSet<>(json.strings("shared")),
        graphs,
        sampoJson(json));
  }

  private static GraphSpec graph(String name, Json json) {
    json.allowOnly("files", "description", "inputs", "outputs", "one_of_outputs");
    return new GraphSpec(
        name,
        json.strings("files"),
        json.string("description"),
        tensors(json, "inputs"),
        tensors(json, "outputs"),
        json.has("one_of_outputs") ? json.strings("one_of_outputs") : Collections.emptyList());
  }

  private static List<TensorSpec> tensors(Json graph, String key) {
    List<TensorSpec> tensors = new ArrayList<>();
    for (Json json : graph.objects(key)) {
      json.allowOnly("name", "types", "shape", "or_shapes", "optional", "with", "description");
      List<List<String>> shapes = new ArrayList<>();
      shapes.add(json.texts("shape"));
      if (json.has("or_shapes")) {
        shapes.addAll(json.stringLists("or_shapes"));
      }
      tensors.add(
          new TensorSpec(
              json.string("name"),
              json.strings("types"),
              shapes,
              json.has("optional") && json.bool("optional"),
              json.optionalString("with"),
              json.string("description")));
    }
    return tensors;
  }

  private static @Nullable SampoJsonSpec sampoJson(Json spec) {
    if (!spec.has("sampo_json")) {
      return null;
    }
    Json json = spec.object("sampo_json");
    json.allowOnly("latent", "image", "classes", "properties");
    List<PropertySpec> properties = new ArrayList<>();
    for (Json property : json.objects("properties")) {
      property.allowOnly("name", "type", "required", "description");
      properties.add(
          new PropertySpec(
              property.string("name"),
              one(property, "type", PropertySpec.Type.values()),
              property.bool("required"),
              property.string("description")));
    }
    return new SampoJsonSpec(
        one(json, "latent", Presence.values()),
        one(json, "image", Presence.values()),
        one(json, "classes", Presence.values()),
        properties);
  }

  // Takes the constants: getEnumConstants() looks a method up by name, which a shrinker removes.
  private static <E extends Enum<E>> E one(Json json, String key, E[] constants) {
    String value = json.string(key);
    List<String> known = new ArrayList<>();
    for (E constant : constants) {
      String name = constant.name().toLowerCase(Locale.ROOT);
      if (name.equals(value)) {
        return constant;
      }
      known.add(name);
    }
    throw json.error("'" + json.path(key) + "' is '" + value + "'; known: " + known);
  }
}
