/**
 * Continuous batching: requests of many callers take their steps together. Enter at {@link dev.sampo.text.batch.GenerationScheduler}.
 */
@NullMarked
package dev.sampo.text.batch;

import org.jspecify.annotations.NullMarked;
