package dev.sampo.export.architecture;

import dev.sampo.export.graph.Net;

/** Marian, the translators of OPUS-MT (Junczys-Dowmunt et al. 2018, arXiv:1804.00344): BART's shape with sines and cosines for positions. */
final class Marian extends Translation {
  @Override
  boolean normFirst() {
    return false;
  }

  @Override
  boolean embeddingNorm() {
    return false;
  }

  @Override
  String positions(Net net, Side s, String ids, String positions) {
    return sinusoids(net, positions, s.width(), s.width() / 2.0);
  }
}
