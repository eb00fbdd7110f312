package dev.sampo.diffusion;

import org.jspecify.annotations.Nullable;

/**
 * Where a loop begins.
 *
 * @param sample what the first model call sees, before its scaling
 * @param clean the clean sample of a picture that is partly kept, or null
 * @param noise the starting noise
 * @param mask 1 where the sample is painted anew, [batch, 1, height, width]; empty for all
 * @param maskedClean the clean sample of the picture without its masked part, for a network that takes it; empty otherwise
 */
record Start(
    float[] sample, float @Nullable [] clean, float[] noise, float[] mask, float[] maskedClean) {}
