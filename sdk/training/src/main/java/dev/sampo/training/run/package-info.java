/**
 * The loop around a {@link dev.sampo.training.graph.FineTuner}: schedules, checkpoints and resuming, validation, early
 * stopping, metrics. Enter at {@link dev.sampo.training.run.TrainingRun}. Everything random is drawn from the seed and
 * the step's number, so a resumed run continues bit for bit.
 */
@NullMarked
package dev.sampo.training.run;

import org.jspecify.annotations.NullMarked;
