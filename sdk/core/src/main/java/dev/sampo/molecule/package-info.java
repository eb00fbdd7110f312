/** Molecules as SMILES from a variational autoencoder: enter at {@link dev.sampo.molecule.MoleculePipeline}. */
@NullMarked
package dev.sampo.molecule;

import org.jspecify.annotations.NullMarked;
