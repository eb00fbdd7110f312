/** The algorithms, one a file that reads like its paper, and {@link dev.sampo.samplers.diffusion.solver.Schedulers}, which makes them from a configuration. */
@NullMarked
package dev.sampo.samplers.diffusion.solver;

import org.jspecify.annotations.NullMarked;
