/** Noise schedulers, one algorithm a file. */
@NullMarked
package dev.sampo.samplers.diffusion;

import org.jspecify.annotations.NullMarked;
