package dev.sampo.specs;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a reader wants to know before using a model: the block {@code card} of {@code sampo.json} or {@code sampo-card.json}.
 *
 * @param family name of its spec
 * @param makes what it makes, in one sentence
 * @param licence licence of weights and data
 * @param parameters number of parameters
 * @param quality measured figures by name
 */
public record Card(
    String family, String makes, String licence, long parameters, Map<String, Double> quality) {
  /** Copies the map. */
  public Card {
    quality = Collections.unmodifiableMap(new LinkedHashMap<>(quality));
  }

  static Card read(Json json) {
    json.allowOnly("family", "makes", "licence", "parameters", "quality");
    Map<String, Double> quality = new LinkedHashMap<>();
    if (json.has("quality")) {
      Json figures = json.object("quality");
      for (String name : figures.keys()) {
        quality.put(name, figures.number(name));
      }
    }
    return new Card(
        json.string("family"),
        json.string("makes"),
        json.string("licence"),
        json.integer("parameters"),
        quality);
  }
}
