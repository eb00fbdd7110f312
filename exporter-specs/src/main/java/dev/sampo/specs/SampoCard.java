package dev.sampo.specs;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@code sampo-card.json}: what a folder in somebody else's layout cannot say about itself. Unknown keys are errors.
 *
 * @param name name of the model
 * @param classConditioning how classes go in, or null if it has none
 * @param defaults good numbers for a sampler, such as {@code num_inference_steps} and {@code guidance_scale}
 * @param image the pictures, or null
 * @param card what a reader wants to know, or null
 */
public record SampoCard(
    String name,
    @Nullable ClassConditioning classConditioning,
    Map<String, Double> defaults,
    @Nullable ImageFormat image,
    @Nullable Card card) {

  /**
   * How classes go into a graph.
   *
   * @param input name of the input
   * @param numClasses number of classes
   * @param nullClass the index that stands for no class, for guidance; null if there is none
   * @param classes names of the classes by index; empty if they have none
   */
  public record ClassConditioning(
      String input, int numClasses, @Nullable Integer nullClass, List<String> classes) {
    /** Copies the list. */
    public ClassConditioning {
      classes = Collections.unmodifiableList(new ArrayList<>(classes));
    }
  }

  /** Copies the map. */
  public SampoCard {
    defaults = Collections.unmodifiableMap(new LinkedHashMap<>(defaults));
  }

  /**
   * Reads a {@code sampo-card.json}.
   *
   * @param source what to call it in messages
   * @throws SpecException if it is not JSON, lacks a key or has one too many; the message names the key
   */
  public static SampoCard parse(String json, String source) {
    Json root = Json.parse(json, source);
    root.allowOnly("name", "class_conditioning", "defaults", "image", "card");
    Map<String, Double> defaults = new LinkedHashMap<>();
    if (root.has("defaults")) {
      Json object = root.object("defaults");
      for (String key : object.keys()) {
        defaults.put(key, object.number(key));
      }
    }
    return new SampoCard(
        root.string("name"),
        root.has("class_conditioning") ? conditioning(root.object("class_conditioning")) : null,
        defaults,
        root.has("image") ? ImageFormat.read(root.object("image")) : null,
        root.has("card") ? Card.read(root.object("card")) : null);
  }

  private static ClassConditioning conditioning(Json json) {
    json.allowOnly("input", "num_classes", "null_class", "classes");
    return new ClassConditioning(
        json.string("input"),
        json.positive("num_classes"),
        json.has("null_class") ? json.index("null_class") : null,
        json.has("classes") ? json.strings("classes") : Collections.emptyList());
  }
}
