package dev.sampo.diffusion.architecture;

import dev.sampo.runtime.Shape;

/** The inputs of a denoising graph; what the graph does not declare is left out. */
public interface NetworkInputs {

  /** Binds numbers, in the element type that the graph declares. */
  void bind(String name, Shape shape, float[] values);

  /** Binds whole numbers, in the element type that the graph declares. */
  void bind(String name, Shape shape, long[] values);
}
