package dev.sampo.samplers.text.search;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sampo.samplers.text.Setting;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BeamSearchTest {
  private static final float NONE = Float.NEGATIVE_INFINITY;

  private static BeamSearch search(int beams, int maxLength) {
    return new BeamSearch(
        new BeamSearch.Rules(beams, beams, 1, Setting.EarlyStopping.NO, maxLength, 1),
        new int[][] {{7}},
        StoppingCriterion.anyOf(
            Arrays.asList(StoppingCriterion.eos(0), StoppingCriterion.maxLength(maxLength))),
        null);
  }

  @Test
  void step_whenTwoBeams_thenSumsWorkedOutByHand() {
    BeamSearch search = search(2, 3);
    float[] first = {-3, -1, -2, -1, -1, -1};
    search.step(first, 3);
    assertArrayEquals(new int[] {1, 2}, search.tokens());
    assertArrayEquals(new int[] {0, 0}, search.parents());
    float[] second = {-5, -0.5f, -4, -3, -0.25f, -0.125f};
    search.step(second, 3);
    List<BeamSearch.Hypothesis> best = search.results().get(0);
    assertArrayEquals(new int[] {1, 1}, best.get(0).ids());
    assertEquals(-0.75f, best.get(0).score());
    assertArrayEquals(new int[] {2, 2}, best.get(1).ids());
    assertEquals(-2.125f / 2, best.get(1).score());
    assertArrayEquals(new int[] {0, 1}, best.get(1).beamIndices());
    assertEquals(FinishReason.LENGTH, best.get(0).reason());
  }

  @Test
  void results_whenOnlyOneSequenceIsAllowed_thenOtherPlacesScoreAsIfNeverTaken() {
    BeamSearch search = search(3, 2);
    search.step(new float[] {NONE, -1, NONE, NONE, -1, NONE, NONE, -1, NONE}, 3);
    List<BeamSearch.Hypothesis> all = search.results().get(0);
    assertEquals(3, all.size());
    assertArrayEquals(new int[] {1}, all.get(0).ids());
    assertEquals(-1, all.get(0).score());
    for (BeamSearch.Hypothesis other : all.subList(1, 3)) {
      assertEquals(-1e9f, other.score());
      assertEquals(FinishReason.LENGTH, other.reason());
    }
  }

  @Test
  void results_whenGivenUp_thenRunningSequencesSaySo() {
    BeamSearch search = search(2, 9);
    search.step(new float[] {-3, -1, -2, -1, -1, -1}, 3);
    List<BeamSearch.Hypothesis> best = search.results().get(0);
    assertArrayEquals(new int[] {1}, best.get(0).ids());
    assertEquals(FinishReason.CANCELLED, best.get(0).reason());
  }
}
