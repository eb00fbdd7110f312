package dev.sampo.molecule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SmilesRulesTest {
  static final List<String> TOKENS =
      Arrays.asList(
          "C", "N", "O", "F", "P", "S", "Cl", "Br", "I", "=", "#", "(", ")", "1", "2", "3", "4");

  private static boolean allows(String smiles) {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < smiles.length(); ) {
      int length = smiles.startsWith("Cl", i) || smiles.startsWith("Br", i) ? 2 : 1;
      tokens.add(smiles.substring(i, i + length));
      i += length;
    }
    return SmilesRules.allows(tokens);
  }

  @Test
  void allows_whenKnownMolecules_thenTrue() {
    assertTrue(allows("CCO"));
    assertTrue(allows("C1=CC=CC=C1"));
    assertTrue(allows("CC(=O)OC1=CC=CC=C1C(=O)O"));
    assertTrue(allows("CN1C=NC2=C1C(=O)N(C(=O)N2C)C"));
    assertTrue(allows("C(#N)Cl"));
    assertTrue(allows("CS(=O)(=O)C"));
    assertTrue(allows("C12C3C4C1C5C4C3C25"));
  }

  @Test
  void allows_whenOpenOrOverfull_thenFalse() {
    assertFalse(allows("C1CC"));
    assertFalse(allows("CC(C"));
    assertFalse(allows("CC)C"));
    assertFalse(allows("C=F"));
    assertFalse(allows("O=C=O=C"));
    assertFalse(allows("C(C)(C)(C)(C)C"));
    assertFalse(allows("C1C1"));
    assertFalse(allows("C11"));
    assertFalse(allows("C=="));
    assertFalse(allows("N(=O)=O"));
    assertFalse(allows("()"));
    assertFalse(allows(""));
  }

  @Test
  void mayTake_whenWalkedAtRandom_thenThereIsAlwaysAWayOnAndItEnds() {
    Random random = new Random(1);
    int rings = 0;
    for (int walk = 0; walk < 2000; walk++) {
      int longest = 4 + random.nextInt(36);
      SmilesRules rules = new SmilesRules(longest);
      List<String> taken = new ArrayList<>();
      while (!(rules.mayEnd() && random.nextInt(4) == 0)) {
        List<String> open = new ArrayList<>();
        for (String token : TOKENS) {
          if (rules.mayTake(token)) {
            open.add(token);
          }
        }
        if (open.isEmpty()) {
          assertTrue(rules.mayEnd(), () -> "no way on after " + taken);
          break;
        }
        String token = open.get(random.nextInt(open.size()));
        rules.take(token);
        taken.add(token);
      }
      assertTrue(taken.size() <= longest, () -> longest + " tokens wanted, got " + taken);
      rings += taken.contains("1") ? 1 : 0;
    }
    assertTrue(rings > 100, rings + " walks had a ring");
  }

  @Test
  void take_whenItCannotStandHere_thenRefused() {
    SmilesRules rules = new SmilesRules(5);
    assertThrows(IllegalArgumentException.class, () -> rules.take(")"));
    rules.take("C");
    assertFalse(rules.mayTake("x"));
    assertThrows(IllegalArgumentException.class, () -> rules.take("x"));
  }

  @Test
  void similarity_whenWordsOfFourAreShared_thenTanimoto() {
    assertEquals(1, Lingos.similarity("C1CCCCC1", "C2CCCCC2"), 1e-12);
    // CCCC twice against once: 1 of 2.
    assertEquals(0.5, Lingos.similarity("CCCCC", "CCCC"), 1e-12);
    assertEquals(0, Lingos.similarity("CCO", "NNN"), 1e-12);
  }
}
