/** Smaller models: weights in few bits, by blocks. Enter at {@link dev.sampo.export.quantize.Quantizer}. */
@NullMarked
package dev.sampo.export.quantize;

import org.jspecify.annotations.NullMarked;
