/** Diffusion pipelines. */
@NullMarked
package dev.sampo.diffusion;

import org.jspecify.annotations.NullMarked;
