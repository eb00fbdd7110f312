package dev.sampo.specs;

import dev.sampo.specs.Spec.Presence;
import dev.sampo.specs.Spec.SampoJsonSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@code sampo.json}: which spec a folder meets, where its graphs are, and what no graph says about itself. Unknown keys are errors.
 *
 * <pre>{@code
 * {"spec": "gan", "name": "digits-gan",
 *  "graphs": {"generator": {"file": "generator.onnx", "inputs": {"z": "noise"}}},
 *  "latent": {"size": 64, "distribution": "normal"},
 *  "image": {"channels": 1, "height": 28, "width": 28, "range": [-1, 1]}}
 * }</pre>
 *
 * @param spec name of the spec
 * @param name name of the model
 * @param graphs files by the spec's names of graphs
 * @param latent the latents, or null where the family has none
 * @param image the pictures, or null where the family has none
 * @param classes names of the classes by index; empty if it is unconditional
 * @param card what a reader wants to know, or null
 * @param properties the keys of this family
 */
public record SampoJson(
    String spec,
    String name,
    Map<String, GraphFile> graphs,
    @Nullable LatentFormat latent,
    @Nullable ImageFormat image,
    List<String> classes,
    @Nullable Card card,
    Properties properties) {

  private static final SampoJsonSpec GRAPHS_ONLY =
      new SampoJsonSpec(Presence.NONE, Presence.NONE, Presence.NONE, Collections.emptyList());

  /**
   * One graph.
   *
   * @param file its path within the folder, with {@code /}
   * @param inputs {@code {name in the spec: name in the graph}} for those that differ
   * @param outputs the same for outputs
   */
  public record GraphFile(String file, Map<String, String> inputs, Map<String, String> outputs) {
    /** Copies the maps. */
    public GraphFile {
      inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
      outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }
  }

  /** Copies the collections. */
  public SampoJson {
    graphs = Collections.unmodifiableMap(new LinkedHashMap<>(graphs));
    classes = Collections.unmodifiableList(new ArrayList<>(classes));
  }

  /**
   * Reads a {@code sampo.json}.
   *
   * @param source what to call it in messages
   * @throws SpecException if it is not JSON, names an unknown spec, lacks a key or has one too many; the message names the key
   */
  public static SampoJson parse(String json, String source) {
    Json root = Json.parse(json, source);
    Spec spec = Specs.get(root.string("spec"), source);
    SampoJsonSpec wanted = spec.sampoJson() == null ? GRAPHS_ONLY : spec.sampoJson();
    allowOnly(root, wanted);
    Json latent = block(root, spec, "latent", wanted.latent());
    Json image = block(root, spec, "image", wanted.image());
    if (wanted.classes() == Presence.REQUIRED && !root.has("classes")) {
      throw root.error("key 'classes' is missing; spec " + spec.name() + " wants it");
    }
    return new SampoJson(
        spec.name(),
        root.string("name"),
        graphs(root, spec),
        latent == null ? null : LatentFormat.read(latent),
        image == null ? null : ImageFormat.read(image),
        root.has("classes") ? root.strings("classes") : Collections.emptyList(),
        root.has("card") ? Card.read(root.object("card")) : null,
        properties(root, source, spec, wanted));
  }

  private static void allowOnly(Json root, SampoJsonSpec wanted) {
    List<String> keys = new ArrayList<>(Arrays.asList("spec", "name", "graphs"));
    if (wanted.latent() != Presence.NONE) {
      keys.add("latent");
    }
    if (wanted.image() != Presence.NONE) {
      keys.add("image");
    }
    if (wanted.classes() != Presence.NONE) {
      keys.add("classes");
    }
    for (PropertySpec property : wanted.properties()) {
      keys.add(property.name());
    }
    keys.add("card");
    root.allowOnly(keys);
  }

  private static @Nullable Json block(Json root, Spec spec, String key, Presence presence) {
    if (root.has(key)) {
      return root.object(key);
    }
    if (presence == Presence.REQUIRED) {
      throw root.error("key '" + key + "' is missing; spec " + spec.name() + " wants it");
    }
    return null;
  }

  private static Map<String, GraphFile> graphs(Json root, Spec spec) {
    Json json = root.object("graphs");
    json.allowOnly(new ArrayList<>(spec.graphs().keySet()));
    Map<String, GraphFile> graphs = new LinkedHashMap<>();
    for (String name : json.keys()) {
      Json graph = json.object(name);
      graph.allowOnly("file", "inputs", "outputs");
      GraphFile file =
          new GraphFile(
              graph.string("file"), graph.stringMap("inputs"), graph.stringMap("outputs"));
      known(graph, "inputs", file.inputs(), spec.graph(name).inputs());
      known(graph, "outputs", file.outputs(), spec.graph(name).outputs());
      graphs.put(name, file);
    }
    return graphs;
  }

  private static void known(
      Json graph, String key, Map<String, String> names, List<TensorSpec> tensors) {
    List<String> known = new ArrayList<>();
    for (TensorSpec tensor : tensors) {
      known.add(tensor.name());
    }
    for (String name : names.keySet()) {
      boolean found = false;
      for (TensorSpec tensor : tensors) {
        found |= tensor.indexOf(name) >= 0;
      }
      if (!found) {
        throw graph.error(
            "'"
                + graph.path(key)
                + "' maps '"
                + name
                + "', which the spec does not name; it names "
                + known);
      }
    }
  }

  private static Properties properties(Json root, String source, Spec spec, SampoJsonSpec wanted) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (PropertySpec property : wanted.properties()) {
      if (root.has(property.name())) {
        values.put(property.name(), value(root, property));
      } else if (property.required()) {
        throw root.error(
            "key '"
                + property.name()
                + "' is missing; spec "
                + spec.name()
                + " wants it: "
                + property.description());
      }
    }
    return new Properties(source, values);
  }

  private static Object value(Json root, PropertySpec property) {
    String key = property.name();
    switch (property.type()) {
      case INTEGER:
        return root.integer(key);
      case NUMBER:
        return root.number(key);
      case STRING:
        return root.string(key);
      case BOOLEAN:
        return root.bool(key);
      case STRINGS:
        return Collections.unmodifiableList(root.strings(key));
      case NUMBERS:
        return Collections.unmodifiableList(root.numbers(key));
      default:
        return Collections.unmodifiableList(root.numberRows(key));
    }
  }
}
