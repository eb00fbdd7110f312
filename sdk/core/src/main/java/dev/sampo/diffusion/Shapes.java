package dev.sampo.diffusion;

import dev.sampo.runtime.Shape;

/** Shapes of inputs that graphs declare in more than one way. */
final class Shapes {
  private Shapes() {}

  /** One value in as many axes as declared. */
  static Shape scalarLike(Shape declared) {
    long[] dims = new long[declared.rank()];
    java.util.Arrays.fill(dims, 1);
    return Shape.of(dims);
  }

  /** A scalar, [1] or [batch], as the graph declares its timestep. */
  static Shape timestep(Shape declared, int batch) {
    if (declared.rank() == 0) {
      return Shape.scalar();
    }
    return Shape.of(declared.dim(0) == 1 ? 1 : batch);
  }
}
