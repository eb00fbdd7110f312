package dev.sampo.tokenizer.chat;

import java.time.Clock;

/**
 * One rendering: where it is, and what it may still cost. The limits count work and not time, so that a template ends alike on every
 * machine: a chat of a thousand messages takes a few hundred thousand steps.
 */
final class Run {
  private static final long MAX_STEPS = 5_000_000;
  private static final long MAX_ELEMENTS = 2_000_000;
  private static final long MAX_CHARACTERS = 50_000_000;
  private static final int MAX_DEPTH = 400;

  /** Characters that are looked at for the price of one step. */
  private static final int CHARACTERS_A_STEP = 32;

  final Clock clock;

  /** The line of the statement under way. */
  int line = 1;

  private long steps;
  private long elements;
  private long characters;
  private int depth;

  Run(Clock clock) {
    this.clock = clock;
  }

  /** An error at the line under way. */
  ChatTemplateException error(String what) {
    return new ChatTemplateException("Chat template, line " + line + ": " + what);
  }

  private ChatTemplateException spent(String what, String limit) {
    return error(what + " goes beyond the limit of " + limit + " that a chat template may take");
  }

  /** One statement, operation, call or round of a loop. */
  void step(String what) {
    if (++steps > MAX_STEPS) {
      throw spent(what, MAX_STEPS + " steps");
    }
  }

  /** Elements of lists, tuples and dicts that {@code what} is about to make. */
  void elements(long count, String what) {
    elements += count;
    if (count > MAX_ELEMENTS || elements > MAX_ELEMENTS) {
      throw spent(what, MAX_ELEMENTS + " list elements");
    }
  }

  /** Characters that {@code what} is about to build, or has built a piece of. */
  void characters(long count, String what) {
    characters += count;
    if (count > MAX_CHARACTERS || characters > MAX_CHARACTERS) {
      throw spent(what, MAX_CHARACTERS + " characters");
    }
  }

  /** Characters that {@code what} looks through. */
  void scan(long count, String what) {
    steps += 1 + count / CHARACTERS_A_STEP;
    step(what);
  }

  /** The text, charged as built. */
  String built(String text, String what) {
    characters(text.length(), what);
    return text;
  }

  /** Goes one deeper; {@link #leave} comes back. */
  void enter(String what) {
    if (++depth > MAX_DEPTH) {
      throw error(what + " is nested more than " + MAX_DEPTH + " deep");
    }
    step(what);
  }

  void leave() {
    depth--;
  }
}
