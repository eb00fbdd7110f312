package dev.sampo.molecule;

import dev.sampo.Timings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Molecules that were made.
 *
 * @param smiles each molecule; without rules, or cancelled, it need not be whole
 * @param z the latent of each, {@code [molecules][size]}
 * @param seed of the draws, asked for or drawn: the same request with it gives the same molecules
 * @param timings where the time went; its steps are tokens
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
public record MoleculeResult(List<String> smiles, float[][] z, long seed, Timings timings) {
  /** Copies the list. */
  public MoleculeResult {
    smiles = Collections.unmodifiableList(new ArrayList<>(smiles));
  }
}
