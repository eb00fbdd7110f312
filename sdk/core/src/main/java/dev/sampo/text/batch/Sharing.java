package dev.sampo.text.batch;

/**
 * How requests share the steps of a model.
 *
 * @param together whether they share steps; otherwise each runs alone
 * @param exact whether each gets the ids that it gets alone. Not so where a kernel scales the rows of a batch together (dynamic int8) or computes in
 *     another way for several rows (4-bit weights, float16)
 * @param reason why not together, or why not exact; empty if both hold
 */
public record Sharing(boolean together, boolean exact, String reason) {}
