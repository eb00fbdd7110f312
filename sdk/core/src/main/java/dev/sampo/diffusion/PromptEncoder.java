package dev.sampo.diffusion;

import dev.sampo.diffusion.architecture.Architecture;
import dev.sampo.diffusion.architecture.TextFeatures;
import dev.sampo.diffusion.architecture.TextOptions;
import dev.sampo.diffusion.architecture.TextReading;
import dev.sampo.diffusion.architecture.TextWish;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Prompts to the features that an architecture wants of its text encoders. */
final class PromptEncoder implements AutoCloseable {
  private final Architecture architecture;
  private final List<TextTower> towers;

  PromptEncoder(Architecture architecture, List<TextTower> towers) {
    this.architecture = architecture;
    this.towers = new ArrayList<>(towers);
  }

  /** Number of text encoders. */
  int towerCount() {
    return towers.size();
  }

  /**
   * Features of prompts.
   *
   * @param texts prompts for each text encoder; where there are fewer than encoders, or an empty list, the first one's
   * @param cut whether prompts that are too long lose their end
   */
  PromptFeatures encode(
      List<List<String>> texts, boolean cut, TextOptions options, CancellationToken token) {
    TextWish wish = architecture.wish(options);
    List<TextReading> readings = new ArrayList<>();
    for (int k = 0; k < towers.size(); k++) {
      List<String> own = k < texts.size() ? texts.get(k) : Collections.emptyList();
      List<String> prompts = own.isEmpty() ? texts.get(0) : own;
      readings.add(towers.get(k).read(prepared(prompts), cut, wish, token));
    }
    TextFeatures f = architecture.text(readings);
    return new PromptFeatures(texts.get(0).size(), f.length(), f.features(), f.pooled(), f.mask());
  }

  private List<String> prepared(List<String> prompts) {
    List<String> out = new ArrayList<>();
    for (String prompt : prompts) {
      out.add(architecture.prepared(prompt));
    }
    return out;
  }

  /**
   * What guidance goes away from: the features of the negative prompts, and without any those of the empty text or zeros.
   *
   * @param positive one row for each prompt
   */
  PromptFeatures negative(
      List<List<String>> texts,
      PromptFeatures positive,
      boolean cut,
      TextOptions options,
      CancellationToken token) {
    int rows = positive.batch();
    if (texts.get(0).isEmpty() && architecture.isZeroWithoutNegative()) {
      return new PromptFeatures(
          rows,
          positive.length(),
          new float[rows * positive.length() * positive.width()],
          new float[rows * positive.pooledWidth()]);
    }
    List<List<String>> all = new ArrayList<>();
    for (List<String> given : texts) {
      all.add(given.isEmpty() && !all.isEmpty() ? given : repeated(given, rows));
    }
    return encode(all, cut, options, token);
  }

  private static List<String> repeated(List<String> given, int rows) {
    List<String> out = new ArrayList<>();
    for (int b = 0; b < rows; b++) {
      out.add(given.isEmpty() ? "" : given.get(given.size() == 1 ? 0 : b));
    }
    return out;
  }

  /**
   * Refuses prompts for a text encoder that is not there.
   *
   * @param option as the builder spells it
   */
  void requireTower(String option, int tower, List<String> prompts) {
    if (!prompts.isEmpty() && tower >= towers.size()) {
      throw new RequestException(
          option,
          option
              + " is for text encoder "
              + (tower + 1)
              + "; this model has "
              + towers.size()
              + ". Leave it out.");
    }
  }

  @Override
  public void close() {
    for (TextTower tower : towers) {
      tower.close();
    }
  }
}
