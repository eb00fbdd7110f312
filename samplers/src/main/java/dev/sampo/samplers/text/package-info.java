/** Logits processors, stopping rules and beam search. */
@NullMarked
package dev.sampo.samplers.text;

import org.jspecify.annotations.NullMarked;
