package dev.sampo.diffusion;

import org.jspecify.annotations.Nullable;

/**
 * What Stable Diffusion XL is told about a training picture: how large it was, where it was cut and what it was brought to. Podell et al.
 * 2023, arXiv:2307.01952, section 2.2; {@code original_size}, {@code crops_coords_top_left} and {@code target_size} of diffusers. What is
 * null is the size of the picture that is made.
 *
 * @param originalHeightPx height before everything
 * @param originalWidthPx width before everything
 * @param cropTopPx rows cut off at the top
 * @param cropLeftPx columns cut off at the left
 * @param targetHeightPx height of the bucket
 * @param targetWidthPx width of the bucket
 */
public record SizeConditions(
    @Nullable Integer originalHeightPx,
    @Nullable Integer originalWidthPx,
    int cropTopPx,
    int cropLeftPx,
    @Nullable Integer targetHeightPx,
    @Nullable Integer targetWidthPx) {
  /** Uncut, of the size of the picture that is made. */
  public static final SizeConditions DEFAULT = new SizeConditions(null, null, 0, 0, null, null);

  /** Another original size. */
  public SizeConditions withOriginal(int heightPx, int widthPx) {
    return new SizeConditions(
        heightPx, widthPx, cropTopPx, cropLeftPx, targetHeightPx, targetWidthPx);
  }

  /** Another place of the cut. */
  public SizeConditions withCrop(int topPx, int leftPx) {
    return new SizeConditions(
        originalHeightPx, originalWidthPx, topPx, leftPx, targetHeightPx, targetWidthPx);
  }

  /** Another size that the picture was brought to. */
  public SizeConditions withTarget(int heightPx, int widthPx) {
    return new SizeConditions(
        originalHeightPx, originalWidthPx, cropTopPx, cropLeftPx, heightPx, widthPx);
  }

  static float[] row(SizeConditions s, int heightPx, int widthPx) {
    return new float[] {
      s.originalHeightPx == null ? heightPx : s.originalHeightPx,
      s.originalWidthPx == null ? widthPx : s.originalWidthPx,
      s.cropTopPx,
      s.cropLeftPx,
      s.targetHeightPx == null ? heightPx : s.targetHeightPx,
      s.targetWidthPx == null ? widthPx : s.targetWidthPx
    };
  }
}
