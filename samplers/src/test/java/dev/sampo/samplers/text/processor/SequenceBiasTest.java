package dev.sampo.samplers.text.processor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.sampo.samplers.text.TokenRow;
import org.junit.jupiter.api.Test;

class SequenceBiasTest {
  @Test
  void process_whenSequenceHasTwoBiases_thenTheLaterHolds() {
    float[] scores = new float[3];
    new SequenceBias(new int[][] {{1}, {2}, {1}}, new float[] {-5, 1, 4.5f})
        .process(new TokenRow(0, new int[] {0}), scores, 0, 3);
    assertArrayEquals(new float[] {0, 4.5f, 1}, scores);
  }
}
