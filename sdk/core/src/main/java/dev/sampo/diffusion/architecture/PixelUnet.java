package dev.sampo.diffusion.architecture;

/** A UNet over pixels, with or without classes. Ho, Jain and Abbeel 2020, arXiv:2006.11239; classes as Nichol and Dhariwal 2021, arXiv:2102.09672. */
public record PixelUnet() implements Architecture {
  @Override
  public double guidanceScale() {
    return 1.0;
  }

  @Override
  public int steps() {
    return 50;
  }
}
