/**
 * Noise schedulers: the loop that turns noise into a sample, one algorithm a file, config-driven from diffusers' {@code
 * scheduler_config.json}.
 *
 * <p>Enter at {@link dev.sampo.samplers.diffusion.solver.Schedulers}:
 *
 * <pre>{@code
 * Scheduler scheduler = Schedulers.fromConfig(json);
 * DiffusionRun run = scheduler.start(RunOptions.steps(20), SampleShape.of(1, 4, 64, 64), new TorchGenerator(0));
 * while (!run.isDone()) {
 *   run.scaleInput(x, input);
 *   model.run(input, run.timestep(), output);
 *   run.step(x, output);
 * }
 * }</pre>
 *
 * <p>A {@link dev.sampo.samplers.diffusion.Scheduler} is immutable and shared between threads; {@code start} gives a fresh,
 * single-use {@link dev.sampo.samplers.diffusion.DiffusionRun} that belongs to one thread. An algorithm is a {@link
 * dev.sampo.samplers.diffusion.Solver}; a user's own one implements {@code Scheduler} and {@code Solver}.
 *
 * <p>Runs follow diffusers' operation by operation, yet they are not promised to the last bit: PyTorch's vectorised square roots, powers and
 * exponentials round a float now and then otherwise than Java's. Of runs with settings drawn at random about one in 25 ended some units in the last
 * place away from diffusers'. Runs here equal one another bit for bit.
 *
 * <p>Letters: x is the sample x_t, m the output of the model, eps the noise in x, x0 the clean sample; alpha_t and sigma_t are
 * the scale of x0 and of the noise in x_t = alpha_t x0 + sigma_t eps; abar_t is the cumulative product of 1 - beta.
 */
@NullMarked
package dev.sampo.samplers.diffusion;

import org.jspecify.annotations.NullMarked;
