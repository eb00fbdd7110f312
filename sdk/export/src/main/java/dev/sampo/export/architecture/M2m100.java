package dev.sampo.export.architecture;

import dev.sampo.export.graph.Net;

/**
 * M2M-100 (Fan et al. 2020, arXiv:2010.11125) and NLLB (arXiv:2207.04672): norms before the blocks; sines and cosines for positions, which begin
 * at {@code pad + 1} and count no padding.
 */
final class M2m100 extends Translation {
  @Override
  boolean normFirst() {
    return true;
  }

  @Override
  boolean embeddingNorm() {
    return false;
  }

  @Override
  String positions(Net net, Side s, String ids, String positions) {
    // Padding stands on the right, so counting tokens is counting columns; what padding itself gets
    // is masked.
    String at = net.add(positions, net.longScalar(s.pad() + 1L));
    return sinusoids(net, at, s.width(), s.width() / 2.0 - 1);
  }
}
