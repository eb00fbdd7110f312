package dev.sampo.cli.quality;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.TextGenerator;
import dev.sampo.tune.Dance;
import dev.sampo.tune.Tune;
import dev.sampo.tune.TuneComposer;
import dev.sampo.tune.TuneRequest;
import dev.sampo.tune.TuneResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The share of bars that add up in tunes drawn at temperature 1, with the grammar and without. */
final class TuneQuality {
  private static final String HEAD = "R:reel\nM:4/4\nL:1/8\nK:D\n|:d2 fa|";
  private static final List<String> KEYS = List.of("D", "G", "Am", "Em");
  private static final int EACH = 2;
  private static final int BARS = 16;

  private TuneQuality() {}

  /** Whether a model knows the signs of ABC notation and not those of prose. */
  static boolean writesTunes(TextGenerator text, String prose) {
    return knows(text, HEAD) && !knows(text, prose);
  }

  private static boolean knows(TextGenerator text, String sample) {
    try {
      return text.encode(sample).length > 0;
    } catch (SampoException e) {
      return false;
    }
  }

  static Map<String, Double> measure(
      TextGenerator text, long seed, Progress<Progress.Count> progress, CancellationToken token) {
    Map<String, Double> figures = new LinkedHashMap<>();
    int all = 2 * Dance.values().length * KEYS.size();
    int done = 0;
    for (boolean grammar : new boolean[] {false, true}) {
      int good = 0;
      int bars = 0;
      for (Dance dance : Dance.values()) {
        for (String key : KEYS) {
          TuneRequest request =
              TuneRequest.builder()
                  .dance(dance)
                  .key(key)
                  .count(EACH)
                  .grammar(grammar)
                  .seed(seed + done)
                  .cancellation(token)
                  .build();
          TuneResult result = TuneComposer.with(text).compose(request);
          for (int i = 0; i < EACH; i++) {
            int[] counted = counted(result, i);
            good += counted[0];
            bars += counted[1];
          }
          progress.onStep(new Progress.Count(++done, all));
        }
      }
      figures.put(grammar ? "bars_add_up_with_grammar" : "bars_add_up", (double) good / bars);
    }
    return figures;
  }

  /** Bars that add up, and all; what is no tune counts as {@link #BARS} bars that do not. */
  private static int[] counted(TuneResult result, int index) {
    try {
      Tune tune = result.tune(index);
      return new int[] {tune.barsThatAddUp(), tune.barCount()};
    } catch (RequestException e) {
      return new int[] {0, BARS};
    }
  }
}
