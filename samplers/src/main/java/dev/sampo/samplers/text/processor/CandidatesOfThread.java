package dev.sampo.samplers.text.processor;

import dev.sampo.samplers.text.draw.Candidates;

/** Room for the candidates of one row, reused by one thread, so that a step allocates nothing. */
final class CandidatesOfThread {
  private static final ThreadLocal<Candidates> CANDIDATES =
      ThreadLocal.withInitial(Candidates::new);

  private CandidatesOfThread() {}

  static Candidates get() {
    return CANDIDATES.get();
  }
}
