package dev.sampo.samplers.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The expected positions are those that {@code torch.topk} of PyTorch 2.13 gives on a CPU. */
class TorchTopKTest {
  /** Few distinct values and minus infinity, so that most are equal to others. */
  private static float[] row(int length, int distinct) {
    float[] row = new float[length];
    for (int i = 0; i < length; i++) {
      row[i] = i * 31 % 7 == 0 ? Float.NEGATIVE_INFINITY : (i * 7919 + 13) % distinct;
    }
    return row;
  }

  private static int[] top(float[] row, int k) {
    int[] top = new int[k];
    new TorchTopK().find(row, 0, row.length, k, top);
    return top;
  }

  @Test
  void find_whenFewAreWantedOfMany_thenEqualOnesInTheOrderOfPartialSort() {
    assertArrayEquals(new int[] {10, 6, 18, 2}, top(row(300, 4), 4));
    assertArrayEquals(
        new int[] {8, 20, 41, 23, 5, 44, 38, 47, 11, 29, 50, 2, 32, 26, 17}, top(row(1000, 3), 15));
  }

  @Test
  void find_whenManyAreWanted_thenEqualOnesInTheOrderOfNthElementAndSort() {
    assertArrayEquals(new int[] {8, 5, 2, 3}, top(row(9, 3), 4));
    assertArrayEquals(new int[] {23, 8, 11, 26, 29, 20, 17}, top(row(40, 3), 7));
    assertArrayEquals(
        new int[] {10, 34, 6, 36, 4, 2, 38, 8, 12, 32, 30, 16, 18, 26, 20, 22, 24, 25, 37, 39},
        top(row(40, 2), 20));
    assertArrayEquals(
        new int[] {752, 360, 362, 758, 366, 754, 368, 370, 376, 380, 746, 748, 374, 372, 760, 750},
        top(row(1000, 2), 16));
    assertArrayEquals(
        new int[] {
          344, 164, 489, 169, 484, 174, 479, 474, 179, 184, 464, 459, 454, 194, 449, 494, 254, 374,
          369, 264, 359, 269, 354, 274, 349, 279, 314, 319, 299, 324, 124, 89, 584, 94, 579, 99,
          569, 104, 564, 109, 559, 114, 554, 549, 544, 199, 129, 534, 134, 529, 524, 139, 519, 144,
          514, 149, 509, 499, 159, 304
        },
        top(row(700, 5), 60));
  }

  @Test
  void find_whenNaN_thenItComesFirst() {
    float[] row = new float[20];
    Arrays.fill(row, Float.NEGATIVE_INFINITY);
    row[7] = 1;
    row[3] = Float.NaN;
    assertArrayEquals(new int[] {3, 7, 14, 16, 13}, top(row, 5));
  }

  @Test
  void find_whenUsedAgainForShorterRow_thenNothingIsLeftOfTheLongerOne() {
    TorchTopK topK = new TorchTopK();
    int[] top = new int[4];
    topK.find(row(300, 4), 0, 300, 4, top);
    topK.find(row(9, 3), 0, 9, 4, top);
    assertArrayEquals(new int[] {8, 5, 2, 3}, top);
  }
}
