package dev.sampo.cli;

/** Exit codes of {@code sampo}. */
final class ExitCode {
  /** Done. */
  static final int OK = 0;

  /** Failed; the message says what, where and how to mend it. */
  static final int FAILED = 1;

  /** Wrong usage. */
  static final int USAGE = 2;

  /** The reader of the output has gone, as a shell shows a process that SIGPIPE ended. */
  static final int BROKEN_PIPE = 141;

  /** Cancelled with Ctrl-C; what was finished is kept. */
  static final int CANCELLED = 130;

  private ExitCode() {}
}
