package dev.sampo.text.batch;

import java.util.concurrent.atomic.LongAdder;

/** What a scheduler has done. */
final class Counts {
  final LongAdder steps = new LongAdder();
  final LongAdder tokens = new LongAdder();
  final LongAdder promptTokens = new LongAdder();
  final LongAdder prefixTokens = new LongAdder();
  final LongAdder completed = new LongAdder();
  final LongAdder cancelled = new LongAdder();
  final LongAdder failed = new LongAdder();
}
