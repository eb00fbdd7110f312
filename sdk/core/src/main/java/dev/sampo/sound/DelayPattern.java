package dev.sampo.sound;

import java.util.Arrays;

/**
 * The delay pattern of MusicGen (Copet et al. 2023, arXiv:2306.05284, section 2.2): codebook k runs k steps behind the first. It says for each place of a row
 * what stands there: the padding id, a code of the prompt, or {@link #FREE}. In stereo the codebooks of left and right take turns and run in pairs.
 */
final class DelayPattern {
  /** A place where the model chooses. */
  static final int FREE = -1;

  private final int[][] mask;
  private final int startLength;

  /**
   * Lays out a pattern.
   *
   * @param start the first ids of each row, equally many: the start id and, where sound is continued, its codes; rows go sample by sample, codebook by codebook
   * @param codebooks rows of a sample
   * @param channels 1, or 2 for stereo
   * @param length ids of a row in the end
   */
  DelayPattern(int[][] start, int codebooks, int channels, int length, int padId) {
    int streams = channels == 2 ? codebooks / 2 : codebooks;
    this.mask = new int[start.length][length];
    this.startLength = Math.min(start[0].length, length);
    for (int r = 0; r < mask.length; r++) {
      Arrays.fill(mask[r], FREE);
      int delay = r % codebooks / (channels == 2 ? 2 : 1);
      if (length < 2 * streams - 1) {
        continue; // too short for a pattern: the reference lays none
      }
      for (int i = 0; i < start[r].length && i + delay < length; i++) {
        mask[r][i + delay] = start[r][i];
      }
      for (int i = 0; i < length; i++) {
        if (i <= delay || i >= length - streams + 1 + delay) {
          mask[r][i] = padId;
        }
      }
    }
  }

  /** Ids of each row that are there before the model is asked. */
  int startLength() {
    return startLength;
  }

  /** What the pattern says of a place, or the id chosen there where it says nothing. */
  int at(int row, int position, int chosen) {
    int said = mask[row][position];
    return said == FREE ? chosen : said;
  }

  /** A copy of the pattern, [rows][length]. */
  int[][] mask() {
    int[][] copy = new int[mask.length][];
    for (int r = 0; r < copy.length; r++) {
      copy[r] = mask[r].clone();
    }
    return copy;
  }
}
