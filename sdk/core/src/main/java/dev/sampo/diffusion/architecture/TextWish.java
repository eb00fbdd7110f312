package dev.sampo.diffusion.architecture;

/**
 * Which layer of a text encoder is wanted.
 *
 * @param layerFromEnd 0 for what the encoder gives last; k for its k-th state from the end, 1 being the state behind the last layer
 *     without the final normalization
 * @param normalizes whether the final normalization is applied to that state
 */
public record TextWish(int layerFromEnd, boolean normalizes) {
  /** The encoder's own result. */
  public static final TextWish LAST = new TextWish(0, false);
}
