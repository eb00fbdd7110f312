package dev.sampo.samplers.text.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A grammar as an automaton over bytes. Rules are compiled to nodes; a configuration is a node and a stack of nodes to return to; a state is a set of
 * configurations that all wait for a byte. States and their transitions are made when first needed and kept, so a regular expression ends as a
 * deterministic automaton, and a recursive grammar has one state a nesting that has occurred. A call at the end of a rule needs no frame.
 *
 * <p>Safe for several threads: making states is synchronised, following known transitions is not.
 */
final class GrammarAutomaton {
  private static final int MAX_NODES = 2_000_000;
  private static final int BYTE = 0;
  private static final int SPLIT = 1;
  private static final int CALL = 2;
  private static final int RETURN = 3;
  static final int FAR = 1 << 29;

  private static final class Node {
    final int id;
    int kind;
    int low;
    int high;
    @Nullable Node next;
    List<Node> options = new ArrayList<>();
    @Nullable Rule rule;

    /** Fewest bytes to the end of the rule. */
    int distance = FAR;

    Node(int id, int kind) {
      this.id = id;
      this.kind = kind;
    }
  }

  private static final class Rule {
    final String name;
    @Nullable Node entry;
    boolean nullable;

    Rule(String name) {
      this.name = name;
    }
  }

  /** A stack: where to go on, and the rest. Equal stacks are the same object. */
  private static final class Frame {
    final int id;
    final Node back;
    final @Nullable Frame below;
    final int distance;

    Frame(int id, Node back, @Nullable Frame below) {
      this.id = id;
      this.back = back;
      this.below = below;
      this.distance = Math.min(FAR, back.distance + (below == null ? 0 : below.distance));
    }
  }

  private record Config(Node node, @Nullable Frame stack) {}

  /** A set of configurations. */
  static final class State {
    private final List<Config> configs;
    private final boolean accepts;
    private final int distance;
    private final @Nullable State[] next = new @Nullable State[256];
    private final long[] known = new long[4];
    volatile @Nullable Object mask;

    State(List<Config> configs, boolean accepts) {
      this.configs = configs;
      this.accepts = accepts;
      int best = accepts ? 0 : FAR;
      for (Config c : configs) {
        best = Math.min(best, c.node.distance + (c.stack == null ? 0 : c.stack.distance));
      }
      this.distance = best;
    }

    /** Whether the text may end here. */
    boolean accepts() {
      return accepts;
    }

    /** Fewest bytes until the text may end. */
    int distance() {
      return distance;
    }
  }

  private final Map<String, Rule> rules = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Long, Frame> frames = new HashMap<>();
  private final Map<List<Long>, State> states = new HashMap<>();
  private final State start;
  private final boolean[] writable;

  private GrammarAutomaton(Grammar grammar, boolean optionalSpace, boolean[] writable) {
    this.writable = writable;
    for (String name : grammar.rules().keySet()) {
      rules.put(name, new Rule(name));
    }
    for (Map.Entry<String, Expr> rule : grammar.rules().entrySet()) {
      Node end = node(RETURN);
      rule(rule.getKey()).entry = compile(rule.getValue(), end);
    }
    distances();
    refuseLeftRecursion();
    Node last = node(RETURN);
    last.distance = 0;
    Node call = call(rule(grammar.root()), last);
    Node first = call;
    if (optionalSpace) {
      first = node(SPLIT);
      first.options.add(call);
      first.options.add(range(' ', ' ', call));
    }
    distances();
    start = state(Arrays.asList(new Config(first, null)));
  }

  /**
   * The automaton of a grammar.
   *
   * @param optionalSpace whether one space before the text is passed over
   */
  static GrammarAutomaton of(Grammar grammar, boolean optionalSpace) {
    boolean[] all = new boolean[256];
    Arrays.fill(all, true);
    return new GrammarAutomaton(grammar, optionalSpace, all);
  }

  /**
   * The automaton of a grammar for a vocabulary that cannot write everything.
   *
   * @param writable for each byte whether some token has it; ways that need others count as never ending
   */
  static GrammarAutomaton of(Grammar grammar, boolean optionalSpace, boolean[] writable) {
    return new GrammarAutomaton(grammar, optionalSpace, writable);
  }

  State start() {
    return start;
  }

  /** The state after a byte, null if no text goes on like that. */
  @Nullable State next(State state, int value) {
    if ((state.known[value >> 6] >>> (value & 63) & 1) == 0) {
      return make(state, value);
    }
    return state.next[value];
  }

  private synchronized @Nullable State make(State state, int value) {
    if ((state.known[value >> 6] >>> (value & 63) & 1) == 0) {
      List<Config> moved = new ArrayList<>();
      for (Config config : state.configs) {
        Node node = config.node;
        if (value >= node.low && value <= node.high) {
          moved.add(new Config(java.util.Objects.requireNonNull(node.next), config.stack));
        }
      }
      state.next[value] = moved.isEmpty() ? null : state(moved);
      state.known[value >> 6] |= 1L << (value & 63);
    }
    return state.next[value];
  }

  // ---- states

  private State state(List<Config> from) {
    Map<Long, Config> waiting = new HashMap<>();
    Set<Long> seen = new HashSet<>();
    boolean[] accepts = new boolean[1];
    for (Config config : from) {
      close(config.node, config.stack, waiting, seen, accepts);
    }
    List<Long> key = new ArrayList<>(waiting.keySet());
    key.sort(null);
    List<Config> configs = new ArrayList<>();
    for (Long k : key) {
      configs.add(waiting.get(k));
    }
    key.add(accepts[0] ? 1L : 0L);
    return states.computeIfAbsent(key, k -> new State(configs, accepts[0]));
  }

  private void close(
      Node node,
      @Nullable Frame stack,
      Map<Long, Config> waiting,
      Set<Long> seen,
      boolean[] accepts) {
    long key = (long) node.id << 32 | (stack == null ? 0 : stack.id);
    if (!seen.add(key)) {
      return;
    }
    switch (node.kind) {
      case BYTE:
        waiting.put(key, new Config(node, stack));
        break;
      case SPLIT:
        for (Node option : node.options) {
          close(option, stack, waiting, seen, accepts);
        }
        break;
      case CALL:
        Node back = java.util.Objects.requireNonNull(node.next);
        @Nullable Frame pushed = back.kind == RETURN ? stack : push(back, stack);
        close(
            java.util.Objects.requireNonNull(java.util.Objects.requireNonNull(node.rule).entry),
            pushed,
            waiting,
            seen,
            accepts);
        break;
      default:
        if (stack == null) {
          accepts[0] = true;
        } else {
          close(stack.back, stack.below, waiting, seen, accepts);
        }
    }
  }

  private Frame push(Node back, @Nullable Frame below) {
    long key = (long) back.id << 32 | (below == null ? 0 : below.id);
    return frames.computeIfAbsent(key, k -> new Frame(frames.size() + 1, back, below));
  }

  // ---- compiling

  private Rule rule(String name) {
    Rule rule = rules.get(name);
    if (rule == null) {
      throw new IllegalArgumentException(
          "The grammar has no rule '" + name + "'. It has " + rules.keySet() + ".");
    }
    return rule;
  }

  private Node node(int kind) {
    if (nodes.size() >= MAX_NODES) {
      throw new IllegalArgumentException(
          "The grammar is too large; lower the bounds of its repetitions.");
    }
    Node node = new Node(nodes.size() + 1, kind);
    nodes.add(node);
    return node;
  }

  private Node range(int low, int high, Node next) {
    Node node = node(BYTE);
    node.low = low;
    node.high = high;
    node.next = next;
    return node;
  }

  private Node call(Rule rule, Node next) {
    Node node = node(CALL);
    node.rule = rule;
    node.next = next;
    return node;
  }

  /** The node that begins {@code expr} and goes on at {@code next}. */
  private Node compile(Expr expr, Node next) {
    if (expr instanceof Expr.Text) {
      byte[] bytes = ((Expr.Text) expr).text().getBytes(StandardCharsets.UTF_8);
      Node node = next;
      for (int i = bytes.length - 1; i >= 0; i--) {
        node = range(bytes[i] & 0xff, bytes[i] & 0xff, node);
      }
      return node;
    }
    if (expr instanceof Expr.Chars) {
      return chars((Expr.Chars) expr, next);
    }
    if (expr instanceof Expr.Seq) {
      Node node = next;
      List<Expr> parts = ((Expr.Seq) expr).parts();
      for (int i = parts.size() - 1; i >= 0; i--) {
        node = compile(parts.get(i), node);
      }
      return node;
    }
    if (expr instanceof Expr.Alt) {
      Node node = node(SPLIT);
      for (Expr option : ((Expr.Alt) expr).options()) {
        node.options.add(compile(option, next));
      }
      return node;
    }
    if (expr instanceof Expr.Repeat) {
      return repeat((Expr.Repeat) expr, next);
    }
    return call(rule(((Expr.Ref) expr).rule()), next);
  }

  private Node repeat(Expr.Repeat repeat, Node next) {
    Node node = next;
    if (repeat.max() == Expr.UNBOUNDED) {
      Node loop = node(SPLIT);
      loop.options.add(compile(repeat.body(), loop));
      loop.options.add(next);
      node = loop;
    } else {
      for (int i = repeat.min(); i < repeat.max(); i++) {
        Node maybe = node(SPLIT);
        maybe.options.add(compile(repeat.body(), node));
        maybe.options.add(next);
        node = maybe;
      }
    }
    for (int i = 0; i < repeat.min(); i++) {
      node = compile(repeat.body(), node);
    }
    return node;
  }

  private Node chars(Expr.Chars chars, Node next) {
    Node split = node(SPLIT);
    List<Integer> ranges = Expr.normalise(chars.ranges());
    for (int i = 0; i < ranges.size(); i += 2) {
      for (int[] sequence : Utf8Ranges.of(ranges.get(i), ranges.get(i + 1))) {
        Node node = next;
        for (int b = sequence.length - 2; b >= 0; b -= 2) {
          node = range(sequence[b], sequence[b + 1], node);
        }
        split.options.add(node);
      }
    }
    return split.options.size() == 1 ? split.options.get(0) : split;
  }

  /** Fewest bytes from each node to the end of its rule, by relaxation until nothing changes. */
  private void distances() {
    boolean changed = true;
    while (changed) {
      changed = false;
      // Nodes are made from the end of a rule to its beginning, so one pass settles most of them.
      for (Node node : nodes) {
        int distance = distance(node);
        if (distance < node.distance) {
          node.distance = distance;
          changed = true;
        }
      }
    }
  }

  private int distance(Node node) {
    switch (node.kind) {
      case BYTE:
        for (int b = node.low; b <= node.high; b++) {
          if (writable[b]) {
            return Math.min(FAR, 1 + java.util.Objects.requireNonNull(node.next).distance);
          }
        }
        return FAR;
      case SPLIT:
        int best = FAR;
        for (Node option : node.options) {
          best = Math.min(best, option.distance);
        }
        return best;
      case CALL:
        Node entry = java.util.Objects.requireNonNull(node.rule).entry;
        int inside = entry == null ? FAR : entry.distance;
        return Math.min(FAR, inside + java.util.Objects.requireNonNull(node.next).distance);
      default:
        return 0;
    }
  }

  // ---- left recursion

  private void refuseLeftRecursion() {
    for (Rule rule : rules.values()) {
      rule.nullable = java.util.Objects.requireNonNull(rule.entry).distance == 0;
    }
    Map<Rule, Set<Rule>> calls = new HashMap<>();
    for (Rule rule : rules.values()) {
      Set<Rule> first = new HashSet<>();
      firstCalls(java.util.Objects.requireNonNull(rule.entry), first, new HashSet<>());
      calls.put(rule, first);
    }
    for (Rule rule : rules.values()) {
      Set<Rule> reached = new HashSet<>();
      List<Rule> open = new ArrayList<>(java.util.Objects.requireNonNull(calls.get(rule)));
      while (!open.isEmpty()) {
        Rule next = open.remove(open.size() - 1);
        if (next == rule) {
          throw new IllegalArgumentException(
              "Rule '"
                  + rule.name
                  + "' is left-recursive: it can call itself before anything is read. Write the"
                  + " repetition with * or +.");
        }
        if (reached.add(next)) {
          open.addAll(java.util.Objects.requireNonNull(calls.get(next)));
        }
      }
    }
  }

  private static void firstCalls(Node node, Set<Rule> first, Set<Node> seen) {
    if (!seen.add(node)) {
      return;
    }
    if (node.kind == SPLIT) {
      for (Node option : node.options) {
        firstCalls(option, first, seen);
      }
    } else if (node.kind == CALL) {
      Rule rule = java.util.Objects.requireNonNull(node.rule);
      first.add(rule);
      if (rule.nullable) {
        firstCalls(java.util.Objects.requireNonNull(node.next), first, seen);
      }
    }
  }
}
