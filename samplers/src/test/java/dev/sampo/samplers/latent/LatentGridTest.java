package dev.sampo.samplers.latent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import org.junit.jupiter.api.Test;

class LatentGridTest {
  @Test
  void corners_whenLinear_thenCornersAreExactAndTheMiddleIsTheMean() {
    float[][] grid =
        LatentGrid.corners(
            new float[] {0},
            new float[] {2},
            new float[] {4},
            new float[] {6},
            3,
            3,
            Interpolation.LINEAR);
    assertArrayEquals(new float[][] {{0}, {1}, {2}, {2}, {3}, {4}, {4}, {5}, {6}}, grid);
  }

  @Test
  void manifold_whenThreeByThree_thenQuantilesRightAndUp() {
    float[][] grid = LatentGrid.manifold(new float[] {9, 9, 9}, 0, 2, 3, 3);
    float q = 0.9674216f; // scipy.stats.norm.ppf(5 / 6)
    assertArrayEquals(new float[] {-q, 9, q}, grid[0], 1e-6f);
    assertArrayEquals(new float[] {0, 9, 0}, grid[4], 1e-6f);
    assertArrayEquals(new float[] {q, 9, -q}, grid[8], 1e-6f);
  }

  @Test
  void walk_whenOneDimension_thenTheOthersStay() {
    float[][] walk = LatentGrid.walk(new float[] {1, 1}, 1, -2, 2, 3);
    assertArrayEquals(new float[][] {{1, -2}, {1, 0}, {1, 2}}, walk);
  }

  @Test
  void walk_whenNoSuchDimension_thenError() {
    RequestException e =
        assertThrows(RequestException.class, () -> LatentGrid.walk(new float[4], 4, 0, 1, 2));
    assertEquals("There is no dimension 4 in a latent of 4 values.", e.getMessage());
  }

  @Test
  void arithmetic_whenReplaced_thenSumAndDifference() {
    float[] mean = LatentArithmetic.mean(new float[] {1, 2}, new float[] {3, 6});
    assertArrayEquals(new float[] {2, 4}, mean);
    assertArrayEquals(
        new float[] {4, 3},
        LatentArithmetic.replace(new float[] {5, 5}, new float[] {2, 4}, new float[] {1, 2}));
    assertArrayEquals(new float[] {6, 8}, LatentArithmetic.withNorm(new float[] {3, 4}, 10), 1e-6f);
    assertArrayEquals(
        new float[] {2, 1}, LatentArithmetic.move(new float[] {1, 1}, new float[] {2, 0}, .5));
  }
}
