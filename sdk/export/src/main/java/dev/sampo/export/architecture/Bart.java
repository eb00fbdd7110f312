package dev.sampo.export.architecture;

import dev.sampo.export.graph.Net;

/**
 * BART (Lewis et al. 2019, arXiv:1910.13461): norms after the blocks; mBART and mBART-50 (arXiv:2001.08210): before them. Both: positions from a
 * table with an offset of 2, a norm over the embeddings.
 */
final class Bart extends Translation {
  private static final int OFFSET = 2;
  private final boolean multilingual;

  Bart(boolean multilingual) {
    this.multilingual = multilingual;
  }

  @Override
  boolean normFirst() {
    return multilingual;
  }

  @Override
  boolean embeddingNorm() {
    return true;
  }

  @Override
  String positions(Net net, Side s, String ids, String positions) {
    String at = net.add(positions, net.longScalar(OFFSET));
    String table = s.prefix() + "embed_positions.weight";
    return net.embedding(at, table, s.maxPositions() + OFFSET, s.width());
  }
}
