/** What can be minimised. Enter at {@link dev.sampo.training.loss.Losses}. */
@NullMarked
package dev.sampo.training.loss;

import org.jspecify.annotations.NullMarked;
