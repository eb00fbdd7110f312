package dev.sampo.text;

/** A strategy at work on one plan: runs once. */
interface DecodingLoop {
  /** Generates until every sequence has ended or the work is cancelled; what is there by then is in the result. */
  LoopResult run();
}
