package dev.sampo.molecule;

/**
 * A known molecule near to another.
 *
 * @param smiles its SMILES
 * @param name its usual name
 * @param similarity 0 to 1, see {@link Lingos}
 */
public record KnownMolecule(String smiles, String name, double similarity) {}
