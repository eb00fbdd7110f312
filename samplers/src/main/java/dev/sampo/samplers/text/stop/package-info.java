/**
 * Rules that end a sequence. Write your own by implementing {@link dev.sampo.samplers.text.stop.StoppingCriterion}.
 */
@NullMarked
package dev.sampo.samplers.text.stop;

import org.jspecify.annotations.NullMarked;
