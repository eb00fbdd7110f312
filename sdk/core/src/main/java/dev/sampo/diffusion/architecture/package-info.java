/**
 * The architectures of diffusion models, one file each: what text they want, which tensors beside the sample, how time is counted, and what
 * their pipelines take unless told otherwise. Enter at {@link dev.sampo.diffusion.architecture.Architecture#of}. Knows graphs by their
 * inputs' names only; the loop lives one package up.
 */
@NullMarked
package dev.sampo.diffusion.architecture;

import org.jspecify.annotations.NullMarked;
