package dev.sampo.molecule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which tokens of SMILES (Weininger 1988) may come next, so that a molecule of at most so many tokens comes about whose branches and rings
 * close and whose atoms have no more bonds than their valence: C 4, N 3, O 2, S 6, P 5, halogens 1. Kekule form: no aromatic letters, no
 * brackets for atoms, so that the valences alone decide. A ring bond is single, joins two atoms that are not neighbours, and takes a bond
 * of its first atom when it opens. A token is allowed only if the plainest ending after it (close what can be closed, else go on with
 * carbon) exists and fits; so there is always a way on. Rings that stay open while branches close are no context-free language, hence an
 * automaton of its own and not a {@code Grammar}. One molecule, one thread.
 */
public final class SmilesRules {
  private static final Map<String, Integer> VALENCE = new HashMap<>();
  private static final int NEVER = 1 << 20;

  static {
    VALENCE.put("C", 4);
    VALENCE.put("N", 3);
    VALENCE.put("O", 2);
    VALENCE.put("S", 6);
    VALENCE.put("P", 5);
    for (String halogen : new String[] {"F", "Cl", "Br", "I"}) {
      VALENCE.put(halogen, 1);
    }
  }

  private enum Last {
    BEGIN,
    ATOM,
    BOND,
    OPEN,
    CLOSE,
    RING
  }

  private int left;

  /** Bonds that each atom may still have. */
  private final List<Integer> free;

  private final Set<Long> bonds;
  private final List<Integer> branches;

  /** The atom at which each open ring began. */
  private final TreeMap<String, Integer> rings;

  private int at = -1;
  private int order = 1;
  private Last last = Last.BEGIN;

  /** Rules of a molecule of at most so many tokens, the end not counted. */
  public SmilesRules(int longest) {
    if (longest < 1) {
      throw new IllegalArgumentException("A molecule has 1 token or more, got " + longest);
    }
    left = longest;
    free = new ArrayList<>();
    bonds = new HashSet<>();
    branches = new ArrayList<>();
    rings = new TreeMap<>();
  }

  private SmilesRules(SmilesRules o) {
    left = o.left;
    free = new ArrayList<>(o.free);
    bonds = new HashSet<>(o.bonds);
    branches = new ArrayList<>(o.branches);
    rings = new TreeMap<>(o.rings);
    at = o.at;
    order = o.order;
    last = o.last;
  }

  /** Whether SMILES, cut into tokens, is a whole molecule by these rules. */
  public static boolean allows(List<String> tokens) {
    // Room for the plainest ending from anywhere: it need not be the shortest.
    SmilesRules rules = new SmilesRules(4 * tokens.size() + 16);
    for (String token : tokens) {
      if (!rules.mayTake(token)) {
        return false;
      }
      rules.take(token);
    }
    return rules.mayEnd();
  }

  /** Whether the molecule is whole. */
  public boolean mayEnd() {
    return !wantsAtom() && branches.isEmpty() && rings.isEmpty();
  }

  /** Whether a token may come next: an element, {@code = # ( )} or the digit of a ring. */
  public boolean mayTake(String token) {
    if (!fits(token)) {
      return false;
    }
    SmilesRules after = new SmilesRules(this);
    after.take(token);
    return after.ending() <= after.left;
  }

  private boolean wantsAtom() {
    return last == Last.BEGIN || last == Last.BOND || last == Last.OPEN;
  }

  /** Whether a token can stand here and the bonds are there for it. */
  private boolean fits(String token) {
    int here = at >= 0 ? free.get(at) : 0;
    Integer valence = VALENCE.get(token);
    if (valence != null) {
      return last == Last.BEGIN || Math.min(here, valence) >= order;
    }
    boolean afterAtom = last == Last.ATOM || last == Last.RING;
    switch (token) {
      case "=":
        return last != Last.BEGIN && last != Last.BOND && here >= 2;
      case "#":
        return last != Last.BEGIN && last != Last.BOND && here >= 3;
      case "(":
        // A branch leaves a bond for what follows it.
        return (afterAtom || last == Last.CLOSE) && here >= 2;
      case ")":
        return (afterAtom || last == Last.CLOSE) && !branches.isEmpty();
      default:
        return isRing(token)
            && afterAtom
            && here >= 1
            && (!rings.containsKey(token) || closes(rings.get(token)));
    }
  }

  private static boolean isRing(String token) {
    return token.length() == 1 && token.charAt(0) >= '1' && token.charAt(0) <= '9';
  }

  private boolean closes(int other) {
    return other != at && !bonds.contains(bond(other, at));
  }

  private static long bond(int a, int b) {
    return (long) Math.min(a, b) << 32 | Math.max(a, b);
  }

  /** Tokens of the plainest ending; more than any length if there is none. */
  private int ending() {
    if (rings.isEmpty()) {
      return (wantsAtom() ? 1 : 0) + branches.size();
    }
    SmilesRules rest = new SmilesRules(this);
    int count = 0;
    while (!rest.rings.isEmpty() || rest.wantsAtom()) {
      String token = rest.next();
      if (token.isEmpty()) {
        return NEVER;
      }
      rest.take(token);
      count++;
    }
    return count + rest.branches.size();
  }

  private String next() {
    // The last bond of an atom closes the last ring or leads on: spent on another ring, it leaves
    // the rest open.
    if (rings.size() == 1 || at >= 0 && free.get(at) > 1) {
      for (String ring : rings.keySet()) {
        if (fits(ring)) {
          return ring;
        }
      }
    }
    return fits("C") ? "C" : fits(")") ? ")" : "";
  }

  /**
   * Goes on by a token.
   *
   * @throws IllegalArgumentException when it cannot stand here
   */
  public void take(String token) {
    if (!fits(token)) {
      throw new IllegalArgumentException("'" + token + "' cannot come here");
    }
    left--;
    Integer valence = VALENCE.get(token);
    if (valence != null) {
      atom(valence);
      return;
    }
    switch (token) {
      case "=":
      case "#":
        order = token.equals("=") ? 2 : 3;
        last = Last.BOND;
        break;
      case "(":
        branches.add(at);
        last = Last.OPEN;
        break;
      case ")":
        at = branches.remove(branches.size() - 1);
        last = Last.CLOSE;
        break;
      default:
        ring(token);
    }
  }

  private void atom(int valence) {
    int atom = free.size();
    free.add(valence);
    if (at >= 0) {
      free.set(at, free.get(at) - order);
      free.set(atom, valence - order);
      bonds.add(bond(at, atom));
    }
    at = atom;
    order = 1;
    last = Last.ATOM;
  }

  private void ring(String digit) {
    Integer other = rings.remove(digit);
    if (other == null) {
      rings.put(digit, at);
    } else {
      bonds.add(bond(other, at));
    }
    free.set(at, free.get(at) - 1);
    last = Last.RING;
  }
}
