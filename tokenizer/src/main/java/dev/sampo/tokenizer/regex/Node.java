package dev.sampo.tokenizer.regex;

import dev.sampo.tokenizer.text.CodePointSet;
import java.util.List;

/** The syntax tree of a pattern. */
interface Node {
  int UNBOUNDED = Integer.MAX_VALUE;

  /** How a repeat gives back: greedy and lazy do, possessive never. */
  enum Mode {
    GREEDY,
    LAZY,
    POSSESSIVE
  }

  /** Zero-width tests. */
  enum Assertion {
    LINE_START,
    LINE_END,
    TEXT_START,
    TEXT_END,
    TEXT_END_OR_NEWLINE,
    WORD_BOUNDARY,
    NOT_WORD_BOUNDARY,
    SEARCH_START,
    KEEP,
    FAIL
  }

  /** One code point of a set. */
  final class Chars implements Node {
    final CodePointSet set;

    /** The literal, or -1; {@code folds} says that case is ignored. */
    final int literal;

    final boolean folds;

    Chars(CodePointSet set, int literal, boolean folds) {
      this.set = set;
      this.literal = literal;
      this.folds = folds;
    }
  }

  /** One after the other. */
  final class Sequence implements Node {
    final List<Node> parts;

    Sequence(List<Node> parts) {
      this.parts = parts;
    }
  }

  /** The first that matches. */
  final class Choice implements Node {
    final List<Node> options;

    Choice(List<Node> options) {
      this.options = options;
    }
  }

  /** Again and again. */
  final class Repeat implements Node {
    final Node body;
    final int min;
    final int max;
    final Mode mode;

    Repeat(Node body, int min, int max, Mode mode) {
      this.body = body;
      this.min = min;
      this.max = max;
      this.mode = mode;
    }
  }

  /** A numbered group. */
  final class Capture implements Node {
    final int number;
    final Node body;

    Capture(int number, Node body) {
      this.number = number;
      this.body = body;
    }
  }

  /** A group that gives nothing back. */
  final class Atomic implements Node {
    final Node body;

    Atomic(Node body) {
      this.body = body;
    }
  }

  /** A look ahead or behind. */
  final class Look implements Node {
    final Node body;
    final boolean behind;
    final boolean negative;

    Look(Node body, boolean behind, boolean negative) {
      this.body = body;
      this.behind = behind;
      this.negative = negative;
    }
  }

  /** A zero-width test. */
  final class Assert implements Node {
    final Assertion kind;

    Assert(Assertion kind) {
      this.kind = kind;
    }
  }

  /** What a group matched. */
  final class BackReference implements Node {
    final int[] groups;
    final boolean folds;

    BackReference(int[] groups, boolean folds) {
      this.groups = groups;
      this.folds = folds;
    }
  }

  /** One grapheme cluster. */
  final class Cluster implements Node {}
}
