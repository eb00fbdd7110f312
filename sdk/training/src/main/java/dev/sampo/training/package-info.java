/** Fine-tuning of model folders and of graphs of one's own. Enter at {@link dev.sampo.training.FineTuning}. */
@NullMarked
package dev.sampo.training;

import org.jspecify.annotations.NullMarked;
