/**
 * The door: {@code Sampo.open} opens any model, {@code Model} is what it gives, and what all families share lies beside
 * them: {@link dev.sampo.Progress}, {@link dev.sampo.Timings}.
 */
@NullMarked
package dev.sampo;

import org.jspecify.annotations.NullMarked;
