package dev.sampo.diffusion.architecture;

import org.jspecify.annotations.Nullable;

/**
 * How text is read.
 *
 * @param clipSkip layers of the CLIP encoders that are left out at their end, or null for the architecture's own rule
 */
public record TextOptions(@Nullable Integer clipSkip) {}
