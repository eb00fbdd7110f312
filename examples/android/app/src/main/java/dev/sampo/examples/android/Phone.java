package dev.sampo.examples.android;

import dev.sampo.runtime.SessionConfig;

/** How graphs run on a phone. */
final class Phone {
  private Phone() {}

  /**
   * About the number of fast cores: half of all, at most four. An operator is split evenly, so a thread on a slow core would make the others
   * wait.
   */
  static int threads() {
    return Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors() / 2));
  }

  /** Few threads, which sleep when there is nothing to do. */
  static SessionConfig session() {
    return SessionConfig.builder().intraOpThreads(threads()).spinning(false).build();
  }
}
