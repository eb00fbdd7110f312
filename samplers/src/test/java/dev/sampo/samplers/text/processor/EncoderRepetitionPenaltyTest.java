package dev.sampo.samplers.text.processor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.sampo.samplers.text.TokenRow;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EncoderRepetitionPenaltyTest {
  @Test
  void processAll_whenMoreRowsThanSources_thenOnlyTheFirstRowsChange() {
    float[] scores = {2, 2, 2, 2, 2, 2, 2, 2};
    TokenRow row = new TokenRow(0, new int[] {0});
    new EncoderRepetitionPenalty(0.5f, new int[][] {{0}, {1}})
        .processAll(Arrays.asList(row, row, row, row), scores, 2);
    assertArrayEquals(new float[] {1, 2, 2, 1, 2, 2, 2, 2}, scores);
  }
}
