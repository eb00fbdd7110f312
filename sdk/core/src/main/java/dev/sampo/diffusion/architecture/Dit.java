package dev.sampo.diffusion.architecture;

/**
 * DiT: a Transformer over latents with class labels. Peebles and Xie 2022, arXiv:2212.09748.
 *
 * @param nullClass the embedding behind the last class, which stands for none
 */
public record Dit(int nullClass) implements Architecture {
  @Override
  public double guidanceScale() {
    return 4.0;
  }

  @Override
  public int steps() {
    return 50;
  }
}
