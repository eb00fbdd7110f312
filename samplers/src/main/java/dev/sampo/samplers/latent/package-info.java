/** Latent walks, truncation and mixing. */
@NullMarked
package dev.sampo.samplers.latent;

import org.jspecify.annotations.NullMarked;
