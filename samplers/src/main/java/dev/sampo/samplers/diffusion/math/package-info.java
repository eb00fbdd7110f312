/** Arithmetic that several solvers share: weighted sums of samples, levels in log-SNR, memories of past answers, thresholding. Not exported. */
@NullMarked
package dev.sampo.samplers.diffusion.math;

import org.jspecify.annotations.NullMarked;
