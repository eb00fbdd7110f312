package dev.sampo.samplers.text.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.ToIntFunction;
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

  /** Repetitions beyond so many are halved into rules instead of being written out. */
  private static final int UNROLLED = 64;

  /** Steps of the closure, about 100 ns each, that may be spent in advance. */
  private static final long CREDIT = 8_000_000;

  private static final long CREDIT_PER_TOKEN = 8_000;
  private static final int MAX_STATE_WORK = 200_000;
  private static final long MAX_MEMORY = 64L << 20;
  private static final int BYTE = 0;
  private static final int SPLIT = 1;
  private static final int CALL = 2;
  private static final int RETURN = 3;
  private static final int TOKEN = 4;

  /** Stands for any token that the grammar does not name. */
  static final int OTHER_TOKEN = -1;

  static final int FAR = 1 << 29;

  private static final class Node {
    final int id;
    int kind;
    int low;
    int high;
    @Nullable Node next;
    List<Node> options = Collections.emptyList();
    @Nullable Rule rule;

    /** The token of a TOKEN, and whether that or any other is meant. */
    int token;

    boolean wanted;

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

    /** What the search for left recursion has found out: 0 nothing, 1 under way, 2 done. */
    int colour;

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
    private final boolean waitsForTokens;
    private final int distance;

    /** What follows a byte: null where that has not been asked (or was forgotten), {@link #NONE} where nothing does. */
    private final @Nullable State[] next = new @Nullable State[256];

    volatile @Nullable Object mask;

    /** What follows a token, in a state in which tokens are waited for. */
    private @Nullable Map<Integer, State> afterTokens;

    State(List<Config> configs, boolean accepts) {
      this.configs = configs;
      this.accepts = accepts;
      this.waitsForTokens = configs.stream().anyMatch(config -> config.node.kind == TOKEN);
      int best = accepts ? 0 : FAR;
      for (Config c : configs) {
        best = Math.min(best, c.node.distance + (c.stack == null ? 0 : c.stack.distance));
      }
      this.distance = best;
    }

    /** Whether tokens as a whole are waited for, not only their bytes. */
    boolean waitsForTokens() {
      return waitsForTokens;
    }

    /** The tokens that are named here. */
    Set<Integer> namedTokens() {
      Set<Integer> named = new HashSet<>();
      for (Config config : configs) {
        if (config.node.kind == TOKEN) {
          named.add(config.node.token);
        }
      }
      return named;
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

  private static final State NONE = new State(Collections.emptyList(), false);

  private final Map<String, Rule> rules = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Long, Frame> frames = new HashMap<>();
  private final Map<Key, State> states = new HashMap<>();
  private final LongSet seen = new LongSet();
  private final State start;
  private final boolean[] writable;
  private final @Nullable ToIntFunction<String> tokens;
  private int frameCount;
  private long memory;
  private long credit = CREDIT;
  private volatile int epoch;

  private GrammarAutomaton(
      Grammar grammar,
      boolean optionalSpace,
      boolean[] writable,
      @Nullable ToIntFunction<String> tokens) {
    this.writable = writable;
    this.tokens = tokens;
    Map<String, Expr> expressions = new NonEmpty(grammar.rules()).rewritten();
    for (String name : expressions.keySet()) {
      rules.put(name, new Rule(name));
    }
    for (Map.Entry<String, Expr> rule : expressions.entrySet()) {
      Node end = node(RETURN);
      end.distance = 0;
      rule(rule.getKey()).entry = compile(rule.getValue(), end);
    }
    Node last = node(RETURN);
    Node call = call(rule(grammar.root()), last);
    Node first = call;
    if (optionalSpace) {
      first = node(SPLIT);
      first.options = List.of(call, range(' ', ' ', call));
    }
    distances();
    refuseLeftRecursion();
    start = state(Arrays.asList(new Config(first, null)), false);
  }

  /**
   * The automaton of a grammar for texts: a token by its name counts as that text, and others as nothing that can be written.
   *
   * @param optionalSpace whether one space before the text is passed over
   */
  static GrammarAutomaton of(Grammar grammar, boolean optionalSpace) {
    boolean[] all = new boolean[256];
    Arrays.fill(all, true);
    return new GrammarAutomaton(grammar, optionalSpace, all, null);
  }

  /**
   * The automaton of a grammar for a vocabulary that cannot write everything.
   *
   * @param writable for each byte whether some token has it; ways that need others count as never ending
   * @param tokens the ids of tokens by their text, below 0 where there is none
   */
  static GrammarAutomaton of(
      Grammar grammar, boolean optionalSpace, boolean[] writable, ToIntFunction<String> tokens) {
    return new GrammarAutomaton(grammar, optionalSpace, writable, tokens);
  }

  int nodeCount() {
    return nodes.size();
  }

  State start() {
    return start;
  }

  /** The state after a byte, null if no text goes on like that. */
  @Nullable State next(State state, int value) {
    State next = state.next[value];
    if (next == null) {
      next = make(state, value);
    }
    return next == NONE ? null : next;
  }

  /**
   * The state after a token.
   *
   * @param token its id, or {@link #OTHER_TOKEN}
   * @param bytes its text; empty if it has none
   * @return null if no text goes on like that
   */
  @Nullable State afterToken(State state, int token, byte[] bytes, boolean hasText) {
    boolean tokens = state.waitsForTokens();
    if (!tokens) {
      return afterBytes(state, bytes);
    }
    State known = knownAfter(state, token);
    if (known == null) {
      @Nullable State byBytes = hasText && bytes.length > 0 ? afterBytes(state, bytes) : null;
      known = makeAfter(state, token, byBytes, hasText);
    }
    return known == NONE ? null : known;
  }

  private @Nullable State afterBytes(State state, byte[] bytes) {
    @Nullable State next = state;
    for (byte b : bytes) {
      next = next(next, b & 0xff);
      if (next == null) {
        return null;
      }
    }
    return next;
  }

  private synchronized @Nullable State knownAfter(State state, int token) {
    return state.afterTokens == null ? null : state.afterTokens.get(token);
  }

  private synchronized State makeAfter(
      State state, int token, @Nullable State byBytes, boolean hasText) {
    List<Config> moved = new ArrayList<>();
    for (Config config : state.configs) {
      Node node = config.node;
      if (node.kind == TOKEN
          && (node.wanted ? node.token == token : hasText && node.token != token)) {
        moved.add(new Config(java.util.Objects.requireNonNull(node.next), config.stack));
      }
    }
    boolean accepts = false;
    if (byBytes != null) {
      moved.addAll(byBytes.configs);
      accepts = byBytes.accepts;
    }
    State made = moved.isEmpty() && !accepts ? NONE : state(moved, accepts);
    if (state.afterTokens == null) {
      state.afterTokens = new HashMap<>();
    }
    state.afterTokens.put(token, made);
    memory += 100;
    return made;
  }

  /** Says that one more token is to be followed, which may cost about a millisecond on average. */
  void refill() {
    if (credit < CREDIT) {
      addCredit();
    }
  }

  private synchronized void addCredit() {
    credit = Math.min(CREDIT, credit + CREDIT_PER_TOKEN);
  }

  /** Counts how often all states were forgotten, and the masks with them. */
  int epoch() {
    return epoch;
  }

  private synchronized State make(State state, int value) {
    State next = state.next[value];
    if (next == null) {
      List<Config> moved = new ArrayList<>();
      for (Config config : state.configs) {
        Node node = config.node;
        if (value >= node.low && value <= node.high) {
          moved.add(new Config(java.util.Objects.requireNonNull(node.next), config.stack));
        }
      }
      spend(state.configs.size());
      next = moved.isEmpty() ? NONE : state(moved, false);
      state.next[value] = next;
    }
    return next;
  }

  private void spend(int work) {
    credit -= work + 1;
    if (credit < 0) {
      credit = 0;
      throw new GrammarException(
          "The grammar is too ambiguous to be followed at 1,000 tokens a second: too many of its readings stay open at once."
              + " Let alternatives differ in their first characters, and do not repeat what may be empty or may be read in several ways.");
    }
  }

  // ---- states

  private State state(List<Config> from, boolean mayEnd) {
    List<Config> waiting = new ArrayList<>();
    boolean accepts = close(from, waiting) || mayEnd;
    long[] ids = new long[waiting.size() + 1];
    for (int i = 0; i < waiting.size(); i++) {
      ids[i] = key(waiting.get(i).node, waiting.get(i).stack);
    }
    Arrays.sort(ids, 0, waiting.size());
    ids[waiting.size()] = accepts ? 1 : 0;
    Key key = new Key(ids);
    State known = states.get(key);
    if (known == null) {
      known = new State(waiting, accepts);
      remember(1_200 + 80L * waiting.size());
      states.put(key, known);
    }
    return known;
  }

  /** The configurations of a state, sorted, and whether it accepts. */
  private static final class Key {
    private final long[] ids;
    private final int hash;

    Key(long[] ids) {
      this.ids = ids;
      this.hash = Arrays.hashCode(ids);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key && Arrays.equals(ids, ((Key) other).ids);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** A set of numbers that is emptied without being gone through. */
  private static final class LongSet {
    private long[] keys = new long[1 << 10];
    private int[] rounds = new int[1 << 10];
    private int round = 1;
    private int size;

    void clear() {
      round++;
      size = 0;
      if (round == Integer.MAX_VALUE || keys.length > 1 << 16) {
        keys = new long[1 << 10];
        rounds = new int[1 << 10];
        round = 1;
      }
    }

    boolean add(long key) {
      if (2 * size >= keys.length) {
        grow();
      }
      int at = slot(key);
      if (rounds[at] == round) {
        return false;
      }
      keys[at] = key;
      rounds[at] = round;
      size++;
      return true;
    }

    private int slot(long key) {
      int mask = keys.length - 1;
      long mixed = key * 0x9e3779b97f4a7c15L;
      int at = (int) (mixed >>> 40) & mask;
      while (rounds[at] == round && keys[at] != key) {
        at = (at + 1) & mask;
      }
      return at;
    }

    private void grow() {
      long[] oldKeys = keys;
      int[] oldRounds = rounds;
      keys = new long[2 * oldKeys.length];
      rounds = new int[2 * oldKeys.length];
      for (int i = 0; i < oldKeys.length; i++) {
        if (oldRounds[i] == round) {
          int at = slot(oldKeys[i]);
          keys[at] = oldKeys[i];
          rounds[at] = round;
        }
      }
    }
  }

  /** Bounds what is kept: when it is too much, all that can be made again is forgotten. */
  private void remember(long bytes) {
    memory += bytes;
    if (memory > MAX_MEMORY) {
      memory = 0;
      for (State state : states.values()) {
        Arrays.fill(state.next, null);
        state.mask = null;
        state.afterTokens = null;
      }
      states.clear();
      frames.clear();
      Arrays.fill(start.next, null);
      epoch++;
    }
  }

  /** Goes on from configurations to those that wait for a byte; says whether the text may end. */
  private boolean close(List<Config> from, List<Config> waiting) {
    seen.clear();
    ArrayDeque<Config> open = new ArrayDeque<>();
    for (Config config : from) {
      reach(config.node, config.stack, open);
    }
    boolean accepts = false;
    int work = 0;
    while (!open.isEmpty()) {
      Config config = open.pop();
      Node node = config.node;
      @Nullable Frame stack = config.stack;
      if (++work > MAX_STATE_WORK) {
        credit = 0;
      }
      spend(0);
      switch (node.kind) {
        case BYTE:
        case TOKEN:
          waiting.add(config);
          break;
        case SPLIT:
          for (Node option : node.options) {
            reach(option, stack, open);
          }
          break;
        case CALL:
          Node back = java.util.Objects.requireNonNull(node.next);
          @Nullable Frame pushed = back.kind == RETURN ? stack : push(back, stack);
          Rule rule = java.util.Objects.requireNonNull(node.rule);
          reach(java.util.Objects.requireNonNull(rule.entry), pushed, open);
          break;
        default:
          if (stack == null) {
            accepts = true;
          } else {
            reach(stack.back, stack.below, open);
          }
      }
    }
    return accepts;
  }

  private void reach(Node node, @Nullable Frame stack, ArrayDeque<Config> open) {
    if (seen.add(key(node, stack))) {
      open.push(new Config(node, stack));
    }
  }

  private static long key(Node node, @Nullable Frame stack) {
    return (long) node.id << 32 | (stack == null ? 0 : stack.id);
  }

  private Frame push(Node back, @Nullable Frame below) {
    long key = key(back, below);
    Frame known = frames.get(key);
    if (known == null) {
      known = new Frame(++frameCount, back, below);
      frames.put(key, known);
      memory += 120;
    }
    return known;
  }

  // ---- compiling

  private Rule rule(String name) {
    Rule rule = rules.get(name);
    if (rule == null) {
      throw new GrammarException(
          "The grammar has no rule '" + name + "'. It has " + rules.keySet() + ".");
    }
    return rule;
  }

  private Node node(int kind) {
    if (nodes.size() >= MAX_NODES) {
      throw new GrammarException("The grammar is too large; lower the bounds of its repetitions.");
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

  private Node split(List<Node> options) {
    Node node = node(SPLIT);
    node.options = options;
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
      List<Node> options = new ArrayList<>();
      for (Expr option : ((Expr.Alt) expr).options()) {
        options.add(compile(option, next));
      }
      return split(options);
    }
    if (expr instanceof Expr.Repeat) {
      return repeat((Expr.Repeat) expr, next);
    }
    if (expr instanceof Expr.Token) {
      return token((Expr.Token) expr, next);
    }
    if (expr instanceof Expr.Language) {
      return language((Expr.Language) expr, next);
    }
    return call(rule(((Expr.Ref) expr).rule()), next);
  }

  private Node token(Expr.Token token, Node next) {
    String name = token.name();
    if (tokens == null) {
      boolean text = name != null && token.wanted();
      return text ? compile(Expr.text(name), next) : split(Collections.emptyList());
    }
    int id = name == null ? token.id() : tokens.applyAsInt(name);
    if (id < 0) {
      throw new GrammarException(
          "The grammar asks for the token " + name + ", which the vocabulary does not have.");
    }
    Node node = node(TOKEN);
    // No byte is in its range.
    node.low = 1;
    node.token = id;
    node.wanted = token.wanted();
    node.next = next;
    return node;
  }

  private Node language(Expr.Language language, Node next) {
    CharDfa texts = language.texts();
    if (texts.isEmpty()) {
      return split(Collections.emptyList());
    }
    Node[] states = new Node[texts.size()];
    for (int s = states.length - 1; s >= 0; s--) {
      states[s] = node(SPLIT);
    }
    for (int s = 0; s < states.length; s++) {
      List<Node> options = new ArrayList<>();
      texts
          .edges(s)
          .forEach(
              (to, ranges) ->
                  options.add(
                      compile(language.spelling().apply(new Expr.Chars(ranges)), states[to])));
      if (texts.accepts(s)) {
        options.add(next);
      }
      states[s].options = options;
    }
    return states[0];
  }

  private Node repeat(Expr.Repeat repeat, Node next) {
    if (repeat.max() == Expr.UNBOUNDED) {
      Node loop = node(SPLIT);
      loop.options = List.of(compile(repeat.body(), loop), next);
      return times(repeat.body(), repeat.min(), loop);
    }
    return times(
        repeat.body(), repeat.min(), upTo(repeat.body(), repeat.max() - repeat.min(), next));
  }

  /** So many times the body. */
  private Node times(Expr body, int count, Node next) {
    Node node = next;
    if (count <= UNROLLED) {
      for (int i = 0; i < count; i++) {
        node = compile(body, node);
      }
      return node;
    }
    List<Rule> powers = powers(body, count);
    for (int k = 0; k < powers.size(); k++) {
      if ((count >> k & 1) != 0) {
        node = call(powers.get(k), node);
      }
    }
    return node;
  }

  /**
   * The body at most so many times. A large count is cut at its bits: with 2^k the highest, either fewer than 2^k times, or 2^k times and then the rest;
   * so each number of times is read in one way only.
   */
  private Node upTo(Expr body, int count, Node next) {
    if (count <= UNROLLED) {
      Node node = next;
      for (int i = 0; i < count; i++) {
        node = split(List.of(compile(body, node), next));
      }
      return node;
    }
    List<Rule> powers = powers(body, count);
    List<Rule> fewer = new ArrayList<>();
    for (int k = 0; k < powers.size(); k++) {
      // Fewer than 2^k times.
      Node end = end();
      if (k == 0) {
        fewer.add(hidden(end));
      } else {
        Node low = call(fewer.get(k - 1), end);
        Node high = call(powers.get(k - 1), call(fewer.get(k - 1), end));
        fewer.add(hidden(split(List.of(low, high))));
      }
    }
    Node node = next;
    for (int k = 0; k < powers.size(); k++) {
      if ((count >> k & 1) != 0) {
        node = split(List.of(call(fewer.get(k), next), call(powers.get(k), node)));
      }
    }
    return node;
  }

  /** Rules for 1, 2, 4, ... times the body, as many as the bits of a count. */
  private List<Rule> powers(Expr body, int count) {
    List<Rule> powers = new ArrayList<>();
    powers.add(hidden(compile(body, end())));
    for (int k = 1; count >> k != 0; k++) {
      Rule half = powers.get(k - 1);
      powers.add(hidden(call(half, call(half, end()))));
    }
    return powers;
  }

  private Node end() {
    Node end = node(RETURN);
    end.distance = 0;
    return end;
  }

  private Rule hidden(Node entry) {
    Rule rule = new Rule("repetition");
    rule.entry = entry;
    return rule;
  }

  private Node chars(Expr.Chars chars, Node next) {
    List<Node> options = new ArrayList<>();
    List<Integer> ranges = Expr.normalise(chars.ranges());
    for (int i = 0; i < ranges.size(); i += 2) {
      for (int[] sequence : Utf8Ranges.of(ranges.get(i), ranges.get(i + 1))) {
        Node node = next;
        for (int b = sequence.length - 2; b >= 0; b -= 2) {
          node = range(sequence[b], sequence[b + 1], node);
        }
        options.add(node);
      }
    }
    return options.size() == 1 ? options.get(0) : split(options);
  }

  /**
   * Fewest bytes from each node to the end of its rule: nodes are settled in the order of their distance (Knuth 1977, "A generalization of Dijkstra's
   * algorithm").
   */
  private void distances() {
    List<List<Node>> dependents = new ArrayList<>();
    for (int i = 0; i <= nodes.size(); i++) {
      dependents.add(Collections.emptyList());
    }
    PriorityQueue<long[]> open = new PriorityQueue<>((a, b) -> Long.compare(a[0], b[0]));
    for (Node node : nodes) {
      if (node.kind == RETURN) {
        node.distance = 0;
        open.add(new long[] {0, node.id});
      } else if (node.kind == SPLIT) {
        node.options.forEach(option -> depends(dependents, option, node));
      } else {
        depends(dependents, java.util.Objects.requireNonNull(node.next), node);
        if (node.kind == CALL) {
          depends(dependents, entry(node), node);
        }
      }
    }
    while (!open.isEmpty()) {
      long[] settled = open.poll();
      if (settled[0] > nodes.get((int) settled[1] - 1).distance) {
        continue;
      }
      for (Node node : dependents.get((int) settled[1])) {
        int distance = distance(node, (int) settled[0]);
        if (distance < node.distance) {
          node.distance = distance;
          open.add(new long[] {distance, node.id});
        }
      }
    }
  }

  private static void depends(List<List<Node>> dependents, Node on, Node node) {
    if (dependents.get(on.id).isEmpty()) {
      dependents.set(on.id, new ArrayList<>(2));
    }
    dependents.get(on.id).add(node);
  }

  private static Node entry(Node call) {
    return java.util.Objects.requireNonNull(java.util.Objects.requireNonNull(call.rule).entry);
  }

  /** A distance of a node, now that a node that it goes on with is settled. */
  private int distance(Node node, int settled) {
    switch (node.kind) {
      case BYTE:
        for (int b = node.low; b <= node.high; b++) {
          if (writable[b]) {
            return Math.min(FAR, 1 + java.util.Objects.requireNonNull(node.next).distance);
          }
        }
        return FAR;
      case TOKEN:
        return Math.min(FAR, 1 + java.util.Objects.requireNonNull(node.next).distance);
      case SPLIT:
        // The other options are not looked at: with n of them that would be n squared.
        return settled;
      case CALL:
        return Math.min(
            FAR, entry(node).distance + java.util.Objects.requireNonNull(node.next).distance);
      default:
        return 0;
    }
  }

  // ---- left recursion

  /** A rule that can call itself before anything is read would never end being closed. Depth-first search, with a stack of its own. */
  private void refuseLeftRecursion() {
    Set<Rule> all = new java.util.LinkedHashSet<>(rules.values());
    for (Node node : nodes) {
      if (node.rule != null) {
        all.add(node.rule);
      }
    }
    for (Rule rule : all) {
      rule.nullable = java.util.Objects.requireNonNull(rule.entry).distance == 0;
    }
    for (Rule rule : all) {
      if (rule.colour == 0) {
        search(rule);
      }
    }
  }

  private static void search(Rule from) {
    ArrayDeque<Rule> path = new ArrayDeque<>();
    ArrayDeque<java.util.Iterator<Rule>> left = new ArrayDeque<>();
    from.colour = 1;
    path.push(from);
    left.push(firstCalls(from).iterator());
    while (!path.isEmpty()) {
      if (!left.getFirst().hasNext()) {
        left.pop();
        path.pop().colour = 2;
        continue;
      }
      Rule next = left.getFirst().next();
      if (next.colour == 1) {
        throw new GrammarException(
            "Rule '"
                + next.name
                + "' is left-recursive: it can call itself before anything is read. Write the repetition with * or +.");
      }
      if (next.colour == 0) {
        next.colour = 1;
        path.push(next);
        left.push(firstCalls(next).iterator());
      }
    }
  }

  /** The rules that can be called before anything is read. */
  private static Set<Rule> firstCalls(Rule of) {
    Set<Rule> first = new java.util.LinkedHashSet<>();
    Set<Node> seen = new HashSet<>();
    ArrayDeque<Node> open = new ArrayDeque<>();
    open.add(java.util.Objects.requireNonNull(of.entry));
    while (!open.isEmpty()) {
      Node node = open.pop();
      if (!seen.add(node)) {
        continue;
      }
      if (node.kind == SPLIT) {
        node.options.forEach(open::push);
      } else if (node.kind == CALL) {
        Rule rule = java.util.Objects.requireNonNull(node.rule);
        first.add(rule);
        if (rule.nullable) {
          open.push(java.util.Objects.requireNonNull(node.next));
        }
      }
    }
    return first;
  }
}
